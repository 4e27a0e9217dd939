//! Repeating a request safely: what an `Idempotency-Key` becomes.

use crate::problem::Problem;
use axum::http::HeaderMap;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use ringback_ports::TenantId;
use ringback_ports::envelope::{ActorRef, Idempotent, InputId};
use serde::Serialize;

/// The longest key, in characters.
pub(crate) const KEY_CHARS_MAX: usize = 200;

/// The header that carries the key.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// The key a request carries, if it carries one.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let at = "header:Idempotency-Key";
    if values.next().is_some() {
        return Err(Problem::invalid(at, "send Idempotency-Key once"));
    }
    let key = value.to_str().unwrap_or_default();
    check(key).map_err(|problem| Problem::invalid(at, problem))?;
    Ok(Some(key))
}

/// Whether a text may be a key.
pub(crate) fn check(key: &str) -> Result<(), &'static str> {
    let fits = (1..=KEY_CHARS_MAX).contains(&key.len());
    let printable = key.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if fits && printable {
        Ok(())
    } else {
        Err("an idempotency key is 1 to 200 printable ASCII characters")
    }
}

/// Names this asking: by whom, with which key, for what.
///
/// The key is mixed into the fingerprint too. It is not kept, so that nobody who reads a journal
/// can find out by trying which personal values a request carried.
pub(crate) fn name<T: Serialize>(
    tenant: TenantId,
    actor: &ActorRef,
    key: &str,
    what: &str,
    target: &str,
    body: &T,
) -> Idempotent {
    let person;
    let who = match actor {
        ActorRef::Key(name) => name.as_str(),
        ActorRef::Person(name) => {
            // No name holds a space: a person and a key of the same name are two.
            person = format!("person {name}");
            &person
        }
        ActorRef::Room(_) | ActorRef::Node => "",
    };
    let id = digest(&[&tenant.0.to_be_bytes(), who.as_bytes(), key.as_bytes()]);
    let body = serde_json::to_vec(body).expect("a request body is plain data");
    let content = digest(&[key.as_bytes(), what.as_bytes(), target.as_bytes(), &body]);
    Idempotent {
        id: InputId(u128::from_be_bytes(first(&id))),
        fingerprint: u64::from_be_bytes(first(&content)),
    }
}

/// A name for an asking whose caller chose none.
pub(crate) fn random() -> Result<Idempotent, Problem> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::broken("the system gave no random bytes"))?;
    Ok(Idempotent {
        id: InputId(u128::from_be_bytes(bytes)),
        fingerprint: 0,
    })
}

/// SHA-256 over the parts, each with its length before it, so that no two lists of parts agree.
fn digest(parts: &[&[u8]]) -> ring::digest::Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish()
}

fn first<const N: usize>(digest: &ring::digest::Digest) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&digest.as_ref()[..N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(tenant: u32, who: &str, key: &str, body: &str) -> Idempotent {
        let actor = ActorRef::Key(who.parse().expect("a name"));
        name(TenantId(tenant), &actor, key, "offer.accept", "o1", &body)
    }

    #[test]
    fn an_asking_is_named_by_tenant_asker_and_key() {
        let first = named(1, "crm", "k1", "x");
        assert_eq!(first, named(1, "crm", "k1", "x"));
        for other in [named(2, "crm", "k1", "x"), named(1, "ivr", "k1", "x")] {
            assert_ne!(first.id, other.id);
        }
        assert_ne!(first.id, named(1, "crm", "k2", "x").id);
    }

    #[test]
    fn another_body_has_the_same_id_and_another_fingerprint() {
        let (one, other) = (named(1, "crm", "k1", "x"), named(1, "crm", "k1", "y"));
        assert_eq!(one.id, other.id);
        assert_ne!(one.fingerprint, other.fingerprint);
    }

    #[test]
    fn a_key_is_short_and_printable() {
        assert!(check("a b-1").is_ok());
        for key in ["", "\u{7f}", "ä", "x\n"] {
            assert!(check(key).is_err(), "{key:?}");
        }
        assert!(check(&"x".repeat(KEY_CHARS_MAX)).is_ok());
        assert!(check(&"x".repeat(KEY_CHARS_MAX + 1)).is_err());
    }
}
