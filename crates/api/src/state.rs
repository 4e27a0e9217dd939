//! What all handlers share.

use crate::door::Caller;
use crate::limits::Limits;
use crate::login::Logins;
use crate::names::Names;
use crate::options::ApiOptions;
use crate::presence::Presence;
use crate::problem::{self, About, Problem};
use crate::refusals::Refusals;
use crate::rest::interactions;
use crate::snapshots::Snapshots;
use crate::stream::meter::Meter;
use ringback_model::right::Action;
use ringback_model::{AgentId, Input, Name, Refused};
use ringback_ports::envelope::{Answer, CommandFault, Denied, Idempotent};
use ringback_ports::query::{Query, QueryFault, View};
use ringback_ports::records::{Fresh, RecordsPage, RecordsQuery};
use ringback_ports::{Command, Hall, Reply, Sequence};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// The room.
pub(crate) struct House {
    pub(crate) hall: Arc<dyn Hall>,
    pub(crate) options: ApiOptions,
    pub(crate) names: Names,
    pub(crate) limits: Limits,
    pub(crate) presence: Arc<Presence>,
    pub(crate) requests: Semaphore,
    pub(crate) meter: Meter,
    pub(crate) logins: Logins,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) snapshots: Snapshots,
}

/// The room, as handlers hold it.
pub(crate) type Shared = Arc<House>;

impl House {
    pub(crate) fn new(hall: Arc<dyn Hall>, options: ApiOptions) -> Self {
        let refusals = Refusals::new(
            hall.clone(),
            options.login.refusals_told_every,
            options.closing.clone(),
        );
        Self {
            refusals,
            names: Names::new(hall.clone()),
            limits: Limits::new(&options),
            logins: Logins::new(&options),
            presence: Arc::new(Presence::new(hall.clone(), options.ping_every)),
            requests: Semaphore::new(options.requests_max),
            meter: Meter::new(),
            snapshots: Snapshots::default(),
            hall,
            options,
        }
    }

    /// Asks the heart and waits for its durable answer.
    pub(crate) async fn command(
        &self,
        caller: &Caller,
        idempotent: Option<Idempotent>,
        input: Input,
        about: About,
    ) -> Result<Answer, Problem> {
        let did = input.name();
        let command = Command {
            tenant: caller.tenant,
            actor: caller.actor.clone(),
            idempotent,
            input,
        };
        let answered = self.answered(command).await;
        if let Err(CommandFault::Denied(denied)) = &answered {
            self.denied(caller, did, denied);
        }
        match answered {
            Ok(answer) => Ok(answer),
            Err(CommandFault::Denied(Denied::Scope)) => Err(self.out_of_scope(caller, about).await),
            Err(fault) => Err(Problem::of_command(fault, about)),
        }
    }

    /// Notes for the audit that a caller was denied something.
    pub(crate) fn denied(&self, caller: &Caller, did: &'static str, denied: &Denied) {
        let who = crate::dto::actor(&caller.actor.name);
        let code = problem::code_of(denied);
        self.refusals.denied(caller.tenant, who, did, code);
    }

    /// Asks the heart in somebody's name.
    pub(crate) async fn send(&self, command: Command, about: About) -> Result<Answer, Problem> {
        let answer = self.answered(command).await;
        answer.map_err(|fault| Problem::of_command(fault, about))
    }

    async fn answered(&self, command: Command) -> Result<Answer, CommandFault> {
        let (reply, answer) = oneshot::channel();
        self.hall.send(command, Reply::One(reply));
        let waited = tokio::time::timeout(self.options.answer_wait, answer).await;
        let result = waited.unwrap_or(Ok(unknown("it took too long")));
        result.unwrap_or_else(|_| unknown("the server dropped it"))
    }

    /// Why a command lies out of scope. The hall forgets to which queue an interaction belonged
    /// that is over; the records know it, and whoever may see there that it is over is told so.
    pub(crate) async fn out_of_scope(&self, caller: &Caller, about: About) -> Problem {
        if let About::Interaction(id) = about
            && let Ok((row, _)) = interactions::row(self, caller, id, None).await
            && row.stopped.is_some()
        {
            let stopped: Refused = ringback_model::interaction::Refused::Stopped(id).into();
            return Problem::of_command(CommandFault::Refused(stopped), about);
        }
        Problem::of_command(CommandFault::Denied(Denied::Scope), about)
    }

    /// Whether the house is about to drain: it works as ever, but nobody should come any more.
    pub(crate) fn is_leaving(&self) -> bool {
        let leaving = self.options.leaving.as_ref();
        leaving.is_some_and(|leaving| *leaving.borrow())
    }

    /// Asks about the present. `what` names what is asked for, for people. Of something that has
    /// a name, whoever may not see it is told that there is nothing; that the tenant as a whole
    /// exists is no secret.
    pub(crate) async fn query(
        &self,
        caller: &Caller,
        query: Query,
        what: impl std::fmt::Display,
    ) -> Result<(Sequence, View), Problem> {
        let whole = is_about_the_whole(&query);
        let asked = self.hall.query(caller.tenant, caller.actor.clone(), query);
        let asked = asked.await;
        // What is out of reach is looked for all day, and answered as if it were not there.
        if let Err(QueryFault::Denied(denied @ (Denied::Role { .. } | Denied::Action { .. }))) =
            &asked
        {
            self.denied(caller, "query", denied);
        }
        asked.map_err(|fault| match fault {
            QueryFault::Denied(Denied::Scope) if whole => {
                Problem::new("denied.scope", Denied::Scope.to_string())
            }
            fault => Problem::of_query(fault, what),
        })
    }

    /// Asks the records.
    pub(crate) async fn records(
        &self,
        caller: &Caller,
        at_least: Option<u64>,
        query: RecordsQuery,
        what: impl std::fmt::Display,
    ) -> Result<Fresh<RecordsPage>, Problem> {
        if let Some(action) = of_records(&query) {
            caller.allowed(action)?;
        }
        let at_least = at_least.map(Sequence);
        if let Some(wanted) = at_least {
            self.exists(caller, wanted).await?;
        }
        let asked = self.hall.records(caller.tenant, at_least, query);
        asked.await.map_err(|fault| Problem::of_query(fault, what))
    }

    /// Refuses to wait for a record that nobody can have been told of.
    pub(crate) async fn exists(&self, caller: &Caller, wanted: Sequence) -> Result<(), Problem> {
        let last = self.names.present(caller.tenant).await?;
        if wanted <= last {
            return Ok(());
        }
        let problem = format!("there is no record {wanted} yet, the last is {last}");
        Err(Problem::invalid("query:at_least", problem))
    }

    /// The agent of this name; `me` is the caller's own.
    pub(crate) async fn agent(&self, caller: &Caller, name: &str) -> Result<AgentId, Problem> {
        if name == "me" {
            return caller.own_agent();
        }
        let what = format!("agent {name}");
        let Ok(name) = name.parse::<Name>() else {
            return Err(Problem::nothing(what));
        };
        match self.query(caller, Query::AgentNamed(name), what).await? {
            (_, View::Agent(view)) => Ok(view.agent.id),
            _ => Err(Problem::crossed()),
        }
    }
}

/// What asking the records is; `None` for what the hall has judged already, by what is counted.
const fn of_records(query: &RecordsQuery) -> Option<Action> {
    Some(match query {
        RecordsQuery::Interaction { .. }
        | RecordsQuery::Interactions { .. }
        | RecordsQuery::History { .. }
        | RecordsQuery::Segments { .. } => Action::SeeInteractions,
        RecordsQuery::WaitTotals => Action::SeeTotals,
        RecordsQuery::Intervals { .. } => Action::SeeAgents,
        RecordsQuery::ConfigHistory { .. } => Action::SeeConfiguration,
        RecordsQuery::Tallies { .. } | RecordsQuery::Book => return None,
    })
}

/// Whether a question is about the tenant as a whole, not about one thing in it.
const fn is_about_the_whole(query: &Query) -> bool {
    match query {
        Query::Agents { .. }
        | Query::Interactions(_)
        | Query::Search(..)
        | Query::Queues
        | Query::VirtualQueues
        | Query::Keys
        | Query::People
        | Query::Sessions(_)
        | Query::LoginPolicy
        | Query::Login(_)
        | Query::Objects(_)
        | Query::ObjectNamed(..)
        | Query::ObjectToChange(..)
        | Query::Calendar { .. }
        | Query::Settings
        | Query::Overview
        | Query::Outbox(_)
        | Query::Quarantined(_) => true,
        Query::Interaction(_)
        | Query::Why { .. }
        | Query::Agent(_)
        | Query::AgentNamed(_)
        | Query::Person(_)
        | Query::Workbins(_)
        | Query::Workbin { .. }
        | Query::QueueNamed(_)
        | Query::VirtualQueueNamed(_)
        | Query::ViewNamed(_)
        | Query::Line { .. } => false,
    }
}

fn unknown(why: &str) -> Result<Answer, CommandFault> {
    Err(CommandFault::Unknown(why.to_owned()))
}
