//! Whether a browser sends a request on behalf of another site's page.

/// Looks at what browsers say of a request's origin: `Sec-Fetch-Site` (W3C Fetch Metadata), else
/// `Origin` (RFC 6454 §7), else `Referer`. Programs send none of them, and their requests are taken
/// as meant.
pub fn is_cross_site<'f>(field: &dyn Fn(&str) -> Option<&'f [u8]>) -> bool {
    if let Some(site) = field("sec-fetch-site") {
        return !site.eq_ignore_ascii_case(b"same-origin") && !site.eq_ignore_ascii_case(b"none");
    }
    let host = field("host").unwrap_or_default();
    match field("origin").or_else(|| field("referer")) {
        Some(url) => authority(url).is_none_or(|from| !same_host(from, host)),
        None => false,
    }
}

/// The host and port of a URL; `null` and the like have none.
fn authority(url: &[u8]) -> Option<&[u8]> {
    let at = url.windows(3).position(|window| window == b"://")? + 3;
    let rest = &url[at..];
    let end = rest.iter().position(|byte| b"/?#\\".contains(byte)).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
    Some(&authority[host..])
}

fn same_host(one: &[u8], other: &[u8]) -> bool {
    plain(one).eq_ignore_ascii_case(plain(other))
}

/// Without the ports that browsers leave out.
fn plain(authority: &[u8]) -> &[u8] {
    let port = [&b":80"[..], b":443"].into_iter().find(|port| authority.ends_with(port));
    &authority[..authority.len() - port.map_or(0, <[u8]>::len)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross(fields: &[(&str, &str)]) -> bool {
        is_cross_site(&|name| {
            fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_bytes())
        })
    }

    #[test]
    fn other_sites_are_told_from_this_one_and_from_programs() {
        let host = ("host", "a.test:8080");
        assert!(!cross(&[host]));
        assert!(!cross(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(!cross(&[host, ("sec-fetch-site", "none")]));
        assert!(cross(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(cross(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!cross(&[host, ("referer", "http://A.test:8080/s?cmd=edit")]));
        assert!(cross(&[host, ("referer", "http://b.test:8080/a.test:8080")]));
        assert!(cross(&[host, ("referer", "http://a.test:8080@b.test/")]));
        assert!(cross(&[host, ("origin", "null")]));
        assert!(!cross(&[("host", "a.test"), ("origin", "https://a.test:443")]));
        assert!(cross(&[("host", "a.test"), ("origin", "https://a.test.evil")]));
    }
}
