//! Numbers watched over the WebSocket: each watch is begun by a command, carries the id of that
//! command, and ends by another one, with the connection, or when it cannot go on.

use super::watching::{Manner, Told, WATCH_MAX, Watching, watched};
use crate::dto::statistics::ReadingsView;
use crate::problem::Problem;
use futures_util::future::{AbortHandle, Abortable, Aborted, BoxFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use ringback_model::statistic::Mode;
use ringback_ports::Sequence;
use ringback_ports::statistics::Wanted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is asked for by `statistics.watch`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchAsk {
    /// Statistic, kind of subject and subject of each.
    numbers: Vec<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    period_ms: Option<u64>,
    #[serde(default)]
    insensitivity: Option<String>,
    /// The `sequence` told last before the connection was lost.
    #[serde(default)]
    after: Option<u64>,
}

/// The same, understood.
pub(super) struct Plan {
    pub(super) watched: Vec<Wanted>,
    pub(super) manner: (Mode, Duration),
    pub(super) after: Option<Sequence>,
}

/// What is asked for by `statistics.unwatch`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnwatchAsk {
    /// The id of the command that began it.
    pub(super) watch: u64,
}

/// Numbers that are due.
#[derive(Serialize)]
pub(super) struct ToldFrame {
    event: &'static str,
    watch: u64,
    /// After which record they were read.
    sequence: u64,
    #[serde(flatten)]
    view: ReadingsView,
}

/// A watch that cannot go on.
#[derive(Serialize)]
pub(super) struct EndedFrame {
    event: &'static str,
    watch: u64,
    why: &'static str,
}

/// What the look of a watch came to.
pub(super) enum Looked {
    Told(ToldFrame),
    Ended(EndedFrame),
}

type Look = Result<(Watching, Result<Told, &'static str>), Aborted>;

/// Which watch a look belongs to, and which look it is: one that was ended may still come to
/// something, and is not taken for another one of the same id.
type Of = (u64, u64);

/// All watches of a connection.
#[derive(Default)]
pub(super) struct Watches {
    /// The next look of each.
    looks: FuturesUnordered<BoxFuture<'static, (Of, Look)>>,
    live: BTreeMap<u64, Live>,
    /// How many looks there were.
    turn: u64,
}

/// A watch that goes on.
struct Live {
    numbers: usize,
    turn: u64,
    end: AbortHandle,
}

impl Watches {
    /// Whether an asking can be begun under this id.
    pub(super) fn plan(&self, id: u64, ask: &WatchAsk) -> Result<Plan, Problem> {
        if self.live.contains_key(&id) {
            let problem = "is the id of a watch that goes on: end it first, or choose another";
            return Err(Problem::invalid("/id", problem));
        }
        if ask.numbers.is_empty() {
            return Err(Problem::invalid("/numbers", "names nothing to watch"));
        }
        let manner = Manner {
            mode: ask.mode.as_deref(),
            period_ms: ask.period_ms,
            insensitivity: ask.insensitivity.as_deref(),
            at: "/",
        };
        let texts = ask.numbers.iter().map(String::as_str);
        Ok(Plan {
            watched: watched(texts, "/numbers", self.room())?,
            manner: manner.read()?,
            after: ask.after.map(Sequence),
        })
    }

    /// How many more numbers may be watched.
    fn room(&self) -> usize {
        let taken: usize = self.live.values().map(|live| live.numbers).sum();
        WATCH_MAX.saturating_sub(taken)
    }

    /// Begins, unless others have taken the id or the room meanwhile.
    pub(super) fn begin(&mut self, id: u64, watching: Watching) -> Result<(), Problem> {
        let numbers = watching.len();
        if numbers > self.room() || self.live.contains_key(&id) {
            let problem = "was taken by another watch that began meanwhile";
            return Err(Problem::invalid("/id", problem));
        }
        self.look(id, watching);
        Ok(())
    }

    fn look(&mut self, id: u64, mut watching: Watching) {
        let numbers = watching.len();
        self.turn += 1;
        let turn = self.turn;
        let (end, ended) = AbortHandle::new_pair();
        let look = async move {
            loop {
                match watching.look().await {
                    Ok(None) => {}
                    Ok(Some(told)) => return (watching, Ok(told)),
                    Err(why) => return (watching, Err(why)),
                }
            }
        };
        let look = Abortable::new(look, ended).map(move |look| ((id, turn), look));
        self.looks.push(look.boxed());
        self.live.insert(id, Live { numbers, turn, end });
    }

    /// Ends a watch.
    pub(super) fn end(&mut self, id: u64) -> Result<(), Problem> {
        let live = self.live.remove(&id);
        let live = live.ok_or_else(|| Problem::nothing(format!("watch {id}")))?;
        live.end.abort();
        Ok(())
    }

    fn goes_on(&self, watch: u64, turn: u64) -> bool {
        self.live.get(&watch).is_some_and(|live| live.turn == turn)
    }

    /// What is told next; never, if nothing is watched.
    pub(super) async fn next(&mut self) -> Looked {
        loop {
            match self.looks.next().await {
                None => std::future::pending().await,
                Some(((watch, turn), _)) if !self.goes_on(watch, turn) => {}
                Some((_, Err(Aborted))) => {}
                Some(((watch, _), Ok((watching, Ok(told))))) => {
                    self.look(watch, watching);
                    return Looked::Told(ToldFrame {
                        event: "statistics",
                        watch,
                        sequence: told.sequence.0,
                        view: told.view,
                    });
                }
                Some(((watch, _), Ok((_, Err(why))))) => {
                    self.live.remove(&watch);
                    return Looked::Ended(EndedFrame {
                        event: "statistics.ended",
                        watch,
                        why,
                    });
                }
            }
        }
    }
}
