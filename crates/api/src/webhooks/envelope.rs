//! One event in the JSON format of CloudEvents 1.0.

use crate::text::{Text, Time};
use ringback_model::ObjectId;
use ringback_ports::{Cursor, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// What a webhook is sent: an event in the JSON format of CloudEvents 1.0.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always `1.0`.
    specversion: &'static str,
    /// The same in every attempt, and in the header `webhook-id`.
    id: String,
    /// The tenant.
    #[schema(example = "/tenants/default")]
    source: String,
    /// `dev.ringback.` and the name of the event.
    #[serde(rename = "type")]
    #[schema(example = "dev.ringback.offer.made")]
    kind: String,
    /// What it is about, where it is about one thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "i42")]
    subject: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    /// Always `application/json`.
    datacontenttype: &'static str,
    /// Where the event stands in the order of all events of the tenant; of two, the one that comes
    /// later in the alphabet happened later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "00000000000000000812.0000000003")]
    sequence: Option<String>,
    /// The event as streams show it.
    data: T,
}

/// What an envelope says of its event.
pub(crate) struct Head<'a> {
    pub(crate) id: String,
    pub(crate) tenant: &'a str,
    pub(crate) event: &'a str,
    pub(crate) subject: Option<String>,
    pub(crate) time: Time,
    pub(crate) cursor: Option<Cursor>,
}

impl<T: Serialize> Envelope<T> {
    pub(crate) fn new(head: Head<'_>, data: T) -> Self {
        let sequence = |at: Cursor| format!("{:020}.{:010}", at.sequence.0, at.index);
        Self {
            specversion: "1.0",
            id: head.id,
            source: format!("/tenants/{}", head.tenant),
            kind: format!("dev.ringback.{}", head.event),
            subject: head.subject,
            time: head.time,
            datacontenttype: "application/json",
            sequence: head.cursor.map(sequence),
            data,
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event is plain data")
    }
}

/// The id of what one webhook is told of one event: the same whenever it is rendered.
pub(crate) fn id_of(tenant: TenantId, hook: ObjectId, cursor: Cursor) -> String {
    format!("{tenant}-{hook}-{}", Text(cursor).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::WallTime;
    use ringback_ports::Sequence;
    use serde_json::json;

    #[test]
    fn an_envelope_has_the_attributes_of_the_standard() {
        let cursor = Cursor {
            sequence: Sequence(812),
            index: 3,
        };
        let head = Head {
            id: id_of(TenantId(1), ObjectId(5), cursor),
            tenant: "default",
            event: "offer.made",
            subject: Some("i42".to_owned()),
            time: Time::wall(WallTime(0)),
            cursor: Some(cursor),
        };
        let shown = serde_json::to_value(Envelope::new(head, json!({"x": 1}))).expect("plain");
        let expected = json!({
            "specversion": "1.0",
            "id": "t1-x5-812.3",
            "source": "/tenants/default",
            "type": "dev.ringback.offer.made",
            "subject": "i42",
            "time": "1970-01-01T00:00:00.000Z",
            "datacontenttype": "application/json",
            "sequence": "00000000000000000812.0000000003",
            "data": {"x": 1},
        });
        assert_eq!(shown, expected);
    }
}
