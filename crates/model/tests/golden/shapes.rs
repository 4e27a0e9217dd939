//! The small enums inside the documents: each variant of each, one folder per enum.

use crate::config_samples::group;
use crate::files::{Sample, hold, named};
use crate::samples::{escalation, name};
use ringback_model::agent::{ClaimKind, NotReady};
use ringback_model::capacity::Rule as CapacityText;
use ringback_model::condition::{Condition, Order};
use ringback_model::config::{
    Attribute, AttributeType, Body, Calendar, CapacityRule, Choice, Code, DeskUse, Expected,
    HandOver, Hours, Kind, List, ListPurpose, MediumDefaults, Person, Role as KeyRole, Scope,
    ScreenPop, Skill, SpecialDay, View, ViewRoute, Webhook, WebhookSecret, Weekday, Workbin,
    WorkbinOwner, WrapUp,
};
use ringback_model::effect::{Phase, Report};
use ringback_model::interaction::{Ending, StopCause, WhyLeft, WhyPlaced};
use ringback_model::offer::{NotTaken, Occasion, Rule};
use ringback_model::place::{BackTo, Place, Role, Who};
use ringback_model::record::{AgentState, SegmentEnd, SegmentKind};
use ringback_model::route::{Cancelled, Select, Selection};
use ringback_model::target::{
    Comparison, Escalation, Expression, RawStep, Target, TargetKind, Targets, TextComparison,
};
use ringback_model::{
    AgentId, DeskSessionId, EngineTime, InteractionId, LoginId, Medium, ObjectId, OfferId, Outcome,
    QueueId, Rare, RouteRequestId, Tier, WallTime,
};
use std::collections::{BTreeMap, BTreeSet};

/// A test for one enum: all its variants, each with a document.
macro_rules! shape {
    ($test:ident, $folder:literal, $type:ty { $($pattern:pat => $name:literal, $sample:expr;)* }) => {
        #[test]
        fn $test() {
            named!($type { $($pattern => $name,)* });
            let samples: Vec<Sample<$type>> = vec![$(("", $sample)),*];
            hold(concat!("shape/", $folder), NAMES, name_of, samples);
        }
    };
}

shape!(places, "place", Place {
    Place::Queue => "queue", Place::Queue;
    Place::Workflow { .. } => "workflow", Place::Workflow { session: 77 };
    Place::Routing => "routing", Place::Routing;
    Place::Offer { .. } => "offer", Place::Offer { offer: OfferId(12), back_to: BackTo::Queue };
    Place::Workbin { .. } => "workbin", Place::Workbin { workbin: name("drafts"), owner: None };
    Place::Handling => "handling", Place::Handling;
    Place::Scheduled { .. } => "scheduled", Place::Scheduled { due: WallTime(1_767_600_000_000) };
    Place::External { .. } => "external", Place::External { service: name("crm") };
    Place::Outbound => "outbound", Place::Outbound;
    Place::Stopped => "stopped", Place::Stopped;
});

shape!(ways_back, "back_to", BackTo {
    BackTo::Queue => "queue", BackTo::Queue;
    BackTo::Routing => "routing", BackTo::Routing;
    BackTo::Workbin { .. } => "workbin", BackTo::Workbin { workbin: name("drafts") };
    BackTo::Handling => "handling", BackTo::Handling;
});

shape!(those_who_take_part, "who", Who {
    Who::Customer => "customer", Who::Customer;
    Who::Agent(_) => "agent", Who::Agent(AgentId(3));
    Who::Bot => "bot", Who::Bot;
});

shape!(roles_of_parties, "role", Role {
    Role::Owner => "owner", Role::Owner;
    Role::Consultant => "consultant", Role::Consultant;
    Role::Conference => "conference", Role::Conference;
    Role::Monitor => "monitor", Role::Monitor;
    Role::Coach => "coach", Role::Coach;
    Role::Customer => "customer", Role::Customer;
    Role::Bot => "bot", Role::Bot;
});

shape!(kinds_of_claims, "claim_kind", ClaimKind {
    ClaimKind::Reserved => "reserved", ClaimKind::Reserved;
    ClaimKind::Offered => "offered", ClaimKind::Offered;
    ClaimKind::Handling => "handling", ClaimKind::Handling;
    ClaimKind::Consult => "consult", ClaimKind::Consult;
    ClaimKind::WrapUp => "wrap_up", ClaimKind::WrapUp;
});

shape!(reasons_not_to_be_ready, "not_ready", NotReady {
    NotReady::LoggedIn => "logged_in", NotReady::LoggedIn;
    NotReady::Chosen { .. } => "chosen", NotReady::Chosen { reason: name("lunch") };
    NotReady::DoNotDisturb { .. } => "do_not_disturb",
        NotReady::DoNotDisturb { reason: name("training") };
    NotReady::Missed => "missed", NotReady::Missed;
    NotReady::Silent => "silent", NotReady::Silent;
});

shape!(media, "medium", Medium {
    Medium::Voice => "voice", Medium::Voice;
    Medium::Chat => "chat", Medium::Chat;
    Medium::Email => "email", Medium::Email;
    Medium::Sms => "sms", Medium::Sms;
    Medium::Mms => "mms", Medium::Mms;
    Medium::Social => "social", Medium::Social;
    Medium::Workitem => "workitem", Medium::Workitem;
});

shape!(occasions, "occasion", Occasion {
    Occasion::RequestCame => "request_came", Occasion::RequestCame;
    Occasion::AgentCame => "agent_came", Occasion::AgentCame;
    Occasion::Asked => "asked", Occasion::Asked;
});

shape!(rules, "rule", Rule {
    Rule::LongestIdle => "longest_idle", Rule::LongestIdle;
    Rule::Named => "named", Rule::Named;
    Rule::FewestBusy => "fewest_busy", Rule::FewestBusy;
    Rule::LeastOccupied => "least_occupied", Rule::LeastOccupied;
    Rule::BestFit => "best_fit", Rule::BestFit;
    Rule::Random => "random", Rule::Random;
    Rule::LastAgent => "last_agent", Rule::LastAgent;
    Rule::Percentage => "percentage", Rule::Percentage;
});

shape!(ways_not_to_take_an_offer, "not_taken", NotTaken {
    NotTaken::Rejected { .. } => "rejected", NotTaken::Rejected { reason: name("busy") };
    NotTaken::Lapsed => "lapsed", NotTaken::Lapsed;
    NotTaken::DeskGone => "desk_gone", NotTaken::DeskGone;
    NotTaken::InteractionStopped => "interaction_stopped", NotTaken::InteractionStopped;
    NotTaken::Withdrawn => "withdrawn", NotTaken::Withdrawn;
    NotTaken::TakenOut => "taken_out", NotTaken::TakenOut;
});

shape!(reasons_to_cancel_a_request, "cancelled", Cancelled {
    Cancelled::Asked => "asked", Cancelled::Asked;
    Cancelled::MatchedElsewhere => "matched_elsewhere", Cancelled::MatchedElsewhere;
    Cancelled::InteractionStopped => "interaction_stopped", Cancelled::InteractionStopped;
    Cancelled::TakenOut => "taken_out", Cancelled::TakenOut;
    Cancelled::TimedOut => "timed_out", Cancelled::TimedOut;
});

shape!(kinds_of_segments, "segment_kind", SegmentKind {
    SegmentKind::Wait => "wait", SegmentKind::Wait;
    SegmentKind::Ring => "ring", SegmentKind::Ring;
    SegmentKind::Talk => "talk", SegmentKind::Talk;
    SegmentKind::Hold => "hold", SegmentKind::Hold;
    SegmentKind::Wrap => "wrap", SegmentKind::Wrap;
    SegmentKind::Consult => "consult", SegmentKind::Consult;
});

shape!(ends_of_segments, "segment_end", SegmentEnd {
    SegmentEnd::Answered => "answered", SegmentEnd::Answered;
    SegmentEnd::Abandoned => "abandoned", SegmentEnd::Abandoned;
    SegmentEnd::ShortAbandoned => "short_abandoned", SegmentEnd::ShortAbandoned;
    SegmentEnd::Overflowed => "overflowed", SegmentEnd::Overflowed;
    SegmentEnd::TurnedIntoCallback => "turned_into_callback", SegmentEnd::TurnedIntoCallback;
    SegmentEnd::Stopped => "stopped", SegmentEnd::Stopped;
    SegmentEnd::TakenBack => "taken_back", SegmentEnd::TakenBack;
    SegmentEnd::MatchedElsewhere => "matched_elsewhere", SegmentEnd::MatchedElsewhere;
    SegmentEnd::Accepted => "accepted", SegmentEnd::Accepted;
    SegmentEnd::Rejected => "rejected", SegmentEnd::Rejected;
    SegmentEnd::Lapsed => "lapsed", SegmentEnd::Lapsed;
    SegmentEnd::Withdrawn => "withdrawn", SegmentEnd::Withdrawn;
    SegmentEnd::Completed => "completed", SegmentEnd::Completed;
    SegmentEnd::Transferred => "transferred", SegmentEnd::Transferred;
    SegmentEnd::Placed => "placed", SegmentEnd::Placed;
    SegmentEnd::TakenOut => "taken_out", SegmentEnd::TakenOut;
    SegmentEnd::TimedOut => "timed_out", SegmentEnd::TimedOut;
    SegmentEnd::Left => "left", SegmentEnd::Left;
    SegmentEnd::Held => "held", SegmentEnd::Held;
    SegmentEnd::Resumed => "resumed", SegmentEnd::Resumed;
});

shape!(states_of_agents, "agent_state", AgentState {
    AgentState::LoggedIn => "logged_in", AgentState::LoggedIn;
    AgentState::Ready => "ready", AgentState::Ready;
    AgentState::NotReady { .. } => "not_ready", AgentState::NotReady { why: NotReady::Missed };
});

shape!(endings, "ending", Ending {
    Ending::Completed { .. } => "completed", Ending::Completed {
        agent: AgentId(3),
        reason: name("done"),
        disposition: None,
    };
    Ending::Abandoned => "abandoned", Ending::Abandoned;
    Ending::AbandonedWith { .. } => "abandoned_with",
        Ending::AbandonedWith { disposition: name("sale") };
    Ending::Cancelled { .. } => "cancelled", Ending::Cancelled { reason: name("duplicate") };
});

shape!(causes_of_stopping, "stop_cause", StopCause {
    StopCause::Abandoned => "abandoned", StopCause::Abandoned;
    StopCause::Cancelled { .. } => "cancelled", StopCause::Cancelled { reason: name("duplicate") };
});

shape!(phases_of_effects, "phase", Phase {
    Phase::Issued { .. } => "issued", Phase::Issued { from: EngineTime(20_000) };
    Phase::Started => "started", Phase::Started;
    Phase::Parked => "parked", Phase::Parked;
});

shape!(reports_of_rooms, "report", Report {
    Report::Done => "done", Report::Done;
    Report::Failed { .. } => "failed", Report::Failed { problem: "timed out".to_owned() };
    Report::Impossible { .. } => "impossible", Report::Impossible { problem: "no such host".to_owned() };
});

shape!(roles_of_keys, "key_role", KeyRole {
    KeyRole::Administrator => "administrator", KeyRole::Administrator;
    KeyRole::Supervisor => "supervisor", KeyRole::Supervisor;
    KeyRole::Agent => "agent", KeyRole::Agent;
    KeyRole::Integrator => "integrator", KeyRole::Integrator;
    KeyRole::Auditor => "auditor", KeyRole::Auditor;
});

shape!(scopes, "scope", Scope {
    Scope::Everything => "everything", Scope::Everything;
    Scope::Queues(_) => "queues", Scope::Queues(BTreeSet::from([QueueId(2), QueueId(5)]));
    Scope::Parts { .. } => "parts", Scope::Parts {
        queues: BTreeSet::from([QueueId(2)]),
        groups: BTreeSet::from([ObjectId(4)]),
    };
});

shape!(kinds_of_objects, "kind", Kind {
    Kind::Agent => "agent", Kind::Agent;
    Kind::Attribute => "attribute", Kind::Attribute;
    Kind::CapacityRule => "capacity_rule", Kind::CapacityRule;
    Kind::Group => "group", Kind::Group;
    Kind::Hours => "hours", Kind::Hours;
    Kind::List => "list", Kind::List;
    Kind::Medium => "medium", Kind::Medium;
    Kind::Person => "person", Kind::Person;
    Kind::Queue => "queue", Kind::Queue;
    Kind::Skill => "skill", Kind::Skill;
    Kind::Statistic => "statistic", Kind::Statistic;
    Kind::View => "view", Kind::View;
    Kind::VirtualQueue => "virtual_queue", Kind::VirtualQueue;
    Kind::Workbin => "workbin", Kind::Workbin;
    Kind::Calendar => "calendar", Kind::Calendar;
    Kind::ScreenPop => "screen_pop", Kind::ScreenPop;
    Kind::Webhook => "webhook", Kind::Webhook;
});

shape!(bodies_of_objects, "body", Body {
    Body::Attribute(_) => "attribute", Body::Attribute(Attribute {
        display_name: "Product".to_owned(),
        description: "What it is about".to_owned(),
        kind: AttributeType::Enum,
        key: "product".to_owned(),
        choices: vec![Choice { value: "loan".to_owned(), display_name: "Loan".to_owned() }],
        default: Some("loan".to_owned()),
        desk: DeskUse::Edited,
    });
    Body::CapacityRule(_) => "capacity_rule", Body::CapacityRule(CapacityRule {
        description: "Two of three".to_owned(),
        text: "chat 2 and email 3".to_owned(),
    });
    Body::Group(_) => "group", Body::Group(group());
    Body::Hours(_) => "hours", Body::Hours(Hours {
        display_name: String::new(),
        zone: "Europe/Berlin".to_owned(),
        weekly: BTreeMap::from([(
            Weekday::Monday,
            vec!["08:00-12:00".parse().expect("a span"), "13:00-18:30".parse().expect("a span")],
        )]),
        special: BTreeMap::from([(
            "2026-12-25".parse().expect("a date"),
            SpecialDay { display_name: "Christmas".to_owned(), open: Vec::new() },
        )]),
    });
    Body::List(_) => "list", Body::List(List {
        display_name: "Outcome".to_owned(),
        purpose: ListPurpose::Disposition,
        codes: vec![
            Code { code: "sale".to_owned(), display_name: "Sale".to_owned() },
            Code { code: "sale/repeat".to_owned(), display_name: String::new() },
        ],
    });
    Body::Medium(_) => "medium", Body::Medium(MediumDefaults {
        offer_ttl: Some(ringback_model::Millis::seconds(20)),
        delivering_max: None,
        handling_max: Some(ringback_model::Millis::seconds(3_600)),
        routing_max: None,
        misses_max: None,
        cool_down: None,
        wrap_up: WrapUp::Timed,
        wrap_up_for: Some(ringback_model::Millis::seconds(30)),
    });
    Body::Person(_) => "person", Body::Person(Person {
        display_name: "Paula".to_owned(),
        email: Some("paula@example.com".to_owned()),
        role: KeyRole::Supervisor,
        queues: Some(BTreeSet::from([name("inbox")])),
        groups: Some(BTreeSet::from([name("sales")])),
        agent: None,
        disabled: false,
    });
    Body::Skill(_) => "skill", Body::Skill(Skill {
        display_name: "English".to_owned(),
        description: String::new(),
        level_max: Some(10),
        texts: BTreeSet::new(),
    });
    Body::Statistic(_) => "statistic", Body::Statistic(ringback_model::config::Statistic {
        profile: ringback_model::statistic::Profile::Sliding { minutes: 15 },
        medium: Some(Medium::Chat),
        filter: "user.Language = 'en'".to_owned(),
        short_abandon: Some(ringback_model::Millis::seconds(10)),
        ..ringback_model::config::Statistic::plain(
            ringback_model::statistic::Measure::ServiceFactor,
            ringback_model::statistic::SubjectKind::VirtualQueue,
        )
    });
    Body::View(_) => "view", Body::View(View {
        queue: name("inbox"),
        display_name: String::new(),
        condition: "Priority > :least".to_owned(),
        order: "Priority DESC".to_owned(),
        parameters: BTreeMap::from([(name("least"), "1".to_owned())]),
        segment_by: Some("product".to_owned()),
        segment_max: Some(3),
        pull_max: 10,
        check_every: ringback_model::Millis::seconds(5),
        priority: 2,
        hand_over: None,
    });
    Body::Workbin(_) => "workbin", Body::Workbin(Workbin {
        display_name: "Drafts".to_owned(),
        owner: WorkbinOwner::Group,
        items_max: 50,
    });
    Body::Calendar(_) => "calendar", Body::Calendar(Calendar {
        display_name: "Opening".to_owned(),
        hours: BTreeSet::from([name("usual")]),
        token_hash: "5f".to_owned(),
    });
    Body::ScreenPop(_) => "screen_pop", Body::ScreenPop(ScreenPop {
        display_name: "Customer".to_owned(),
        url: "https://crm.example.com/find?n={user.customer}".to_owned(),
        queues: BTreeSet::from([name("inbox")]),
        media: BTreeSet::from([Medium::Voice]),
    });
    Body::Webhook(_) => "webhook", Body::Webhook(Webhook {
        url: "https://crm.example.com/events".to_owned(),
        description: "Tells the customer system".to_owned(),
        events: BTreeSet::from(["interaction.*".parse().expect("a pattern")]),
        queues: BTreeSet::from([name("inbox")]),
        groups: Rare::none(),
        condition: "Priority > 0".to_owned(),
        disabled: true,
        secrets: vec![WebhookSecret {
            sealed: ringback_model::Sealed {
                key: ringback_model::KeyId(9),
                contact: None,
                bytes: vec![1, 2, 3].into_boxed_slice(),
            },
            until: Some(WallTime(1_769_860_800_000)),
        }],
    });
});

shape!(ways_to_hand_over, "hand_over", HandOver {
    HandOver::Route(_) => "route", HandOver::Route(ViewRoute {
        virtual_queue: name("support"),
        target: Target::fixed("English>=2".parse().expect("an expression")),
        tier: Some(Tier(2)),
        selection: Rare::of(Selection {
            select: Select::BestFit,
            ..Selection::default()
        }),
    });
});

shape!(expectations, "expected", Expected {
    Expected::Any => "any", Expected::Any;
    Expected::Absent => "absent", Expected::Absent;
    Expected::Version(_) => "version", Expected::Version(3);
});

shape!(comparisons, "comparison", Comparison {
    Comparison::Equal => "equal", Comparison::Equal;
    Comparison::NotEqual => "not_equal", Comparison::NotEqual;
    Comparison::Greater => "greater", Comparison::Greater;
    Comparison::AtLeast => "at_least", Comparison::AtLeast;
    Comparison::Less => "less", Comparison::Less;
    Comparison::AtMost => "at_most", Comparison::AtMost;
});

shape!(expressions, "expression", Expression {
    Expression::All(_) => "all", "A>=1 & B=2".parse().expect("an expression");
    Expression::Any(_) => "any", "A>=1 | B=2".parse().expect("an expression");
    Expression::Skill(..) => "skill", "A!=1".parse().expect("an expression");
    Expression::Text(..) => "text", "Language!=\"en\"".parse().expect("an expression");
    Expression::Agent(_) => "agent", "anna.A".parse().expect("an expression");
    Expression::Group(_) => "group", "sales.GA".parse().expect("an expression");
    Expression::Open(_) => "open", Expression::Open(Box::new(
        escalation().gates(Medium::Chat).next().expect("a threshold"),
    ));
});

shape!(text_comparisons, "text_comparison", TextComparison {
    TextComparison::Equal => "equal", TextComparison::Equal;
    TextComparison::NotEqual => "not_equal", TextComparison::NotEqual;
});

shape!(target_kinds, "target_kind", TargetKind {
    TargetKind::Agent(_) => "agent", TargetKind::Agent(name("anna"));
    TargetKind::Group(_) => "group", TargetKind::Group(name("billing"));
    TargetKind::Queue(_) => "queue", TargetKind::Queue(name("8001"));
    TargetKind::QueueGroup(_) => "queue_group", TargetKind::QueueGroup(name("sales"));
    TargetKind::Skills { .. } => "skills", TargetKind::Skills {
        name: Some(name("best")),
        expression: "A>=1".parse().expect("an expression"),
    };
});

shape!(targets, "targets", Targets {
    _ => "targets", "{StatCallsInQueue<10}[25]8001.Q, ?:A=1.GA".parse().expect("targets");
});

shape!(escalations, "escalation", Escalation {
    _ => "escalation", Escalation::read(vec![RawStep {
        target: "?:A=1.GA".to_owned(),
        timeout: "30".to_owned(),
        clear: "true".to_owned(),
        stat_to_check: "RStatAgentsReadyvoice".to_owned(),
        stat_operator: ">".to_owned(),
        stat_value: "0".to_owned(),
    }]).expect("a step").0;
});

shape!(capacity_rules, "capacity_rule", CapacityText {
    _ => "rule", "voice 1 or digital 3; at most chat 2; budget 9: any 3; voice interrupts digital"
        .parse().expect("a rule");
});

shape!(conditions, "condition", Condition {
    _ => "condition", "tier >= 3 AND user.Language IN ('en', :other) AND received_at < NOW - 30m"
        .parse().expect("a condition");
});

shape!(orders, "order", Order {
    _ => "order", "tier DESC, user.x".parse().expect("an order");
});

shape!(outcomes, "outcome", Outcome {
    Outcome::Done => "done", Outcome::Done;
    Outcome::Submitted { .. } => "submitted", Outcome::Submitted {
        interaction: InteractionId(7),
        request: Some(RouteRequestId(9)),
    };
    Outcome::Requested { .. } => "requested", Outcome::Requested { request: RouteRequestId(9) };
    Outcome::LoggedIn { .. } => "logged_in", Outcome::LoggedIn { session: DeskSessionId(4) };
    Outcome::PersonLoggedIn { .. } => "person_logged_in", Outcome::PersonLoggedIn {
        session: LoginId(3),
        limited: true,
    };
    Outcome::Put { .. } => "put", Outcome::Put { version: 6 };
});

#[test]
fn a_target_without_steps_is_not_read() {
    let error = serde_json::from_str::<Target>(r#"{"steps":[]}"#).expect_err("no steps");
    assert!(error.to_string().contains("at least one step"), "{error}");
}

shape!(reasons_to_leave, "why_left", WhyLeft {
    WhyLeft::Chosen => "chosen", WhyLeft::Chosen;
    WhyLeft::Transferred => "transferred", WhyLeft::Transferred;
    WhyLeft::Placed => "placed", WhyLeft::Placed;
    WhyLeft::TakenOut => "taken_out", WhyLeft::TakenOut;
    WhyLeft::TimedOut => "timed_out", WhyLeft::TimedOut;
    WhyLeft::OwnerLeft => "owner_left", WhyLeft::OwnerLeft;
    WhyLeft::Stopped => "stopped", WhyLeft::Stopped;
    WhyLeft::LoggedOut => "logged_out", WhyLeft::LoggedOut;
});

shape!(reasons_to_place, "why_placed", WhyPlaced {
    WhyPlaced::Asked { .. } => "asked", WhyPlaced::Asked { reason: Some(name("later")) };
    WhyPlaced::OwnerLeft => "owner_left", WhyPlaced::OwnerLeft;
    WhyPlaced::HandlingTimedOut => "handling_timed_out", WhyPlaced::HandlingTimedOut;
});
