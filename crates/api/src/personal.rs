//! User data at the door: open keys stay open, all others are sealed; on the way out they are
//! opened again, or shown as erased.

use crate::dto::work::DataEdit;
use crate::masking;
use crate::problem::Problem;
use ringback_model::interaction::Interaction;
use ringback_model::value::{Limits, Map, UserData, Value};
use ringback_model::{ContactId, Personal, Sealed};
use ringback_ports::TenantId;
use ringback_ports::vault::Vault;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

/// User data as a request carries it: an object without doubled keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct UserDataIn(pub(crate) Map);

impl<'de> Deserialize<'de> for UserDataIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Map(map) => Ok(Self(map)),
            _ => Err(serde::de::Error::custom("user data is an object")),
        }
    }
}

/// Checks the limits, seals what is about the person.
///
/// Blocks only where keys are used up before the keeper has made the next page of them durable.
pub(crate) fn seal(
    vault: &dyn Vault,
    tenant: TenantId,
    contact: Option<ContactId>,
    open_keys: &BTreeSet<String>,
    data: UserDataIn,
) -> Result<UserData, Problem> {
    let (open, personal) = divided(open_keys, data)?;
    if personal.is_empty() {
        let personal = None;
        return Ok(UserData { open, personal });
    }
    let plain = rmp_serde::to_vec_named(&personal).map_err(Problem::broken)?;
    let sealed = vault.seal(tenant, contact, &plain)?;
    let personal = Some(Personal::new(sealed));
    Ok(UserData { open, personal })
}

/// Seals a text of an interaction; with the slot by which something of it is sealed already, if
/// there is one.
pub(crate) fn seal_text(
    vault: &dyn Vault,
    tenant: TenantId,
    contact: Option<ContactId>,
    slot: Option<&Sealed>,
    text: &str,
) -> Result<Personal<String>, Problem> {
    seal_plain(vault, tenant, contact, slot, text.as_bytes()).map(Personal::new)
}

/// What was sealed with a slot that was destroyed is gone; what comes after it gets a new one.
fn seal_plain(
    vault: &dyn Vault,
    tenant: TenantId,
    contact: Option<ContactId>,
    slot: Option<&Sealed>,
    plain: &[u8],
) -> Result<Sealed, Problem> {
    let beside = slot.map(|slot| vault.seal_beside(tenant, slot, plain));
    match beside.transpose()?.flatten() {
        Some(sealed) => Ok(sealed),
        None => Ok(vault.seal(tenant, contact, plain)?),
    }
}

/// User data of an interaction after an edit, sealed again as a whole.
pub(crate) fn edited(
    vault: &dyn Vault,
    tenant: TenantId,
    it: &Interaction,
    open_keys: &BTreeSet<String>,
    edit: DataEdit,
) -> Result<UserData, Problem> {
    let mut map = open(vault, tenant, &it.user_data)?.map;
    for (key, value) in edit.attach.0 {
        if map.insert(key.clone(), value).is_some() {
            let problem = "the key is there already: update it";
            return Err(Problem::invalid(
                format!("/user_data/attach/{key}"),
                problem,
            ));
        }
    }
    for (key, value) in edit.update.0 {
        if map.insert(key.clone(), value).is_none() {
            let problem = "the key is not there: attach it";
            return Err(Problem::invalid(
                format!("/user_data/update/{key}"),
                problem,
            ));
        }
    }
    for key in &edit.delete {
        map.remove(key);
    }
    let (open, personal) = divided(open_keys, UserDataIn(map))?;
    if personal.is_empty() {
        let personal = None;
        return Ok(UserData { open, personal });
    }
    let plain = rmp_serde::to_vec_named(&personal).map_err(Problem::broken)?;
    let slot = crate::work::slot(it);
    let sealed = seal_plain(vault, tenant, it.contact, slot, &plain)?;
    let personal = Some(Personal::new(sealed));
    Ok(UserData { open, personal })
}

/// A sealed text; `None` when it was erased.
pub(crate) fn open_text(
    vault: &dyn Vault,
    tenant: TenantId,
    text: &Personal<String>,
) -> Result<Option<String>, Problem> {
    let plain = vault.open(tenant, text.sealed())?;
    plain
        .map(|plain| String::from_utf8(plain).map_err(Problem::broken))
        .transpose()
}

/// Checks the limits and divides what is open from what is about the person.
fn divided(
    open_keys: &BTreeSet<String>,
    UserDataIn(map): UserDataIn,
) -> Result<(Map, Map), Problem> {
    Limits::default()
        .check(&map)
        .map_err(|limit| Problem::invalid("/user_data", limit.to_string()))?;
    if open_keys.is_empty() {
        return Ok((Map::new(), map));
    }
    Ok(map
        .into_iter()
        .partition(|(key, _)| open_keys.contains(key)))
}

/// User data as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Everything that could be read.
    pub(crate) map: Map,
    /// There was more, and its key was destroyed.
    pub(crate) erased: bool,
    /// Its subject line.
    pub(crate) subject: Option<String>,
    /// What somebody noted about it.
    pub(crate) comment: Option<String>,
}

/// Opens what is sealed of an interaction. Of numbers only so many digits are shown, if whoever
/// asks is to see no more.
pub(crate) fn open_all(
    vault: &dyn Vault,
    tenant: TenantId,
    it: &Interaction,
    digits_shown: Option<u8>,
) -> Result<Opened, Problem> {
    let mut opened = open(vault, tenant, &it.user_data)?;
    if let Some(said) = it.said() {
        let text = |text: &Option<Personal<String>>| match text {
            None => Ok(None),
            Some(text) => open_text(vault, tenant, text),
        };
        opened.subject = text(&said.subject)?;
        opened.comment = text(&said.comment)?;
    }
    masking::mask(&mut opened.map, digits_shown);
    masking::mask_text(&mut opened.subject, digits_shown);
    masking::mask_text(&mut opened.comment, digits_shown);
    Ok(opened)
}

impl Opened {
    const fn of(map: Map, erased: bool) -> Self {
        Self {
            map,
            erased,
            subject: None,
            comment: None,
        }
    }
}

/// Opens user data as they are: for changing them, never for showing them.
fn open(vault: &dyn Vault, tenant: TenantId, data: &UserData) -> Result<Opened, Problem> {
    let mut map = data.open.clone();
    let Some(personal) = &data.personal else {
        return Ok(Opened::of(map, false));
    };
    match vault.open(tenant, personal.sealed())? {
        None => Ok(Opened::of(map, true)),
        Some(plain) => {
            let values: Map = rmp_serde::from_slice(&plain).map_err(Problem::broken)?;
            map.extend(values);
            Ok(Opened::of(map, false))
        }
    }
}
