use std::fmt::Write as _;

use super::Dice;

/// How many requests each site is sent.
const REQUESTS: usize = 16;

const HOSTS: [&str; 3] = ["www.test", "one.test", "two.test"];
const PATTERNS: [&str; 12] = [
    "/app/*",
    "/app|/*",
    "/*.jsp",
    "/dir/*",
    "/other/*",
    "/app/static/*",
    "/",
    "/dir/",
    "/dir/index.html",
    "/shop/*",
    "/env/*",
    "/a?p/x",
];
const TARGETS: [&str; 26] = [
    "/app/x",
    "/app",
    "/app/",
    "/app/x;jsessionid=1.A?a=b",
    "/app/%41%20b",
    "/app/static/x.gif",
    "/x.jsp",
    "/dir",
    "/dir/",
    "/dir/index.html",
    "/dir/x.jsp",
    "/dir/plain.txt",
    "/empty/",
    "/other/x",
    "/",
    "/shop/logo.txt",
    "/shop/a.jsp;jsessionid=7.B/x",
    "/shop/WEB-INF/web.xml",
    "/env/one",
    "/env/two?x=/app/x",
    "//env/./two/../three",
    "/handler/x",
    "/handler/sub/y;v=1/z",
    "/alias/x",
    "/alias/plain.txt",
    "/plain.txt;jsessionid=1",
];
const VARIABLES: [&str; 14] = [
    "JK_REMOTE_ADDR",
    "JK_REMOTE_PORT",
    "JK_REMOTE_HOST",
    "JK_REMOTE_USER",
    "JK_AUTH_TYPE",
    "JK_LOCAL_NAME",
    "JK_LOCAL_PORT",
    "JK_LOCAL_ADDR",
    "JK_IGNORE_CL",
    "JK_ROUTE",
    "JK_STICKY_IGNORE",
    "JK_STATELESS",
    "GIVEN",
    "HTTPS",
];
const VALUES: [&str; 10] =
    ["192.0.2.7", "4711", "ann", "Form", "inner.test", "", "A", "1", "0", "on"];
const EXTENSIONS: [&str; 16] = [
    "reply_timeout=5000",
    "sticky_ignore=1",
    "sticky_ignore=true",
    "stateless=1",
    "disabled=A",
    "stopped=B",
    "active=A,B",
    "disabled=A B;active=A",
    "fail_on_status=404",
    "use_server_errors=400",
    "use_server_errors=500",
    "session_cookie=SID",
    "session_path=;sid",
    "set_session_cookie=1",
    "set_session_cookie=1;session_cookie_path=/app",
    "bogus=1",
];

/// A case: one site with random directives of every kind, and what it forwards, serves and logs.
pub fn settings(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut text = format!("# Random directives, seed {seed}.\n[workers]\n");
    workers(&mut dice, &mut text);
    text.push_str("[map]\n");
    for _ in 0..dice.between(0, 4) {
        let mark = if dice.chance(20) { "!" } else { "" };
        let _ = writeln!(text, "{mark}{}={}", dice.pick(&PATTERNS), target(&mut dice));
    }
    text.push_str("[httpd]\n");
    let formats = formats(&mut dice);
    let _ = writeln!(text, "LogFormat \"{}\" own", formats.0);
    text.push_str("CustomLog logs/access.log own\n");
    let _ = writeln!(text, "JkLogStampFormat \"= \"\n{}", formats.1);
    server(&mut dice, &mut text);
    if dice.chance(60) {
        hosts(&mut dice, &mut text);
    }
    files(&mut text);
    for name in ["A", "B", "C"] {
        let _ = writeln!(text, "[backend {name}]\non ~other: answer 404\non *: digest");
    }
    text.push_str("[steps]\n");
    for _ in 0..REQUESTS {
        request(&mut dice, &mut text);
    }
    text.push_str("[show]\nlogs/access.log\n[mask]\n");
    // httpd lists methods in an order that changes with every start.
    text.push_str("(?m)^Allow: [A-Z,]+$ => Allow: ~\n");
    text
}

fn workers(dice: &mut Dice, text: &mut String) {
    text.push_str("worker.list=L,C\nworker.L.type=lb\nworker.L.balance_workers=A,B\n");
    for (percent, line) in [
        (20, "worker.L.sticky_session=no"),
        (20, "worker.L.set_session_cookie=1"),
        (20, "worker.L.session_cookie=SID"),
        (15, "worker.L.session_path=;sid"),
        (15, "worker.L.session_cookie_path=/app"),
        (15, "worker.L.secret=top"),
        (15, "worker.A.secret=own"),
        (15, "worker.A.domain=d1"),
        (15, "worker.B.route=rb"),
        (10, "worker.B.activation=disabled"),
        (10, "worker.C.secret=c"),
        (10, "worker.C.mount=/dir/* !/dir/plain.txt"),
        (10, "worker.L.mount=/,/env/two"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "{line}");
        }
    }
}

fn target(dice: &mut Dice) -> String {
    let worker = dice.pick(&["L", "L", "C"]);
    if !dice.chance(35) {
        return worker.to_owned();
    }
    let first = dice.pick(&EXTENSIONS);
    if dice.chance(30) {
        return format!("{worker};{first};{}", dice.pick(&EXTENSIONS));
    }
    format!("{worker};{first}")
}

/// The access log's format and, as a directive, the request log's.
fn formats(dice: &mut Dice) -> (String, String) {
    let mut access = String::from("%m %U%q %>s");
    for code in [
        "%a",
        "%A",
        "%B",
        "%b",
        "%h",
        "%H",
        "%l",
        "%p",
        "%{canonical}p",
        "%{local}p",
        "%R",
        "%r",
        "%s",
        "%<s",
        "%u",
        "%v",
        "%V",
        "%X",
        "%{Cookie}i",
        "%{Host}i",
        "%{Set-Cookie}o",
        "%{Content-Type}o",
        "%{Connection}o",
        "%{Content-Length}o",
        "%{Location}o",
        "%{GIVEN}e",
        "%404,500{Host}i",
        "%!200s",
        "%{JK_WORKER_NAME}n",
        "%{JK_WORKER_TYPE}n",
        "%{JK_WORKER_ROUTE}n",
        "%{JK_LB_FIRST_NAME}n",
        "%{JK_LB_FIRST_ACCESSED}n",
        "%{JK_LB_LAST_NAME}n",
        "%{JK_LB_LAST_STATE}n",
        "%{JK_LB_LAST_ACTIVATION}n",
        "%{JK_LB_LAST_VALUE}n",
        "%{JK_LB_LAST_SESSIONS}n",
        "%{JK_LB_LAST_BUSY}n",
        "%{JK_LB_LAST_ERRORS}n",
        "%{JK_LB_FIRST_STATE}n",
        "%{SID}C",
        "%{REMOTE_USER}e",
        "%{c}a",
    ] {
        if dice.chance(25) {
            let _ = write!(access, " {code}");
        }
    }
    let mut request = String::new();
    if dice.chance(50) {
        for code in
            ["%b", "%B", "%H", "%m", "%p", "%q", "%r", "%s", "%U", "%v", "%V", "%w", "%R", "%%"]
        {
            if dice.chance(40) && code != "%%" {
                let _ = write!(request, "{code}{}", dice.pick(&[" ", "|", "\\t", "-"]));
            }
        }
        request = format!("JkRequestLogFormat \"{request}\"");
    }
    (access, request)
}

fn server(dice: &mut Dice, text: &mut String) {
    for (percent, line) in [
        (15, "JkOptions +ForwardURICompat"),
        (15, "JkOptions +ForwardURICompatUnparsed"),
        (15, "JkOptions +ForwardURIEscaped"),
        (20, "JkOptions +ForwardDirectories"),
        (15, "JkOptions +ForwardLocalAddress"),
        (15, "JkOptions +ForwardPhysicalAddress -ForwardKeySize"),
        (10, "JkOptions +RejectUnsafeURI"),
        (10, "JkOptions -ForwardDirectories"),
        (15, "UseCanonicalName On"),
        (15, "UseCanonicalPhysicalPort On"),
        (15, "ServerName http://www.test:8080"),
        (15, "JkMountCopy All"),
        (15, "AddDefaultCharset On"),
        (15, "DirectoryIndex x.jsp index.html"),
        (15, "ErrorDocument 404 \"own words\""),
        (15, "ErrorDocument 404 /nothing"),
        (15, "ErrorDocument 500 /plain.txt"),
        (15, "JkAutoAlias @DIR@/webapps"),
        (15, "JkStripSession On"),
        (15, "KeepAlive Off"),
        (10, "ServerAdmin admin@www.test"),
        (10, "HostnameLookups Off"),
        (10, "Options -Indexes"),
        (10, "AcceptPathInfo On"),
        (10, "TraceEnable Off"),
        (10, "LimitRequestFields 6"),
        (10, "AllowEncodedSlashes On"),
        (10, "JkWorkerIndicator MY_WORKER"),
        (10, "JkRemoteUserIndicator GIVEN"),
        (10, "JkLocalPortIndicator GIVEN"),
        (10, "JkExtractSSL Off"),
        (10, "JkHTTPSIndicator GIVEN"),
        (10, "JkSESSIONIndicator GIVEN"),
        (10, "JkCIPHERIndicator GIVEN"),
        (10, "JkSSLPROTOCOLIndicator GIVEN"),
        (10, "JkCERTSIndicator GIVEN"),
        (10, "JkKEYSIZEIndicator GIVEN"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "{line}");
        }
    }
    common(dice, text);
}

/// What may stand in any server.
fn common(dice: &mut Dice, text: &mut String) {
    for _ in 0..dice.between(0, 3) {
        let directive = dice.pick(&["JkMount", "JkMount", "JkMount", "JkUnMount"]);
        let _ = writeln!(text, "{directive} {} \"{}\"", dice.pick(&PATTERNS), target(dice));
    }
    for _ in 0..dice.between(0, 4) {
        let (name, value) = variable(dice);
        let _ = match dice.between(1, 8) {
            1 => writeln!(text, "SetEnv {name} \"{value}\""),
            2 => writeln!(text, "SetEnvIf Request_URI \"^/env\" \"{name}={value}\""),
            3 => writeln!(text, "SetEnvIf Host \"^(.*)\\.test\" {name}=$1"),
            4 => writeln!(text, "SetEnvIfNoCase X-Set \"(A.)c?\" \"{name}={value}$1\""),
            5 => writeln!(text, "BrowserMatch \"agent\" !{name} MORE=1"),
            6 => writeln!(text, "SetEnvIf Remote_Addr \"^127\\.\" \"{name}={value}\""),
            7 => writeln!(text, "SetEnvIf Request_Method \"POST|PUT\" \"{name}={value}\""),
            _ => writeln!(text, "PassEnv PATH\nUnsetEnv {name}"),
        };
    }
    for (percent, line) in [
        (15, "JkEnvVar GIVEN"),
        (15, "JkEnvVar GIVEN fallback"),
        (10, "JkEnvVar MORE \"\""),
        (10, "JkEnvVar REQUEST_URI"),
        (10, "JkEnvVar SERVER_NAME"),
        (10, "JkEnvVar HTTP_HOST none"),
        (10, "SetEnvIf Request_URI \"^/app/static\" no-jk"),
        (10, "SetEnvIf Request_URI \"^/handler\" JK_WORKER_NAME=C MY_WORKER=L;stopped=A"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "{line}");
        }
    }
    for _ in 0..dice.between(0, 2) {
        section(dice, text);
    }
}

/// An empty remote port is COMPAT [null-remote-port].
fn variable(dice: &mut Dice) -> (&'static str, &'static str) {
    match (dice.pick(&VARIABLES), dice.pick(&VALUES)) {
        (name @ "JK_REMOTE_PORT", "") => (name, "0"),
        other => other,
    }
}

fn section(dice: &mut Dice, text: &mut String) {
    let (name, value) = variable(dice);
    let inner = match dice.between(1, 8) {
        1..=2 => "SetHandler jakarta-servlet".to_owned(),
        3 => format!("SetEnv {name} \"{value}\""),
        4 => format!("SetEnv JK_WORKER_NAME {}\nSetHandler jakarta-servlet", target(dice)),
        5 => format!("SetEnvIf Request_Method \"GET\" \"{name}={value}\""),
        6 => format!("SetEnvIf Request_URI \"x$\" JK_WORKER_NAME=C {name}={value}"),
        7 => format!("UnsetEnv {name}"),
        _ => "SetHandler none".to_owned(),
    };
    let (open, close) = match dice.between(1, 10) {
        1..=2 => ("<Location /handler>", "</Location>"),
        3 => ("<Location /app>", "</Location>"),
        4 => ("<LocationMatch \"^/(env|dir)/\">", "</LocationMatch>"),
        5 => ("<Location \"/*/x\">", "</Location>"),
        6 => ("<Directory \"@DIR@/docs/dir\">", "</Directory>"),
        7 => ("<Directory \"@DIR@/docs\">\n<Files \"*.txt\">", "</Files>\n</Directory>"),
        8 => ("<FilesMatch \"\\.(jsp|gif)$|^x\">", "</FilesMatch>"),
        9 => ("<DirectoryMatch \"/(dir|empty|app)/\">", "</DirectoryMatch>"),
        _ => ("<Location ~ \"/x$\">", "</Location>"),
    };
    let _ = writeln!(text, "{open}\n{inner}\n{close}");
}

fn hosts(dice: &mut Dice, text: &mut String) {
    for name in HOSTS.iter().skip(dice.between(0, 1)) {
        let _ = writeln!(text, "<VirtualHost *:@PORT@>\nServerName {name}");
        for (percent, line) in [
            (40, "JkMountCopy On"),
            (10, "JkMountCopy Off"),
            (20, "ServerAlias *.alias.test alias"),
            (15, "JkOptions +ForwardURICompatUnparsed"),
            (10, "JkOptions -ForwardDirectories"),
            (15, "JkStripSession On"),
            (10, "JkAutoAlias @DIR@/webapps"),
            (10, "DocumentRoot @DIR@/docs/dir"),
            (10, "JkEnvVar GIVEN of-host"),
            (10, "ErrorDocument 404 \"of the host\""),
            (10, "JkRemoteUserIndicator MORE"),
            (10, "JkMountFile uriworkermap.properties"),
            (10, "CustomLog logs/access.log \"host %v %U %s\""),
        ] {
            if dice.chance(percent) {
                let _ = writeln!(text, "{line}");
            }
        }
        common(dice, text);
        text.push_str("</VirtualHost>\n");
    }
}

fn files(text: &mut String) {
    for (path, content) in [
        ("docs/dir/index.html", "index"),
        ("docs/dir/plain.txt", "plain"),
        ("docs/plain.txt", "above"),
        ("docs/empty/.keep", ""),
        ("webapps/shop/logo.txt", "logo"),
    ] {
        let _ = writeln!(text, "[file {path}]\n{content}");
    }
}

fn request(dice: &mut Dice, text: &mut String) {
    let method = dice.pick(&["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"]);
    let host = dice.pick(&[
        "www.test",
        "www.test",
        "one.test",
        "TWO.test:8080",
        "two.test.",
        "x.alias.test",
        "else",
    ]);
    let absolute = if dice.chance(8) { "http://one.test:81" } else { "" };
    let target = match dice.pick(&TARGETS) {
        // What httpd logs of an empty error page to HEAD is the page of its own.
        "/other/x" if method == "HEAD" => "/app/x",
        target => target,
    };
    let _ = writeln!(text, "{method} {absolute}{target}\n  Host: {host}");
    for (percent, field) in [
        (20, "Cookie: JSESSIONID=1.A"),
        (20, "Cookie: SID=1.rb; JSESSIONID=2.B"),
        (20, "X-Set: abc"),
        (15, "User-Agent: some agent/1"),
        (15, "Accept: */*"),
        (10, "X-Forwarded-For: 192.0.2.1"),
        (10, "Range: bytes=1-2"),
        (10, "If-None-Match: *"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "  {field}");
        }
    }
    if matches!(method, "POST" | "PUT") {
        let body = dice.pick(&["@body 100", "@text x=y", "@chunks 30 10", "@body 40"]);
        let _ = writeln!(text, "  {body}");
    }
}
