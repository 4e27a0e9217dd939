//! `/v1/audit`: who did what, out of the journal.

use super::{limit, parameter, read};
use crate::door::Caller;
use crate::dto::audit::AuditEntry;
use crate::dto::{Page, actor};
use crate::extract::ApiQuery;
use crate::problem::Problem;
use crate::state::{House, Shared};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ringback_model::{Input, WallTime, node};
use ringback_ports::hall::ResumeFault;
use ringback_ports::query::Query;
use ringback_ports::{Cursor, Entry, Record};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// How many records one request looks at; what is beyond is for the next.
const LOOKED_AT_MAX: usize = 20_000;

/// Which part of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only what comes after this; pass on `next`. Left out: from the oldest kept.
    #[param(pattern = "^[0-9]+(\\.[0-9]+)?$")]
    after: Option<String>,
    /// Only what this one did, for example `person:sam`.
    #[param(example = "person:sam")]
    actor: Option<String>,
    /// Only what begins like this, for example `login` or `config.make_key`.
    #[param(example = "config")]
    did: Option<String>,
    /// Only from then on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Only before then.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// `jsonl`: one entry a line, for files; the cursor of each stands in it.
    #[param(inline)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Jsonl,
}

/// What is looked for.
struct Filter {
    actor: Option<String>,
    did: Option<String>,
    from: Option<WallTime>,
    to: Option<WallTime>,
}

fn time(name: &str, text: Option<&str>) -> Result<Option<WallTime>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let at: jiff::Timestamp = parameter(name, text)?;
    Ok(Some(WallTime(at.as_millisecond())))
}

impl Filter {
    fn of(wanted: &Wanted) -> Result<Self, Problem> {
        Ok(Self {
            actor: wanted.actor.clone(),
            did: wanted.did.clone(),
            from: time("from", wanted.from.as_deref())?,
            to: time("to", wanted.to.as_deref())?,
        })
    }

    fn wants(&self, entry: &Entry) -> bool {
        let at = entry.now.wall;
        self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
            && self
                .did
                .as_deref()
                .is_none_or(|did| entry.input.name().starts_with(did))
            && self
                .actor
                .as_deref()
                .is_none_or(|who| actor(&entry.actor) == who || was_refused(entry, who))
    }
}

/// Whether something was refused to this one.
fn was_refused(entry: &Entry, who: &str) -> bool {
    match &entry.input {
        Input::Node(node::Input::Refusals { list, .. }) => list.iter().any(|one| one.who == who),
        _ => false,
    }
}

/// Who did what and when, in order, as far back as the journal is kept (`journal.kept_h`). What
/// was denied and which log-ins failed is told together, once in a while
/// (`did` is `node.refusals`, `login.refusals_told_every_s`). `next` leads on also where nothing was
/// found in the part that was looked at; without it the end is reached.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "audit", tag = "config",
    params(Wanted),
    responses((status = 200, description = "What was done.", content(
        (Page<AuditEntry> = "application/json"),
        (String = "application/jsonl"),
    )))
)]
pub(crate) async fn audit(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<Response, Problem> {
    // Asked for its rights: whoever may see the keys may see who made them.
    let (sequence, _) = house.query(&caller, Query::Keys, "audit").await?;
    let most = limit(wanted.limit)?;
    let filter = Filter::of(&wanted)?;
    let mut at = match &wanted.after {
        Some(text) => parameter("after", text)?,
        None => Cursor::end_of(ringback_ports::Sequence(0)),
    };
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut more = true;
    while more && found.len() < most && looked_at < LOOKED_AT_MAX {
        let records = records(&house, &caller, at, wanted.after.is_none()).await?;
        more = !records.is_empty();
        for record in &records {
            looked_at += 1;
            if let Some(full) = take(record, &filter, &mut at, most, &mut found) {
                at = full;
                break;
            }
        }
    }
    let next = more.then(|| at.to_string());
    if wanted.format == Some(Format::Jsonl) {
        return Ok(lines(&found));
    }
    Ok(read(sequence.0, Page { items: found, next }))
}

/// Takes what is wanted out of a record; the cursor to go on from when there is no room for all
/// of it.
fn take(
    record: &Record,
    filter: &Filter,
    at: &mut Cursor,
    most: usize,
    found: &mut Vec<AuditEntry>,
) -> Option<Cursor> {
    let mut index = 0;
    for entry in &record.entries {
        let first = index;
        index += u32::try_from(entry.events.len()).unwrap_or(u32::MAX);
        let cursor = Cursor {
            sequence: record.sequence,
            index: index.saturating_sub(1).max(first),
        };
        // An input without events stands beside the one before it, and is of no interest here.
        if entry.events.is_empty() || cursor <= *at || !filter.wants(entry) {
            continue;
        }
        found.push(AuditEntry::new(cursor, entry));
        if found.len() == most {
            return Some(cursor);
        }
    }
    *at = Cursor::end_of(record.sequence);
    None
}

/// The records after a cursor. Whoever wants everything is not told that older ones are pruned.
async fn records(
    house: &House,
    caller: &Caller,
    at: Cursor,
    from_oldest: bool,
) -> Result<Vec<std::sync::Arc<Record>>, Problem> {
    match house.hall.resume(caller.tenant, at).await {
        Ok(records) => Ok(records),
        Err(ResumeFault::Gone { oldest, .. }) if from_oldest => {
            let before = ringback_ports::Sequence(oldest.0.saturating_sub(1));
            let again = house
                .hall
                .resume(caller.tenant, Cursor::end_of(before))
                .await;
            again.map_err(|fault| Problem::new("unavailable.journal", fault.to_string()))
        }
        Err(ResumeFault::Unavailable(why)) => Err(Problem::new("unavailable.journal", why)),
        Err(fault) => Err(Problem::invalid("query:after", fault.to_string())),
    }
}

fn lines(found: &[AuditEntry]) -> Response {
    let mut text = String::new();
    for entry in found {
        text.push_str(&serde_json::to_string(entry).expect("an entry is plain data"));
        text.push('\n');
    }
    let kind = HeaderValue::from_static("application/jsonl");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
