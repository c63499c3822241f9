use std::fmt::Write as _;

use super::Dice;
use crate::text::printable;

/// How many requests each site is sent.
const REQUESTS: usize = 40;

/// In each table the first entry is the ordinary one. What differs on purpose (HTTP/0.9, chunks in
/// HTTP/1.0) has cases of its own and does not occur here.
const METHODS: [&[u8]; 12] = [
    b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"get", b"G-T", b"GET!", b"G(T", b"FOO",
    b"TRACE", b"DELETE",
];
const TARGETS: [&[u8]; 36] = [
    b"/x",
    b"/",
    b"*",
    b"x",
    b"/a b",
    b"/a%20b",
    b"/%",
    b"/%zz",
    b"/%00",
    b"/a%2fb",
    b"/a\\b",
    b"/a?b?c",
    b"/a#b",
    b"//x",
    b"/../x",
    b"/./x",
    b"http://www.test/x",
    b"http://other.test:81/x?y",
    b"HTTP://WWW.test/x",
    b"https://www.test/x",
    b"ftp://h/x",
    b"http://u:p@h/x",
    b"http://h:abc/x",
    b"/\xff",
    b"/x\x01",
    b"/x\x7f",
    b"/a;b=c",
    b"/x\"y",
    b"/<x>",
    b"/%c3%a9",
    b"www.test:80",
    b"/x\ty",
    b"http://[::1/x",
    b"http://a_b/x",
    b"http://-x/y",
    b"/..;/x",
];
const VERSIONS: [&[u8]; 16] = [
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/1.10",
    b"HTTP/11",
    b"HTTP/1",
    b"http/1.1",
    b"HTTP/1.1 ",
    b"HTTP/01.1",
    b"HTTP/1.01",
    b"HTTP/ 1.1",
    b"HTTP/1.1x",
    b"XTTP/1.1",
    b"HTTP/3.5",
    b"HTTP/10.1",
];
const HOSTS: [&[u8]; 26] = [
    b"www.test",
    b"WWW.TEST",
    b"www.test:80",
    b"www.test:",
    b"www.test:0",
    b"www.test:99999",
    b"www.test:8x",
    b"",
    b"a b",
    b"a,b",
    b"[::1]",
    b"[::1]:8",
    b"::1",
    b"www.test.",
    b".",
    b"a..b",
    b"a_b.test",
    b"a/b",
    b"a@b",
    b"%41",
    b"a\x80b",
    b"1.2.3.4",
    b"1.2.3",
    b"a\"b",
    b"-a",
    b"a:b:c",
];
const NAMES: [&[u8]; 22] = [
    b"X-A",
    b"x",
    b"X_A",
    b"X.A",
    b"X!#$%&'*+-.^_`|~",
    b"X A",
    b"X(A)",
    b"",
    b"X\x80",
    b"X:A",
    b"X\t",
    b"X ",
    b" X",
    b"X@",
    b"X/",
    b"Content-Type",
    b"Cookie",
    b"Accept",
    b"Expect",
    b"Upgrade",
    b"TE",
    b"If-Match",
];
const VALUES: [&[u8]; 15] = [
    b"v",
    b"",
    b" v ",
    b"\tv\t",
    b"a\x01b",
    b"a\x00b",
    b"a\x7fb",
    b"\xe4",
    b"a\rb",
    b"v,w",
    b"\"q",
    b"100-continue",
    b"a\x0bb",
    b"a  b",
    b"a\x1fb",
];
const LENGTHS: [&[u8]; 18] = [
    b"5",
    b"0",
    b"+5",
    b"-1",
    b"5 ",
    b" 5",
    b"05",
    b"5,5",
    b"5, 5",
    b"0x5",
    b"5x",
    b"",
    b"99999999999999999999",
    b"9223372036854775808",
    b"5\t",
    b"1 1",
    b"\"5\"",
    b"4",
];
const CODINGS: [&[u8]; 13] = [
    b"chunked",
    b"Chunked",
    b"chunked ",
    b"\tchunked",
    b"chunked,",
    b",chunked",
    b"chunked;q=1",
    b"xchunked",
    b"identity",
    b"gzip,chunked",
    b"chunked, chunked",
    b"",
    b"trailers",
];
const CHUNKED: [&[u8]; 17] = [
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n",
    b"005\r\nhello\r\n00\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n",
    b" 5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloX\r\n0\r\n\r\n",
    b"0\r\n\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n",
    b"A\r\nhello\r\n",
    b"5\r\nhello\r\n0\r\nBad Trailer\r\n\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n",
    b"5;\r\nhello\r\n0\r\n\r\n",
    b"5\r\r\nhello\r\n0\r\n\r\n",
    b"5;\"a\r\nhello\r\n0\r\n\r\n",
    b"\r\n5\r\nhello\r\n0\r\n\r\n",
];

/// A case: requests that are wrong in one way or several, byte for byte.
pub fn wire(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut text = format!("# Malformed requests, seed {seed}.\n[workers]\nworker.list=A\n[map]\n");
    text.push_str("/*=A\n[httpd]\nTimeout 2\nKeepAliveTimeout 1\n");
    text.push_str("[backend A]\non *: digest\n[steps]\n");
    for _ in 0..REQUESTS {
        let (method, bytes) = request(&mut dice);
        let expected = if method == b"HEAD" { "HEAD" } else { "GET" };
        let _ = writeln!(text, "raw {expected} closed finish\n+ {}", printable(&bytes));
    }
    text
}

fn request(dice: &mut Dice) -> (&'static [u8], Vec<u8>) {
    let method = odd(&METHODS, 30, dice);
    let version = odd(&VERSIONS, 20, dice);
    let mut out = Vec::new();
    // A blank before HEAD would be a different kind of HEAD for each parser.
    if method != b"HEAD" {
        out.extend_from_slice(rare(&[b"\r\n", b"\n", b"\r\n\r\n", b" ", b"\x00"], 20, dice));
    }
    let blank: &[u8] = match dice.between(1, 20) {
        1 => b"  ",
        2 if method != b"HEAD" => b"\t",
        _ => b" ",
    };
    let target = odd(&TARGETS, 35, dice);
    let (fields, content) = fields(method, version, is_sound(target), dice);
    let end: &[u8] = if dice.chance(3) { b"\n" } else { b"\r\n" };
    out.extend_from_slice(&[method, blank, target, blank, version, end].concat());
    for field in fields {
        out.extend_from_slice(&field);
        out.extend_from_slice(end);
    }
    out.extend_from_slice(end);
    out.extend_from_slice(content);
    (method, out)
}

/// Where a path is refused as well as the content, the two programs may name either reason.
fn is_sound(target: &[u8]) -> bool {
    !target.starts_with(b"/%") && !target.starts_with(b"/a%2f")
}

fn fields(
    method: &[u8],
    version: &[u8],
    sound: bool,
    dice: &mut Dice,
) -> (Vec<Vec<u8>>, &'static [u8]) {
    let mut all = Vec::new();
    if dice.chance(95) {
        let colon: &[u8] = if dice.chance(4) { b" : " } else { b": " };
        all.push([b"Host", colon, odd(&HOSTS, 25, dice)].concat());
    }
    if dice.chance(4) {
        all.push([b"Host: ", odd(&HOSTS, 90, dice)].concat());
    }
    all.push(b"Connection: close".to_vec());
    for _ in 0..dice.between(0, 2) {
        let colon = [&b": "[..], b":", b" : ", b"", b"::", b":  "][dice.between(0, 5)];
        all.push([odd(&NAMES, 40, dice), colon, odd(&VALUES, 60, dice)].concat());
    }
    if dice.chance(5) {
        all.push([&b" folded"[..], b"\tfolded", b" ", b"\t"][dice.between(0, 3)].to_vec());
    }
    let wants = matches!(method, b"POST" | b"PUT") || dice.chance(25);
    if !wants || version == b"HTTP/1.0" || !sound {
        return (all, b"");
    }
    let content = content_fields(&mut all, dice);
    if dice.chance(15) {
        all.reverse();
    }
    (all, content)
}

fn content_fields(all: &mut Vec<Vec<u8>>, dice: &mut Dice) -> &'static [u8] {
    if dice.chance(50) {
        all.push([b"Content-Length: ", odd(&LENGTHS, 50, dice)].concat());
        if dice.chance(10) {
            all.push([b"Content-Length: ", odd(&LENGTHS, 60, dice)].concat());
        }
        return b"hello";
    }
    all.push([b"Transfer-Encoding: ", odd(&CODINGS, 35, dice)].concat());
    if dice.chance(10) {
        all.push([b"Transfer-Encoding: ", odd(&CODINGS, 60, dice)].concat());
    }
    if dice.chance(12) {
        all.push([b"Content-Length: ", odd(&LENGTHS, 50, dice)].concat());
    }
    odd(&CHUNKED, 60, dice)
}

/// The ordinary entry, or in `percent` of all cases any.
fn odd(table: &[&'static [u8]], percent: usize, dice: &mut Dice) -> &'static [u8] {
    if dice.chance(percent) { dice.pick(table) } else { table[0] }
}

/// Nothing, or in one of `n` cases an entry.
fn rare(table: &[&'static [u8]], n: usize, dice: &mut Dice) -> &'static [u8] {
    if dice.between(1, n) == 1 { dice.pick(table) } else { b"" }
}
