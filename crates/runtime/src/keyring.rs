//! Which API key opens what: a copy of what the tenants' states say, for the door.

use ringback_model::Event;
use ringback_model::config::{ApiKey, Event as Config};
use ringback_ports::envelope::{Actor, ActorRef, Right};
use ringback_ports::{Record, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Keys by the hash of their secret.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<String, (TenantId, Arc<Actor>)>>,
}

impl Keyring {
    pub(crate) fn find(&self, secret_hash: &str) -> Option<(TenantId, Arc<Actor>)> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(secret_hash).cloned()
    }

    /// Takes over all keys of a tenant that was just read in.
    pub(crate) fn reset<'a>(&self, tenant: TenantId, all: impl Iterator<Item = &'a ApiKey>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, (of, _)| *of != tenant);
        for key in all {
            put(&mut keys, tenant, key);
        }
    }

    /// Takes over what a durable record says of keys.
    pub(crate) fn learn(&self, record: &Record) {
        for entry in &record.entries {
            for event in &entry.events {
                if let Event::Config(Config::KeyPut(key)) = event {
                    let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                    put(&mut keys, record.tenant, key);
                }
            }
        }
    }
}

fn put(keys: &mut HashMap<String, (TenantId, Arc<Actor>)>, tenant: TenantId, key: &ApiKey) {
    if key.revoked {
        keys.remove(&key.hash);
        return;
    }
    let right = Right::Key {
        role: key.role,
        scope: key.scope.clone(),
        agent: key.agent,
    };
    let actor = Actor {
        name: ActorRef::Key(key.name.clone()),
        right,
    };
    keys.insert(key.hash.clone(), (tenant, Arc::new(actor)));
}
