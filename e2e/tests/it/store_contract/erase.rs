//! Sealing, opening, and erasing by destroying keys.

use super::World;
use ringback_model::{ContactId, KeyId, Sealed};
use ringback_ports::envelope::{Idempotent, InputId, Sequence, TenantId};
use ringback_ports::vault::{Erasure, Untold, VaultFault};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn seal(world: &World, contact: Option<ContactId>, text: &str) -> Sealed {
    let sealed = world.vault().seal(world.tenant, contact, text.as_bytes());
    sealed.expect("sealed")
}

fn open(world: &World, sealed: &Sealed) -> Option<String> {
    let plain = world.vault().open(world.tenant, sealed).expect("no fault");
    plain.map(|bytes| String::from_utf8(bytes).expect("text"))
}

const ASKED: Idempotent = Idempotent {
    id: InputId(u128::MAX - 5),
    fingerprint: u64::MAX - 6,
};

fn erase(world: &World, erasure: Erasure) -> bool {
    world.vault().erase(erasure, ASKED).expect("no fault")
}

/// Who asked for an erasure is known until the journal has heard of it.
pub(super) fn an_erasure_waits_until_the_journal_has_heard(world: &mut World) {
    let tenant = world.tenant;
    let erasures = [(); 3].map(|()| {
        let key = seal(world, None, "x").key;
        Erasure::Key { tenant, key }
    });
    let untold = |world: &World| world.vault().untold(tenant).expect("no fault");
    assert_eq!(untold(world), []);
    for erasure in erasures {
        assert!(erase(world, erasure));
    }
    let asked = Some(ASKED);
    let all = erasures.map(|erasure| Untold { erasure, asked });
    for reopened in [false, true] {
        assert_eq!(untold(world), all, "reopened: {reopened}");
        world.reopen();
    }
    let told = [(erasures[0], Sequence(7)), (erasures[2], Sequence(8))];
    world.vault().told(&told).expect("no fault");
    assert!(!erase(world, erasures[0]), "and it stays told");
    for reopened in [false, true] {
        assert_eq!(untold(world), all[1..2], "reopened: {reopened}");
        world.reopen();
    }
    let other = world.tenant_of("other");
    assert_eq!(world.vault().untold(other).expect("no fault"), []);
}

pub(super) fn a_sealed_value_opens_until_its_key_is_destroyed(world: &mut World) {
    let (one, two) = (seal(world, None, "one"), seal(world, None, ""));
    world.reopen();
    assert_eq!(
        open(world, &one).as_deref(),
        Some("one"),
        "the key was durable"
    );
    assert_eq!(open(world, &two).as_deref(), Some(""));
    let erase_key = |world: &World, key| {
        let tenant = world.tenant;
        erase(world, Erasure::Key { tenant, key })
    };
    assert!(erase_key(world, one.key));
    assert!(!erase_key(world, one.key), "twice is harmless");
    assert!(!erase_key(world, KeyId(u64::MAX)) && !erase_key(world, KeyId(0)));
    for reopened in [false, true] {
        assert_eq!(open(world, &one), None, "reopened: {reopened}");
        assert_eq!(
            open(world, &two).as_deref(),
            Some(""),
            "reopened: {reopened}"
        );
        world.reopen();
    }
}

pub(super) fn a_contacts_key_erases_all_of_a_person(world: &mut World) {
    let contact = |world: &World, text: &str| {
        let made = world.vault().contact(world.tenant, text);
        made.expect("no fault")
    };
    let find = |world: &World, text: &str| {
        let found = world.vault().find_contact(world.tenant, text);
        found.expect("no fault")
    };
    assert_eq!(find(world, "anna"), None);
    let (anna, bert) = (contact(world, "anna"), contact(world, "bert"));
    assert_ne!(anna, bert);
    assert_eq!(
        (contact(world, "anna"), find(world, "anna")),
        (anna, Some(anna))
    );
    let of_anna = [seal(world, Some(anna), "a1"), seal(world, Some(anna), "a2")];
    let of_bert = seal(world, Some(bert), "b");
    world.reopen();
    assert_eq!(find(world, "anna"), Some(anna));
    assert_eq!(open(world, &of_anna[0]).as_deref(), Some("a1"));
    let erase_contact = |world: &World, id| {
        let (tenant, contact) = (world.tenant, id);
        erase(world, Erasure::Contact { tenant, contact })
    };
    assert!(erase_contact(world, anna));
    assert!(!erase_contact(world, anna) && !erase_contact(world, ContactId(4_000_000)));
    for reopened in [false, true] {
        let left = of_anna.each_ref().map(|sealed| open(world, sealed));
        assert_eq!(left, [None, None], "reopened: {reopened}");
        assert_eq!(open(world, &of_bert).as_deref(), Some("b"));
        assert_eq!(
            (find(world, "anna"), find(world, "bert")),
            (None, Some(bert))
        );
        world.reopen();
    }
    assert!(
        world
            .vault()
            .seal(world.tenant, Some(anna), b"late")
            .is_err()
    );
    let again = contact(world, "anna");
    assert!(
        again != anna && again != bert,
        "who comes again is somebody new"
    );
}

pub(super) fn a_value_opens_for_its_own_tenant_only(world: &mut World) {
    let sealed = seal(world, None, "ours");
    let other = world.tenant_of("other");
    let theirs = world.vault().seal(other, None, b"theirs").expect("sealed");
    assert_eq!(sealed.key, theirs.key, "numbers are given out per tenant");
    for (tenant, sealed) in [(other, &sealed), (world.tenant, &theirs)] {
        let opened = world.vault().open(tenant, sealed);
        assert!(matches!(opened, Err(VaultFault::Forged(_))), "{opened:?}");
    }
    let nobody = world.vault().open(TenantId(77), &sealed);
    assert_eq!(nobody.expect("no fault"), None);
    let mut changed = sealed;
    let last = changed.bytes.len() - 1;
    changed.bytes[last] ^= 1;
    let opened = world.vault().open(world.tenant, &changed);
    assert!(matches!(opened, Err(VaultFault::Forged(_))), "{opened:?}");
}

pub(super) fn no_slot_is_given_out_twice(world: &mut World) {
    let mut keys = BTreeSet::new();
    let mut count = 0;
    for _ in 0..3 {
        for _ in 0..10 {
            keys.insert(seal(world, None, "x").key);
            count += 1;
        }
        world.reopen();
    }
    assert_eq!(keys.len(), count);
}

/// The keys themselves cannot be asked for; so the file is compared before and after an
/// erasure, and what turned to zeros is what must be nowhere any more.
pub(super) fn no_byte_of_a_key_stays_in_any_file(world: &mut World) {
    let Some(folder) = world.engine.keys_folder() else {
        return;
    };
    let canary = "canary-4711@example.com";
    let contact = world.vault().contact(world.tenant, canary).expect("made");
    let sealed = seal(world, Some(contact), canary);
    world.reopen();
    for contact_or_key in [true, false] {
        // Closed while it is read, because closing a second handle of the file would let go
        // of the database's locks.
        let before = read_closed(world, &folder);
        let (tenant, key) = (world.tenant, sealed.key);
        let erasure = if contact_or_key {
            Erasure::Contact { tenant, contact }
        } else {
            Erasure::Key { tenant, key }
        };
        assert!(erase(world, erasure));
        let after = read_closed(world, &folder);
        // With a contact goes what it was known by, too, from a table and its index.
        let gone = turned_to_zeros(&before["keys.db"], &after["keys.db"]);
        assert!(!gone.is_empty(), "nothing was destroyed");
        for ((name, bytes), secret) in after.iter().flat_map(|f| gone.iter().map(move |g| (f, g))) {
            assert!(!holds(bytes, secret), "{name} still holds it");
        }
    }
    for (name, bytes) in &read_closed(world, &folder) {
        assert!(!holds(bytes, canary.as_bytes()), "{name} holds the canary");
    }
}

type Files = std::collections::BTreeMap<String, Vec<u8>>;

fn read_closed(world: &mut World, folder: &Path) -> Files {
    world.open = None;
    let files = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a name");
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    world.start();
    files
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

/// The stretches of about 32 bytes that are zero now and were not before.
fn turned_to_zeros(before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    let gone: Vec<usize> = (0..before.len().min(after.len()))
        .filter(|at| before[*at] != 0 && after[*at] == 0)
        .collect();
    // A random key has a zero byte here and there: stretches are told apart by wide gaps.
    gone.chunk_by(|a, b| b - a < 8)
        .filter(|stretch| stretch.len() >= 24)
        .map(|stretch| before[stretch[0]..=stretch[stretch.len() - 1]].to_vec())
        .collect()
}
