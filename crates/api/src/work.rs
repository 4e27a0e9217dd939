//! From what is asked of an interaction to an input of the model, for REST and WebSocket alike.

use crate::commands::Ready;
use crate::door::Caller;
use crate::dto::Empty;
use crate::dto::work::{
    BACK, ChangeAsk, DataEdit, InviteAsk, InviteRole, MonitorAsk, PlaceAsk, Properties, PullAsk,
    TransferAsk, WrapUpAsk, WrapUpWord, exits,
};
use crate::masking;
use crate::personal;
use crate::problem::{About, Problem};
use crate::state::House;
use ringback_model::config::Role;
use ringback_model::interaction::{
    Change, Destination, Doer, Edit, Input, Interaction, Wish, WrapAct,
};
use ringback_model::place::BinOwner;
use ringback_model::route::Ask;
use ringback_model::target::{Expression, Target};
use ringback_model::{AgentId, InteractionId, Millis, Name, Personal, Rare, Tier};
use ringback_ports::query::{Query, View};

/// What can be asked of one interaction.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Act {
    Place(Box<PlaceAsk>),
    Pull(PullAsk),
    Change(Box<ChangeAsk>),
    Transfer(TransferAsk),
    Invite(InviteAsk),
    Monitor(MonitorAsk),
    Leave(Empty),
    Hold(Empty),
    Resume(Empty),
    Lock(Empty),
    Unlock(Empty),
    WrapUp(WrapUpAsk),
}

macro_rules! acts {
    ($($body:ty => $variant:ident $wrap:expr;)*) => {
        $(impl From<$body> for Act {
            fn from(body: $body) -> Self {
                Self::$variant($wrap(body))
            }
        })*
    };
}

acts! {
    PlaceAsk => Place Box::new;
    PullAsk => Pull std::convert::identity;
    ChangeAsk => Change Box::new;
    TransferAsk => Transfer std::convert::identity;
    InviteAsk => Invite std::convert::identity;
    MonitorAsk => Monitor std::convert::identity;
}

impl Act {
    /// The input it means, from this caller.
    pub(crate) async fn ready(
        self,
        house: &House,
        caller: &Caller,
        interaction: InteractionId,
    ) -> Result<Ready, Problem> {
        let by = doer(caller)?;
        let input = match self {
            Self::Place(body) => place(house, caller, interaction, by, *body).await?,
            Self::Pull(body) => Input::Pull {
                interaction,
                agent: caller.own_agent()?,
                review: body.review,
            },
            Self::Change(body) => {
                let asked = Asked {
                    house,
                    caller,
                    interaction,
                };
                let (change, looked_at) = asked.change(body.properties, body.user_data).await?;
                Input::Change {
                    interaction,
                    by,
                    change: Box::new(change),
                    expected: body.version.or(looked_at),
                }
            }
            Self::Transfer(body) => transfer(house, caller, interaction, by, body).await?,
            Self::Invite(body) => Input::Invite {
                interaction,
                agent: caller.own_agent()?,
                to: agent(house, caller, &body.agent, "/agent").await?,
                wish: match body.role {
                    InviteRole::Consultant => Wish::Consult,
                    InviteRole::Conference => Wish::Conference,
                },
            },
            Self::Monitor(body) => {
                supervises(caller)?;
                Input::Join {
                    interaction,
                    agent: agent(house, caller, &body.agent, "/agent").await?,
                    coach: body.coach,
                }
            }
            Self::Leave(_) => Input::Leave {
                interaction,
                agent: caller.own_agent()?,
            },
            Self::Hold(_) => Input::Hold {
                interaction,
                agent: caller.own_agent()?,
            },
            Self::Resume(_) => Input::Resume {
                interaction,
                agent: caller.own_agent()?,
            },
            Self::Lock(_) => {
                may_lock(caller)?;
                Input::Lock { interaction, by }
            }
            Self::Unlock(_) => {
                may_lock(caller)?;
                Input::Unlock { interaction, by }
            }
            Self::WrapUp(body) => Input::Wrap {
                interaction,
                agent: caller.own_agent()?,
                act: wrap_act(body)?,
            },
        };
        Ok(Ready::new(input, About::Interaction(interaction)))
    }
}

/// What an owner does about his wrap-up.
fn wrap_act(body: WrapUpAsk) -> Result<WrapAct, Problem> {
    let disposition = body.disposition.map(|name| name.0);
    match (body.act, disposition, body.by_ms) {
        (WrapUpWord::Finish, disposition, None) => Ok(WrapAct::Finish { disposition }),
        (WrapUpWord::Extend, None, Some(by)) => Ok(WrapAct::Extend { by: Millis(by) }),
        (WrapUpWord::Dispose, Some(disposition), None) => Ok(WrapAct::Dispose { disposition }),
        (WrapUpWord::Finish, ..) => Err(Problem::invalid("/by_ms", "only `extend` has it")),
        (WrapUpWord::Extend, ..) => {
            let problem = "`extend` has `by_ms` and no `disposition`";
            Err(Problem::invalid("/by_ms", problem))
        }
        (WrapUpWord::Dispose, ..) => {
            let problem = "`dispose` has a `disposition` and no `by_ms`";
            Err(Problem::invalid("/disposition", problem))
        }
    }
}

/// On whose behalf a caller acts: as his role.
fn doer(caller: &Caller) -> Result<Doer, Problem> {
    match caller.role() {
        Role::Agent => Ok(Doer::Agent(caller.own_agent()?)),
        Role::Administrator | Role::Supervisor => Ok(Doer::Supervisor),
        Role::Integrator => Ok(Doer::System),
        role @ Role::Auditor => Err(Problem::role(role.name(), "work on interactions")),
    }
}

fn supervises(caller: &Caller) -> Result<(), Problem> {
    match caller.role() {
        Role::Administrator | Role::Supervisor => Ok(()),
        role => Err(Problem::role(role.name(), "intervene in interactions")),
    }
}

fn may_lock(caller: &Caller) -> Result<(), Problem> {
    match caller.role() {
        Role::Integrator => Err(Problem::role("integrator", "lock interactions")),
        _ => Ok(()),
    }
}

/// An agent by name, by id, or `me`. Agents have to name colleagues they may not see otherwise.
async fn agent(house: &House, caller: &Caller, text: &str, at: &str) -> Result<AgentId, Problem> {
    if text == "me" {
        return caller.own_agent();
    }
    if let Ok(id) = text.parse::<AgentId>() {
        return Ok(id);
    }
    let name: Name = text
        .parse()
        .map_err(|error| Problem::invalid(at, format!("{error}")))?;
    let found = house.names.agent(caller.tenant, name).await?;
    found.ok_or_else(|| Problem::invalid(at, format!("there is no agent {text}")))
}

async fn place(
    house: &House,
    caller: &Caller,
    interaction: InteractionId,
    by: Doer,
    body: PlaceAsk,
) -> Result<Input, Problem> {
    let to = destination(house, caller, &body).await?;
    if body.force {
        supervises(caller)?;
    }
    let asked = Asked {
        house,
        caller,
        interaction,
    };
    let (change, looked_at) = asked.change(body.properties, body.user_data).await?;
    Ok(Input::Place {
        interaction,
        by,
        to,
        change: (change != Change::default()).then(|| Box::new(change)),
        expected: body.version.or(looked_at),
        reason: body.reason.map(|name| name.0),
        force: body.force,
        route: None,
    })
}

async fn destination(
    house: &House,
    caller: &Caller,
    body: &PlaceAsk,
) -> Result<Destination, Problem> {
    match (&body.queue, &body.workbin, &body.exit) {
        (Some(queue), None, None) if queue == BACK => Ok(Destination::Back),
        (Some(queue), None, None) => {
            let name = queue.parse().map_err(|error: ringback_model::NameError| {
                Problem::invalid("/queue", error.to_string())
            })?;
            Ok(Destination::Queue(name))
        }
        (None, Some(workbin), None) => {
            let workbin = workbin.0.clone();
            if let Some(group) = &body.group {
                if body.owner.is_some() {
                    let problem = "a workbin is an agent's or a group's: give `owner` or `group`";
                    return Err(Problem::invalid("/group", problem));
                }
                let group = group.0.clone();
                return Ok(Destination::GroupWorkbin { group, workbin });
            }
            let owner = match body.owner.as_deref() {
                Some("author") => return Ok(Destination::Author { workbin }),
                Some(owner) => agent(house, caller, owner, "/owner").await?,
                None => caller.own_agent()?,
            };
            let owner = BinOwner::Agent(owner);
            Ok(Destination::Workbin { owner, workbin })
        }
        (None, None, Some(exit)) => Ok(Destination::Exit(exit.0.clone())),
        _ => {
            let problem = "give exactly one of `queue`, `workbin` and `exit`";
            Err(Problem::invalid("", problem))
        }
    }
}

async fn transfer(
    house: &House,
    caller: &Caller,
    interaction: InteractionId,
    by: Doer,
    body: TransferAsk,
) -> Result<Input, Problem> {
    let (to, route) = match (body.agent, body.group, body.queue, body.virtual_queue) {
        (Some(to), None, None, None) => {
            return Ok(Input::Invite {
                interaction,
                agent: caller.own_agent()?,
                to: agent(house, caller, &to, "/agent").await?,
                wish: Wish::Transfer,
            });
        }
        (None, None, Some(queue), None) => (Destination::Queue(queue.0), None),
        (None, Some(group), queue, Some(line)) => {
            let to = queue.map_or(Destination::Own, |queue| Destination::Queue(queue.0));
            (to, Some(Box::new(to_group(group.0, line.0))))
        }
        (None, Some(_), _, None) => {
            let problem = "say in which virtual queue it waits for the group";
            return Err(Problem::invalid("/virtual_queue", problem));
        }
        (None, None, _, Some(_)) => {
            let problem = "only a transfer to a group waits in a virtual queue";
            return Err(Problem::invalid("/virtual_queue", problem));
        }
        _ => {
            let problem = "give `agent`, or `queue`, or `group` and `virtual_queue`";
            return Err(Problem::invalid("", problem));
        }
    };
    Ok(Input::Place {
        interaction,
        by,
        to,
        change: None,
        expected: None,
        reason: body.reason.map(|name| name.0),
        force: false,
        route,
    })
}

/// What is asked of the routing for a group.
fn to_group(group: Name, virtual_queue: Name) -> Ask {
    Ask {
        virtual_queue,
        target: Target::fixed(Expression::Group(group)),
        tier: None,
        credit: Millis::ZERO,
        selection: Rare::none(),
        targets: None,
    }
}

/// The longest external id, in characters.
const EXTERNAL_ID_MAX: usize = 200;
/// The longest subject, in characters.
const SUBJECT_MAX: usize = 512;
/// The longest comment, in characters.
const COMMENT_MAX: usize = 2_000;
/// How many ways out there may be in each direction.
const EXITS_MAX: usize = 32;

/// A text within its length.
pub(crate) fn check_text(text: &str, at: &str, max: usize) -> Result<(), Problem> {
    if (1..=max).contains(&text.chars().count()) {
        return Ok(());
    }
    let problem = format!("1 to {max} characters");
    Err(Problem::invalid(at, problem).limit(max))
}

/// An external id within its length.
pub(crate) fn check_external_id(text: &str, at: &str) -> Result<(), Problem> {
    check_text(text, at, EXTERNAL_ID_MAX)
}

/// A subject within its length.
pub(crate) fn check_subject(text: &str, at: &str) -> Result<(), Problem> {
    check_text(text, at, SUBJECT_MAX)
}

/// A comment within its length.
pub(crate) fn check_comment(text: &str, at: &str) -> Result<(), Problem> {
    check_text(text, at, COMMENT_MAX)
}

/// Ways out within their number.
pub(crate) fn check_exits(
    given: crate::dto::work::Exits,
    at: &str,
) -> Result<Vec<ringback_model::interaction::Exit>, Problem> {
    if given.len() > EXITS_MAX {
        let problem = format!("at most {EXITS_MAX} ways out");
        return Err(Problem::invalid(at, problem).limit(EXITS_MAX));
    }
    exits(given).map_err(|problem| Problem::invalid(at, problem))
}

/// A change of one interaction, asked by one caller.
struct Asked<'a> {
    house: &'a House,
    caller: &'a Caller,
    interaction: InteractionId,
}

impl Asked<'_> {
    /// The change of the model, and the version that was looked at for it, if one was: user data
    /// are sealed as a whole, so what is there has to be read first.
    async fn change(
        &self,
        properties: Properties,
        data: DataEdit,
    ) -> Result<(Change, Option<u64>), Problem> {
        let sealed = properties.subject.is_some() || properties.comment.is_some();
        let live = if sealed || !data.is_empty() {
            Some(self.look().await?)
        } else {
            None
        };
        let mut change = self.plain(&properties).await?;
        let Some(it) = live else {
            return Ok((change, None));
        };
        if !data.is_empty() {
            let shown = self.caller.digits_shown;
            masking::refuse(&data.attach.0, shown, "/user_data/attach")?;
            masking::refuse(&data.update.0, shown, "/user_data/update")?;
            let open_keys = self.house.names.open_keys(self.caller.tenant).await?;
            let (vault, tenant) = (self.house.hall.vault(), self.caller.tenant);
            change.user_data = Some(personal::edited(&*vault, tenant, &it, &open_keys, data)?);
        }
        change.subject =
            self.sealed(&it, properties.subject, "/properties/subject", SUBJECT_MAX)?;
        change.comment =
            self.sealed(&it, properties.comment, "/properties/comment", COMMENT_MAX)?;
        Ok((change, Some(it.version)))
    }

    async fn look(&self) -> Result<Interaction, Problem> {
        let query = Query::Interaction(self.interaction);
        let what = format!("interaction {}", self.interaction);
        match self.house.query(self.caller, query, what).await? {
            (_, View::Interaction(live)) => Ok(live.interaction),
            _ => Err(Problem::crossed()),
        }
    }

    async fn plain(&self, it: &Properties) -> Result<Change, Problem> {
        if let Some(Some(id)) = &it.external_id {
            check_external_id(id, "/properties/external_id")?;
        }
        let ways = |given: &Option<crate::dto::work::Exits>, at: &str| {
            given
                .clone()
                .map(|given| check_exits(given, at))
                .transpose()
        };
        let reviewer = match &it.reviewer {
            None => None,
            Some(None) => Some(Edit::Clear),
            Some(Some(name)) => {
                let at = "/properties/reviewer";
                Some(Edit::Set(agent(self.house, self.caller, name, at).await?))
            }
        };
        Ok(Change {
            kind: it.kind.as_ref().map(|name| name.0.clone()),
            subkind: edit(it.subkind.as_ref(), |name| name.0.clone()),
            tier: it.priority.map(Tier),
            external_id: edit(it.external_id.as_ref(), Clone::clone),
            subject: None,
            comment: None,
            in_queues: ways(&it.in_queues, "/properties/in_queues")?,
            out_queues: ways(&it.out_queues, "/properties/out_queues")?,
            online: it.online,
            received: edit(it.received_at.as_ref(), |time| time.0.0),
            reviewer,
            user_data: None,
        })
    }

    #[expect(
        clippy::option_option,
        reason = "absent, null and set are three things"
    )]
    fn sealed(
        &self,
        it: &Interaction,
        text: Option<Option<String>>,
        at: &str,
        max: usize,
    ) -> Result<Option<Edit<Personal<String>>>, Problem> {
        match text {
            None => Ok(None),
            Some(None) => Ok(Some(Edit::Clear)),
            Some(Some(text)) => {
                check_text(&text, at, max)?;
                masking::refuse_text(&text, self.caller.digits_shown, at)?;
                let (vault, tenant) = (self.house.hall.vault(), self.caller.tenant);
                let sealed = personal::seal_text(&*vault, tenant, it.contact, slot(it), &text)?;
                Ok(Some(Edit::Set(sealed)))
            }
        }
    }
}

/// Something sealed of an interaction, by whose slot all of it is sealed.
pub(crate) fn slot(it: &Interaction) -> Option<&ringback_model::Sealed> {
    let data = it.user_data.personal.as_ref().map(Personal::sealed);
    let said = it.said();
    let subject = || said?.subject.as_ref().map(Personal::sealed);
    let comment = || said?.comment.as_ref().map(Personal::sealed);
    data.or_else(subject).or_else(comment)
}

fn edit<T, U>(field: Option<&Option<T>>, value: impl Fn(&T) -> U) -> Option<Edit<U>> {
    field.map(|it| match it {
        Some(it) => Edit::Set(value(it)),
        None => Edit::Clear,
    })
}
