//! Every reason by which an input is turned down.

use crate::files::{Sample, hold, named};
use crate::samples::name;
use ringback_model::{
    AgentId, DeskSessionId, EffectId, InteractionId, Medium, Millis, OfferId, Refused,
    RouteRequestId, agent, config, contact, effect, interaction, login, offer, route,
};

named!(Refused {
    Refused::Agent(agent::Refused::Unknown(_)) => "agent.unknown",
    Refused::Agent(agent::Refused::NotLoggedIn(_)) => "agent.not_logged_in",
    Refused::Agent(agent::Refused::NotLoggedInFor { .. }) => "agent.not_logged_in_for",
    Refused::Agent(agent::Refused::NoCapacity { .. }) => "agent.no_capacity",
    Refused::Agent(agent::Refused::NoRoom { .. }) => "agent.no_room",
    Refused::Agent(agent::Refused::DeskAway(_)) => "agent.desk_away",
    Refused::Agent(agent::Refused::HasWork { .. }) => "agent.has_work",
    Refused::Agent(agent::Refused::OldDesk { .. }) => "agent.old_desk",
    Refused::Agent(agent::Refused::DoNotDisturb { .. }) => "agent.do_not_disturb",
    Refused::Agent(agent::Refused::Reason { .. }) => "agent.reason",
    Refused::Config(config::Refused::VersionMismatch { .. }) => "config.version_mismatch",
    Refused::Config(config::Refused::Exists { .. }) => "config.exists",
    Refused::Config(config::Refused::Unknown { .. }) => "config.unknown",
    Refused::Config(config::Refused::OutOfRange { .. }) => "config.out_of_range",
    Refused::Config(config::Refused::TooMany { .. }) => "config.too_many",
    Refused::Config(config::Refused::KeyAgent) => "config.key_agent",
    Refused::Config(config::Refused::LastAdministrator { .. }) => "config.last_administrator",
    Refused::Config(config::Refused::Findings(_)) => "config.findings",
    Refused::Config(config::Refused::InUse { .. }) => "config.in_use",
    Refused::Config(config::Refused::NotEmpty { .. }) => "config.not_empty",
    Refused::Config(config::Refused::HasWork { .. }) => "config.has_work",
    Refused::Contact(contact::Refused::Unknown) => "contact.unknown",
    Refused::Effect(effect::Refused::Unknown(_)) => "effect.unknown",
    Refused::Effect(effect::Refused::Phase { .. }) => "effect.phase",
    Refused::Effect(effect::Refused::TooLate(_)) => "effect.too_late",
    Refused::Interaction(interaction::Refused::Unknown(_)) => "interaction.unknown",
    Refused::Interaction(interaction::Refused::Stopped(_)) => "interaction.stopped",
    Refused::Interaction(interaction::Refused::NotHandled { .. }) => "interaction.not_handled",
    Refused::Interaction(interaction::Refused::NotOwner { .. }) => "interaction.not_owner",
    Refused::Interaction(interaction::Refused::QueueFull { .. }) => "interaction.queue_full",
    Refused::Interaction(interaction::Refused::TooManyOpen { .. }) => "interaction.too_many_open",
    Refused::Interaction(interaction::Refused::UnknownQueue(_)) => "interaction.unknown_queue",
    Refused::Login(login::Refused::Stale(_)) => "login.stale",
    Refused::Login(login::Refused::CodeUsed) => "login.code_used",
    Refused::Login(login::Refused::LinkOver) => "login.link_over",
    Refused::Login(login::Refused::Unknown(_)) => "login.unknown",
    Refused::Login(login::Refused::NotEnrolled(_)) => "login.not_enrolled",
    Refused::Login(login::Refused::Enrolled(_)) => "login.enrolled",
    Refused::Interaction(interaction::Refused::WrongPlace { .. }) => "interaction.wrong_place",
    Refused::Interaction(interaction::Refused::Busy { .. }) => "interaction.busy",
    Refused::Interaction(interaction::Refused::Locked { .. }) => "interaction.locked",
    Refused::Interaction(interaction::Refused::NotLocked(_)) => "interaction.not_locked",
    Refused::Interaction(interaction::Refused::VersionMismatch { .. }) => "interaction.version_mismatch",
    Refused::Interaction(interaction::Refused::UnknownExit { .. }) => "interaction.unknown_exit",
    Refused::Interaction(interaction::Refused::NoAuthor(_)) => "interaction.no_author",
    Refused::Interaction(interaction::Refused::WorkbinOfAnother { .. }) => "interaction.workbin_of_another",
    Refused::Interaction(interaction::Refused::Live(_)) => "interaction.live",
    Refused::Interaction(interaction::Refused::NotParty { .. }) => "interaction.not_party",
    Refused::Interaction(interaction::Refused::PartyAlready { .. }) => "interaction.party_already",
    Refused::Interaction(interaction::Refused::TooManyParties { .. }) => "interaction.too_many_parties",
    Refused::Interaction(interaction::Refused::Held(_)) => "interaction.held",
    Refused::Interaction(interaction::Refused::NotHeld(_)) => "interaction.not_held",
    Refused::Interaction(interaction::Refused::WrappingUp(_)) => "interaction.wrapping_up",
    Refused::Interaction(interaction::Refused::NotWrappingUp(_)) => "interaction.not_wrapping_up",
    Refused::Interaction(interaction::Refused::NotExtended { .. }) => "interaction.not_extended",
    Refused::Interaction(interaction::Refused::Disposition { .. }) => "interaction.disposition",
    Refused::Interaction(interaction::Refused::Reason { .. }) => "interaction.reason",
    Refused::Interaction(interaction::Refused::Workbin { .. }) => "interaction.workbin",
    Refused::Interaction(interaction::Refused::BegunWithRoute) => "interaction.begun_with_route",
    Refused::Offer(offer::Refused::Unknown(_)) => "offer.unknown",
    Refused::Offer(offer::Refused::NotYours { .. }) => "offer.not_yours",
    Refused::Offer(offer::Refused::Over { .. }) => "offer.over",
    Refused::Offer(offer::Refused::Routed(_)) => "offer.routed",
    Refused::Route(route::Refused::Unknown(_)) => "route.unknown",
    Refused::Route(route::Refused::NotRoutable { .. }) => "route.not_routable",
    Refused::Route(route::Refused::UnknownVirtualQueue(_)) => "route.unknown_virtual_queue",
    Refused::Route(route::Refused::VirtualQueueFull { .. }) => "route.virtual_queue_full",
    Refused::Route(route::Refused::TooMany { .. }) => "route.too_many",
    Refused::Route(route::Refused::Offered { .. }) => "route.offered",
    Refused::Route(route::Refused::CreditTooLarge { .. }) => "route.credit_too_large",
    Refused::Route(route::Refused::UnknownTarget { .. }) => "route.unknown_target",
    Refused::Route(route::Refused::OutOfRange { .. }) => "route.out_of_range",
});

fn samples() -> Vec<Sample<Refused>> {
    let samples = [
        agents(),
        configuration(),
        interactions(),
        crate::logins::refusals(),
        the_rest(),
    ];
    samples
        .into_iter()
        .flatten()
        .map(|refused| ("", refused))
        .collect()
}

#[test]
fn each_refusal_is_written_as_it_always_was() {
    hold("refused", NAMES, name_of, samples());
}

#[test]
fn the_code_people_see_is_the_serialised_name_and_there_is_a_sentence_for_it() {
    for (_, refused) in samples() {
        assert_eq!(refused.code(), name_of(&refused));
        assert!(refused.to_string().len() > 15, "{refused:?}: {refused}");
    }
}

const AGENT: AgentId = AgentId(3);
const IT: InteractionId = InteractionId(7);

fn agents() -> Vec<Refused> {
    let (agent, medium) = (AGENT, Medium::Chat);
    let refused = [
        agent::Refused::Unknown(agent),
        agent::Refused::NotLoggedIn(agent),
        agent::Refused::NotLoggedInFor { agent, medium },
        agent::Refused::NoCapacity { agent, medium },
        agent::Refused::NoRoom {
            agent: AGENT,
            medium: Medium::Chat,
        },
        agent::Refused::DeskAway(AGENT),
        agent::Refused::HasWork { agent, claims: 2 },
        agent::Refused::OldDesk {
            agent,
            session: DeskSessionId(4),
        },
        agent::Refused::Reason {
            agent,
            reason: name("tea"),
            codes: vec!["lunch".to_owned(), "training".to_owned()],
        },
        agent::Refused::DoNotDisturb {
            agent,
            reason: name("training"),
        },
    ];
    refused.map(Refused::Agent).into()
}

fn configuration() -> Vec<Refused> {
    let what = "queue inbox".to_owned();
    let refused = [
        config::Refused::VersionMismatch {
            what: what.clone(),
            found: 3,
        },
        config::Refused::Exists { what: what.clone() },
        config::Refused::Unknown { what: what.clone() },
        config::Refused::OutOfRange {
            key: "offer_ttl".to_owned(),
            found: "0s".to_owned(),
            allowed: "allowed is from 1s to 3600s".to_owned(),
        },
        config::Refused::TooMany {
            what,
            limit: 100_000,
        },
        config::Refused::KeyAgent,
        config::Refused::LastAdministrator { key: name("root") },
        config::Refused::Findings(vec![
            config::Finding {
                path: "/members".to_owned(),
                problem: "there is no agent zoe".to_owned(),
            },
            config::Finding {
                path: "/expression".to_owned(),
                problem: "there is no skill Loans".to_owned(),
            },
        ]),
        config::Refused::InUse {
            what: "group sales".to_owned(),
            by: vec!["key shop".to_owned()],
        },
        config::Refused::NotEmpty {
            what: "queue inbox".to_owned(),
            open: 3,
            limit: 10_000,
        },
        config::Refused::HasWork {
            agent: name("anna"),
            claims: 2,
        },
    ];
    refused.map(Refused::Config).into()
}

fn interactions() -> Vec<Refused> {
    let refused = [
        interaction::Refused::Unknown(IT),
        interaction::Refused::Stopped(IT),
        interaction::Refused::NotHandled {
            interaction: IT,
            place: "routing".to_owned(),
        },
        interaction::Refused::NotOwner {
            interaction: IT,
            owner: AGENT,
            agent: AgentId(4),
        },
        interaction::Refused::QueueFull {
            queue: name("inbox"),
            limit: 10,
        },
        interaction::Refused::TooManyOpen { limit: 1_000 },
        interaction::Refused::UnknownQueue(name("attic")),
    ];
    let refused = refused.into_iter().chain(crate::handling::refusals());
    refused.map(Refused::Interaction).collect()
}

fn the_rest() -> Vec<Refused> {
    let effect = EffectId(8);
    let effects = [
        effect::Refused::Unknown(effect),
        effect::Refused::Phase {
            effect,
            phase: "parked".to_owned(),
        },
        effect::Refused::TooLate(effect),
    ];
    let offer = OfferId(12);
    let offers = [
        offer::Refused::Unknown(offer),
        offer::Refused::NotYours {
            offer,
            to: AGENT,
            agent: AgentId(4),
        },
        offer::Refused::Over {
            offer,
            how: "it was accepted".to_owned(),
        },
        offer::Refused::Routed(offer),
    ];
    let request = RouteRequestId(9);
    let routes = [
        route::Refused::Unknown(request),
        route::Refused::NotRoutable {
            interaction: IT,
            place: "handling".to_owned(),
        },
        route::Refused::UnknownVirtualQueue(name("attic")),
        route::Refused::VirtualQueueFull {
            virtual_queue: name("support"),
            limit: 5,
        },
        route::Refused::TooMany {
            interaction: IT,
            limit: 8,
        },
        route::Refused::Offered { request },
        route::Refused::CreditTooLarge {
            credit: Millis::seconds(90),
            limit: Millis::seconds(60),
        },
        route::Refused::UnknownTarget {
            what: "agent nobody".to_owned(),
        },
        route::Refused::OutOfRange {
            what: "exclude".to_owned(),
            found: "65 agents".to_owned(),
            limit: "64 agents".to_owned(),
        },
    ];
    let effects = effects.map(Refused::Effect).into_iter();
    effects
        .chain([Refused::Contact(contact::Refused::Unknown)])
        .chain(offers.map(Refused::Offer))
        .chain(routes.map(Refused::Route))
        .collect()
}
