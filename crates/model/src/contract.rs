//! The four enums of the one contract.

use crate::config::Version;
use crate::id::{AgentId, DeskSessionId, InteractionId, LoginId, RouteRequestId};
use crate::{
    agent, config, contact, effect, interaction, login, node, offer, place, record, route, view,
    workbin,
};
use serde::{Deserialize, Serialize};

pub use crate::effect::Effect;

/// What may reach the heart of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// About agents at work.
    Agent(agent::Input),
    /// About the configuration.
    Config(config::Input),
    /// About contacts.
    Contact(contact::Input),
    /// About effects.
    Effect(effect::Input),
    /// About interactions.
    Interaction(interaction::Input),
    /// About people and their sessions.
    Login(login::Input),
    /// About the node and time.
    Node(node::Input),
    /// About offers.
    Offer(offer::Input),
    /// About route requests.
    Route(route::Input),
}

/// What happened, in the heart of one tenant. Events carry outcomes: applying one chooses,
/// computes and asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// To an agent at work.
    Agent(agent::Event),
    /// To the configuration.
    Config(config::Event),
    /// To a contact.
    Contact(contact::Event),
    /// To an effect.
    Effect(effect::Event),
    /// To an interaction.
    Interaction(interaction::Event),
    /// To a person or his sessions.
    Login(login::Event),
    /// To the node.
    Node(node::Event),
    /// To an offer.
    Offer(offer::Event),
    /// A fact for the reports.
    Record(record::Event),
    /// To a route request.
    Route(route::Event),
    /// To a view.
    View(view::Event),
    /// To a workbin somebody is subscribed to.
    Workbin(workbin::Event),
}

/// Why an input was turned down. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// By the agents' rules.
    #[error(transparent)]
    Agent(#[from] agent::Refused),
    /// By the configuration's rules.
    #[error(transparent)]
    Config(#[from] config::Refused),
    /// By the rules of contacts.
    #[error(transparent)]
    Contact(#[from] contact::Refused),
    /// By the rules of effects.
    #[error(transparent)]
    Effect(#[from] effect::Refused),
    /// By the interactions' rules.
    #[error(transparent)]
    Interaction(#[from] interaction::Refused),
    /// By the rules of log-in.
    #[error(transparent)]
    Login(#[from] login::Refused),
    /// By the offers' rules.
    #[error(transparent)]
    Offer(#[from] offer::Refused),
    /// By the rules of route requests.
    #[error(transparent)]
    Route(#[from] route::Refused),
}

impl Refused {
    /// The fixed code of the reason, `subject.reason`; never changes its meaning.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Agent(why) => match why {
                agent::Refused::Unknown(_) => "agent.unknown",
                agent::Refused::NotLoggedIn(_) => "agent.not_logged_in",
                agent::Refused::NotLoggedInFor { .. } => "agent.not_logged_in_for",
                agent::Refused::NoCapacity { .. } => "agent.no_capacity",
                agent::Refused::NoRoom { .. } => "agent.no_room",
                agent::Refused::DeskAway(_) => "agent.desk_away",
                agent::Refused::HasWork { .. } => "agent.has_work",
                agent::Refused::OldDesk { .. } => "agent.old_desk",
                agent::Refused::DoNotDisturb { .. } => "agent.do_not_disturb",
                agent::Refused::Reason { .. } => "agent.reason",
            },
            Self::Config(why) => match why {
                config::Refused::VersionMismatch { .. } => "config.version_mismatch",
                config::Refused::Exists { .. } => "config.exists",
                config::Refused::Unknown { .. } => "config.unknown",
                config::Refused::OutOfRange { .. } => "config.out_of_range",
                config::Refused::TooMany { .. } => "config.too_many",
                config::Refused::KeyAgent => "config.key_agent",
                config::Refused::LastAdministrator { .. } => "config.last_administrator",
                config::Refused::Findings(_) => "config.findings",
                config::Refused::InUse { .. } => "config.in_use",
                config::Refused::NotEmpty { .. } => "config.not_empty",
                config::Refused::HasWork { .. } => "config.has_work",
            },
            Self::Contact(contact::Refused::Unknown) => "contact.unknown",
            Self::Effect(why) => match why {
                effect::Refused::Unknown(_) => "effect.unknown",
                effect::Refused::Phase { .. } => "effect.phase",
                effect::Refused::TooLate(_) => "effect.too_late",
            },
            Self::Interaction(why) => match why {
                interaction::Refused::Unknown(_) => "interaction.unknown",
                interaction::Refused::Stopped(_) => "interaction.stopped",
                interaction::Refused::NotHandled { .. } => "interaction.not_handled",
                interaction::Refused::NotOwner { .. } => "interaction.not_owner",
                interaction::Refused::QueueFull { .. } => "interaction.queue_full",
                interaction::Refused::TooManyOpen { .. } => "interaction.too_many_open",
                interaction::Refused::UnknownQueue(_) => "interaction.unknown_queue",
                interaction::Refused::WrongPlace { .. } => "interaction.wrong_place",
                interaction::Refused::Busy { .. } => "interaction.busy",
                interaction::Refused::Locked { .. } => "interaction.locked",
                interaction::Refused::NotLocked(_) => "interaction.not_locked",
                interaction::Refused::VersionMismatch { .. } => "interaction.version_mismatch",
                interaction::Refused::UnknownExit { .. } => "interaction.unknown_exit",
                interaction::Refused::NoAuthor(_) => "interaction.no_author",
                interaction::Refused::WorkbinOfAnother { .. } => "interaction.workbin_of_another",
                interaction::Refused::Live(_) => "interaction.live",
                interaction::Refused::NotParty { .. } => "interaction.not_party",
                interaction::Refused::PartyAlready { .. } => "interaction.party_already",
                interaction::Refused::TooManyParties { .. } => "interaction.too_many_parties",
                interaction::Refused::Held(_) => "interaction.held",
                interaction::Refused::NotHeld(_) => "interaction.not_held",
                interaction::Refused::WrappingUp(_) => "interaction.wrapping_up",
                interaction::Refused::NotWrappingUp(_) => "interaction.not_wrapping_up",
                interaction::Refused::NotExtended { .. } => "interaction.not_extended",
                interaction::Refused::Disposition { .. } => "interaction.disposition",
                interaction::Refused::Reason { .. } => "interaction.reason",
                interaction::Refused::Workbin { .. } => "interaction.workbin",
                interaction::Refused::BegunWithRoute => "interaction.begun_with_route",
            },
            Self::Login(why) => match why {
                login::Refused::Stale(_) => "login.stale",
                login::Refused::CodeUsed => "login.code_used",
                login::Refused::LinkOver => "login.link_over",
                login::Refused::Unknown(_) => "login.unknown",
                login::Refused::NotEnrolled(_) => "login.not_enrolled",
                login::Refused::Enrolled(_) => "login.enrolled",
            },
            Self::Offer(why) => match why {
                offer::Refused::Unknown(_) => "offer.unknown",
                offer::Refused::NotYours { .. } => "offer.not_yours",
                offer::Refused::Over { .. } => "offer.over",
                offer::Refused::Routed(_) => "offer.routed",
            },
            Self::Route(why) => match why {
                route::Refused::Unknown(_) => "route.unknown",
                route::Refused::NotRoutable { .. } => "route.not_routable",
                route::Refused::UnknownVirtualQueue(_) => "route.unknown_virtual_queue",
                route::Refused::VirtualQueueFull { .. } => "route.virtual_queue_full",
                route::Refused::TooMany { .. } => "route.too_many",
                route::Refused::Offered { .. } => "route.offered",
                route::Refused::CreditTooLarge { .. } => "route.credit_too_large",
                route::Refused::UnknownTarget { .. } => "route.unknown_target",
                route::Refused::OutOfRange { .. } => "route.out_of_range",
            },
        }
    }
}

/// What the one who asked is told when an input was taken. Kept with the input id, so that a
/// repeated request gets its first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing more to say.
    Done,
    /// An interaction was taken in.
    Submitted {
        /// Its id.
        interaction: InteractionId,
        /// Its route request, if one was asked for in the same step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RouteRequestId>,
    },
    /// A route request was made.
    Requested {
        /// Its id.
        request: RouteRequestId,
    },
    /// An agent logged in.
    LoggedIn {
        /// The desk.
        session: DeskSessionId,
    },
    /// A person logged in.
    PersonLoggedIn {
        /// His session.
        session: LoginId,
        /// Whether it is only good for setting up a second factor.
        #[serde(default)]
        limited: bool,
    },
    /// A configuration object was made or changed.
    Put {
        /// Its version now.
        version: Version,
    },
}

impl Input {
    /// The fixed name, `subject.what`, as people and programs are told of it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Agent(agent::Input::LogIn { .. }) => "agent.log_in",
            Self::Agent(agent::Input::LogOut { .. }) => "agent.log_out",
            Self::Agent(agent::Input::Ready { .. }) => "agent.ready",
            Self::Agent(agent::Input::NotReady { .. }) => "agent.not_ready",
            Self::Agent(agent::Input::Subscribe { .. }) => "agent.subscribe",
            Self::Agent(agent::Input::Unsubscribe { .. }) => "agent.unsubscribe",
            Self::Agent(agent::Input::DeskLost { .. }) => "agent.desk_lost",
            Self::Agent(agent::Input::DeskBack { .. }) => "agent.desk_back",
            Self::Config(config::Input::PutQueue { .. }) => "config.put_queue",
            Self::Config(config::Input::PutVirtualQueue { .. }) => "config.put_virtual_queue",
            Self::Config(config::Input::PutAgent { .. }) => "config.put_agent",
            Self::Config(config::Input::MakeKey { .. }) => "config.make_key",
            Self::Config(config::Input::RevokeKey { .. }) => "config.revoke_key",
            Self::Config(config::Input::PutSettings { .. }) => "config.put_settings",
            Self::Config(config::Input::Put { .. }) => "config.put",
            Self::Config(config::Input::Delete { .. }) => "config.delete",
            Self::Contact(contact::Input::Erased { .. }) => "contact.erased",
            Self::Effect(effect::Input::Start { .. }) => "effect.start",
            Self::Effect(effect::Input::Report { .. }) => "effect.report",
            Self::Interaction(interaction::Input::Submit(_)) => "interaction.submit",
            Self::Interaction(interaction::Input::Complete { .. }) => "interaction.complete",
            Self::Interaction(interaction::Input::Stop { .. }) => "interaction.stop",
            Self::Interaction(interaction::Input::Begin { .. }) => "interaction.begin",
            Self::Interaction(interaction::Input::Place { .. }) => "interaction.place",
            Self::Interaction(interaction::Input::Pull { .. }) => "interaction.pull",
            Self::Interaction(interaction::Input::Change { .. }) => "interaction.change",
            Self::Interaction(interaction::Input::Invite { .. }) => "interaction.invite",
            Self::Interaction(interaction::Input::Join { .. }) => "interaction.join",
            Self::Interaction(interaction::Input::Leave { .. }) => "interaction.leave",
            Self::Interaction(interaction::Input::Hold { .. }) => "interaction.hold",
            Self::Interaction(interaction::Input::Resume { .. }) => "interaction.resume",
            Self::Interaction(interaction::Input::Lock { .. }) => "interaction.lock",
            Self::Interaction(interaction::Input::Unlock { .. }) => "interaction.unlock",
            Self::Interaction(interaction::Input::Wrap { .. }) => "interaction.wrap",
            Self::Login(login::Input::PutPolicy { .. }) => "login.put_policy",
            Self::Login(login::Input::MakeLink { .. }) => "login.make_link",
            Self::Login(login::Input::SetPassword { .. }) => "login.set_password",
            Self::Login(login::Input::LogIn { .. }) => "login.log_in",
            Self::Login(login::Input::Seen { .. }) => "login.seen",
            Self::Login(login::Input::End { .. }) => "login.end",
            Self::Login(login::Input::EndAll { .. }) => "login.end_all",
            Self::Login(login::Input::EnrolTotp { .. }) => "login.enrol_totp",
            Self::Login(login::Input::ConfirmTotp { .. }) => "login.confirm_totp",
            Self::Login(login::Input::RemoveTotp { .. }) => "login.remove_totp",
            Self::Node(node::Input::Opened { .. }) => "node.opened",
            Self::Node(node::Input::Due { .. }) => "node.due",
            Self::Node(node::Input::ClockJumped { .. }) => "node.clock_jumped",
            Self::Node(node::Input::Refusals { .. }) => "node.refusals",
            Self::Offer(offer::Input::Accept { .. }) => "offer.accept",
            Self::Offer(offer::Input::Reject { .. }) => "offer.reject",
            Self::Offer(offer::Input::Withdraw { .. }) => "offer.withdraw",
            Self::Route(route::Input::Request { .. }) => "route.request",
            Self::Route(route::Input::Cancel { .. }) => "route.cancel",
            Self::Route(route::Input::Change { .. }) => "route.change",
        }
    }
}

impl Event {
    /// The fixed name, `subject.what`, as shown to people and programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Agent(event) => match event {
                agent::Event::LoggedIn { .. } => "agent.logged_in",
                agent::Event::LoggedOut { .. } => "agent.logged_out",
                agent::Event::Ready { .. } => "agent.ready",
                agent::Event::NotReady { .. } => "agent.not_ready",
                agent::Event::NotReadyNext { .. } => "agent.not_ready_next",
                agent::Event::DeskLost { .. } => "agent.desk_lost",
                agent::Event::DeskBack { .. } => "agent.desk_back",
                agent::Event::DeskSilent { .. } => "agent.desk_silent",
                agent::Event::Paused { .. } => "agent.paused",
                agent::Event::Subscribed { .. } => "agent.subscribed",
                agent::Event::Unsubscribed { .. } => "agent.unsubscribed",
            },
            Self::Config(event) => match event {
                config::Event::QueuePut(_) => "config.queue_put",
                config::Event::VirtualQueuePut(_) => "config.virtual_queue_put",
                config::Event::AgentPut(_) => "config.agent_put",
                config::Event::KeyPut(_) => "config.key_put",
                config::Event::SettingsPut { .. } => "config.settings_put",
                config::Event::Put(_) => "config.put",
                config::Event::Deleted { .. } => "config.deleted",
            },
            Self::Contact(contact::Event::Erased { .. }) => "contact.erased",
            Self::Effect(event) => match event {
                effect::Event::Issued(_) => "effect.issued",
                effect::Event::Started { .. } => "effect.started",
                effect::Event::Finished { .. } => "effect.finished",
                effect::Event::Retried { .. } => "effect.retried",
                effect::Event::Parked { .. } => "effect.parked",
            },
            Self::Interaction(event) => match event {
                interaction::Event::Submitted(_) => "interaction.submitted",
                interaction::Event::Moved { .. } => "interaction.moved",
                interaction::Event::Stopped { .. } => "interaction.stopped",
                interaction::Event::Placed { .. } => "interaction.placed",
                interaction::Event::Pulled { .. } => "interaction.pulled",
                interaction::Event::Changed { .. } => "interaction.changed",
                interaction::Event::Joined { .. } => "interaction.joined",
                interaction::Event::Left { .. } => "interaction.left",
                interaction::Event::Held { .. } => "interaction.held",
                interaction::Event::Resumed { .. } => "interaction.resumed",
                interaction::Event::Locked { .. } => "interaction.locked",
                interaction::Event::Unlocked { .. } => "interaction.unlocked",
                interaction::Event::Handed { .. } => "interaction.handed",
                interaction::Event::WrapBegun { .. } => "interaction.wrap_begun",
                interaction::Event::WrapChanged { .. } => "interaction.wrap_changed",
            },
            Self::Login(event) => match event {
                login::Event::PolicyPut { .. } => "login.policy_put",
                login::Event::CredentialsPut { .. } => "login.credentials_put",
                login::Event::SessionPut(_) => "login.session_put",
                login::Event::Seen { .. } => "login.seen",
                login::Event::SessionEnded { .. } => "login.session_ended",
            },
            Self::Node(event) => match event {
                node::Event::Opened { .. } => "node.opened",
                node::Event::ClockJumped { .. } => "node.clock_jumped",
                node::Event::Refusals { .. } => "node.refusals",
                node::Event::ResultsForgotten { .. } => "node.results_forgotten",
            },
            Self::Offer(event) => match event {
                offer::Event::Made { .. } => "offer.made",
                offer::Event::Accepted { .. } => "offer.accepted",
                offer::Event::NotTaken { .. } => "offer.not_taken",
            },
            Self::Record(event) => match event {
                record::Event::Segment(_) => "record.segment",
                record::Event::Interval(_) => "record.interval",
            },
            Self::Route(event) => match event {
                route::Event::Requested { .. } => "route.requested",
                route::Event::Widened { .. } => "route.widened",
                route::Event::Changed { .. } => "route.changed",
                route::Event::Thresholds { .. } => "route.thresholds",
                route::Event::Cooled { .. } => "route.cooled",
                route::Event::Cancelled { .. } => "route.cancelled",
            },
            Self::View(event) => match event {
                view::Event::Looked { .. } => "view.looked",
                view::Event::Woken { .. } => "view.woken",
            },
            Self::Workbin(event) => match event {
                workbin::Event::Added(_) => "workbin.added",
                workbin::Event::Taken(_) => "workbin.taken",
                workbin::Event::Changed(_) => "workbin.changed",
            },
        }
    }

    /// The interaction it changed, if it changed one; its version grows by one.
    #[must_use]
    pub fn subject(&self) -> Option<interaction::Subject> {
        match self {
            Self::Interaction(interaction::Event::Submitted(it)) => Some(interaction::Subject {
                interaction: it.id,
                queue: it.queue,
            }),
            Self::Interaction(
                interaction::Event::Moved { of, .. }
                | interaction::Event::Stopped { of, .. }
                | interaction::Event::Placed { of, .. }
                | interaction::Event::Pulled { of, .. }
                | interaction::Event::Changed { of, .. }
                | interaction::Event::Joined { of, .. }
                | interaction::Event::Left { of, .. }
                | interaction::Event::Held { of, .. }
                | interaction::Event::Resumed { of, .. }
                | interaction::Event::Locked { of, .. }
                | interaction::Event::Unlocked { of, .. }
                | interaction::Event::WrapBegun { of, .. }
                | interaction::Event::WrapChanged { of, .. }
                | interaction::Event::Handed { of, .. },
            )
            | Self::Route(
                route::Event::Requested { of, .. }
                | route::Event::Widened { of, .. }
                | route::Event::Changed { of, .. }
                | route::Event::Cooled { of, .. }
                | route::Event::Cancelled { of, .. },
            )
            | Self::Offer(
                offer::Event::Made { of, .. }
                | offer::Event::Accepted { of, .. }
                | offer::Event::NotTaken { of, .. },
            ) => Some(*of),
            Self::Route(route::Event::Thresholds { .. })
            | Self::Agent(_)
            | Self::Config(_)
            | Self::Contact(_)
            | Self::Effect(_)
            | Self::Login(_)
            | Self::Node(_)
            | Self::Record(_)
            | Self::View(_)
            | Self::Workbin(_) => None,
        }
    }

    /// The interaction it tells of, whether it changed that or not.
    #[must_use]
    pub fn tells_of(&self) -> Option<InteractionId> {
        match self {
            Self::Workbin(event) => Some(event.item().interaction),
            event => event.subject().map(|of| of.interaction),
        }
    }

    /// The agent it concerns, if it concerns one.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        match self {
            Self::Agent(
                agent::Event::LoggedIn { agent, .. }
                | agent::Event::LoggedOut { agent }
                | agent::Event::Ready { agent, .. }
                | agent::Event::NotReady { agent, .. }
                | agent::Event::NotReadyNext { agent, .. }
                | agent::Event::DeskLost { agent, .. }
                | agent::Event::DeskBack { agent }
                | agent::Event::DeskSilent { agent, .. }
                | agent::Event::Paused { agent, .. }
                | agent::Event::Subscribed { agent, .. }
                | agent::Event::Unsubscribed { agent, .. },
            )
            | Self::Offer(
                offer::Event::Accepted { agent, .. } | offer::Event::NotTaken { agent, .. },
            )
            | Self::Interaction(
                interaction::Event::Pulled { agent, .. }
                | interaction::Event::Joined { agent, .. }
                | interaction::Event::Left { agent, .. }
                | interaction::Event::Held { agent, .. }
                | interaction::Event::Resumed { agent, .. }
                | interaction::Event::WrapBegun { agent, .. }
                | interaction::Event::WrapChanged { agent, .. }
                | interaction::Event::Changed {
                    by: interaction::Doer::Agent(agent),
                    ..
                }
                | interaction::Event::Locked {
                    by: interaction::Doer::Agent(agent),
                    ..
                }
                | interaction::Event::Unlocked {
                    held_by: interaction::Doer::Agent(agent),
                    ..
                }
                | interaction::Event::Placed {
                    to:
                        interaction::Rest::Workbin {
                            owner: place::BinOwner::Agent(agent),
                            ..
                        },
                    ..
                },
            ) => Some(*agent),
            Self::Interaction(interaction::Event::Submitted(it)) => it.owner(),
            Self::Interaction(interaction::Event::Stopped { owner, .. }) => *owner,
            Self::Offer(offer::Event::Made { offer, .. }) => Some(offer.agent),
            Self::Config(config::Event::AgentPut(agent)) => Some(agent.id),
            Self::Config(config::Event::Deleted {
                kind: config::Kind::Agent,
                id,
                ..
            }) => Some(AgentId(*id)),
            Self::Record(record::Event::Interval(interval)) => Some(interval.agent),
            _ => None,
        }
    }
}
