//! How a view of an interaction queue is doing, as the API shows it.

use super::config::objects::ViewPut;
use crate::masking;
use crate::text::Time;
use ringback_ports::query::PullView;
use serde::Serialize;
use utoipa::ToSchema;

/// A view of an interaction queue, and how it is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PullingView {
    #[schema(example = "loans")]
    name: String,
    version: u64,
    /// What was set.
    view: ViewPut,
    /// It pulls by itself: it has a `route`.
    pulls: bool,
    /// It found nothing more it could hand over: it looks again when something changes.
    sleeps: bool,
    /// It left behind what would have fitted, for want of room in its virtual queue or in a
    /// segment: it looks again when there is some.
    lacks_room: bool,
    /// When it looks next; while it sleeps, the earliest time at which it may. Absent if it does
    /// not pull.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_look_at: Option<Time>,
    /// How many interactions rest in its queue, whether they fit or not.
    resting: usize,
    /// How many it handed over that are neither back at rest nor over, segment by segment.
    under_way: Vec<SegmentCount>,
    /// The record it was read after.
    sequence: u64,
}

/// How many interactions of one segment are under way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentCount {
    /// The value of the key `segment_by`; absent for all without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "loan")]
    segment: Option<String>,
    count: u32,
}

impl PullingView {
    /// Of numbers in the names of segments only so many digits are shown, if the reader is to see
    /// no more.
    pub(crate) fn new(it: &PullView, sequence: u64, digits_shown: Option<u8>) -> Self {
        let under_way = it.under_way.iter();
        Self {
            name: it.name.to_string(),
            version: it.version,
            view: ViewPut::from(it.body.clone()),
            pulls: it.look.is_some(),
            sleeps: it.look.is_some_and(|look| look.next.is_none()),
            lacks_room: it.look.is_some_and(|look| !look.lacks.nothing()),
            next_look_at: it
                .look
                .map(|look| Time::at(it.now, look.next.unwrap_or(look.not_before))),
            resting: it.resting,
            under_way: under_way
                .map(|(segment, count)| {
                    let (mut segment, count) = (segment.clone(), *count);
                    masking::mask_text(&mut segment, digits_shown);
                    SegmentCount { segment, count }
                })
                .collect(),
            sequence,
        }
    }
}
