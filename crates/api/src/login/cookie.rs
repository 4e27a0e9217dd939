//! The session cookie, and the proof that a request with it was meant.
//!
//! A browser sends the cookie by itself, so it alone proves nothing about who wrote the request.
//! Whatever changes something has to carry a header that only a page which read an answer of
//! ours can know, and must not come from a page of another origin.

use crate::door::hash;
use crate::guard::origin_allowed;
use crate::problem::Problem;
use crate::state::Shared;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// The header that proves that a request was meant.
pub(crate) const CSRF: &str = "Ringback-Csrf";
/// What session tokens begin with.
pub(crate) const PREFIX: &str = "rbs_";
/// The name of the cookie over TLS: browsers take it from this very host alone.
const SECURE: &str = "__Host-ringback";
/// Its name without TLS, as on the loopback address.
const PLAIN: &str = "ringback";

/// The token in the cookie of a request.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    named(headers, SECURE).or_else(|| named(headers, PLAIN))
}

/// The value of a cookie.
pub(crate) fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// Whether the browser spoke TLS to whatever stands in front of us.
pub(crate) fn is_secure(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto");
    proto.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// The header that sets the cookie; without a token, the one that takes it away.
pub(crate) fn set(headers: &HeaderMap, token: Option<&str>) -> HeaderValue {
    let secure = is_secure(headers);
    let name = if secure { SECURE } else { PLAIN };
    let value = token.unwrap_or_default();
    let age = if token.is_none() { "; Max-Age=0" } else { "" };
    let end = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{end}");
    HeaderValue::try_from(text).expect("letters, digits and marks are a header value")
}

/// What a page has to send with the session of this token.
pub(crate) fn csrf(token: &str) -> String {
    let digest = digest(&SHA256, format!("csrf {token}").as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// Whether a request with the session of this token was meant.
pub(crate) fn check(
    house: &Shared,
    method: &Method,
    headers: &HeaderMap,
    token: &str,
) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    check_origin(house, headers)?;
    let sent = headers.get(CSRF).and_then(|value| value.to_str().ok());
    // Compared by their hashes, so that the time it takes tells nothing.
    let meant = sent.is_some_and(|sent| hash(sent) == hash(&csrf(token)));
    if meant {
        return Ok(());
    }
    let detail = "send the header Ringback-Csrf with the value that the log-in answered; GET \
                  /v1/login tells it again";
    Err(Problem::new("denied.csrf", detail))
}

/// Whether a request comes from a page of ours, of an origin that is listed, or from no page.
pub(crate) fn check_origin(house: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if is_same_host(origin, headers) || origin_allowed(house, origin) {
        return Ok(());
    }
    let detail = "pages of this origin may not use the API; its operator lists origins";
    Err(Problem::new("denied.origin", detail))
}

fn is_same_host(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().unwrap_or_default();
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let own = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    host.is_some() && host == own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=b; ringback=x"), ("cookie", "c=d; e")]);
        assert_eq!(token(&headers), Some("x"));
        assert_eq!(named(&headers, "c"), Some("d"));
        assert_eq!(named(&headers, "e"), None);
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        let set = |headers: &HeaderMap, token| {
            let value = set(headers, token);
            value.to_str().expect("text").to_owned()
        };
        let plain = set(&headers(&[]), Some("t"));
        assert_eq!(plain, "ringback=t; Path=/; HttpOnly; SameSite=Strict");
        let secure = set(&headers(&[("x-forwarded-proto", "https")]), Some("t"));
        let expected = "__Host-ringback=t; Path=/; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(secure, expected);
        assert!(set(&headers(&[]), None).contains("Max-Age=0"));
    }

    #[test]
    fn a_page_is_of_the_same_host_or_not() {
        let of = |origin: &'static str| {
            let headers = headers(&[("host", "desk.example.com")]);
            is_same_host(&HeaderValue::from_static(origin), &headers)
        };
        assert!(of("https://desk.example.com"));
        assert!(!of("https://desk.example.com.evil.example"));
        assert!(!of("null"));
    }
}
