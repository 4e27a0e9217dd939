//! User data at the door: open keys stay open, all others are sealed; on the way out they are
//! opened again, or shown as erased.

use crate::masking;
use crate::problem::Problem;
use ringback_model::value::{Limits, Map, UserData, Value};
use ringback_model::{ContactId, Personal};
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
/// Blocks shortly when the keeper of keys has to make a new page of keys durable.
pub(crate) fn seal(
    vault: &dyn Vault,
    tenant: TenantId,
    contact: Option<ContactId>,
    open_keys: &BTreeSet<String>,
    UserDataIn(map): UserDataIn,
) -> Result<UserData, Problem> {
    Limits::default()
        .check(&map)
        .map_err(|limit| Problem::invalid("/user_data", limit.to_string()))?;
    let (open, personal): (Map, Map) = if open_keys.is_empty() {
        (Map::new(), map)
    } else {
        map.into_iter()
            .partition(|(key, _)| open_keys.contains(key))
    };
    if personal.is_empty() {
        let personal = None;
        return Ok(UserData { open, personal });
    }
    let plain = rmp_serde::to_vec_named(&personal).map_err(Problem::broken)?;
    let sealed = vault.seal(tenant, contact, &plain)?;
    let personal = Some(Personal::new(sealed));
    Ok(UserData { open, personal })
}

/// User data as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Everything that could be read.
    pub(crate) map: Map,
    /// There was more, and its key was destroyed.
    pub(crate) erased: bool,
}

/// Opens what is sealed. Of numbers only so many digits are shown, if the caller is to see no
/// more.
pub(crate) fn open(
    vault: &dyn Vault,
    tenant: TenantId,
    data: &UserData,
    digits_shown: Option<u8>,
) -> Result<Opened, Problem> {
    let mut opened = open_whole(vault, tenant, data)?;
    masking::mask(&mut opened.map, digits_shown);
    Ok(opened)
}

fn open_whole(vault: &dyn Vault, tenant: TenantId, data: &UserData) -> Result<Opened, Problem> {
    let mut map = data.open.clone();
    let Some(personal) = &data.personal else {
        return Ok(Opened { map, erased: false });
    };
    match vault.open(tenant, personal.sealed())? {
        None => Ok(Opened { map, erased: true }),
        Some(plain) => {
            let values: Map = rmp_serde::from_slice(&plain).map_err(Problem::broken)?;
            map.extend(values);
            Ok(Opened { map, erased: false })
        }
    }
}
