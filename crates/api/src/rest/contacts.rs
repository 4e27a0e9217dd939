//! `/v1/contacts`: erasing a person.
//!
//! The keeper of keys destroys first, the journal hears of it after: when the server stops in
//! between, the values are unreadable already and the keeper's own ledger knows it.

use super::interactions::row;
use super::{ask, marked, read};
use crate::commands::check_contact;
use crate::door::Caller;
use crate::dto::interaction::key_of;
use crate::dto::written::ErasedAnswer;
use crate::extract::ApiJson;
use crate::problem::{About, Problem};
use crate::state::Shared;
use crate::text::Text;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ringback_model::config::{Role, Scope};
use ringback_model::{ContactId, Input, InteractionId, KeyId, contact};
use ringback_ports::envelope::Denied;
use ringback_ports::query::{Query, View};
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
    if caller.role() != Role::Administrator {
        return Err(Problem::role(caller.role().name(), "erase a person"));
    }
    if caller.scope() != Scope::Everything {
        return Err(Problem::new("denied.scope", Denied::Scope.to_string()));
    }
    let erased = match (&body.contact, body.interaction) {
        (Some(text), None) => contact::Input::Erased {
            contact: Some(erase_contact(&house, &caller, text).await?),
            keys: Vec::new(),
        },
        (None, Some(Text(id))) => match key_of_interaction(&house, &caller, id).await? {
            Some(key) => contact::Input::Erased {
                contact: None,
                keys: vec![erase_key(&house, &caller, key).await?],
            },
            None => return nothing_personal(&house, &caller).await,
        },
        _ => {
            let problem = "give either a contact or an interaction";
            return Err(Problem::invalid("", problem));
        }
    };
    let answer = ask(&house, &caller, &headers, "contact.erase", "")
        .send_input(&body, Input::Contact(erased), About::Named)
        .await?;
    let erased = ErasedAnswer {
        erased: true,
        sequence: answer.sequence.0,
    };
    Ok(marked(Json(erased), &answer))
}

async fn erase_contact(house: &Shared, caller: &Caller, text: &str) -> Result<ContactId, Problem> {
    check_contact(text, "/contact")?;
    let (vault, tenant, text) = (house.hall.vault(), caller.tenant, text.to_owned());
    let erased = tokio::task::spawn_blocking(move || {
        let Some(contact) = vault.find_contact(tenant, &text)? else {
            return Ok(None);
        };
        vault.erase_contact(tenant, contact)?;
        Ok::<_, Problem>(Some(contact))
    });
    let erased = erased.await.map_err(Problem::broken)??;
    erased.ok_or_else(|| {
        let detail = "nobody is known by this text: it was never used, or was erased before";
        Problem::new("contact.unknown", detail)
    })
}

async fn erase_key(house: &Shared, caller: &Caller, key: KeyId) -> Result<KeyId, Problem> {
    let (vault, tenant) = (house.hall.vault(), caller.tenant);
    let erased = tokio::task::spawn_blocking(move || vault.erase_key(tenant, key));
    erased.await.map_err(Problem::broken)??;
    Ok(key)
}

async fn key_of_interaction(
    house: &Shared,
    caller: &Caller,
    id: InteractionId,
) -> Result<Option<KeyId>, Problem> {
    let what = format!("interaction {id}");
    match house.query(caller, Query::Interaction(id), what).await {
        Ok((_, View::Interaction(live))) => Ok(key_of(&live.interaction.user_data)),
        Ok(_) => Err(Problem::crossed()),
        Err(problem) if problem.code() == "interaction.stopped" => {
            let (row, _) = row(house, caller, id, None).await?;
            Ok(key_of(&row.submitted.user_data))
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
