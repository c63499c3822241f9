//! A browser, driven over WebDriver (W3C): Debian's chromium by its chromedriver.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jk_e2e::process::{Process, wait_until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// The field that names an element in answers (WebDriver, 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. Dropping it ends it.
pub(crate) struct Browser {
    driver: Process,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// Starts one; its files go to `dir`.
    pub(crate) fn start(dir: &Path) -> Self {
        let said = dir.join("chromedriver.txt");
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").current_dir(dir).env("HOME", dir);
        let driver = Process::start(&command, File::create(&said).unwrap())
            .expect("chromedriver is installed (package chromium-driver)");
        let port = wait_until(PATIENCE, || {
            let said = std::fs::read_to_string(&said).ok()?;
            let rest = said.split("started successfully on port ").nth(1)?;
            rest.split_once('.')?.0.parse::<u16>().ok()
        });
        let port = port.expect("chromedriver says where it listens");
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let mut browser = Self {
            driver,
            agent: config.into(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", dir.join("profile").display()),
        ];
        let options = json!({ "args": arguments, "binary": "/usr/bin/chromium" });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let id = browser.post("", &wanted)["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Goes to a page and waits until it is there.
    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        self.script("return location.href").as_str().unwrap().to_owned()
    }

    /// Clicks on what a selector finds first, and waits for the page that this leads to.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into a field in place of what it holds.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Runs the body of a function in the page; answers what it returns.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// What a script returns, when it is a number.
    pub(crate) fn number(&self, body: &str) -> i64 {
        let value = self.script(body);
        value.as_f64().unwrap_or_else(|| panic!("{body} is {value}")) as i64
    }

    /// What a script returns, when it is a list of texts.
    pub(crate) fn texts(&self, body: &str) -> Vec<String> {
        let value = self.script(body);
        let list = value.as_array().unwrap_or_else(|| panic!("{body} is {value}"));
        list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Makes the window show as much as a telephone does, or a desk.
    pub(crate) fn show_as_wide_as(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 800 });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.post("/goog/cdp/execute", &command);
    }

    /// What the console says since it was last asked.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn find(&self, selector: &str) -> String {
        let how = json!({ "using": "css selector", "value": selector });
        self.post("/element", &how)[ELEMENT].as_str().expect("an element").to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = self.agent.post(&url).header("Content-Type", "application/json");
        let mut answer = answer.send(body.to_string()).expect("chromedriver answers");
        let text = answer.body_mut().read_to_string().unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert!(answer.status().is_success(), "{path} {body}: {text}");
        value["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser goes with its session.
        let _ = self.agent.delete(&self.session).call();
        self.driver.kill();
    }
}
