//! What can be asked of the heart, for REST and WebSocket alike: from a request's shape to an
//! input of the model.

use crate::door::Caller;
use crate::dto::agent::{Media, NotReadyAsk};
use crate::dto::choice::RouteChange;
use crate::dto::interaction::{Complete, Stop, Submit};
use crate::dto::offer::Reject;
use crate::dto::route::RouteAsk;
use crate::dto::work::SubscribeAsk;
use crate::idempotency;
use crate::masking;
use crate::personal;
use crate::problem::{About, Problem};
use crate::state::{House, Shared};
use crate::work;
use ringback_model::config::Role;
use ringback_model::interaction::Particulars;
use ringback_model::right::Action;
use ringback_model::value::UserData;
use ringback_model::{
    AgentId, ContactId, Input, InteractionId, OfferId, Rare, RouteRequestId, agent, interaction,
    offer, route,
};
use ringback_ports::envelope::Idempotent;
use ringback_ports::vault::Vault;
use serde::Serialize;
use std::collections::BTreeSet;

/// The commands, as they are named on the WebSocket, in metrics and in spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    InteractionSubmit,
    InteractionComplete,
    InteractionStop,
    InteractionRoute,
    InteractionGet,
    InteractionBegin,
    InteractionPlace,
    InteractionPull,
    InteractionChange,
    InteractionTransfer,
    InteractionInvite,
    InteractionMonitor,
    InteractionLeave,
    InteractionHold,
    InteractionResume,
    InteractionLock,
    InteractionUnlock,
    InteractionWrapUp,
    RouteChange,
    RouteCancel,
    OfferAccept,
    OfferReject,
    OfferWithdraw,
    AgentLogin,
    AgentLogout,
    AgentReady,
    AgentNotReady,
    AgentSubscribe,
    AgentUnsubscribe,
    AgentGet,
    OverviewGet,
    StatisticsWatch,
    StatisticsUnwatch,
    Ping,
}

impl Verb {
    pub(crate) const ALL: [Self; 34] = [
        Self::InteractionSubmit,
        Self::InteractionComplete,
        Self::InteractionStop,
        Self::InteractionRoute,
        Self::InteractionGet,
        Self::InteractionBegin,
        Self::InteractionPlace,
        Self::InteractionPull,
        Self::InteractionChange,
        Self::InteractionTransfer,
        Self::InteractionInvite,
        Self::InteractionMonitor,
        Self::InteractionLeave,
        Self::InteractionHold,
        Self::InteractionResume,
        Self::InteractionLock,
        Self::InteractionUnlock,
        Self::InteractionWrapUp,
        Self::RouteChange,
        Self::RouteCancel,
        Self::OfferAccept,
        Self::OfferReject,
        Self::OfferWithdraw,
        Self::AgentLogin,
        Self::AgentLogout,
        Self::AgentReady,
        Self::AgentNotReady,
        Self::AgentSubscribe,
        Self::AgentUnsubscribe,
        Self::AgentGet,
        Self::OverviewGet,
        Self::StatisticsWatch,
        Self::StatisticsUnwatch,
        Self::Ping,
    ];

    /// The fixed name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InteractionSubmit => "interaction.submit",
            Self::InteractionComplete => "interaction.complete",
            Self::InteractionStop => "interaction.stop",
            Self::InteractionRoute => "interaction.route",
            Self::InteractionGet => "interaction.get",
            Self::InteractionBegin => "interaction.begin",
            Self::InteractionPlace => "interaction.place",
            Self::InteractionPull => "interaction.pull",
            Self::InteractionChange => "interaction.change",
            Self::InteractionTransfer => "interaction.transfer",
            Self::InteractionInvite => "interaction.invite",
            Self::InteractionMonitor => "interaction.monitor",
            Self::InteractionLeave => "interaction.leave",
            Self::InteractionHold => "interaction.hold",
            Self::InteractionResume => "interaction.resume",
            Self::InteractionLock => "interaction.lock",
            Self::InteractionUnlock => "interaction.unlock",
            Self::InteractionWrapUp => "interaction.wrap_up",
            Self::RouteChange => "route.change",
            Self::RouteCancel => "route.cancel",
            Self::OfferAccept => "offer.accept",
            Self::OfferReject => "offer.reject",
            Self::OfferWithdraw => "offer.withdraw",
            Self::AgentLogin => "agent.login",
            Self::AgentLogout => "agent.logout",
            Self::AgentReady => "agent.ready",
            Self::AgentNotReady => "agent.not_ready",
            Self::AgentSubscribe => "agent.subscribe",
            Self::AgentUnsubscribe => "agent.unsubscribe",
            Self::AgentGet => "agent.get",
            Self::OverviewGet => "overview.get",
            Self::StatisticsWatch => "statistics.watch",
            Self::StatisticsUnwatch => "statistics.unwatch",
            Self::Ping => "ping",
        }
    }

    /// The verb of this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

/// A command, ready to be sent.
pub(crate) struct Ready {
    pub(crate) input: Input,
    pub(crate) about: About,
    /// What the writer should know though the command was taken.
    pub(crate) notices: Vec<String>,
}

impl Ready {
    pub(crate) fn new(input: impl Into<InputOf>, about: About) -> Self {
        Self {
            input: input.into().0,
            about,
            notices: Vec::new(),
        }
    }

    fn noting(self, notices: Vec<String>) -> Self {
        Self { notices, ..self }
    }
}

/// The input of a subject, as one of the whole.
pub(crate) struct InputOf(Input);

impl From<agent::Input> for InputOf {
    fn from(input: agent::Input) -> Self {
        Self(Input::Agent(input))
    }
}

impl From<interaction::Input> for InputOf {
    fn from(input: interaction::Input) -> Self {
        Self(Input::Interaction(input))
    }
}

impl From<offer::Input> for InputOf {
    fn from(input: offer::Input) -> Self {
        Self(Input::Offer(input))
    }
}

impl From<route::Input> for InputOf {
    fn from(input: route::Input) -> Self {
        Self(Input::Route(input))
    }
}

/// Names an asking that carries an idempotency key.
pub(crate) fn idempotent<T: Serialize>(
    caller: &Caller,
    key: Option<&str>,
    verb: &'static str,
    target: &str,
    body: &T,
) -> Option<Idempotent> {
    let who = &caller.actor.name;
    key.map(|key| idempotency::name(caller.tenant, who, key, verb, target, body))
}

/// Takes a new interaction in.
pub(crate) async fn submit(
    house: &Shared,
    caller: &Caller,
    mut body: Submit,
) -> Result<Ready, Problem> {
    may_write(caller)?;
    let contact = match body.contact.take() {
        None => None,
        Some(text) => Some(contact(house, caller, text).await?),
    };
    let open_keys = house.names.open_keys(caller.tenant).await?;
    sealed_submission(house, caller, body, contact, &open_keys)
}

/// What becomes of a submission that is not waited for.
pub(crate) enum AtOnce {
    /// Everything it needs was at hand.
    Done(Result<Ready, Problem>),
    /// Something has to be asked for first.
    Later(Box<Submit>),
}

/// Takes a new interaction in if nothing has to be waited for.
pub(crate) fn submit_at_once(house: &House, caller: &Caller, body: Submit) -> AtOnce {
    let open_keys = house.names.open_keys_at_hand(caller.tenant);
    match open_keys {
        Some(open_keys) if body.contact.is_none() => {
            let allowed = may_write(caller);
            let ready = |()| sealed_submission(house, caller, body, None, &open_keys);
            AtOnce::Done(allowed.and_then(ready))
        }
        _ => AtOnce::Later(Box::new(body)),
    }
}

fn sealed_submission(
    house: &House,
    caller: &Caller,
    mut body: Submit,
    contact: Option<ContactId>,
    open_keys: &BTreeSet<String>,
) -> Result<Ready, Problem> {
    let data = std::mem::take(&mut body.user_data);
    masking::refuse(&data.0, caller.digits_shown, "/user_data")?;
    let vault = house.hall.vault();
    let data = personal::seal(&*vault, caller.tenant, contact, open_keys, data)?;
    let said = particulars(&*vault, caller, &mut body, contact, &data)?;
    let notices = body.notices();
    let mut submission = body.into_model(contact, data)?;
    submission.said = Rare::of(said);
    let input = interaction::Input::Submit(Box::new(submission));
    Ok(Ready::new(input, About::Named).noting(notices))
}

/// What else is said of a new interaction; texts about the person are sealed with the slot of its
/// user data.
fn particulars(
    vault: &dyn Vault,
    caller: &Caller,
    body: &mut Submit,
    contact: Option<ContactId>,
    data: &UserData,
) -> Result<Particulars, Problem> {
    if let Some(id) = &body.external_id {
        work::check_external_id(id, "/external_id")?;
    }
    let mut slot = data.personal.as_ref().map(|it| it.sealed().clone());
    let mut seal = |text: Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            let sealed = personal::seal_text(vault, caller.tenant, contact, slot.as_ref(), &text)?;
            slot = Some(sealed.sealed().clone());
            Ok::<_, Problem>(Some(sealed))
        }
    };
    let (subject, comment) = (body.subject.take(), body.comment.take());
    if let Some(text) = &subject {
        work::check_subject(text, "/subject")?;
        masking::refuse_text(text, caller.digits_shown, "/subject")?;
    }
    if let Some(text) = &comment {
        work::check_comment(text, "/comment")?;
        masking::refuse_text(text, caller.digits_shown, "/comment")?;
    }
    Ok(Particulars {
        external_id: body.external_id.take(),
        subject: seal(subject)?,
        comment: seal(comment)?,
        in_queues: work::check_exits(std::mem::take(&mut body.in_queues), "/in_queues")?,
        out_queues: work::check_exits(std::mem::take(&mut body.out_queues), "/out_queues")?,
        online: body.online,
        received: body.received_at.map(|time| time.0.0),
        submitted_by: body.submitted_by.take().map(|name| name.0),
    })
}

/// An agent begins work of his own.
pub(crate) async fn begin(
    house: &House,
    caller: &Caller,
    mut body: Submit,
) -> Result<Ready, Problem> {
    let agent = caller.own_agent()?;
    let contact = match body.contact.take() {
        None => None,
        Some(text) => Some(contact(house, caller, text).await?),
    };
    let open_keys = house.names.open_keys(caller.tenant).await?;
    let ready = sealed_submission(house, caller, body, contact, &open_keys)?;
    match ready.input {
        Input::Interaction(interaction::Input::Submit(new)) => {
            let input = interaction::Input::Begin { agent, new };
            Ok(Ready::new(input, About::Named))
        }
        _ => Err(Problem::broken("a submission became something else")),
    }
}

/// The one who asked another agent does not want it any more.
pub(crate) fn withdraw(caller: &Caller, offer: OfferId) -> Result<Ready, Problem> {
    let agent = caller.own_agent()?;
    let input = offer::Input::Withdraw { offer, agent };
    Ok(Ready::new(input, About::Offer(offer)))
}

/// Refuses roles that never submit before anything about a person is stored for them; everything
/// finer is decided by the gate in the hall.
fn may_write(caller: &Caller) -> Result<(), Problem> {
    caller.allowed(Action::Submit)?;
    match caller.role() {
        role @ (Role::Auditor | Role::Agent) => {
            Err(Problem::role(role.name(), "submit interactions"))
        }
        _ => Ok(()),
    }
}

/// The longest text a contact is known by, in characters.
const CONTACT_CHARS_MAX: usize = 200;

/// The contact known by this text.
async fn contact(house: &House, caller: &Caller, text: String) -> Result<ContactId, Problem> {
    check_contact(&text, "/contact")?;
    masking::refuse_text(&text, caller.digits_shown, "/contact")?;
    let (vault, tenant) = (house.hall.vault(), caller.tenant);
    let made = tokio::task::spawn_blocking(move || vault.contact(tenant, &text)).await;
    Ok(made.map_err(Problem::broken)??)
}

/// Whether a contact can be known by this text.
pub(crate) fn check_contact(text: &str, at: &str) -> Result<(), Problem> {
    let fits = (1..=CONTACT_CHARS_MAX).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let problem = format!(
        "a contact is known by 1 to {CONTACT_CHARS_MAX} characters without control characters"
    );
    Err(Problem::invalid(at, problem))
}

/// The owner is done with an interaction.
pub(crate) fn complete(
    caller: &Caller,
    interaction: InteractionId,
    body: Complete,
) -> Result<Ready, Problem> {
    let input = interaction::Input::Complete {
        interaction,
        agent: caller.own_agent()?,
        reason: body.reason.0,
        disposition: body.disposition.map(|name| name.0),
    };
    Ok(Ready::new(input, About::Interaction(interaction)))
}

/// An interaction is ended from outside.
pub(crate) fn stop(interaction: InteractionId, body: Stop) -> Result<Ready, Problem> {
    let cause = body
        .into_model()
        .map_err(|problem| Problem::invalid("/reason", problem))?;
    let input = interaction::Input::Stop { interaction, cause };
    Ok(Ready::new(input, About::Interaction(interaction)))
}

/// An interaction asks for an agent.
pub(crate) fn route(interaction: InteractionId, body: RouteAsk) -> Result<Ready, Problem> {
    let notices = body.notices();
    let ask = Box::new(body.into_model()?);
    let input = route::Input::Request { interaction, ask };
    Ok(Ready::new(input, About::Interaction(interaction)).noting(notices))
}

/// A route request is to be different.
pub(crate) fn change(request: RouteRequestId, body: RouteChange) -> Result<Ready, Problem> {
    let notices = body.notices();
    let change = Box::new(body.into_model()?);
    let input = route::Input::Change { request, change };
    Ok(Ready::new(input, About::Request(request)).noting(notices))
}

/// A route request is taken back.
pub(crate) fn cancel(request: RouteRequestId) -> Ready {
    let input = route::Input::Cancel { request };
    Ready::new(input, About::Request(request))
}

/// An agent takes an offer.
pub(crate) fn accept(caller: &Caller, offer: OfferId) -> Result<Ready, Problem> {
    let agent = caller.own_agent()?;
    let input = offer::Input::Accept { offer, agent };
    Ok(Ready::new(input, About::Offer(offer)))
}

/// An agent does not take an offer.
pub(crate) fn reject(caller: &Caller, offer: OfferId, body: Reject) -> Result<Ready, Problem> {
    let input = offer::Input::Reject {
        offer,
        agent: caller.own_agent()?,
        reason: body.reason.0,
    };
    Ok(Ready::new(input, About::Offer(offer)))
}

/// An agent logs in.
pub(crate) fn log_in(agent: AgentId, body: &Media) -> Ready {
    let media = body.list();
    Ready::new(agent::Input::LogIn { agent, media }, About::Named)
}

/// An agent logs out.
pub(crate) fn log_out(agent: AgentId) -> Ready {
    Ready::new(agent::Input::LogOut { agent }, About::Named)
}

/// An agent takes work.
pub(crate) fn ready(agent: AgentId, body: &Media) -> Ready {
    let media = body.list();
    Ready::new(agent::Input::Ready { agent, media }, About::Named)
}

/// An agent takes no work.
pub(crate) fn not_ready(agent: AgentId, body: NotReadyAsk) -> Ready {
    let media = body.list();
    let reason = body.reason.0;
    let input = agent::Input::NotReady {
        agent,
        media,
        reason,
        manner: body.manner.into(),
    };
    Ready::new(input, About::Named)
}

/// An agent is told what happens in a workbin.
pub(crate) fn subscribe(agent: AgentId, body: SubscribeAsk) -> Ready {
    let input = agent::Input::Subscribe {
        agent,
        group: body.group.map(|name| name.0),
        workbin: body.workbin.0,
    };
    Ready::new(input, About::Named)
}

/// An agent is told no more.
pub(crate) fn unsubscribe(agent: AgentId, body: SubscribeAsk) -> Ready {
    let input = agent::Input::Unsubscribe {
        agent,
        group: body.group.map(|name| name.0),
        workbin: body.workbin.0,
    };
    Ready::new(input, About::Named)
}
