//! Static files against what httpd sent.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::{rows, server};
use jk_site::date;
use jk_site::files::{
    Conditions, FilePlan, Found, MediaTypes, MultipartBoundary, RangeVerdict, Ranges, Resource,
    StaticSite, Step, decide, plan, push_moved_location, without_index,
};
use proptest::prelude::*;

const BOUNDARY: MultipartBoundary = MultipartBoundary(0xb);
const MEASURED: Duration = Duration::from_secs(1_795_184_880);

/// One row's file and time of request.
fn setting(row: &[String]) -> (Resource<'static>, SystemTime) {
    let now = UNIX_EPOCH + MEASURED;
    let modified = match row[2].parse::<i64>() {
        Err(_) => UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456),
        Ok(age) => {
            let second = MEASURED.as_secs() as i64 - age;
            UNIX_EPOCH + Duration::from_millis(second as u64 * 1000 + 250)
        }
    };
    let now = if row[2] == "-" { now } else { now + Duration::from_millis(450) };
    let size = row[1].parse().expect("a size");
    (Resource { size, modified, content_type: Some(b"text/plain") }, now)
}

fn shown_date(time: SystemTime) -> String {
    let mut out = Vec::new();
    date::push(time, &mut out);
    String::from_utf8(out).expect("a date")
}

/// Status, fields and body, as the table shows them.
fn answer(row: &[String]) -> (u16, String, String) {
    let (resource, now) = setting(row);
    let modified = shown_date(resource.modified);
    let micros = resource.modified.duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
    let strong = format!("\"{:x}-{micros:x}\"", resource.size);
    let weak = if row[2] == "0" { "W/" } else { "" };
    let fill = |text: &str| {
        let tag = format!("{weak}{strong}");
        text.replace("{M}", &modified).replace("{E}", &tag).replace("{S}", &strong)
    };
    let fields: Vec<(Vec<u8>, Vec<u8>)> = merged(&fill(&row[3]));
    let mut ranges = Ranges::default();
    let conditions = Conditions::of(&fields);
    let plan = plan(row[0].as_bytes(), &resource, &conditions, now, BOUNDARY, &mut ranges);
    let mut out = Vec::new();
    plan.push_fields(row[0] == "HEAD", &resource, now, &ranges, &mut out);
    let body = if row[0] == "HEAD" { Vec::new() } else { body(plan, &resource, &ranges) };
    match plan.content_length(&resource, &ranges) {
        None => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Some(length) => assert!(row[0] == "HEAD" || length == body.len() as u64, "{row:?}"),
    }
    plan.push_content_type(&resource, &mut out);
    let show = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&modified, "{M}").replace(&strong, "{S}");
        text.replace("000000000000000b", "B").replace(&shown_date(now), "{N}")
    };
    let lines = show(&out).trim_end().replace("\r\n", " | ");
    let body = show(&body).replace('\r', "\\x0d").replace('\n', "\\x0a");
    (plan.status(), lines, body)
}

/// Fields as httpd merges them.
fn merged(text: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for line in text.split(" | ").filter(|line| *line != "-") {
        let (name, value) = line.split_once(':').expect("a field");
        let value = value.trim();
        match fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())) {
            Some((_, before)) => before.extend_from_slice(format!(", {value}").as_bytes()),
            None => fields.push((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
        }
    }
    fields
}

fn body(plan: FilePlan, resource: &Resource<'_>, ranges: &Ranges) -> Vec<u8> {
    let file: Vec<u8> = (0..resource.size).map(|at| b'0' + (at % 10) as u8).collect();
    let part = |range: &std::ops::Range<u64>| &file[range.start as usize..range.end as usize];
    let mut out = Vec::new();
    match plan {
        FilePlan::Whole => out = file,
        FilePlan::Part => out.extend_from_slice(part(&ranges.parts[0])),
        FilePlan::Parts(boundary) => {
            for range in &ranges.parts {
                boundary.push_part_head(resource.content_type, range, resource.size, &mut out);
                out.extend_from_slice(part(range));
            }
            boundary.push_end(&mut out);
        }
        FilePlan::NotModified | FilePlan::PreconditionFailed | FilePlan::Unsatisfiable => {}
    }
    out
}

#[test]
fn files_are_served_as_measured() {
    for (line, row) in rows("files.tsv") {
        let (status, fields, body) = answer(&row);
        assert_eq!(status.to_string(), row[4], "files.tsv:{line}: {row:?}");
        assert_eq!(fields, row[5], "files.tsv:{line}: {row:?}");
        if !row[6].starts_with('(') {
            assert_eq!(body, row[6], "files.tsv:{line}: {row:?}");
        }
    }
}

#[test]
fn what_is_found_is_handled_as_measured() {
    for (line, row) in rows("lookup.tsv") {
        let found = match row[2].as_str() {
            "file" => Found::File,
            "directory" | "index" => Found::Directory,
            "pipe" => Found::Other,
            "dangling" => Found::DanglingLink,
            "missing" => Found::Missing(std::io::ErrorKind::NotFound),
            "below a file" => Found::Missing(std::io::ErrorKind::NotADirectory),
            _ => Found::Missing(std::io::ErrorKind::PermissionDenied),
        };
        let (method, path) = (row[0].as_bytes(), row[1].as_bytes());
        let mut name = Vec::new();
        let step = match StaticSite::of(&server(Some("h"))).locate(path, &mut name) {
            Err(status) => Step::Refuse(status),
            Ok(()) => decide(method, path, found),
        };
        let step = match step {
            Step::TryIndex if row[2] == "index" => decide(method, path, Found::File),
            Step::TryIndex => without_index(method),
            step => step,
        };
        let status = match step {
            Step::Serve | Step::Options => 200,
            Step::Redirect => 301,
            Step::Refuse(status) => status,
            Step::TryIndex => 0,
        };
        assert_eq!(status.to_string(), row[3], "lookup.tsv:{line}: {row:?}");
    }
}

#[test]
fn redirects_to_directories_are_as_measured() {
    for (path, query, expected) in [
        ("/dir", Some("q=1"), "http://h/dir/?q=1"),
        ("/sp ace;x", None, "http://h/sp%20ace;x/"),
        ("/sp ace;x", Some("a%20b<\""), "http://h/sp%20ace;x/?a%20b<\""),
        ("/dir/sub", Some(""), "http://h/dir/sub/?"),
    ] {
        let mut out = Vec::new();
        push_moved_location(b"http://h", path.as_bytes(), query.map(str::as_bytes), &mut out);
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }
}

#[test]
fn media_types_are_as_measured() {
    let mut settings = server(Some("h"));
    let plain = [
        ("Z", "application/x-compress"),
        ("gz", "application/x-gzip"),
        ("tgz", "application/x-gzip"),
        ("bz2", "application/x-bzip2"),
        ("shtml", "text/html"),
    ];
    settings.add_types = plain.map(|(e, t)| (e.to_owned(), t.to_owned())).to_vec();
    let text = std::fs::read_to_string(crate::common::testdata("mime.types")).expect("a table");
    let types = Arc::new(MediaTypes::parse(&text));
    let debian = StaticSite::of(&settings).with_media_types(Some(types.clone()));
    for (extension, media) in [("foo", "text/x-foo"), ("Bar", "Text/Plain")] {
        settings.add_types.push((extension.to_owned(), media.to_owned()));
    }
    settings.default_charset = Some("UTF-8".to_owned());
    let extended = StaticSite::of(&settings).with_media_types(Some(types));
    for (line, row) in rows("media.tsv") {
        let site = if row[0] == "debian" { &debian } else { &extended };
        let mut out = Vec::new();
        let has = site.push_content_type(format!("/srv/www/{}", row[1]).as_bytes(), &mut out);
        let got = String::from_utf8(out).expect("text");
        assert_eq!(if has { &got } else { "-" }, row[2], "media.tsv:{line}: {}", row[1]);
    }
}

#[test]
fn dates_are_read_in_all_three_forms() {
    let measured = 1_577_872_800;
    for text in [
        "Wed, 01 Jan 2020 10:00:00 GMT",
        "Wed, 01 Jan 2020 10:00:00 +0200",
        "Wed, 1 Jan 2020 10:00:00 GMT",
        "Wednesday, 01-Jan-20 10:00:00 GMT",
        "Wed Jan  1 10:00:00 2020",
        "xyz 01 Jan 2020 10:00:00 ; length=4",
    ] {
        assert_eq!(date::parse(text.as_bytes()), Some(measured), "{text}");
    }
    for text in [
        "",
        "garbage",
        "2020-01-01T10:00:00Z",
        "Wed, 31 Feb 2020 10:00:00 GMT",
        "Wed, 01 Jan 2020 24:00:00 GMT",
        "Wed, 01 Jan 2020",
    ] {
        assert_eq!(date::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_last_modified_is_never_later_than_the_request() {
    let now = UNIX_EPOCH + MEASURED;
    let rendered = |text: &str| shown_date(date::last_modified(text.as_bytes(), now));
    assert_eq!(rendered("Fri, 01 Jan 2038 00:00:00 GMT"), shown_date(now));
    assert_eq!(rendered("garbage"), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(rendered("Fri, 01 Jan 1960 00:00:00 GMT"), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(rendered("Wed Jan  1 10:00:00 2020"), "Wed, 01 Jan 2020 10:00:00 GMT");
}

proptest! {
    #[test]
    fn any_range_lies_within_the_content(
        field in "bytes=[0-9,\\-]{0,40}",
        size in 0u64..200,
    ) {
        let mut ranges = Ranges::default();
        if ranges.read(field.as_bytes(), size) == RangeVerdict::Parts {
            prop_assert!(!ranges.parts.is_empty());
            prop_assert!(ranges.parts.iter().all(|part| part.start < part.end && part.end <= size));
            prop_assert!(ranges.parts.iter().map(|part| part.end - part.start).sum::<u64>() <= size);
        }
    }

    #[test]
    fn a_multipart_body_is_as_long_as_announced(size in 1u64..5000, starts in prop::collection::vec(0u64..5000, 2..9)) {
        let set: Vec<String> = starts.iter().map(|start| format!("{start}-{start}")).collect();
        let mut ranges = Ranges::default();
        let field = format!("bytes={}", set.join(","));
        if ranges.read(field.as_bytes(), size) == RangeVerdict::Parts && ranges.parts.len() > 1 {
            let resource = Resource { size, modified: UNIX_EPOCH, content_type: Some(b"a/b") };
            let plan = FilePlan::Parts(MultipartBoundary(u64::MAX));
            let length = body(plan, &resource, &ranges).len() as u64;
            prop_assert_eq!(plan.content_length(&resource, &ranges), Some(length));
        }
    }

    #[test]
    fn any_date_survives_a_round_trip(seconds in 0u64..253_402_300_799) {
        let text = shown_date(UNIX_EPOCH + Duration::from_secs(seconds));
        prop_assert_eq!(date::parse(text.as_bytes()), i64::try_from(seconds).ok());
    }

    #[test]
    fn a_located_file_is_below_the_root(path: Vec<u8>) {
        let mut out = Vec::new();
        if StaticSite::of(&server(None)).locate(&path, &mut out).is_ok() {
            prop_assert!(out.starts_with(b"/srv/www/"));
            prop_assert!(!out.split(|&b| b == b'/').any(|segment| segment == b".."));
        }
    }
}
