//! Events as streams and histories show them: a name, and flat data.

use super::interaction::{EndingView, SegmentView, doer};
use super::login::LoginChange;
use super::offer::{OfferView, back_to, not_taken};
use super::route::{RequestView, ThresholdView, cancelled};
use super::work::RestView;
use super::{actor, agent, config, numbers, text};
use crate::masking;
use crate::names::Known;
use crate::screen_pops::PopView;
use crate::text::{Text, Time};
use ringback_model::interaction::Interaction;
use ringback_model::value::Map;
use ringback_model::{
    AgentId, ContactId, DeskSessionId, EffectId, Event, InteractionId, Medium, Now, OfferId,
    RouteRequestId, config as model_config, contact, effect, interaction, login as model_login,
    node, offer, record, route, view, workbin,
};
use ringback_ports::Cursor;
use ringback_ports::envelope::ActorRef;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Its fixed name.
    #[schema(example = "offer.made")]
    pub(crate) event: &'static str,
    /// Where it stands in the stream; pass it as `after` to go on from here.
    #[schema(value_type = String, example = "812.3")]
    pub(crate) cursor: Text<Cursor>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Time,
    /// Who caused it.
    #[schema(example = "key:crm")]
    pub(crate) actor: String,
    pub(crate) data: EventData,
    /// What the agent can do with the interaction after it; on streams of agents, of what happens
    /// now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["accept", "reject"]))]
    pub(crate) capabilities: Option<Vec<&'static str>>,
}

impl EventView {
    pub(crate) fn new(
        known: &Known,
        cursor: Cursor,
        now: Now,
        by: &ActorRef,
        event: &Event,
    ) -> Self {
        Self {
            event: event.name(),
            cursor: Text(cursor),
            at: Time::of(now),
            actor: actor(by),
            data: EventData::new(known, now, event),
            capabilities: None,
        }
    }

    /// The same with what a desk opens.
    pub(crate) fn with_pops(mut self, pops: Vec<PopView>) -> Self {
        self.data.screen_pops = pops;
        self
    }
}

impl EventView {
    /// Of numbers only so many digits are shown, if the reader is to see no more.
    pub(crate) fn masked(mut self, digits_shown: Option<u8>) -> Self {
        if let Some(submitted) = &mut self.data.submitted {
            masking::mask(&mut submitted.user_data, digits_shown);
        }
        // A value of the user data, too.
        masking::mask_text(&mut self.data.view_segment, digits_shown);
        self
    }
}

/// The data of an event. Which fields are there is told by its name.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({"interaction": "i42", "queue": "support", "agent": "a7", "offer": "o5"}))]
pub(crate) struct EventData {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "i42")]
    interaction: Option<Text<InteractionId>>,
    /// The interaction queue it belonged to at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "o5")]
    offer: Option<Text<OfferId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "r9")]
    request: Option<Text<RouteRequestId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "d4")]
    session: Option<Text<DeskSessionId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "e8")]
    effect: Option<Text<EffectId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "c6")]
    contact: Option<Text<ContactId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "voice")]
    medium: Option<Text<Medium>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    media: Option<Vec<Text<Medium>>>,
    /// How something ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'static str>,
    /// Why, of the fixed words.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// The reason somebody gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Where the interaction is again after an offer nobody took.
    #[serde(skip_serializing_if = "Option::is_none")]
    back_to: Option<&'static str>,
    /// Offers missed in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    misses: Option<u8>,
    /// The step of the target in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u8>,
    /// Until when something holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Whether the interaction rests in its queue from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    rests: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<EndingView>,
    /// What came of a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sale")]
    disposition: Option<String>,
    /// The interaction that was submitted, without what is sealed: read it for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted: Option<Box<SubmittedView>>,
    /// The request that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    requested: Option<Box<RequestView>>,
    /// The offer that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<Box<OfferView>>,
    /// What the agent's desk opens with the offer; on the agent's own stream only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    screen_pops: Vec<PopView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<Box<SegmentView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Box<agent::IntervalView>>,
    /// The configuration object that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Box<ConfigChange>>,
    /// The person or session it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<Box<LoginChange>>,
    /// What went wrong, for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How many were dealt with.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// By how much the clock jumped, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    jumped_ms: Option<i64>,
    /// As what an agent takes part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "conference")]
    role: Option<&'static str>,
    /// On whose behalf: `agent`, `supervisor` or `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "supervisor")]
    by: Option<&'static str>,
    /// Where the interaction rests from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    rests_in: Option<RestView>,
    /// Where an agent pulled it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<RestView>,
    /// The properties that changed, by name; read the interaction for their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<&'static str>>,
    /// When what a silent desk handles goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<Vec<ReturnView>>,
    /// The workbin it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    workbin: Option<RestView>,
    /// The view of an interaction queue it is about, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "loans")]
    view: Option<String>,
    /// The segment the interaction is under way in.
    #[serde(skip_serializing_if = "Option::is_none")]
    view_segment: Option<String>,
    /// How often views handed the interaction over since a person last had to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pulls: Option<u8>,
    /// The view found nothing more it could hand over: it sleeps until something changes, and at
    /// least until `until`. If not, it looks at `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sleeps: Option<bool>,
    /// The view left behind what would have fitted, for want of room in its virtual queue or in a
    /// segment; it looks again when there is some.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacks_room: Option<bool>,
    /// Thresholds that hold now, or hold no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thresholds: Vec<ThresholdView>,
    /// For how long the engine had not been running, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    outage_ms: Option<u64>,
}

/// When an interaction in the hands of an agent with a silent desk goes back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnView {
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// What is open of an interaction when it is submitted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubmittedView {
    #[schema(example = "inbound")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subkind: Option<String>,
    priority: i16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    parent: Option<Text<InteractionId>>,
    /// Only the values whose keys are declared open.
    #[schema(value_type = Object)]
    user_data: Map,
}

/// A configuration object as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigChange {
    /// Its name; `settings` for the settings.
    name: String,
    version: u64,
    /// The kind of what is gone by this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "group")]
    gone: Option<&'static str>,
    /// What was set; absent if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<config::Body>,
}

impl EventData {
    /// The data of an event that happened at `now`.
    pub(crate) fn new(known: &Known, now: Now, event: &Event) -> Self {
        let subject = event.subject();
        let base = Self {
            interaction: subject.map(|of| Text(of.interaction)),
            queue: subject.map(|of| known.queue(of.queue)),
            agent: event.agent().map(Text),
            ..Self::default()
        };
        match event {
            Event::Agent(event) => base.agent_event(known, now, event),
            Event::Config(event) => base.config_event(known, event),
            Event::Contact(contact::Event::Erased { contact, keys }) => Self {
                contact: contact.map(Text),
                count: Some(keys.len() as u64),
                ..base
            },
            Event::Effect(event) => base.effect_event(event),
            Event::Interaction(event) => base.interaction_event(known, now, event),
            Event::Login(event) => base.login_event(event),
            Event::Node(event) => base.node_event(event),
            Event::Offer(event) => base.offer_event(now, event),
            Event::Record(event) => base.record_event(known, event),
            Event::Route(event) => base.route_event(known, now, event),
            Event::View(event) => base.view_event(known, now, event),
            Event::Workbin(event) => base.workbin_event(known, event),
        }
    }

    fn agent_event(self, known: &Known, now: Now, event: &ringback_model::agent::Event) -> Self {
        use ringback_model::agent::Event;
        match event {
            Event::Subscribed { bin, .. } | Event::Unsubscribed { bin, .. } => Self {
                workbin: Some(RestView::workbin(known, bin.owner, &bin.workbin)),
                ..self
            },
            Event::LoggedIn { session, media, .. } => Self {
                session: Some(Text(*session)),
                media: Some(media.iter().copied().map(Text).collect()),
                ..self
            },
            Event::Ready { medium, .. } => Self {
                medium: Some(Text(*medium)),
                ..self
            },
            Event::NotReady { medium, why, .. } => {
                let (why, reason) = agent::not_ready(why);
                Self {
                    medium: Some(Text(*medium)),
                    why: Some(why),
                    reason: reason.map(text),
                    ..self
                }
            }
            Event::NotReadyNext { medium, reason, .. } => Self {
                medium: Some(Text(*medium)),
                reason: Some(text(reason)),
                ..self
            },
            Event::DeskLost { grace_until, .. } => Self {
                until: Some(Time::at(now, *grace_until)),
                ..self
            },
            Event::DeskSilent { returns, .. } => {
                let returns = returns.iter().map(|(id, at)| ReturnView {
                    interaction: Text(*id),
                    at: Time::at(now, *at),
                });
                Self {
                    returns: Some(returns.collect()),
                    ..self
                }
            }
            Event::Paused { media, .. } => Self {
                media: Some(media.iter().map(Text).collect()),
                ..self
            },
            Event::LoggedOut { .. } | Event::DeskBack { .. } => self,
        }
    }

    fn config_event(self, known: &Known, event: &model_config::Event) -> Self {
        use model_config::Event;
        let (name, version, body) = match event {
            Event::QueuePut(it) => (text(&it.name), it.version, config::Body::from(&**it)),
            Event::VirtualQueuePut(it) => (text(&it.name), it.version, config::Body::from(&**it)),
            Event::AgentPut(it) => (text(&it.name), it.version, config::Body::from(&**it)),
            Event::KeyPut(it) => {
                let view = config::KeyView::new(known, it);
                (text(&it.name), it.version, config::Body::Key(view))
            }
            Event::SettingsPut { version, settings } => {
                let body = config::Body::Settings(config::SettingsPut::of(settings));
                ("settings".to_owned(), *version, body)
            }
            Event::Put(it) => {
                let body = config::objects::ObjectPut::of(it.body.clone());
                (text(&it.name), it.version, body.into())
            }
            Event::Deleted {
                kind,
                name,
                version,
                ..
            } => {
                let gone = ConfigChange {
                    name: text(name),
                    version: *version,
                    gone: Some(kind.name()),
                    body: None,
                };
                return Self {
                    config: Some(Box::new(gone)),
                    ..self
                };
            }
        };
        let change = ConfigChange {
            name,
            version,
            gone: None,
            body: Some(body),
        };
        Self {
            config: Some(Box::new(change)),
            ..self
        }
    }

    fn effect_event(self, event: &effect::Event) -> Self {
        use effect::Event;
        let (effect, problem) = match event {
            Event::Issued(order) => {
                return Self {
                    effect: Some(Text(order.id)),
                    why: Some(order.effect.kind()),
                    how: Some(numbers::phase(order.phase)),
                    ..self
                };
            }
            Event::Started { effect } | Event::Finished { effect } => (effect, None),
            Event::Retried {
                effect, problem, ..
            }
            | Event::Parked { effect, problem } => (effect, Some(problem.clone())),
        };
        Self {
            effect: Some(Text(*effect)),
            problem,
            ..self
        }
    }

    fn interaction_event(self, known: &Known, now: Now, event: &interaction::Event) -> Self {
        match event {
            interaction::Event::WrapBegun { wrap, .. } => Self {
                until: wrap.until.map(|at| Time::at(now, at)),
                ending: Some(EndingView::from(&wrap.over())),
                ..self
            },
            interaction::Event::WrapChanged {
                until, disposition, ..
            } => Self {
                until: until.map(|at| Time::at(now, at)),
                disposition: disposition.as_ref().map(text),
                ..self
            },
            interaction::Event::Placed { to, by, why, .. } => {
                let (why, reason) = match why {
                    interaction::WhyPlaced::Asked { reason } => ("asked", reason.as_ref()),
                    interaction::WhyPlaced::OwnerLeft => ("owner_left", None),
                    interaction::WhyPlaced::HandlingTimedOut => ("handling_timed_out", None),
                };
                Self {
                    rests_in: Some(RestView::new(known, to)),
                    by: Some(doer(*by).0),
                    why: Some(why),
                    reason: reason.map(text),
                    ..self
                }
            }
            interaction::Event::Pulled { from, .. } => Self {
                from: Some(RestView::new(known, from)),
                ..self
            },
            interaction::Event::Changed { change, by, .. } => Self {
                by: Some(doer(*by).0),
                changed: Some(changed(change)),
                ..self
            },
            interaction::Event::Joined { role, .. } => Self {
                role: Some(role.name()),
                ..self
            },
            interaction::Event::Left { role, why, .. } => Self {
                role: Some(role.name()),
                why: Some(left(*why)),
                ..self
            },
            interaction::Event::Held { .. } | interaction::Event::Resumed { .. } => self,
            interaction::Event::Locked { by, .. } | interaction::Event::Unlocked { by, .. } => {
                Self {
                    by: Some(doer(*by).0),
                    ..self
                }
            }
            interaction::Event::Handed {
                view,
                segment,
                pulls,
                ..
            } => Self {
                view: Some(known.object(*view)),
                view_segment: segment.clone(),
                pulls: Some(*pulls),
                ..self
            },
            interaction::Event::Submitted(it) => Self {
                medium: Some(Text(it.medium)),
                contact: it.contact.map(Text),
                submitted: Some(Box::new(SubmittedView::from(&**it))),
                ..self
            },
            interaction::Event::Moved { .. } => self,
            interaction::Event::Stopped { ending, .. } => Self {
                ending: Some(EndingView::from(ending)),
                ..self
            },
        }
    }

    fn workbin_event(self, known: &Known, event: &workbin::Event) -> Self {
        let item = event.item();
        let bin = &item.bin;
        Self {
            interaction: Some(Text(item.interaction)),
            queue: Some(known.queue(item.queue)),
            workbin: Some(RestView::workbin(known, bin.owner, &bin.workbin)),
            ..self
        }
    }

    fn view_event(self, known: &Known, now: Now, event: &view::Event) -> Self {
        match event {
            view::Event::Looked { view, look } => Self {
                view: Some(known.object(*view)),
                sleeps: Some(look.next.is_none()),
                lacks_room: Some(!look.lacks.nothing()),
                until: Some(Time::at(now, look.next.unwrap_or(look.not_before))),
                ..self
            },
            view::Event::Woken { view, next } => Self {
                view: Some(known.object(*view)),
                until: Some(Time::at(now, *next)),
                ..self
            },
        }
    }

    /// Nothing that somebody could prove himself with is in it.
    fn login_event(self, event: &model_login::Event) -> Self {
        use model_login::Event;
        let (person, session, what, version) = match event {
            Event::PolicyPut { version, .. } => (None, None, None, Some(*version)),
            Event::CredentialsPut { what, credentials } => {
                let person = text(&credentials.person);
                (
                    Some(person),
                    None,
                    Some(what.name()),
                    Some(credentials.version),
                )
            }
            Event::SessionPut(it) => {
                let person = Some(text(&it.person));
                (person, Some(Text(it.id)), Some(it.how.name()), None)
            }
            Event::Seen { session, .. } => (None, Some(Text(*session)), None, None),
            Event::SessionEnded {
                session,
                person,
                why,
            } => {
                let person = Some(text(person));
                (person, Some(Text(*session)), Some(why.name()), None)
            }
        };
        Self {
            login: Some(Box::new(LoginChange {
                person,
                session,
                what,
                version,
            })),
            ..self
        }
    }

    fn node_event(self, event: &node::Event) -> Self {
        match event {
            node::Event::ClockJumped { by } => Self {
                jumped_ms: Some(*by),
                ..self
            },
            node::Event::Opened { outage, clock_off } => Self {
                outage_ms: Some(outage.0),
                jumped_ms: Some(*clock_off),
                ..self
            },
            node::Event::Refusals { list, beyond } => {
                let told = list.iter().map(|one| u64::from(one.times)).sum::<u64>();
                Self {
                    count: Some(told + beyond),
                    ..self
                }
            }
            node::Event::ResultsForgotten { .. } => self,
        }
    }

    fn offer_event(self, now: Now, event: &offer::Event) -> Self {
        match event {
            offer::Event::Made { offer, .. } => Self {
                offer: Some(Text(offer.id)),
                request: offer.request.map(Text),
                offered: Some(Box::new(OfferView::from(&**offer))),
                ..self
            },
            offer::Event::Accepted { offer, .. } => Self {
                offer: Some(Text(*offer)),
                ..self
            },
            offer::Event::NotTaken {
                offer,
                back_to: place,
                how,
                cooling_until,
                misses,
                ..
            } => {
                let (how, reason) = not_taken(how);
                Self {
                    offer: Some(Text(*offer)),
                    how: Some(how),
                    reason: reason.map(text),
                    back_to: Some(back_to(place)),
                    until: cooling_until.map(|at| Time::at(now, at)),
                    misses: Some(*misses),
                    ..self
                }
            }
        }
    }

    fn record_event(self, known: &Known, event: &record::Event) -> Self {
        match event {
            record::Event::Segment(segment) => Self {
                interaction: Some(Text(segment.interaction)),
                queue: Some(known.queue(segment.queue)),
                segment: Some(Box::new(SegmentView::new(known, segment))),
                ..self
            },
            record::Event::Interval(interval) => Self {
                interval: Some(Box::new(agent::IntervalView::from(&**interval))),
                ..self
            },
        }
    }

    fn route_event(self, known: &Known, now: Now, event: &route::Event) -> Self {
        match event {
            route::Event::Requested { request, .. } => Self {
                request: Some(Text(request.id)),
                requested: Some(Box::new(RequestView::of_request(known, request))),
                ..self
            },
            route::Event::Widened {
                request,
                step,
                widens_at,
                ..
            } => Self {
                request: Some(Text(*request)),
                step: Some(*step),
                until: widens_at.map(|at| Time::at(now, at)),
                ..self
            },
            route::Event::Changed { request, cause, .. } => Self {
                request: Some(Text(request.id)),
                requested: Some(Box::new(RequestView::of_request(known, request))),
                why: Some(match cause {
                    route::ChangeCause::Asked => "asked",
                    route::ChangeCause::LastAgentGone => "last_agent_gone",
                    route::ChangeCause::NextTargets => "next_targets",
                    route::ChangeCause::Moved => "moved",
                }),
                ..self
            },
            route::Event::Thresholds { turned, look_at } => Self {
                thresholds: turned.iter().map(ThresholdView::of_turned).collect(),
                until: look_at.map(|at| Time::at(now, at)),
                ..self
            },
            route::Event::Cooled { request, agent, .. } => Self {
                request: Some(Text(*request)),
                agent: Some(Text(*agent)),
                ..self
            },
            route::Event::Cancelled {
                request,
                cause,
                rests,
                ..
            } => Self {
                request: Some(Text(*request)),
                why: Some(cancelled(*cause)),
                rests: Some(*rests),
                ..self
            },
        }
    }
}

const fn left(why: interaction::WhyLeft) -> &'static str {
    use interaction::WhyLeft;
    match why {
        WhyLeft::Chosen => "chosen",
        WhyLeft::Transferred => "transferred",
        WhyLeft::Placed => "placed",
        // The word of the session that has it no more.
        WhyLeft::TakenOut => "notcontrolled",
        WhyLeft::TimedOut => "timed_out",
        WhyLeft::OwnerLeft => "owner_left",
        WhyLeft::Stopped => "interaction_stopped",
        WhyLeft::LoggedOut => "logged_out",
    }
}

/// The names of the properties a change is about.
fn changed(change: &interaction::Change) -> Vec<&'static str> {
    let named = [
        ("kind", change.kind.is_some()),
        ("subkind", change.subkind.is_some()),
        ("priority", change.tier.is_some()),
        ("external_id", change.external_id.is_some()),
        ("subject", change.subject.is_some()),
        ("comment", change.comment.is_some()),
        ("in_queues", change.in_queues.is_some()),
        ("out_queues", change.out_queues.is_some()),
        ("online", change.online.is_some()),
        ("received_at", change.received.is_some()),
        ("reviewer", change.reviewer.is_some()),
        ("user_data", change.user_data.is_some()),
    ];
    let changed = named.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(name, _)| name).collect()
}

impl From<&Interaction> for SubmittedView {
    fn from(it: &Interaction) -> Self {
        Self {
            kind: text(&it.kind),
            subkind: it.subkind.as_ref().map(text),
            priority: it.tier.0,
            parent: it.parent.map(Text),
            user_data: it.user_data.open.clone(),
        }
    }
}
