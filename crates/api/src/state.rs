//! What all handlers share.

use crate::door::Caller;
use crate::limits::Limits;
use crate::names::Names;
use crate::options::ApiOptions;
use crate::presence::Presence;
use crate::problem::{About, Problem};
use crate::stream::meter::Meter;
use ringback_model::{AgentId, Input, Name};
use ringback_ports::envelope::{Answer, CommandFault, Idempotent};
use ringback_ports::query::{Query, View};
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
}

/// The room, as handlers hold it.
pub(crate) type Shared = Arc<House>;

impl House {
    pub(crate) fn new(hall: Arc<dyn Hall>, options: ApiOptions) -> Self {
        Self {
            names: Names::new(hall.clone()),
            limits: Limits::new(&options),
            presence: Arc::new(Presence::new(hall.clone(), options.ping_every)),
            requests: Semaphore::new(options.requests_max),
            meter: Meter::new(),
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
        let (reply, answer) = oneshot::channel();
        let command = Command {
            tenant: caller.tenant,
            actor: caller.actor.clone(),
            idempotent,
            input,
        };
        self.hall.send(command, Reply::One(reply));
        let waited = tokio::time::timeout(self.options.answer_wait, answer).await;
        let result = waited.unwrap_or(Ok(unknown("it took too long")));
        result
            .unwrap_or_else(|_| unknown("the server dropped it"))
            .map_err(|fault| Problem::of_command(fault, about))
    }

    /// Asks about the present. `what` names what is asked for, for people.
    pub(crate) async fn query(
        &self,
        caller: &Caller,
        query: Query,
        what: impl std::fmt::Display,
    ) -> Result<(Sequence, View), Problem> {
        let asked = self.hall.query(caller.tenant, caller.actor.clone(), query);
        asked.await.map_err(|fault| Problem::of_query(fault, what))
    }

    /// Asks the records.
    pub(crate) async fn records(
        &self,
        caller: &Caller,
        at_least: Option<u64>,
        query: RecordsQuery,
        what: impl std::fmt::Display,
    ) -> Result<Fresh<RecordsPage>, Problem> {
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

fn unknown(why: &str) -> Result<Answer, CommandFault> {
    Err(CommandFault::Unknown(why.to_owned()))
}
