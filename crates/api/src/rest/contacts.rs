//! `/v1/contacts`: erasing a person.
//!
//! The keeper of keys destroys first, the journal hears of it after: when the server stops in
//! between, the values are unreadable already, and the keeper's own ledger knows it and tells the
//! journal at the next start.

use super::interactions::row;
use super::{marked, read};
use crate::commands::{self, check_contact};
use crate::door::Caller;
use crate::dto::interaction::key_of;
use crate::dto::written::ErasedAnswer;
use crate::erasing::{self, SettleFault};
use crate::extract::ApiJson;
use crate::idempotency;
use crate::problem::{About, Problem};
use crate::state::Shared;
use crate::text::Text;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ringback_model::config::{Role, Scope};
use ringback_model::right::Action;
use ringback_model::{ContactId, Input, InteractionId, KeyId, Refused, contact};
use ringback_ports::envelope::{Answer, Denied, Idempotent};
use ringback_ports::query::{Query, View};
use ringback_ports::vault::Erasure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose values, or which interaction's: exactly one of the two.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contact": "+49 30 1234567"}))]
pub(crate) struct Erase {
    /// The text the person is known by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    contact: Option<String>,
    /// One interaction only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^i[1-9][0-9]{0,18}$")]
    interaction: Option<Text<InteractionId>>,
}

/// Make personal values unreadable everywhere at once, backups of the data included: all of a
/// person, or those of one interaction. Only an administrator can.
#[utoipa::path(
    post, path = "/v1/contacts/erase", operation_id = "eraseContact", tag = "contacts",
    request_body = Erase,
    responses((status = 200, description = "Nobody can read them any more.", body = ErasedAnswer))
)]
pub(crate) async fn erase(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Erase>,
) -> Result<Response, Problem> {
    // The keeper of keys knows no rights, so this is refused before it is asked.
    caller.allowed(Action::Erase)?;
    if caller.role() != Role::Administrator {
        return Err(Problem::role(caller.role().name(), "erase a person"));
    }
    if caller.scope() != Scope::Everything {
        return Err(Problem::new("denied.scope", Denied::Scope.to_string()));
    }
    let asking = Asking::of(&house, &caller, &headers, &body)?;
    if let Some(first) = asking.answered_before().await? {
        return Ok(erased(&first));
    }
    let tenant = caller.tenant;
    let erasure = match (&body.contact, body.interaction) {
        (Some(text), None) => {
            let contact = known(&house, &caller, text).await?;
            Erasure::Contact { tenant, contact }
        }
        (None, Some(Text(id))) => match key_of_interaction(&house, &caller, id).await? {
            Some(key) => Erasure::Key { tenant, key },
            None => return nothing_personal(&house, &caller).await,
        },
        _ => {
            let problem = "give either a contact or an interaction";
            return Err(Problem::invalid("", problem));
        }
    };
    let hall = &*house.hall;
    erasing::destroy(hall, erasure, asking.name).await?;
    let answer = asking.tell(erasing::input_of(erasure)).await?;
    erasing::note_told(hall, erasure, &answer).await;
    Ok(erased(&answer))
}

/// One asking to erase. It always has a name, so that what it destroyed is told to the journal
/// once, whoever does so.
struct Asking<'a> {
    house: &'a Shared,
    caller: &'a Caller,
    name: Idempotent,
    /// Whether the caller chose the name, and so may have asked before.
    chosen: bool,
}

impl<'a> Asking<'a> {
    fn of(
        house: &'a Shared,
        caller: &'a Caller,
        headers: &HeaderMap,
        body: &Erase,
    ) -> Result<Self, Problem> {
        let key = idempotency::key_of(headers)?;
        let chosen = commands::idempotent(caller, key, "contact.erase", "", body);
        Ok(Self {
            house,
            caller,
            name: match chosen {
                Some(name) => name,
                None => idempotency::random()?,
            },
            chosen: chosen.is_some(),
        })
    }

    /// The first answer, if this was asked before. The person may not be known any more, or be
    /// somebody new under the same text.
    async fn answered_before(&self) -> Result<Option<Answer>, Problem> {
        if !self.chosen {
            return Ok(None);
        }
        let settled = erasing::settle_erasures(&*self.house.hall, self.caller.tenant).await;
        settled.map_err(of_settling)?;
        let nothing = contact::Input::Erased {
            contact: None,
            keys: Vec::new(),
        };
        match self.tell(Input::Contact(nothing)).await {
            Ok(first) => Ok(Some(first)),
            Err(problem) if problem.code() == UNKNOWN.code() => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn tell(&self, input: Input) -> Result<Answer, Problem> {
        let name = Some(self.name);
        let told = self.house.command(self.caller, name, input, About::Named);
        told.await
    }
}

/// Nobody is known by a text, or nothing was destroyed.
const UNKNOWN: Refused = Refused::Contact(contact::Refused::Unknown);

fn of_settling(fault: SettleFault) -> Problem {
    match fault {
        SettleFault::Vault(fault) => fault.into(),
        SettleFault::Command(fault) => Problem::of_command(fault, About::Named),
    }
}

fn erased(answer: &Answer) -> Response {
    let erased = ErasedAnswer {
        erased: true,
        sequence: answer.sequence.0,
    };
    marked(Json(erased), answer)
}

async fn known(house: &Shared, caller: &Caller, text: &str) -> Result<ContactId, Problem> {
    check_contact(text, "/contact")?;
    let (tenant, text) = (caller.tenant, text.to_owned());
    let found = erasing::blocking(&*house.hall, move |vault| vault.find_contact(tenant, &text));
    let nobody = || Problem::new(UNKNOWN.code(), UNKNOWN.to_string());
    found.await?.ok_or_else(nobody)
}

async fn key_of_interaction(
    house: &Shared,
    caller: &Caller,
    id: InteractionId,
) -> Result<Option<KeyId>, Problem> {
    let what = format!("interaction {id}");
    match house.query(caller, Query::Interaction(id), what).await {
        Ok((_, View::Interaction(live))) => Ok(key_of(&live.interaction)),
        Ok(_) => Err(Problem::crossed()),
        Err(problem) if problem.code() == "interaction.stopped" => {
            let (row, _) = row(house, caller, id, None).await?;
            Ok(key_of(&row.submitted))
        }
        Err(problem) => Err(problem),
    }
}

/// Nothing was sealed, so nothing has to be destroyed.
async fn nothing_personal(house: &Shared, caller: &Caller) -> Result<Response, Problem> {
    let sequence = house.names.present(caller.tenant).await?.0;
    let erased = true;
    Ok(read(sequence, ErasedAnswer { erased, sequence }))
}
