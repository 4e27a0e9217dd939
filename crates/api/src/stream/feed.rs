//! Events from a cursor on, without gap and without doubles: first the journal, then what is
//! pushed.
//!
//! The journal is read until there is no more, then the feed subscribes, then it reads the
//! journal up to the record at which the subscription begins, then it follows the pushes.
//! Reading before subscribing keeps a long way back from filling the subscription's line.

use super::sight::Sight;
use crate::door::Caller;
use crate::dto::event::EventView;
use crate::names::Known;
use crate::problem::Problem;
use crate::screen_pops;
use crate::state::Shared;
use ringback_model::place::BinOwner;
use ringback_model::{Event, offer, record};
use ringback_ports::envelope::Sequence;
use ringback_ports::hall::{Push, Subscription};
use ringback_ports::{Cursor, Entry, Record, TenantId};
use std::sync::Arc;
use tokio::sync::mpsc;

/// A stream of events for one caller.
pub(crate) struct Feed {
    tenant: TenantId,
    pub(crate) sight: Sight,
    /// Everything up to here has been given out.
    after: Cursor,
    state: State,
}

enum State {
    /// Reading the journal; a task does it, so that waiting for it can be given up and taken up
    /// again at any time.
    CatchingUp(mpsc::Receiver<CaughtUp>),
    Live(mpsc::Receiver<Push>),
    Ended,
}

enum CaughtUp {
    Record(Arc<Record>),
    Live(Subscription),
    Lost(String),
}

/// What a feed gives out.
pub(crate) enum Fed {
    /// A record with events; those to show are found with [`Feed::shown`].
    Record(Push),
    /// It cannot go on; the reader has to start afresh.
    Lost(String),
}

/// How many records may wait between journal and reader.
const CATCH_UP_AHEAD: usize = 16;

impl Feed {
    /// Events after a cursor, or from now on. Gives the cursor it starts from as well.
    pub(crate) fn open(
        house: &Shared,
        tenant: TenantId,
        sight: Sight,
        after: Option<Cursor>,
    ) -> Result<(Self, Cursor), Problem> {
        let (after, state) = match after {
            Some(after) => {
                let (to, from) = mpsc::channel(CATCH_UP_AHEAD);
                let journey = catch_up(house.clone(), tenant, sight.clone(), after, to);
                tokio::spawn(journey);
                (after, State::CatchingUp(from))
            }
            None => {
                let subscription = house
                    .hall
                    .subscribe(tenant, sight.interest())
                    .map_err(|fault| Problem::of_query(fault, "events"))?;
                let after = Cursor::end_of(subscription.from);
                (after, State::Live(subscription.pushes))
            }
        };
        let feed = Self {
            tenant,
            sight,
            after,
            state,
        };
        Ok((feed, after))
    }

    /// The next record, or the end. Can be given up and asked again.
    pub(crate) async fn next(&mut self) -> Fed {
        loop {
            match &mut self.state {
                State::CatchingUp(from) => match from.recv().await {
                    Some(CaughtUp::Record(record)) => {
                        return Fed::Record(Push {
                            record,
                            picks: None,
                            abilities: None,
                        });
                    }
                    Some(CaughtUp::Live(subscription)) => {
                        self.state = State::Live(subscription.pushes);
                    }
                    Some(CaughtUp::Lost(why)) => return self.end(why),
                    None => return self.end("the events could not be read".to_owned()),
                },
                State::Live(pushes) => match pushes.recv().await {
                    Some(push) => return Fed::Record(push),
                    None => {
                        let why = "the reader was too slow, or the server is closing";
                        return self.end(why.to_owned());
                    }
                },
                State::Ended => return std::future::pending().await,
            }
        }
    }

    /// The next record if it is here already.
    pub(crate) fn at_hand(&mut self) -> Option<Fed> {
        match &mut self.state {
            State::Live(pushes) => pushes.try_recv().ok().map(Fed::Record),
            State::CatchingUp(_) | State::Ended => None,
        }
    }

    fn end(&mut self, why: String) -> Fed {
        self.state = State::Ended;
        Fed::Lost(why)
    }

    /// Calls `take` with each event of a record that has not been given out, and its place in the
    /// entry, for whoever does not show it to anybody.
    pub(crate) async fn each(
        &mut self,
        house: &Shared,
        push: &Push,
        mut take: impl FnMut(&Known, Cursor, &Entry, usize, &Event),
    ) -> Result<(), Problem> {
        let mut known = house.names.known(self.tenant);
        for (cursor, entry, inside) in Picked::of(push) {
            let Some(event) = entry.events.get(inside).filter(|_| cursor > self.after) else {
                continue;
            };
            if !names_known(&known, event) {
                known = house.names.fresh(self.tenant).await?;
            }
            take(&known, cursor, entry, inside, event);
        }
        self.after = self.after.max(Cursor::end_of(push.record.sequence));
        Ok(())
    }

    /// Calls `show` with each event of a record that the caller may see and has not seen.
    pub(crate) async fn shown(
        &mut self,
        house: &Shared,
        caller: &Caller,
        push: &Push,
        mut show: impl FnMut(EventView),
    ) -> Result<(), Problem> {
        // What can be done is told to agents, of the present.
        let agent = caller.agent().filter(|_| self.sight.is_a_desk());
        let told = agent.zip(push.abilities.as_deref());
        let mut known = house.names.known(self.tenant);
        for (cursor, entry, inside) in Picked::of(push) {
            let Some(event) = entry.events.get(inside) else {
                continue;
            };
            if cursor <= self.after || !self.sight.sees(event, entry.others_of(inside)) {
                continue;
            }
            if !names_known(&known, event) {
                known = house.names.fresh(self.tenant).await?;
            }
            let mut view = view(&known, cursor, entry, event);
            if let Some(((agent, told), id)) = told.zip(event.tells_of()) {
                view.capabilities = Some(told.get(id, agent).names());
            }
            if let Event::Offer(offer::Event::Made { offer, .. }) = event
                && self.sight.is_a_desk()
            {
                let pops = screen_pops::of_offer(house, caller, offer).await;
                view = view.with_pops(pops.unwrap_or_else(|problem| {
                    // The offer is what counts; a page can be opened by hand.
                    tracing::warn!(problem = problem.sentence(), "No screen pops.");
                    Vec::new()
                }));
            }
            show(view.masked(caller.digits_shown));
        }
        self.after = self.after.max(Cursor::end_of(push.record.sequence));
        Ok(())
    }
}

/// The events of a record that a push is about. Those of many others stand between them, so they
/// are found by their place instead of looked at.
struct Picked<'a> {
    record: &'a Record,
    /// `None`: all.
    picks: Option<&'a [u32]>,
    /// The entry reached, and how many events stand before it.
    entry: usize,
    before: u32,
    /// The next event, when all are wanted.
    next: u32,
}

impl<'a> Picked<'a> {
    fn of(push: &'a Push) -> Self {
        Self {
            record: &push.record,
            picks: push.picks.as_deref(),
            entry: 0,
            before: 0,
            next: 0,
        }
    }

    /// The place of the next event.
    fn place(&mut self) -> Option<u32> {
        match &mut self.picks {
            Some(picks) => picks.split_off_first().copied(),
            None => {
                self.next += 1;
                Some(self.next - 1)
            }
        }
    }
}

impl<'a> Iterator for Picked<'a> {
    /// Where it stands in the record, its entry, and its number in that.
    type Item = (Cursor, &'a Entry, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.place()?;
        loop {
            let entry = self.record.entries.get(self.entry)?;
            let inside = usize::try_from(index - self.before).ok()?;
            if inside < entry.events.len() {
                let sequence = self.record.sequence;
                return Some((Cursor { sequence, index }, entry, inside));
            }
            self.entry += 1;
            self.before += u32::try_from(entry.events.len()).ok()?;
        }
    }
}

/// An event as it is written out.
pub(crate) fn view(known: &Known, cursor: Cursor, entry: &Entry, event: &Event) -> EventView {
    EventView::new(known, cursor, entry.now, &entry.actor, event)
}

fn names_known(known: &Known, event: &Event) -> bool {
    let queue = super::sight::queue_of(event).is_none_or(|id| known.knows_queue(id));
    let line = match event {
        Event::Route(ringback_model::route::Event::Requested { request, .. }) => {
            Some(request.virtual_queue)
        }
        Event::Record(record::Event::Segment(segment)) => segment.virtual_queue,
        _ => None,
    };
    let view = match event {
        Event::Interaction(ringback_model::interaction::Event::Handed { view, .. })
        | Event::View(
            ringback_model::view::Event::Looked { view, .. }
            | ringback_model::view::Event::Woken { view, .. },
        ) => Some(*view),
        _ => None,
    };
    let group = owner_of_bin(event).and_then(|owner| match owner {
        BinOwner::Group(group) => Some(group),
        BinOwner::Agent(_) => None,
    });
    queue
        && line.is_none_or(|id| known.knows_virtual_queue(id))
        && view.is_none_or(|id| known.knows_object(id))
        && group.is_none_or(|id| known.knows_object(id))
}

/// Whose workbin an event tells of.
fn owner_of_bin(event: &Event) -> Option<BinOwner> {
    use ringback_model::interaction::{Event as It, Rest};
    match event {
        Event::Workbin(event) => Some(event.item().bin.owner),
        Event::Agent(
            ringback_model::agent::Event::Subscribed { bin, .. }
            | ringback_model::agent::Event::Unsubscribed { bin, .. },
        ) => Some(bin.owner),
        Event::Interaction(
            It::Placed {
                to: Rest::Workbin { owner, .. },
                ..
            }
            | It::Pulled {
                from: Rest::Workbin { owner, .. },
                ..
            },
        ) => Some(*owner),
        _ => None,
    }
}

/// Reads the journal, subscribes, reads the rest, hands the subscription over.
async fn catch_up(
    house: Shared,
    tenant: TenantId,
    sight: Sight,
    after: Cursor,
    to: mpsc::Sender<CaughtUp>,
) {
    if let Err(Stop::Lost(why)) = travel(&house, tenant, &sight, after, &to).await {
        // The reader may be gone; then nobody needs to know.
        let _ = to.send(CaughtUp::Lost(why)).await;
    }
}

enum Stop {
    /// The reader is gone.
    Gone,
    Lost(String),
}

async fn travel(
    house: &Shared,
    tenant: TenantId,
    sight: &Sight,
    after: Cursor,
    to: &mpsc::Sender<CaughtUp>,
) -> Result<(), Stop> {
    let at = read_on(house, tenant, after, None, to).await?;
    let subscription = house
        .hall
        .subscribe(tenant, sight.interest())
        .map_err(|fault| Stop::Lost(fault.to_string()))?;
    read_on(house, tenant, at, Some(subscription.from), to).await?;
    let live = CaughtUp::Live(subscription);
    to.send(live).await.map_err(|_| Stop::Gone)
}

/// Gives records on until there are no more, or until record `until` is given on. Returns how
/// far it came.
async fn read_on(
    house: &Shared,
    tenant: TenantId,
    mut at: Cursor,
    until: Option<Sequence>,
    to: &mpsc::Sender<CaughtUp>,
) -> Result<Cursor, Stop> {
    loop {
        if until.is_some_and(|until| at >= Cursor::end_of(until)) {
            return Ok(at);
        }
        let records = house.hall.resume(tenant, at).await;
        let records = records.map_err(|fault| Stop::Lost(fault.to_string()))?;
        if records.is_empty() {
            return Ok(at);
        }
        for record in records {
            if until.is_some_and(|until| record.sequence > until) {
                return Ok(at);
            }
            at = Cursor::end_of(record.sequence);
            let record = CaughtUp::Record(record);
            to.send(record).await.map_err(|_| Stop::Gone)?;
        }
    }
}
