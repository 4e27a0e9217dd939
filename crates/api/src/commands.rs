//! What can be asked of the heart, for REST and WebSocket alike: from a request's shape to an
//! input of the model.

use crate::door::Caller;
use crate::dto::agent::{Media, NotReadyAsk};
use crate::dto::choice::RouteChange;
use crate::dto::interaction::{Complete, Stop, Submit};
use crate::dto::offer::Reject;
use crate::dto::route::RouteAsk;
use crate::idempotency;
use crate::personal;
use crate::problem::{About, Problem};
use crate::state::{House, Shared};
use ringback_model::config::Role;
use ringback_model::right::Action;
use ringback_model::{
    AgentId, ContactId, Input, InteractionId, OfferId, RouteRequestId, agent, interaction, offer,
    route,
};
use ringback_ports::envelope::Idempotent;
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
    RouteChange,
    RouteCancel,
    OfferAccept,
    OfferReject,
    AgentLogin,
    AgentLogout,
    AgentReady,
    AgentNotReady,
    AgentGet,
    OverviewGet,
    Ping,
}

impl Verb {
    pub(crate) const ALL: [Self; 16] = [
        Self::InteractionSubmit,
        Self::InteractionComplete,
        Self::InteractionStop,
        Self::InteractionRoute,
        Self::InteractionGet,
        Self::RouteChange,
        Self::RouteCancel,
        Self::OfferAccept,
        Self::OfferReject,
        Self::AgentLogin,
        Self::AgentLogout,
        Self::AgentReady,
        Self::AgentNotReady,
        Self::AgentGet,
        Self::OverviewGet,
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
            Self::RouteChange => "route.change",
            Self::RouteCancel => "route.cancel",
            Self::OfferAccept => "offer.accept",
            Self::OfferReject => "offer.reject",
            Self::AgentLogin => "agent.login",
            Self::AgentLogout => "agent.logout",
            Self::AgentReady => "agent.ready",
            Self::AgentNotReady => "agent.not_ready",
            Self::AgentGet => "agent.get",
            Self::OverviewGet => "overview.get",
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
}

impl Ready {
    fn new(input: impl Into<InputOf>, about: About) -> Self {
        Self {
            input: input.into().0,
            about,
        }
    }
}

/// The input of a subject, as one of the whole.
struct InputOf(Input);

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
    let vault = house.hall.vault();
    let data = personal::seal(&*vault, caller.tenant, contact, open_keys, data)?;
    let submission = body.into_model(contact, data)?;
    let input = interaction::Input::Submit(Box::new(submission));
    Ok(Ready::new(input, About::Named))
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
async fn contact(house: &Shared, caller: &Caller, text: String) -> Result<ContactId, Problem> {
    check_contact(&text, "/contact")?;
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
    let ask = Box::new(body.into_model()?);
    let input = route::Input::Request { interaction, ask };
    Ok(Ready::new(input, About::Interaction(interaction)))
}

/// A route request is to be different.
pub(crate) fn change(request: RouteRequestId, body: RouteChange) -> Ready {
    let change = Box::new(body.into_model());
    let input = route::Input::Change { request, change };
    Ready::new(input, About::Request(request))
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
    };
    Ready::new(input, About::Named)
}
