//! What one transaction tells of one interaction, written as one row.

use crate::convert::{int, pack_into, who_columns, write_actor};
use ringback_model::interaction::Interaction;
use ringback_model::record::Segment;
use ringback_model::{Event, QueueId, interaction};
use ringback_ports::records::HistoryLine;
use ringback_ports::store::StoreFault;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::Serialize;

/// How the event of a submission begins, encoded: what follows is the interaction. So one copy
/// of it serves the history and the questions for interactions.
const SUBMITTED: &[u8] = b"\x81\xabinteraction\x81\xa9submitted";

/// Some of the bytes of all bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: usize,
    pub(super) bytes: usize,
}

/// A row as it grows. Its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Of the lines; set by the first.
    queue: Option<Option<QueueId>>,
    lines: List,
    segments: List,
    bodies: Vec<u8>,
    actor: String,
}

impl Trail {
    pub(super) fn is_empty(&self) -> bool {
        self.bodies.is_empty() && self.lines.is_empty() && self.segments.is_empty()
    }

    /// Whether a line of this queue may stand here: all are of one, so that a scope can be
    /// asked of the row.
    pub(super) fn takes(&self, queue: Option<QueueId>) -> bool {
        self.queue.is_none_or(|ours| ours == queue)
    }

    /// Keeps an interaction as submitted; tells where.
    pub(super) fn submitted(&mut self, it: &Interaction) -> Result<Range, StoreFault> {
        self.queue = Some(Some(it.queue));
        self.bodies.extend_from_slice(SUBMITTED);
        let from = self.bodies.len();
        pack_into("interactions", it, &mut self.bodies)?;
        let bytes = self.bodies.len() - from;
        Ok(Range { from, bytes })
    }

    /// Adds a line. `submitted` is what [`Self::submitted`] kept here, and where.
    pub(super) fn line(
        &mut self,
        line: &HistoryLine<'_>,
        submitted: Option<(&Interaction, Range)>,
    ) -> Result<(), StoreFault> {
        self.queue = Some(line.queue);
        let body = match (line.event, submitted) {
            (Event::Interaction(interaction::Event::Submitted(it)), Some((kept, at)))
                if std::ptr::eq(&**it, kept) =>
            {
                Range {
                    from: at.from - SUBMITTED.len(),
                    bytes: at.bytes + SUBMITTED.len(),
                }
            }
            (event, _) => {
                let from = self.bodies.len();
                pack_into("history", event, &mut self.bodies)?;
                let bytes = self.bodies.len() - from;
                Range { from, bytes }
            }
        };
        self.actor.clear();
        write_actor(line.actor, &mut self.actor);
        self.lines.push(&(
            int(line.cursor.sequence.0),
            line.cursor.index,
            int(line.now.engine.0),
            line.now.wall.0,
            &self.actor,
            line.event.name(),
            line.agent.map(|id| int(id.0)),
            body.from,
            body.bytes,
        ))
    }

    pub(super) fn segment(&mut self, segment: &Segment) -> Result<(), StoreFault> {
        let (who, agent) = who_columns(segment.who);
        self.segments.push(&(
            segment.medium.name(),
            who,
            agent,
            segment.kind.name(),
            int(segment.queue.0),
            segment.virtual_queue.map(|id| int(id.0)),
            segment.request.map(|id| int(id.0)),
            int(segment.from.engine.0),
            segment.from.wall.0,
            int(segment.to.engine.0),
            segment.to.wall.0,
            segment.end.name(),
        ))
    }

    pub(super) fn queue(&self) -> Option<i64> {
        self.queue.flatten().map(|id| int(id.0))
    }

    /// The columns for lines, segments and bodies.
    pub(super) fn columns(&mut self) -> [ToSqlOutput<'_>; 3] {
        let segments = match self.segments.is_empty() {
            true => ValueRef::Null,
            false => ValueRef::Text(self.segments.finish()),
        };
        let lines = ValueRef::Text(self.lines.finish());
        [lines, segments, ValueRef::Blob(&self.bodies)].map(ToSqlOutput::Borrowed)
    }

    pub(super) fn clear(&mut self) {
        self.queue = None;
        self.lines.0.clear();
        self.segments.0.clear();
        self.bodies.clear();
    }
}

/// A list in JSON as it grows.
#[derive(Debug, Default)]
struct List(Vec<u8>);

impl List {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, item: &impl Serialize) -> Result<(), StoreFault> {
        self.0.push(if self.0.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(&mut self.0, item)
            .map_err(|problem| StoreFault::failed("projecting into the records", problem))
    }

    fn finish(&mut self) -> &[u8] {
        if self.0.is_empty() {
            self.0.push(b'[');
        }
        self.0.push(b']');
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::pack;

    #[test]
    fn the_event_of_a_submission_holds_the_interaction_at_its_end() {
        let it: Interaction = serde_json::from_value(serde_json::json!({
            "id": 7, "medium": "chat", "kind": "inbound", "tier": 0, "queue": 2,
            "user_data": {}, "submitted": {"engine": 1, "wall": 2}, "place": "queue",
            "parties": [], "requests": [], "version": 1
        }))
        .expect("an interaction");
        let mut trail = Trail::default();
        let kept = trail.submitted(&it).expect("kept");
        let event = Event::Interaction(interaction::Event::Submitted(Box::new(it.clone())));
        assert_eq!(trail.bodies, pack("test", &event).expect("encoded"));
        let body = &trail.bodies[kept.from..kept.from + kept.bytes];
        assert_eq!(body, pack("test", &it).expect("encoded"));
    }
}
