//! Addresses of pictures, and the paths in them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Where Label Studio serves files of its own computer; `d` is the path of one.
const LOCAL_FILES: &str = "/data/local-files/?d=";

/// What is encoded in an address. Slashes stay.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The number of hexadecimal digits that Label Studio puts before the name of an uploaded file.
const UPLOAD_DIGITS: usize = 8;

/// The address at which Label Studio finds a picture if its `DOCUMENT_ROOT` is the folder that the
/// path is relative to.
pub(super) fn of_path(path: &str) -> String {
    format!("{LOCAL_FILES}{}", utf8_percent_encode(path, ENCODED))
}

/// Paths that an address may stand for, the most likely first. Empty if it holds the picture itself.
pub(super) fn paths_in(address: &str) -> Vec<String> {
    if address.starts_with("data:") {
        return Vec::new();
    }
    let query = |key: &str| {
        let (_, rest) = address.split_once(key)?;
        Some(rest.split('&').next().unwrap_or(rest))
    };
    let is_address = address.contains("://") || address.starts_with("/data/");
    let encoded = match query("?d=").or_else(|| query("&d=")) {
        Some(path) => path,
        None if is_address => {
            let (_, rest) = address.split_once("://").unwrap_or(("", address));
            rest.split(['?', '#']).next().unwrap_or(rest)
        }
        // A plain path is not encoded.
        None => return vec![address.to_owned()],
    };
    let has_host = address.contains("://");
    let is_local = query("?d=").or_else(|| query("&d=")).is_some();
    let decoded = percent_decode_str(encoded).decode_utf8();
    let mut written: Vec<&str> = decoded.iter().map(|path| &**path).collect();
    written.push(encoded);
    let mut found = Vec::new();
    for path in written {
        let path = path.trim_start_matches('/');
        let uploaded = path.strip_prefix("data/upload/");
        let path = match uploaded {
            // The number of the project, if there is one.
            Some(rest) => rest.split_once('/').map_or(rest, |(_, name)| name),
            // The server or the bucket.
            None if has_host && !is_local => path.split_once('/').map_or(path, |(_, path)| path),
            None => path,
        };
        if let Some(name) = uploaded.and_then(|_| without_upload_digits(path)) {
            found.push(name.to_owned());
        }
        found.push(path.to_owned());
    }
    let mut distinct = Vec::new();
    for path in found {
        if !distinct.contains(&path) {
            distinct.push(path);
        }
    }
    distinct
}

/// The name that an uploaded file had before.
fn without_upload_digits(name: &str) -> Option<&str> {
    let (digits, rest) = name.split_once('-')?;
    let is_digits =
        digits.len() == UPLOAD_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digits && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_in_an_address_is_found() {
        for (address, expected) in [
            (
                "/data/local-files/?d=sub/a%20b%2525.jpg",
                &["sub/a b%25.jpg", "sub/a%20b%2525.jpg"][..],
            ),
            ("/data/local-files/?x=1&d=a.jpg", &["a.jpg"]),
            (
                "/data/upload/3/0a1b2c3d-cat.jpg",
                &["cat.jpg", "0a1b2c3d-cat.jpg"],
            ),
            (
                "/data/upload/0a1b2c3d-cat-2.jpg",
                &["cat-2.jpg", "0a1b2c3d-cat-2.jpg"],
            ),
            (
                "http://localhost:8080/data/local-files/?d=a.jpg",
                &["a.jpg"],
            ),
            ("s3://bucket/deep/a.jpg", &["deep/a.jpg"]),
            ("https://example.org/p/a.jpg?X-Sign=abc", &["p/a.jpg"]),
            ("images/a%20b.jpg", &["images/a%20b.jpg"]),
            ("/home/me/a.jpg", &["/home/me/a.jpg"]),
            ("../a.jpg", &["../a.jpg"]),
            ("data:image/png;base64,AAAA", &[]),
        ] {
            assert_eq!(paths_in(address), expected, "{address}");
        }
        for path in ["a b.jpg", "sub/ü%20&d=?#+.jpg", "-é,\"'<>\n.png"] {
            assert_eq!(paths_in(&of_path(path))[0], path);
        }
    }
}
