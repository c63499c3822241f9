use std::fmt::Write as _;

use super::Dice;

/// How many requests each site is sent, each to an answer of its own.
const REQUESTS: usize = 10;

const METHODS: [&str; 10] =
    ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
const STATUSES: [u16; 24] = [
    200, 200, 200, 200, 200, 201, 202, 203, 205, 204, 304, 301, 302, 303, 307, 400, 401, 403, 404,
    405, 410, 500, 501, 503,
];
const REQUEST_FIELDS: [&str; 22] = [
    "Accept: text/html, */*;q=0.1",
    "Accept-Encoding: gzip, deflate",
    "Accept-Language: de, en;q=0.5",
    "Authorization: Basic dXNlcjpwYXNz",
    "Cookie: a=1; JSESSIONID=abc.A",
    "Cookie: b=2",
    "User-Agent: Mozilla/5.0 (X11; Linux)",
    "Referer: http://other.test/?q=\"x\"",
    "X-Forwarded-For: 192.0.2.1, 192.0.2.2",
    "X-Empty:",
    "X-Twice: one",
    "X-Twice: two",
    "If-None-Match: \"abc\"",
    "If-Modified-Since: Sun, 13 Sep 2020 12:26:40 GMT",
    "Cache-Control: no-cache",
    "Pragma: no-cache",
    "Origin: null",
    "X-High: \\xe4\\xf6\\xfc",
    "Via: 1.0 fred",
    "Max-Forwards: 3",
    "Upgrade-Insecure-Requests: 1",
    "x-lower-case: Value, With; Punctuation=\"1\"",
];
const RESPONSE_FIELDS: [&str; 20] = [
    "Set-Cookie: a=1; Path=/; HttpOnly",
    "Set-Cookie: JSESSIONID=abc.A; Path=/app",
    "Location: /elsewhere?x=1",
    "ETag: W/\"abc\"",
    "Last-Modified: Sun, 13 Sep 2020 12:26:40 GMT",
    "Expires: Thu, 01 Jan 1970 00:00:00 GMT",
    "Cache-Control: private, max-age=0",
    "Content-Language: en",
    "Content-Encoding: gzip",
    "Content-Disposition: attachment; filename=\"x.bin\"",
    "Vary: Accept-Encoding",
    "Vary: Cookie",
    "WWW-Authenticate: Basic realm=\"r\"",
    "Allow: GET, HEAD",
    "Retry-After: 120",
    "X-Frame-Options: DENY",
    "X-Powered-By: Servlet/5.0",
    "x-mixed-CASE: value",
    "Pragma: no-cache",
    "X-High: caf\\xe9",
];
const TYPES: [&str; 6] = [
    "text/plain",
    "Text/HTML;charset=UTF-8",
    "application/json",
    "image/png",
    "text/html; Charset=\"iso-8859-1\"",
    "application/octet-stream",
];
const TARGETS: [&str; 8] = [
    "/app/x",
    "/app/x?a=1&b=%20",
    "/app/x;jsessionid=abc.A?",
    "/app/%e4%20b/c",
    "//app/./y/../z",
    "/app/?q=/%2F",
    "/app/a+b=c&d",
    "/app/~user/(x)!",
];

/// A case: random requests to a worker that gives each of them a random answer.
pub fn exchange(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut text = format!("# Random exchanges, seed {seed}.\n[workers]\nworker.list=A\n");
    text.push_str("[map]\n/*=A\n[httpd]\n");
    options(&mut dice, &mut text);
    text.push_str("[backend A]\n");
    for ordinal in 1..=REQUESTS {
        answer(ordinal, &mut dice, &mut text);
    }
    text.push_str("[steps]\n");
    for _ in 0..REQUESTS {
        request(&mut dice, &mut text);
    }
    text
}

fn options(dice: &mut Dice, text: &mut String) {
    for line in [
        "JkOptions +FlushPackets",
        "JkOptions +FlushHeader",
        "JkOptions +DisableReuse",
        "JkOptions +ForwardURICompatUnparsed",
        "UseCanonicalName On",
        "JkEnvVar GIVEN fallback",
        "KeepAlive Off",
        "AddDefaultCharset utf-8",
    ] {
        if dice.chance(15) {
            let _ = writeln!(text, "{line}");
        }
    }
}

fn answer(ordinal: usize, dice: &mut Dice, text: &mut String) {
    let _ = writeln!(text, "on {ordinal}");
    // What was not read would be found as rubbish by the next request.
    text.push_str("  ask-all 8186\n");
    if dice.chance(10) {
        text.push_str("  flush\n");
    }
    for field in RESPONSE_FIELDS {
        if dice.chance(12) {
            let _ = writeln!(text, "  header {field}");
        }
    }
    if dice.chance(80) {
        let _ = writeln!(text, "  header Content-Type: {}", dice.pick(&TYPES));
    }
    let status = STATUSES[dice.between(0, STATUSES.len() - 1)];
    let reason = dice.pick(&["OK", "", "Own Words", "200"]);
    let (length, pieces) = content(dice);
    if dice.chance(50) {
        let _ = writeln!(text, "  header Content-Length: {length}");
    }
    let _ = writeln!(text, "  headers {status} {reason}");
    text.push_str(&pieces);
    let _ = writeln!(text, "  end {}", if dice.chance(85) { 1 } else { 0 });
}

/// The length of a content, and the statements that send it.
fn content(dice: &mut Dice) -> (usize, String) {
    let mut pieces = String::new();
    let mut length = 0;
    if dice.chance(25) {
        let size = dice.between(1, 60_000);
        let chunk = dice.between(500, 8184);
        return (size, format!("  fill {size} {chunk}\n"));
    }
    for _ in 0..dice.between(0, 4) {
        let word = dice.pick(&["hello ", "world\\n", "<p>", "\\x00\\xff", "0123456789"]);
        length += crate::text::unprintable(word).len();
        // The blank at a line's end would be lost.
        let _ = writeln!(pieces, "  chunk {}", word.replace(' ', "\\x20"));
        if dice.chance(20) {
            pieces.push_str("  flush\n");
        }
    }
    (length, pieces)
}

fn request(dice: &mut Dice, text: &mut String) {
    let method = dice.pick(&METHODS);
    let version = if dice.chance(15) { " HTTP/1.0" } else { "" };
    let _ = writeln!(text, "{method} {}{version}", dice.pick(&TARGETS));
    for field in REQUEST_FIELDS {
        if dice.chance(15) {
            let _ = writeln!(text, "  {field}");
        }
    }
    let may_have_body = !matches!(method, "GET" | "HEAD" | "OPTIONS") || dice.chance(5);
    if !may_have_body {
        return;
    }
    if dice.chance(40) {
        text.push_str("  Content-Type: application/x-www-form-urlencoded\n");
    }
    match dice.between(1, 10) {
        1..=3 => text.push_str("  @text name=value&other=%20\n"),
        4..=6 => {
            let _ = writeln!(text, "  @body {}", plain_size(dice));
        }
        7..=8 if version.is_empty() => {
            let _ = writeln!(text, "  @chunks {}", plain_size(dice));
        }
        _ => {}
    }
}

/// A size whose last packet is not one of those that must be split for safety's sake.
fn plain_size(dice: &mut Dice) -> usize {
    loop {
        let size = dice.between(1, 40_000);
        if !matches!(size % 8186, 512..=767 | 2560..=2815) {
            return size;
        }
    }
}
