//! `GET /v1/stream`: the WebSocket. Commands and events on one connection, pipelined.
//!
//! One task owns the connection. It sends commands to the hall without waiting for each other's
//! answers, which come back over one line with a tag; it writes whatever is ready and flushes
//! once. Nothing is boxed or spawned for a command that the hall decides; reads, and submissions
//! that name a contact, go through a set of futures in the same task.

use super::feed::{Fed, Feed};
use super::frame::{self, AnswerFrame, Head, Hello, HelloLimits, ProblemFrame, Resync};
use super::meter::Came;
use super::sight::Sight;
use super::sse::closed;
use super::watches::{Looked, UnwatchAsk, WatchAsk, Watches};
use super::watching::Watching;
use crate::commands::{self, AtOnce, Ready, Verb};
use crate::door::{Caller, SUBPROTOCOL};
use crate::dto::Empty;
use crate::dto::agent::{Media, NotReadyAsk};
use crate::dto::choice::RouteChange;
use crate::dto::interaction::{Complete, Stop, Submit};
use crate::dto::offer::Reject;
use crate::dto::route::RouteAsk;
use crate::dto::work::{
    ChangeAsk, InviteAsk, MonitorAsk, PlaceAsk, PullAsk, SubscribeAsk, TransferAsk,
};
use crate::extract::ApiQuery;
use crate::idempotency;
use crate::limits::Counted;
use crate::login::cookie::check_origin;
use crate::presence::Present;
use crate::problem::{About, Problem, ProblemBody};
use crate::rest::{agents, interactions, numbers};
use crate::state::Shared;
use crate::work::Act;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::BytesMut;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use ringback_model::right::Action;
use ringback_model::{AgentId, InteractionId, OfferId, RouteRequestId};
use ringback_ports::envelope::{Answer, CommandFault, Denied, Idempotent};
use ringback_ports::hall::Push;
use ringback_ports::query::{Query, View};
use ringback_ports::{Command, Cursor, Reply};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use utoipa::{IntoParams, ToSchema};

/// Which events, and from where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// Only what comes after this cursor; left out: from now on.
    #[param(pattern = "^[0-9]+(\\.[0-9]+)?$")]
    after: Option<String>,
    /// Which events: `mine` (default with an agent's key), `all` the caller may see, or `none`
    /// (default with other keys).
    #[param(inline)]
    events: Option<Events>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Events {
    Mine,
    All,
    None,
}

/// Commands and events on one WebSocket; `docs/reference/api.md` describes the frames. Browsers
/// pass the key as subprotocol `bearer.<key>` beside `ringback.v1`.
#[utoipa::path(
    get, path = "/v1/stream", operation_id = "stream", tag = "streams",
    params(From),
    responses(
        (status = 101, description = "A WebSocket from here on."),
        (status = 426, description = "This is not the start of a WebSocket.",
            content_type = "application/problem+json", body = ProblemBody)
    )
)]
pub(crate) async fn stream(
    State(house): State<Shared>,
    headers: HeaderMap,
    ApiQuery(from): ApiQuery<From>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let caller = Caller::of_socket(&house, &headers)?;
    caller.limits.take()?;
    check_origin(&house, &headers)?;
    let after = match &from.after {
        None => None,
        Some(text) => Some(crate::rest::parameter("after", text)?),
    };
    let upgrade = upgrade
        .map_err(|rejection| Problem::new("request.not_a_websocket", rejection.body_text()))?;
    let wanted = from.events.unwrap_or(match caller.agent() {
        Some(_) => Events::Mine,
        None => Events::None,
    });
    if wanted == Events::Mine && caller.agent().is_none() {
        let problem = "`mine` is for agents' keys; use `all` or `none`";
        return Err(Problem::invalid("query:events", problem));
    }
    if wanted != Events::None {
        caller.allowed(Action::SeeInteractions)?;
    }
    let counted = house.limits.stream(&caller.limits)?;
    let limit = house.options.body_bytes_max;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_AT_ONCE)
        .max_message_size(limit)
        .max_frame_size(limit);
    let feed = (wanted != Events::None).then_some(after);
    Ok(upgrade.on_upgrade(move |socket| serve(house, caller, socket, feed, counted)))
}

async fn serve(
    house: Shared,
    caller: Caller,
    socket: WebSocket,
    feed: Option<Option<Cursor>>,
    counted: Counted,
) {
    let gauge = house.meter.connections.clone();
    gauge.increment(1.0);
    let mut connection = Connection::new(house, caller, socket, counted);
    let close = match connection.start(feed).await {
        Ok(()) => connection.run().await,
        Err(close) => close,
    };
    connection.finish(close).await;
    gauge.decrement(1.0);
}

/// How a connection ends: with a close frame, or because it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Gone,
    With(u16, &'static str),
}

const SHUTTING_DOWN: Close = Close::With(1001, "the server is closing");
const NOT_TEXT: Close = Close::With(1003, "frames are JSON text");
const TOO_LONG: Close = Close::With(1009, "the frame is too long");
const RESYNC: Close = Close::With(4001, "resync");
const KEY_GONE: Close = Close::With(4003, "the key was taken back");
const SILENT: Close = Close::With(4008, "two pings without an answer");

/// How many bytes are read at a time. Each reading clears as many first, so more would cost more
/// than it saves; longer frames are read in parts.
const READ_AT_ONCE: usize = 16 * 1024;
/// So many frames are taken, if they are here at the same time, on one look at the caller's key.
const TAKEN_ON_A_LOOK: u8 = 32;
/// How long a client may take to close its side after it was told why.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// How many bytes are gathered before they are written.
const GATHERED_MAX: usize = 256 * 1024;

type Answered = (u64, Result<Answer, CommandFault>);

/// One open connection.
struct Connection {
    house: Shared,
    caller: Caller,
    socket: WebSocket,
    _counted: Counted,
    /// Set while this is a connection of an agent.
    present: Option<Present>,
    feed: Option<Feed>,
    under_way: UnderWay,
    answer_to: mpsc::UnboundedSender<Answered>,
    answers: mpsc::UnboundedReceiver<Answered>,
    /// Commands that have to wait for something before they can be sent or answered.
    slow: FuturesUnordered<BoxFuture<'static, Slow>>,
    /// Numbers that are watched.
    watches: Watches,
    out: Out,
    pings: Interval,
    unanswered: u8,
    /// Frames that may be taken before the key is looked at again.
    trusted: u8,
    closing: Option<watch::Receiver<bool>>,
}

/// What a slow command has come to.
enum Slow {
    Ready(u64, Option<Idempotent>, Result<Ready, Problem>),
    Read(u64, Result<Box<dyn erased::Frame>, Problem>),
    Watch(u64, Result<Box<Watching>, Problem>),
}

/// One of the things a connection waits for.
enum Happened {
    Answer(Answered),
    Message(Option<Result<Message, axum::Error>>),
    Fed(Fed),
    Slow(Slow),
    Looked(Looked),
    Tick,
    Closing,
}

impl Connection {
    fn new(house: Shared, caller: Caller, socket: WebSocket, counted: Counted) -> Self {
        let (answer_to, answers) = mpsc::unbounded_channel();
        let mut pings = interval(house.options.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        let present = caller
            .agent()
            .map(|agent| house.presence.enter(caller.tenant, agent));
        Self {
            closing: house.options.closing.clone(),
            under_way: UnderWay::new(house.options.under_way_max),
            house,
            caller,
            socket,
            _counted: counted,
            present,
            feed: None,
            answer_to,
            answers,
            slow: FuturesUnordered::new(),
            watches: Watches::default(),
            out: Out::default(),
            pings,
            unanswered: 0,
            trusted: 0,
        }
    }

    /// Says hello. The desk of an agent who is logged in already answers from now on.
    async fn start(&mut self, feed: Option<Option<Cursor>>) -> Result<(), Close> {
        let tenant = self.caller.tenant;
        if let Some(agent) = self.caller.agent()
            && let Ok((_, View::Agent(live))) = self
                .house
                .query(&self.caller, Query::Agent(agent), "agent")
                .await
            && let Some(desk) = live.at_work.desk
        {
            self.house.presence.logged_in(tenant, agent, desk.session);
        }
        let cursor = match self.open_feed(feed).await {
            Ok(cursor) => cursor,
            Err(problem) => {
                self.tell_resync(problem.code());
                self.write().await?;
                return Err(RESYNC);
            }
        };
        let tenants = self.house.hall.tenants();
        let name = tenants.iter().find(|one| one.id == tenant);
        let options = &self.house.options;
        let ping = options.ping_every.as_millis();
        self.out.push(&Hello {
            event: "hello",
            tenant: name.map_or("", |one| one.name.as_str()),
            cursor: Some(cursor.to_string()),
            agent: self.caller.agent().map(|agent| agent.to_string()),
            limits: HelloLimits {
                under_way: options.under_way_max,
                frame_bytes: options.body_bytes_max,
                ping_ms: u64::try_from(ping).unwrap_or(u64::MAX),
            },
        });
        self.write().await
    }

    async fn open_feed(&mut self, feed: Option<Option<Cursor>>) -> Result<Cursor, Problem> {
        let tenant = self.caller.tenant;
        match feed {
            Some(after) => {
                let sight = Sight::of(&self.caller);
                let (feed, cursor) = Feed::open(&self.house, tenant, sight, after)?;
                self.feed = Some(feed);
                Ok(cursor)
            }
            None => self.house.names.present(tenant).await.map(Cursor::end_of),
        }
    }

    /// Serves until the end.
    async fn run(&mut self) -> Close {
        loop {
            let happened = tokio::select! {
                Some(answer) = self.answers.recv() => Happened::Answer(answer),
                message = self.socket.recv() => Happened::Message(message),
                fed = next_of(&mut self.feed) => Happened::Fed(fed),
                Some(slow) = self.slow.next(), if !self.slow.is_empty() => Happened::Slow(slow),
                looked = self.watches.next() => Happened::Looked(looked),
                _ = self.pings.tick() => Happened::Tick,
                () = closed(&mut self.closing) => Happened::Closing,
            };
            self.trusted = 0;
            let turn = match self.handle(happened).await {
                Ok(()) => self.drain().await,
                Err(close) => Err(close),
            };
            let written = self.write().await;
            if let Err(close) = turn.and(written) {
                return close;
            }
        }
    }

    async fn handle(&mut self, happened: Happened) -> Result<(), Close> {
        match happened {
            Happened::Answer((tag, result)) => {
                self.answer(tag, result);
                Ok(())
            }
            Happened::Message(message) => self.message(message),
            Happened::Fed(fed) => self.fed(fed).await,
            Happened::Slow(slow) => {
                self.slow_done(slow);
                Ok(())
            }
            Happened::Looked(Looked::Told(frame)) => {
                self.check_key()?;
                self.out.push(&frame);
                Ok(())
            }
            Happened::Looked(Looked::Ended(frame)) => {
                self.check_key()?;
                self.out.push(&frame);
                Ok(())
            }
            Happened::Tick => self.tick(),
            Happened::Closing => {
                self.answer_the_rest().await;
                self.tell_resync(SHUTTING_DOWN.why());
                Err(SHUTTING_DOWN)
            }
        }
    }

    /// Answers what was asked before the house closed; nothing more is read.
    async fn answer_the_rest(&mut self) {
        let until = tokio::time::Instant::now() + self.house.options.answer_wait;
        while !self.under_way.is_empty() {
            let next = async {
                tokio::select! {
                    Some(answer) = self.answers.recv() => Happened::Answer(answer),
                    Some(slow) = self.slow.next(), if !self.slow.is_empty() => Happened::Slow(slow),
                }
            };
            match tokio::time::timeout_at(until, next).await {
                Ok(Happened::Answer((tag, result))) => self.answer(tag, result),
                Ok(Happened::Slow(slow)) => self.slow_done(slow),
                Ok(_) => {}
                // Who asked hears of no outcome, and asks again with the same key.
                Err(_) => return,
            }
        }
    }

    /// Takes everything else that is here already, up to a bound, before anything is written.
    async fn drain(&mut self) -> Result<(), Close> {
        while self.out.bytes < GATHERED_MAX {
            let mut idle = true;
            while let Ok((tag, result)) = self.answers.try_recv() {
                self.answer(tag, result);
                idle = false;
            }
            if let Some(message) = self.socket.recv().now_or_never() {
                self.message(message)?;
                idle = false;
            }
            if let Some(fed) = self.feed.as_mut().and_then(Feed::at_hand) {
                self.fed(fed).await?;
                idle = false;
            }
            if idle {
                return Ok(());
            }
        }
        Ok(())
    }

    fn message(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Close> {
        self.unanswered = 0;
        match message {
            Some(Ok(Message::Text(text))) => {
                self.check_key()?;
                self.text(text.as_str());
                Ok(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(NOT_TEXT),
            Some(Ok(Message::Close(_))) | None => Err(Close::Gone),
            Some(Err(error)) if error.to_string().contains("too long") => Err(TOO_LONG),
            Some(Err(_)) => Err(Close::Gone),
        }
    }

    fn text(&mut self, text: &str) {
        match frame::head(text) {
            Ok(head) => {
                let verb = head.verb();
                let result = match &verb {
                    Ok(verb) => self.command(text, &head, *verb),
                    Err(problem) => Err(problem.clone()),
                };
                if let Err(problem) = result {
                    self.problem(Some(head.id), verb.ok(), &problem);
                }
            }
            Err((id, problem)) => self.problem(id, None, &problem),
        }
    }

    fn command(&mut self, text: &str, head: &Head<'_>, verb: Verb) -> Result<(), Problem> {
        self.caller.limits.take()?;
        let key = head.key.as_ref().map(|key| &*key.0);
        if let Some(Err(problem)) = key.map(idempotency::check) {
            return Err(Problem::invalid("/key", problem));
        }
        if self.under_way.is_full() {
            let limit = self.house.options.under_way_max;
            let detail = format!("{limit} commands are under way on this connection already");
            return Err(Problem::new("rate.limited", detail).limit(limit));
        }
        match verb {
            Verb::InteractionSubmit => self.submit(text, head, key),
            Verb::InteractionComplete => {
                let id: InteractionId = target(head.interaction.as_ref(), "interaction")?;
                let body: Complete = frame::body(text, "interaction")?;
                let named = self.named(key, verb, &id, &body);
                let ready = commands::complete(&self.caller, id, body)?;
                self.send(head.id, verb, named, ready)
            }
            Verb::InteractionStop => {
                let id: InteractionId = target(head.interaction.as_ref(), "interaction")?;
                let body: Stop = frame::body(text, "interaction")?;
                let named = self.named(key, verb, &id, &body);
                self.send(head.id, verb, named, commands::stop(id, body)?)
            }
            Verb::InteractionRoute => {
                let id: InteractionId = target(head.interaction.as_ref(), "interaction")?;
                let body: RouteAsk = frame::body(text, "interaction")?;
                let named = self.named(key, verb, &id, &body);
                self.send(head.id, verb, named, commands::route(id, body)?)
            }
            Verb::RouteChange => {
                let id: RouteRequestId = target(head.request.as_ref(), "request")?;
                let body: RouteChange = frame::body(text, "request")?;
                let named = self.named(key, verb, &id, &body);
                self.send(head.id, verb, named, commands::change(id, body)?)
            }
            Verb::RouteCancel => {
                let id: RouteRequestId = target(head.request.as_ref(), "request")?;
                let _: Empty = frame::body(text, "request")?;
                let named = self.named(key, verb, &id, &());
                self.send(head.id, verb, named, commands::cancel(id))
            }
            Verb::OfferAccept => {
                let id: OfferId = target(head.offer.as_ref(), "offer")?;
                let body: Empty = frame::body(text, "offer")?;
                let named = self.named(key, verb, &id, &body);
                let ready = commands::accept(&self.caller, id)?;
                self.send(head.id, verb, named, ready)
            }
            Verb::OfferReject => {
                let id: OfferId = target(head.offer.as_ref(), "offer")?;
                let body: Reject = frame::body(text, "offer")?;
                let named = self.named(key, verb, &id, &body);
                let ready = commands::reject(&self.caller, id, body)?;
                self.send(head.id, verb, named, ready)
            }
            Verb::AgentLogin => {
                let body: Media = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, |agent, body| {
                    commands::log_in(agent, &body)
                })
            }
            Verb::AgentLogout => {
                let body: Empty = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, |agent, _| commands::log_out(agent))
            }
            Verb::AgentReady => {
                let body: Media = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, |agent, body| {
                    commands::ready(agent, &body)
                })
            }
            Verb::AgentNotReady => {
                let body: NotReadyAsk = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, commands::not_ready)
            }
            Verb::AgentSubscribe => {
                let body: SubscribeAsk = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, commands::subscribe)
            }
            Verb::AgentUnsubscribe => {
                let body: SubscribeAsk = frame::body(text, "agent")?;
                self.agent(head, verb, key, body, commands::unsubscribe)
            }
            Verb::OfferWithdraw => {
                let id: OfferId = target(head.offer.as_ref(), "offer")?;
                let body: Empty = frame::body(text, "offer")?;
                let named = self.named(key, verb, &id, &body);
                let ready = commands::withdraw(&self.caller, id)?;
                self.send(head.id, verb, named, ready)
            }
            Verb::InteractionBegin => self.begin(text, head, key),
            Verb::InteractionPlace => self.act::<PlaceAsk>(text, head, key, Act::from),
            Verb::InteractionPull => self.act::<PullAsk>(text, head, key, Act::from),
            Verb::InteractionChange => self.act::<ChangeAsk>(text, head, key, Act::from),
            Verb::InteractionTransfer => self.act::<TransferAsk>(text, head, key, Act::from),
            Verb::InteractionInvite => self.act::<InviteAsk>(text, head, key, Act::from),
            Verb::InteractionMonitor => self.act::<MonitorAsk>(text, head, key, Act::from),
            Verb::InteractionLeave => self.act(text, head, key, Act::Leave),
            Verb::InteractionHold => self.act(text, head, key, Act::Hold),
            Verb::InteractionResume => self.act(text, head, key, Act::Resume),
            Verb::InteractionLock => self.act(text, head, key, Act::Lock),
            Verb::InteractionUnlock => self.act(text, head, key, Act::Unlock),
            Verb::InteractionWrapUp => self.act(text, head, key, Act::WrapUp),
            Verb::InteractionGet | Verb::AgentGet | Verb::OverviewGet => {
                self.read(text, head, verb)
            }
            Verb::StatisticsWatch => self.watch(text, head),
            Verb::StatisticsUnwatch => {
                let body: UnwatchAsk = frame::body(text, "")?;
                self.watches.end(body.watch)?;
                self.out.push(&AnswerFrame::read(head.id, Empty {}, None));
                self.house.meter.count(verb, Came::Taken);
                Ok(())
            }
            Verb::Ping => {
                let body: Empty = frame::body(text, "")?;
                self.out.push(&AnswerFrame::read(head.id, body, None));
                self.house.meter.count(verb, Came::Taken);
                Ok(())
            }
        }
    }

    /// Something is asked of one interaction. What needs nothing else is sent at once.
    fn act<T>(
        &mut self,
        text: &str,
        head: &Head<'_>,
        key: Option<&str>,
        act: impl FnOnce(T) -> Act,
    ) -> Result<(), Problem>
    where
        T: for<'a> serde::Deserialize<'a>,
    {
        let verb = head.verb()?;
        let id: InteractionId = target(head.interaction.as_ref(), "interaction")?;
        let act = act(frame::body(text, "interaction")?);
        let named = self.named(key, verb, &id, &act);
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let ready = async move { act.ready(&house, &caller, id).await };
        self.at_once_or_later(head.id, verb, named, ready.boxed())
    }

    fn begin(&mut self, text: &str, head: &Head<'_>, key: Option<&str>) -> Result<(), Problem> {
        let verb = Verb::InteractionBegin;
        let body: Submit = frame::body(text, "")?;
        let named = commands::idempotent(&self.caller, key, verb.name(), "", &body);
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let ready = async move { commands::begin(&house, &caller, body).await };
        self.at_once_or_later(head.id, verb, named, ready.boxed())
    }

    fn at_once_or_later(
        &mut self,
        id: u64,
        verb: Verb,
        named: Option<Idempotent>,
        mut ready: BoxFuture<'static, Result<Ready, Problem>>,
    ) -> Result<(), Problem> {
        if let Some(ready) = (&mut ready).now_or_never() {
            return self.send(id, verb, named, ready?);
        }
        let tag = self.under_way.begin(Asked::new(id, verb));
        let slow = ready.map(move |ready| Slow::Ready(tag, named, ready));
        self.slow.push(slow.boxed());
        Ok(())
    }

    fn submit(&mut self, text: &str, head: &Head<'_>, key: Option<&str>) -> Result<(), Problem> {
        let verb = Verb::InteractionSubmit;
        let body: Submit = frame::body(text, "")?;
        let named = commands::idempotent(&self.caller, key, verb.name(), "", &body);
        match commands::submit_at_once(&self.house, &self.caller, body) {
            AtOnce::Done(ready) => self.send(head.id, verb, named, ready?),
            AtOnce::Later(body) => {
                let tag = self.under_way.begin(Asked::new(head.id, verb));
                let (house, caller) = (self.house.clone(), self.caller.clone());
                let ready = async move {
                    let ready = commands::submit(&house, &caller, *body).await;
                    Slow::Ready(tag, named, ready)
                };
                self.slow.push(ready.boxed());
                Ok(())
            }
        }
    }

    /// A command about an agent: the caller's own at once, another one after asking who has
    /// that name.
    fn agent<T: Serialize + Send + 'static>(
        &mut self,
        head: &Head<'_>,
        verb: Verb,
        key: Option<&str>,
        body: T,
        build: fn(AgentId, T) -> Ready,
    ) -> Result<(), Problem> {
        let name = head.agent.as_ref().map_or("me", |name| &*name.0).to_owned();
        if name == "me" {
            let agent = self.caller.own_agent()?;
            let named = self.named(key, verb, &agent, &body);
            return self.send_about(head.id, verb, named, build(agent, body), Some(agent));
        }
        let tag = self.under_way.begin(Asked::new(head.id, verb));
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let key = key.map(ToOwned::to_owned);
        let ready = async move {
            match house.agent(&caller, &name).await {
                Ok(agent) => {
                    let target = agent.to_string();
                    let key = key.as_deref();
                    let named = commands::idempotent(&caller, key, verb.name(), &target, &body);
                    Slow::Ready(tag, named, Ok(build(agent, body)))
                }
                Err(problem) => Slow::Ready(tag, None, Err(problem)),
            }
        };
        self.slow.push(ready.boxed());
        Ok(())
    }

    fn read(&mut self, text: &str, head: &Head<'_>, verb: Verb) -> Result<(), Problem> {
        let id = head.id;
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let read: BoxFuture<'static, _> = match verb {
            Verb::InteractionGet => {
                let wanted: InteractionId = target(head.interaction.as_ref(), "interaction")?;
                let _: Empty = frame::body(text, "interaction")?;
                let asked = async move {
                    let view = interactions::view(&house, &caller, wanted, None).await?;
                    let sequence = view.sequence();
                    Ok(erased::frame(id, view, sequence))
                };
                asked.boxed()
            }
            Verb::AgentGet => {
                let _: Empty = frame::body(text, "agent")?;
                let name = head.agent.as_ref().map_or("me", |name| &*name.0).to_owned();
                let asked = async move {
                    let (sequence, view) = agents::view(&house, &caller, &name).await?;
                    Ok(erased::frame(id, view, sequence))
                };
                asked.boxed()
            }
            _ => {
                let _: Empty = frame::body(text, "")?;
                let asked = async move {
                    let (sequence, view) = numbers::overview_view(&house, &caller).await?;
                    Ok(erased::frame(id, view, sequence))
                };
                asked.boxed()
            }
        };
        let tag = self.under_way.begin(Asked::new(id, verb));
        let read = read.map(move |result| Slow::Read(tag, result));
        self.slow.push(read.boxed());
        Ok(())
    }

    /// Begins to tell numbers. What is told carries the id of this command.
    fn watch(&mut self, text: &str, head: &Head<'_>) -> Result<(), Problem> {
        let ask: WatchAsk = frame::body(text, "")?;
        let plan = self.watches.plan(head.id, &ask)?;
        let tag = self
            .under_way
            .begin(Asked::new(head.id, Verb::StatisticsWatch));
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let begun = async move {
            let begun = Watching::begin(house, caller, plan.watched, plan.manner, plan.after).await;
            Slow::Watch(tag, begun.map(Box::new))
        };
        self.slow.push(begun.boxed());
        Ok(())
    }

    fn watch_begun(&mut self, tag: u64, watching: Watching) {
        let Some(asked) = self.under_way.end(tag) else {
            return;
        };
        match self.watches.begin(asked.id, watching) {
            Ok(()) => {
                self.out.push(&AnswerFrame::read(asked.id, Empty {}, None));
                self.house.meter.count(asked.verb, Came::Taken);
            }
            Err(problem) => self.problem(Some(asked.id), Some(asked.verb), &problem),
        }
    }

    /// Names this asking, if it carries a key.
    fn named<T: Serialize>(
        &self,
        key: Option<&str>,
        verb: Verb,
        target: &impl ToString,
        body: &T,
    ) -> Option<Idempotent> {
        // Without a key, which is the rule on the fast path, nothing is written or hashed.
        key?;
        let target = target.to_string();
        commands::idempotent(&self.caller, key, verb.name(), &target, body)
    }

    fn send(
        &mut self,
        id: u64,
        verb: Verb,
        idempotent: Option<Idempotent>,
        ready: Ready,
    ) -> Result<(), Problem> {
        self.send_about(id, verb, idempotent, ready, None)
    }

    fn send_about(
        &mut self,
        id: u64,
        verb: Verb,
        idempotent: Option<Idempotent>,
        ready: Ready,
        agent: Option<AgentId>,
    ) -> Result<(), Problem> {
        let mut asked = Asked::new(id, verb);
        asked.agent = agent;
        let tag = self.under_way.begin(asked);
        self.send_tagged(tag, idempotent, ready);
        Ok(())
    }

    fn send_tagged(&mut self, tag: u64, idempotent: Option<Idempotent>, ready: Ready) {
        if let Some(asked) = self.under_way.asked(tag) {
            asked.about = ready.about;
            asked.notices = ready.notices;
            if let ringback_model::Input::Agent(
                ringback_model::agent::Input::LogIn { agent, .. }
                | ringback_model::agent::Input::LogOut { agent },
            ) = &ready.input
            {
                asked.agent = Some(*agent);
            }
        }
        let command = Command {
            tenant: self.caller.tenant,
            actor: self.caller.actor.clone(),
            idempotent,
            input: ready.input,
        };
        let to = self.answer_to.clone();
        self.house.hall.send(command, Reply::Tagged { tag, to });
    }

    fn slow_done(&mut self, slow: Slow) {
        match slow {
            Slow::Ready(tag, idempotent, Ok(ready)) => self.send_tagged(tag, idempotent, ready),
            Slow::Watch(tag, Ok(watching)) => self.watch_begun(tag, *watching),
            Slow::Ready(tag, _, Err(problem))
            | Slow::Read(tag, Err(problem))
            | Slow::Watch(tag, Err(problem)) => {
                if let Some(asked) = self.under_way.end(tag) {
                    self.problem(Some(asked.id), Some(asked.verb), &problem);
                }
            }
            Slow::Read(tag, Ok(frame)) => {
                if let Some(asked) = self.under_way.end(tag) {
                    frame.write(&mut self.out);
                    self.house.meter.count(asked.verb, Came::Taken);
                }
            }
        }
    }

    fn answer(&mut self, tag: u64, result: Result<Answer, CommandFault>) {
        let Some(asked) = self.under_way.end(tag) else {
            return;
        };
        match result {
            Ok(answer) => {
                self.follow(&asked, &answer);
                let frame = AnswerFrame::written(asked.id, &answer, asked.notices);
                self.out.push(&frame);
                self.house.meter.count(asked.verb, Came::Taken);
            }
            Err(CommandFault::Denied(Denied::Scope)) => {
                let did = asked.verb.name();
                self.house.denied(&self.caller, did, &Denied::Scope);
                self.out_of_scope(asked);
            }
            Err(fault) => {
                if let CommandFault::Denied(denied) = &fault {
                    self.house.denied(&self.caller, asked.verb.name(), denied);
                }
                let problem = Problem::of_command(fault, asked.about);
                self.problem(Some(asked.id), Some(asked.verb), &problem);
            }
        }
    }

    /// What lay out of scope may be over, which only the records can tell.
    fn out_of_scope(&mut self, asked: Asked) {
        let about = asked.about;
        let tag = self.under_way.begin(asked);
        let (house, caller) = (self.house.clone(), self.caller.clone());
        let told = async move { Slow::Read(tag, Err(house.out_of_scope(&caller, about).await)) };
        self.slow.push(told.boxed());
    }

    /// Lets presence know whose desk is where.
    fn follow(&self, asked: &Asked, answer: &Answer) {
        let Some(agent) = asked.agent else { return };
        match asked.verb {
            Verb::AgentLogin => {
                agents::logged_in(&self.house, &self.caller, agent, answer.outcome);
            }
            Verb::AgentLogout => self.house.presence.logged_out(self.caller.tenant, agent),
            _ => {}
        }
    }

    fn problem(&mut self, re: Option<u64>, verb: Option<Verb>, problem: &Problem) {
        self.out.push(&ProblemFrame { re, problem });
        if let Some(verb) = verb {
            self.house.meter.count(verb, Came::of(problem));
        }
    }

    /// A key that was taken back opens nothing from that moment on, also not what it holds open.
    fn check_key(&mut self) -> Result<(), Close> {
        if self.trusted > 0 {
            self.trusted -= 1;
            return Ok(());
        }
        if self.caller.renew(&self.house) {
            self.trusted = TAKEN_ON_A_LOOK - 1;
            Ok(())
        } else {
            Err(KEY_GONE)
        }
    }

    async fn fed(&mut self, fed: Fed) -> Result<(), Close> {
        // The record may be the one that takes the key back.
        self.trusted = 0;
        self.check_key()?;
        let shown = match fed {
            Fed::Record(push) => self
                .show(&push)
                .await
                .map_err(|problem| problem.code().into()),
            Fed::Lost(why) => Err(why),
        };
        match shown {
            Ok(()) => Ok(()),
            // What was gathered before it goes out with it.
            Err(why) => {
                self.tell_resync(&why);
                Err(RESYNC)
            }
        }
    }

    async fn show(&mut self, push: &Push) -> Result<(), Problem> {
        let Some(feed) = &mut self.feed else {
            return Ok(());
        };
        let out = &mut self.out;
        let write = |view: crate::dto::event::EventView| out.push(&view);
        feed.shown(&self.house, &self.caller, push, write).await
    }

    fn tell_resync(&mut self, why: &str) {
        let event = "resync";
        self.out.push(&Resync { event, why });
    }

    fn tick(&mut self) -> Result<(), Close> {
        if self.unanswered >= 2 {
            return Err(SILENT);
        }
        self.check_key()?;
        if let Some(feed) = &mut self.feed {
            feed.sight = Sight::of(&self.caller);
        }
        if self.unanswered == 0 {
            // Whoever has an open desk that answers is there.
            self.caller.seen(&self.house);
        }
        self.unanswered += 1;
        self.out.frames.push(Message::Ping(bytes::Bytes::new()));
        Ok(())
    }

    /// Writes everything gathered and flushes once.
    async fn write(&mut self) -> Result<(), Close> {
        if self.out.frames.is_empty() {
            return Ok(());
        }
        self.out.bytes = 0;
        let (socket, frames) = (&mut self.socket, &mut self.out.frames);
        let write = async move {
            for frame in frames.drain(..) {
                socket.feed(frame).await?;
            }
            socket.flush().await
        };
        match timeout(self.house.options.write_wait, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Close::Gone),
        }
    }

    /// Says why, and reads until the client has closed too. What is read is given up: a connection
    /// that is dropped with something unread is reset, and the client may lose what it was told
    /// last.
    async fn finish(mut self, close: Close) {
        tracing::debug!(?close, "A stream ends.");
        // The desk has nobody from now on, however long the client takes.
        self.present = None;
        self.feed = None;
        let Close::With(code, why) = close else {
            return;
        };
        let reason = Utf8Bytes::from(why);
        let frame = Message::Close(Some(CloseFrame { code, reason }));
        let sent = timeout(self.house.options.write_wait, self.socket.send(frame));
        if let Ok(Ok(())) = sent.await {
            let closed = async { while let Some(Ok(_)) = self.socket.recv().await {} };
            // A client that does not close is owed nothing any more.
            let _ = timeout(CLOSE_WAIT, closed).await;
        }
    }
}

impl Close {
    const fn why(self) -> &'static str {
        match self {
            Self::Gone => "",
            Self::With(_, why) => why,
        }
    }
}

async fn next_of(feed: &mut Option<Feed>) -> Fed {
    match feed {
        Some(feed) => feed.next().await,
        None => std::future::pending().await,
    }
}

/// What a command is about.
fn target<T>(text: Option<&frame::Word<'_>>, name: &'static str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let at = || format!("/{name}");
    let text = text.ok_or_else(|| Problem::invalid(at(), format!("missing field `{name}`")))?;
    text.0
        .parse()
        .map_err(|error: T::Err| Problem::invalid(at(), error.to_string()))
}

/// Frames on their way out.
#[derive(Default)]
struct Out {
    frames: Vec<Message>,
    bytes: usize,
    /// Where a frame is written. JSON is written in very small pieces, which a `Vec` takes at a
    /// fraction of the cost of shared memory.
    line: Vec<u8>,
    /// What the frames on their way share.
    buffer: BytesMut,
}

impl Out {
    /// Encodes a frame; the buffer is used again once its frames are written.
    fn push<T: Serialize>(&mut self, frame: &T) {
        self.line.clear();
        serde_json::to_writer(&mut self.line, frame).expect("a frame is plain data");
        if self.buffer.capacity() < self.line.len() {
            self.buffer.reserve(self.line.len().max(16 * 1_024));
        }
        self.buffer.extend_from_slice(&self.line);
        // After a long answer its room is given back.
        self.line.shrink_to(16 * 1_024);
        let bytes = self.buffer.split().freeze();
        self.bytes += bytes.len();
        let text = Utf8Bytes::try_from(bytes).expect("JSON is UTF-8");
        self.frames.push(Message::Text(text));
    }
}

/// Frames of reads, whatever they show.
mod erased {
    use super::{AnswerFrame, Out};
    use serde::Serialize;

    /// Something that can be written once.
    pub(super) trait Frame: Send {
        fn write(&self, out: &mut Out);
    }

    impl<T: Serialize + Send> Frame for AnswerFrame<T> {
        fn write(&self, out: &mut Out) {
            out.push(self);
        }
    }

    /// The answer to a read.
    pub(super) fn frame<T>(id: u64, view: T, sequence: u64) -> Box<dyn Frame>
    where
        T: Serialize + Send + 'static,
    {
        Box::new(AnswerFrame::read(id, view, Some(sequence)))
    }
}

/// A command that is under way.
struct Asked {
    /// The client's id.
    id: u64,
    verb: Verb,
    about: About,
    /// The agent who logs in or out.
    agent: Option<AgentId>,
    /// What the writer should know.
    notices: Vec<String>,
}

impl Asked {
    const fn new(id: u64, verb: Verb) -> Self {
        Self {
            id,
            verb,
            about: About::Named,
            agent: None,
            notices: Vec::new(),
        }
    }
}

/// All commands that are under way. Tags are places in the list, so that clients may choose
/// their ids as they like.
struct UnderWay {
    slots: Vec<Option<Asked>>,
    free: Vec<usize>,
}

impl UnderWay {
    fn new(max: usize) -> Self {
        Self {
            slots: (0..max).map(|_| None).collect(),
            free: (0..max).rev().collect(),
        }
    }

    fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    /// The tag of one more. Whoever calls has asked whether there is room.
    fn begin(&mut self, asked: Asked) -> u64 {
        let slot = self.free.pop().expect("there is room");
        self.slots[slot] = Some(asked);
        slot as u64
    }

    fn asked(&mut self, tag: u64) -> Option<&mut Asked> {
        let slot = usize::try_from(tag).ok()?;
        self.slots.get_mut(slot)?.as_mut()
    }

    fn end(&mut self, tag: u64) -> Option<Asked> {
        let slot = usize::try_from(tag).ok()?;
        let asked = self.slots.get_mut(slot)?.take()?;
        self.free.push(slot);
        Some(asked)
    }
}
