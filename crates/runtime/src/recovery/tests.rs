use super::*;
use ringback_model::config::{Expected, Input as Config, QueueBody};
use ringback_model::interaction::{Input as Work, Submission};
use ringback_model::value::UserData;
use ringback_model::{Input, Medium, Tier, WallTime};
use ringback_ports::store::JournalRow;

const TENANT: TenantId = TenantId(1);
/// More than one part holds.
const MANY: u64 = 10_000;

struct Snapshot {
    head: SnapshotHead,
    parts: Vec<Vec<u8>>,
    /// Whether the trailer is wrong, which shows when all parts were read.
    damaged: bool,
}

/// Nothing but snapshots, the newest first.
struct Snapshots(Vec<Snapshot>);

impl JournalReader for Snapshots {
    fn head(&mut self, _: TenantId) -> Result<Sequence, StoreFault> {
        Ok(Sequence(0))
    }

    fn oldest(&mut self, _: TenantId) -> Result<Sequence, StoreFault> {
        Ok(Sequence(0))
    }

    fn read(&mut self, _: TenantId, _: Sequence, _: usize) -> Result<Vec<JournalRow>, StoreFault> {
        Ok(Vec::new())
    }

    fn at_or_before(&mut self, _: TenantId, _: WallTime) -> Result<Sequence, StoreFault> {
        Ok(Sequence(0))
    }

    fn snapshot(&mut self, _: TenantId) -> Result<Option<SnapshotHead>, StoreFault> {
        unreachable!("reading in reads each snapshot once")
    }

    fn snapshots(&mut self, _: TenantId) -> Result<Vec<SnapshotHead>, StoreFault> {
        Ok(self.0.iter().map(|it| it.head.clone()).collect())
    }

    fn snapshot_bytes(&mut self, head: &SnapshotHead) -> Result<u64, StoreFault> {
        let snapshot = self.0.iter().find(|it| it.head == *head).expect("listed");
        Ok(snapshot.parts.iter().map(|part| part.len() as u64).sum())
    }

    fn read_snapshot(
        &mut self,
        head: &SnapshotHead,
        part: &mut dyn FnMut(Vec<u8>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        let snapshot = self.0.iter().find(|it| it.head == *head).expect("listed");
        for bytes in &snapshot.parts {
            part(bytes.clone())?;
        }
        if snapshot.damaged {
            return Err(StoreFault::Damaged {
                what: "the snapshot".to_owned(),
                problem: "a part is missing".to_owned(),
            });
        }
        Ok(())
    }

    fn quarantined(
        &mut self,
        _: TenantId,
        _: usize,
    ) -> Result<Vec<(u64, WallTime, String)>, StoreFault> {
        Ok(Vec::new())
    }
}

/// A state with so many open interactions.
fn state(open: u64) -> State {
    let mut state = State::new();
    let queue: Name = "inbox".parse().expect("a name");
    let put = Input::Config(Config::PutQueue {
        name: queue.clone(),
        body: QueueBody::default(),
        expected: Expected::Any,
    });
    ringback_engine::handle(&mut state, Now::default(), &put).expect("put");
    let submit = Input::Interaction(Work::Submit(Box::new(Submission {
        queue,
        medium: Medium::Chat,
        kind: "inbound".parse().expect("a name"),
        subkind: None,
        tier: Tier(0),
        contact: None,
        parent: None,
        user_data: UserData::default(),
        route: None,
        said: ringback_model::Rare::none(),
    })));
    for _ in 0..open {
        ringback_engine::handle(&mut state, Now::default(), &submit).expect("submitted");
    }
    state
}

fn snapshot(sequence: u64, state: &State) -> Snapshot {
    let meta = codec::SnapshotMeta {
        now: Now::default(),
    };
    let meta = codec::encode_meta(&meta).expect("encoded");
    let parts = state.parts();
    let parts = parts.map(|part| codec::encode_part(&part).expect("encoded"));
    Snapshot {
        head: SnapshotHead {
            tenant: TENANT,
            sequence: Sequence(sequence),
            digest: state.digest(),
            format: ringback_engine::image::FORMAT,
            at: WallTime(0),
        },
        parts: std::iter::once(meta).chain(parts).collect(),
        damaged: false,
    }
}

#[test]
fn a_state_of_many_parts_is_read_in_as_it_was() {
    let state = state(MANY);
    let written = snapshot(7, &state);
    assert!(written.parts.len() > 4, "several parts of interactions");
    let read =
        from_snapshot(&mut Snapshots(vec![written]), TENANT, &mut |_, _, _| {}).expect("read");
    assert_eq!(read.sequence, Sequence(7));
    assert_eq!(read.last, Some(Now::default()));
    assert_eq!(read.state.digest(), state.digest());
    assert!(read.state.parts().eq(state.parts()));
}

#[test]
fn a_snapshot_that_turns_out_damaged_is_passed_over_for_an_older_one() {
    let (old, new) = (state(3), state(MANY));
    let mut damaged = snapshot(9, &new);
    damaged.damaged = true;
    let mut reader = Snapshots(vec![damaged, snapshot(4, &old)]);
    let read = from_snapshot(&mut reader, TENANT, &mut |_, _, _| {}).expect("read");
    assert_eq!(read.sequence, Sequence(4));
    assert_eq!(read.state.digest(), old.digest());
    reader.0.pop();
    let read = from_snapshot(&mut reader, TENANT, &mut |_, _, _| {}).expect("read");
    assert_eq!(read.sequence, Sequence(0), "from the first record on");
}

#[test]
fn a_part_that_makes_no_sense_is_an_error_and_not_passed_over() {
    let old = snapshot(4, &state(3));
    let mut strange = snapshot(9, &state(MANY));
    strange.parts[2] = b"?".to_vec();
    let fault = from_snapshot(
        &mut Snapshots(vec![strange, old]),
        TENANT,
        &mut |_, _, _| {},
    )
    .expect_err("strange");
    assert!(
        fault.to_string().contains("a part of a snapshot"),
        "{fault}"
    );
}

#[test]
fn a_state_with_another_digest_is_an_error() {
    let mut other = snapshot(9, &state(3));
    other.head.digest ^= 1;
    let fault =
        from_snapshot(&mut Snapshots(vec![other]), TENANT, &mut |_, _, _| {}).expect_err("another");
    assert!(fault.to_string().contains("another digest"), "{fault}");
}

#[test]
fn an_older_snapshot_was_digested_in_another_way() {
    let mut older = snapshot(9, &state(3));
    older.head.format -= 1;
    older.head.digest ^= 1;
    let read = from_snapshot(&mut Snapshots(vec![older]), TENANT, &mut |_, _, _| {}).expect("read");
    assert_eq!(read.state.digest(), state(3).digest());
}

#[test]
fn a_missing_part_shows_in_the_digest() {
    let mut short = snapshot(9, &state(MANY));
    short.parts.remove(2);
    let fault =
        from_snapshot(&mut Snapshots(vec![short]), TENANT, &mut |_, _, _| {}).expect_err("short");
    assert!(fault.to_string().contains("another digest"), "{fault}");
}
