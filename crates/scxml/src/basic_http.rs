//! The BasicHTTP event processor (C.2): events as HTTP requests and back. Sending and listening is the
//! caller's.

use crate::effect::{Route, Send};
use crate::event::Event;
use crate::platform::BASIC_HTTP_PROCESSOR;
use crate::value::Value;

/// A request, on its way out or just come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// The address it goes to; of one that came in, the path.
    pub target: String,
    /// Names and values, `Content-Type` among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

const EVENT_NAME: &str = "_scxmleventname";
const FORM: &str = "application/x-www-form-urlencoded";

/// The request that an event becomes; `None` if the event goes another way.
///
/// The name of the event and its parameters are a form (C.2.2). `<content>` is the whole body, encoded
/// as a form would be; the name of the event, if there is one, then stands in the address.
pub fn request(send: &Send) -> Option<Request> {
    let Route::Other { kind, target } = &send.route else {
        return None;
    };
    if kind != BASIC_HTTP_PROCESSOR {
        return None;
    }
    let name = (!send.event.name.is_empty()).then_some(send.event.name.as_str());
    let (target, body) = if send.content {
        let target = match name {
            Some(name) => with_query(target, name),
            None => target.clone(),
        };
        (target, encode(&send.event.data.to_text()))
    } else {
        let named = name.map(|name| (EVENT_NAME, name.to_owned()));
        let params = send
            .params
            .iter()
            .map(|(key, value)| (key.as_str(), value.to_text()));
        let pairs: Vec<String> = named
            .into_iter()
            .chain(params)
            .map(|(key, value)| format!("{}={}", encode(key), encode(&value)))
            .collect();
        (target.clone(), pairs.join("&"))
    };
    Some(Request {
        method: "POST".to_owned(),
        target,
        headers: vec![("Content-Type".to_owned(), FORM.to_owned())],
        body,
    })
}

fn with_query(target: &str, name: &str) -> String {
    let separator = if target.contains('?') { '&' } else { '?' };
    format!("{target}{separator}{EVENT_NAME}={}", encode(name))
}

/// The event that a request becomes: its name from `_scxmleventname`, else from the method; its data
/// from the rest (C.2.1).
pub fn event(request: &Request) -> Event {
    let form = request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.trim().to_ascii_lowercase().starts_with(FORM)
    });
    let query = request
        .target
        .split_once('?')
        .map_or("", |(_, query)| query);
    let mut pairs = parse_form(query);
    let is_pairs = form && request.body.contains('=');
    if is_pairs {
        pairs.extend(parse_form(&request.body));
    }
    let name = pairs.iter().find(|(key, _)| key == EVENT_NAME).map_or_else(
        || format!("HTTP.{}", request.method),
        |(_, name)| name.clone(),
    );
    pairs.retain(|(key, _)| key != EVENT_NAME);
    let body = if form {
        decode(&request.body)
    } else {
        request.body.clone()
    };
    let data = if !pairs.is_empty() {
        Value::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key, Value::Text(value)))
                .collect(),
        )
    } else if is_pairs || body.is_empty() {
        Value::Undefined
    } else {
        Value::from_json(&body).unwrap_or(Value::Text(body))
    };
    Event {
        origintype: Some(BASIC_HTTP_PROCESSOR.to_owned()),
        raw: Some(raw(request)),
        ..Event::new(name, data)
    }
}

/// The whole message, as `_event.raw` shows it.
fn raw(request: &Request) -> String {
    let mut raw = format!("{} {} HTTP/1.1\n", request.method, request.target);
    for (name, value) in &request.headers {
        raw.push_str(&format!("{name}: {value}\n"));
    }
    raw.push('\n');
    raw.push_str(&request.body);
    raw
}

fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex
            .filter(|_| byte == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(escaped) => {
                out.push(escaped);
                at += 3;
            }
            None => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, params: &[(&str, Value)], content: Option<&str>) -> Request {
        let send = Send {
            route: Route::Other {
                kind: BASIC_HTTP_PROCESSOR.to_owned(),
                target: "http://localhost/s1".to_owned(),
            },
            event: Event::new(name, content.map_or(Value::Undefined, Value::text)),
            sendid: String::new(),
            params: params
                .iter()
                .map(|(n, v)| ((*n).to_owned(), v.clone()))
                .collect(),
            content: content.is_some(),
            hints: Vec::new(),
        };
        request(&send).unwrap()
    }

    #[test]
    fn an_event_survives_the_way_through_http() {
        let request = sent("a b", &[("x", 1.0.into()), ("y", "ü&=".into())], None);
        assert_eq!(request.body, "_scxmleventname=a%20b&x=1&y=%C3%BC%26%3D");
        let came = event(&request);
        assert_eq!(came.name, "a b");
        assert_eq!(came.data.get("x"), Some(&Value::text("1")));
        assert_eq!(came.data.get("y"), Some(&Value::text("ü&=")));
    }

    #[test]
    fn content_is_the_body_and_the_method_names_the_event() {
        let came = event(&sent("", &[], Some("some content")));
        assert_eq!(
            (came.name.as_str(), &came.data),
            ("HTTP.POST", &Value::text("some content"))
        );
        assert!(came.raw.unwrap().ends_with("some%20content"));
        assert_eq!(event(&sent("named", &[], Some("x"))).name, "named");
    }
}
