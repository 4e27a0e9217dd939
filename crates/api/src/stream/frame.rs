//! Frames of the WebSocket: reading commands, writing answers and events.
//!
//! A command is one flat JSON object: `id`, `do`, perhaps `key`, perhaps the name of what it is
//! about, and the fields of the REST body. It is read twice, once for the head and once for the
//! body, without building a tree in between; the place of a mistake is looked for only when
//! there is one.

use crate::commands::Verb;
use crate::dto::written::Written;
use crate::extract::json_problem;
use crate::problem::Problem;
use ringback_ports::envelope::Answer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_path_to_error::Track;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What every command starts with.
#[derive(Debug, Deserialize)]
pub(crate) struct Head<'a> {
    /// Chosen by the client; the answer carries it.
    pub(crate) id: u64,
    /// Which command.
    #[serde(rename = "do", borrow)]
    verb: Word<'a>,
    /// Idempotency key.
    #[serde(default, borrow)]
    pub(crate) key: Option<Word<'a>>,
    #[serde(default, borrow)]
    pub(crate) interaction: Option<Word<'a>>,
    #[serde(default, borrow)]
    pub(crate) request: Option<Word<'a>>,
    #[serde(default, borrow)]
    pub(crate) offer: Option<Word<'a>>,
    #[serde(default, borrow)]
    pub(crate) agent: Option<Word<'a>>,
}

/// A text, borrowed from the frame when it holds no escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Word<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Only the id, of a command whose head cannot be read.
#[derive(Deserialize)]
struct OnlyId {
    id: u64,
}

/// Reads the head. With a mistake comes the id, if there is one, for the answer.
pub(crate) fn head(text: &str) -> Result<Head<'_>, (Option<u64>, Problem)> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Head::deserialize(&mut reader).and_then(|head| reader.end().map(|()| head));
    read.map_err(|_| {
        let id = serde_json::from_str::<OnlyId>(text).ok().map(|it| it.id);
        (id, head_mistake(text))
    })
}

/// Reads a head that is known to be wrong once more, to find out where.
fn head_mistake(text: &str) -> Problem {
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Head<'_>>(&mut reader) {
        Err(error) => json_problem(error.path(), error.inner()),
        Ok(_) => Problem::new("request.malformed", "there is more after the JSON object"),
    }
}

impl Head<'_> {
    /// The verb.
    pub(crate) fn verb(&self) -> Result<Verb, Problem> {
        Verb::of_name(&self.verb.0).ok_or_else(|| {
            let names = Verb::ALL.map(Verb::name).join(", ");
            Problem::invalid(
                "/do",
                format!("there is no such command; there are {names}"),
            )
        })
    }
}

/// Reads the body of a command: everything but `id`, `do`, `key` and `target`.
pub(crate) fn body<'a, T: Deserialize<'a>>(
    text: &'a str,
    target: &'static str,
) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Body::new(target, None)
        .deserialize(&mut reader)
        .map_err(|_| body_mistake::<T>(text, target))
}

/// Reads a body that is known to be wrong once more, to find out where.
fn body_mistake<'a, T: Deserialize<'a>>(text: &'a str, target: &'static str) -> Problem {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    let read = Body::<T>::new(target, Some(&mut track)).deserialize(&mut reader);
    match read {
        Err(error) => json_problem(&track.path(), &error),
        Ok(_) => Problem::broken("a body was wrong and right"),
    }
}

/// Reads a `T` out of an object that holds the fields of the head as well.
struct Body<'t, T> {
    target: &'static str,
    track: Option<&'t mut Track>,
    value: PhantomData<fn() -> T>,
}

impl<'t, T> Body<'t, T> {
    const fn new(target: &'static str, track: Option<&'t mut Track>) -> Self {
        Self {
            target,
            track,
            value: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Body<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Body<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        let rest = WithoutHead {
            fields,
            target: self.target,
        };
        let rest = MapAccessDeserializer::new(rest);
        match self.track {
            None => T::deserialize(rest),
            Some(track) => T::deserialize(serde_path_to_error::Deserializer::new(rest, track)),
        }
    }
}

/// The fields of an object without those of the head.
struct WithoutHead<A> {
    fields: A,
    target: &'static str,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutHead<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(field) = self.fields.next_key::<Word<'de>>()? {
            let name = &*field.0;
            if matches!(name, "id" | "do" | "key") || name == self.target {
                self.fields.next_value::<IgnoredAny>()?;
            } else {
                return seed.deserialize(field.0.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.fields.next_value_seed(seed)
    }
}

/// An answer.
#[derive(Serialize)]
pub(crate) struct AnswerFrame<T> {
    re: u64,
    ok: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
}

impl AnswerFrame<Written> {
    /// The answer to a write.
    pub(crate) fn written(re: u64, answer: &Answer, notices: Vec<String>) -> Self {
        Self {
            re,
            ok: Written {
                notices,
                ..Written::from(answer)
            },
            sequence: Some(answer.sequence.0),
            replayed: answer.repeated,
        }
    }
}

impl<T> AnswerFrame<T> {
    /// The answer to a read.
    pub(crate) const fn read(re: u64, ok: T, sequence: Option<u64>) -> Self {
        Self {
            re,
            ok,
            sequence,
            replayed: false,
        }
    }
}

/// Why a command has no answer.
#[derive(Serialize)]
pub(crate) struct ProblemFrame<'a> {
    /// `null` when the command had no readable id.
    pub(crate) re: Option<u64>,
    pub(crate) problem: &'a Problem,
}

/// The first frame.
#[derive(Serialize)]
pub(crate) struct Hello<'a> {
    pub(crate) event: &'static str,
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// Where the stream of events begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    pub(crate) limits: HelloLimits,
}

/// What one connection may do.
#[derive(Serialize)]
pub(crate) struct HelloLimits {
    pub(crate) under_way: usize,
    pub(crate) frame_bytes: usize,
    pub(crate) ping_ms: u64,
}

/// The stream cannot go on.
#[derive(Serialize)]
pub(crate) struct Resync<'a> {
    pub(crate) event: &'static str,
    pub(crate) why: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::Empty;
    use crate::dto::interaction::{Complete, Submit};

    fn wrong<T>(result: Result<T, Problem>) -> serde_json::Value {
        let problem = result.err().expect("it is wrong");
        serde_json::to_value(&problem).expect("plain data")
    }

    #[test]
    fn head_and_body_are_read_in_any_order() {
        let text = r#"{"reason":"solved","do":"interaction.complete","interaction":"i4","id":7}"#;
        let head = head(text).expect("a head");
        assert_eq!(head.id, 7);
        assert_eq!(head.verb().expect("a verb"), Verb::InteractionComplete);
        assert_eq!(
            head.interaction.map(|it| it.0.into_owned()),
            Some("i4".to_owned())
        );
        let body: Complete = body(text, "interaction").expect("a body");
        assert_eq!(body.reason.0.as_str(), "solved");
        assert!(body.disposition.is_none());
    }

    #[test]
    fn unknown_fields_of_a_command_are_named() {
        let text = r#"{"id":1,"do":"offer.accept","offer":"o1","agent":"anna"}"#;
        let problem = wrong(body::<Empty>(text, "offer"));
        assert_eq!(problem["code"], "request.unknown_field");
        assert_eq!(problem["errors"][0]["at"], "/agent");
        let text = r#"{"id":1,"do":"interaction.submit","queue":"a","medium":"voice",
            "route":{"virtual_queue":"b","target":"","x":1}}"#;
        let problem = wrong(body::<Submit>(text, ""));
        assert_eq!(problem["errors"][0]["at"], "/route/x");
    }

    #[test]
    fn a_wrong_target_is_named_with_its_place() {
        let text = r#"{"id":1,"do":"interaction.submit","queue":"a","medium":"voice",
            "route":{"virtual_queue":"b","target":"English>"}}"#;
        let problem = wrong(body::<Submit>(text, ""));
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["errors"][0]["at"], "/route/target");
    }

    #[test]
    fn a_command_that_cannot_be_read_still_tells_its_id() {
        let (id, problem) = head(r#"{"id":3}"#).expect_err("no verb");
        assert_eq!((id, problem.status()), (Some(3), 422));
        let (id, problem) = head("nonsense").expect_err("no JSON");
        assert_eq!((id, problem.status()), (None, 400));
        let (_, problem) = head(r#"{"id":1,"do":"ping"} x"#).expect_err("more");
        assert_eq!(problem.status(), 400);
    }
}
