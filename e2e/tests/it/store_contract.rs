//! The contract of the store, one set of demands for every engine.
//!
//! Each demand is a function over a [`World`]; the tests at the end run all of them on SQLite, on
//! SQLite with the power cut at every reopening, and on PostgreSQL. What only one engine can
//! suffer (a full disk, a failed flush, a cancelled synchronous wait) has tests of its own.

mod append;
mod deliveries;
mod erase;
mod fence;
mod load;
mod postgresql;
mod project;
mod sqlite;

use ringback_model::WallTime;
use ringback_ports::envelope::{Epoch, Sequence, TenantId};
use ringback_ports::store::{
    AppendFault, JournalReader, JournalRow, JournalWriter, Lease, RecordsReader, RecordsWriter,
    SnapshotHead, Store, StoreFault,
};
use ringback_ports::vault::Vault;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3_600);

/// An engine under test, in a place of its own that outlives every opening.
pub(crate) trait Engine {
    /// Opens the store in its place.
    fn open(&self) -> Result<Box<dyn Store>, StoreFault>;

    /// Opens the keeper of keys in its place.
    fn vault(&self) -> Box<dyn Vault>;

    /// Called when everything is about to be closed: an engine whose power can go loses it here.
    fn before_closing(&self) {}

    /// Called when everything is closed.
    fn after_closing(&self) {}

    /// Changes one byte of a stored snapshot, as a bad disk would.
    fn damage(&self, snapshot: &SnapshotHead);

    /// Whether a second node may have the store open at the same time.
    fn is_shared(&self) -> bool;

    /// The folder of keys, where they lie in files.
    fn keys_folder(&self) -> Option<PathBuf>;
}

/// A store under test with one tenant and its lease.
pub(crate) struct World {
    engine: Box<dyn Engine>,
    open: Option<Open>,
    tenant: TenantId,
    epoch: Epoch,
}

struct Open {
    store: Box<dyn Store>,
    vault: Box<dyn Vault>,
}

impl World {
    fn new(engine: Box<dyn Engine>) -> World {
        let mut world = World {
            engine,
            open: None,
            tenant: TenantId(0),
            epoch: Epoch(0),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.open = Some(Open {
            store: self.engine.open().expect("the store opens"),
            vault: self.engine.vault(),
        });
        self.tenant = self.tenant_of("default");
        self.epoch = self.lease(self.tenant).epoch;
    }

    /// Closes everything and opens it again. Writers and readers must be gone.
    fn reopen(&mut self) {
        self.engine.before_closing();
        self.open = None;
        self.engine.after_closing();
        self.start();
    }

    fn store(&self) -> &dyn Store {
        &*self.open.as_ref().expect("open").store
    }

    fn vault(&self) -> &dyn Vault {
        &*self.open.as_ref().expect("open").vault
    }

    fn tenant_of(&self, name: &str) -> TenantId {
        let name = name.parse().expect("a name");
        self.store().tenant(&name).expect("a tenant").id
    }

    fn lease(&self, tenant: TenantId) -> Lease {
        let lease = self.store().take_lease(tenant, "node", HOUR);
        lease.expect("the lease is free")
    }

    fn writer(&self) -> Box<dyn JournalWriter> {
        self.store().journal_writer().expect("a writer")
    }

    fn reader(&self) -> Box<dyn JournalReader> {
        self.store().journal_reader().expect("a reader")
    }

    fn projector(&self) -> Box<dyn RecordsWriter> {
        self.store().records_writer().expect("a writer")
    }

    fn records(&self) -> Box<dyn RecordsReader> {
        self.store().records_reader().expect("a reader")
    }

    /// A record of the first tenant; its contents follow from the sequence.
    fn row(&self, sequence: u64) -> JournalRow {
        row(self.tenant, self.epoch, sequence)
    }

    fn rows(&self, sequences: std::ops::RangeInclusive<u64>) -> Vec<JournalRow> {
        sequences.map(|sequence| self.row(sequence)).collect()
    }

    fn append(&self, sequences: std::ops::RangeInclusive<u64>) {
        let rows = self.rows(sequences);
        self.writer().append(&rows).expect("appended");
    }

    /// Everything the journal holds of a tenant.
    fn journal(&self, tenant: TenantId) -> Vec<JournalRow> {
        let mut reader = self.reader();
        let mut rows: Vec<JournalRow> = Vec::new();
        loop {
            let after = rows.last().map_or(Sequence(0), |row| row.sequence);
            let more = reader.read(tenant, after, 100_000).expect("read");
            if more.is_empty() {
                return rows;
            }
            rows.extend(more);
        }
    }
}

fn row(tenant: TenantId, epoch: Epoch, sequence: u64) -> JournalRow {
    let length = usize::try_from(sequence % 1_000_000 * 7_919 % 70_000).expect("small");
    let byte = u8::try_from(sequence % 251).expect("a byte");
    JournalRow {
        tenant,
        sequence: Sequence(sequence),
        epoch,
        at: WallTime(sequence.cast_signed().saturating_mul(1_000)),
        body: vec![byte; length],
    }
}

/// Compares records without printing their bodies when they differ.
#[track_caller]
fn same(found: &[JournalRow], expected: &[JournalRow]) {
    let brief = |row: &JournalRow| {
        let first = row.body.first().copied();
        (
            row.tenant,
            row.sequence,
            row.epoch,
            row.at,
            row.body.len(),
            first,
        )
    };
    let [left, right] = [found, expected].map(|rows| rows.iter().map(brief).collect::<Vec<_>>());
    assert_eq!(left, right);
    assert!(found == expected, "bodies differ");
}

fn is_fenced(result: Result<(), AppendFault>, tenant: TenantId) -> bool {
    matches!(result, Err(AppendFault::Fenced { tenant: of }) if of == tenant)
}

type Demand = (&'static str, fn(&mut World));

/// A list of demands with their names.
macro_rules! demands {
    ($($subject:ident :: $name:ident),* $(,)?) => {
        &[$((concat!(stringify!($subject), "::", stringify!($name)), $subject::$name)),*]
    };
}

const CONTRACT: &[Demand] = demands![
    append::rows_are_read_back_as_written,
    append::a_gap_or_a_repetition_is_refused_and_writes_nothing,
    append::a_batch_is_written_whole_or_not_at_all,
    append::nothing_to_append_is_no_fault,
    append::tenants_keep_their_numbers,
    append::inputs_put_aside_are_found_again,
    fence::an_old_epoch_writes_nothing,
    fence::an_epoch_nobody_was_given_writes_nothing,
    fence::a_lease_in_force_is_given_to_its_holder_only,
    fence::an_expired_lease_is_taken_over,
    fence::a_renewed_lease_is_in_force,
    fence::a_lease_given_back_is_free_at_once,
    fence::a_second_node_is_fenced_or_kept_out,
    load::reading_goes_on_where_it_stopped,
    load::pruning_keeps_the_head,
    load::the_last_record_in_time_is_found,
    load::a_snapshot_is_read_back_part_by_part,
    load::the_newest_two_snapshots_are_kept,
    load::a_damaged_snapshot_falls_back_to_the_one_before,
    load::an_unfinished_snapshot_is_never_read,
    project::the_watermark_moves_with_the_changes_and_never_back,
    project::a_faulty_change_takes_the_others_with_it,
    project::an_interaction_is_read_as_it_went,
    project::what_is_changed_is_read_as_it_is_now,
    project::interactions_are_filtered_scoped_and_paged,
    project::history_is_filtered_scoped_and_paged,
    project::what_was_submitted_stands_in_history_too,
    project::segments_are_read_in_order_and_waits_add_up,
    project::agent_intervals_are_read_newest_first,
    project::versions_of_configuration_are_read_newest_first,
    project::a_version_that_is_gone_has_no_body,
    project::an_interaction_that_moves_belongs_to_its_new_queue,
    project::tallies_add_up_and_a_book_takes_the_place_of_the_last,
    project::children_and_threads_are_listed,
    project::tenants_do_not_see_each_other,
    erase::a_sealed_value_opens_until_its_key_is_destroyed,
    erase::a_contacts_key_erases_all_of_a_person,
    erase::an_erasure_waits_until_the_journal_has_heard,
    erase::a_value_opens_for_its_own_tenant_only,
    erase::no_slot_is_given_out_twice,
    erase::no_byte_of_a_key_stays_in_any_file,
    deliveries::what_is_taken_in_once_is_there_once_and_due_in_order,
    deliveries::what_is_taken_in_and_how_far_that_is_belong_together,
    deliveries::attempts_lead_to_another_or_to_the_end,
    deliveries::only_so_many_wait_for_one_webhook,
    deliveries::deliveries_are_listed_and_asked_for_again,
    deliveries::a_webhook_is_told_nothing_until_it_is_enabled,
    deliveries::what_is_over_is_forgotten_and_what_waits_is_not,
];

/// Holds an engine to the whole contract, each demand in a fresh world.
fn suite(make: &dyn Fn() -> Box<dyn Engine>) {
    for (name, demand) in CONTRACT {
        let begun = Instant::now();
        demand(&mut World::new(make()));
        println!("{name} ({} ms)", begun.elapsed().as_millis());
    }
    println!("{} demands met", CONTRACT.len());
}

#[test]
fn sqlite_holds_the_contract() {
    suite(&|| Box::new(sqlite::Sqlite::new()));
}

#[test]
fn sqlite_holds_the_contract_through_power_cuts() {
    suite(&|| Box::new(sqlite::Sqlite::with_power_cuts()));
}

#[test]
fn postgresql_holds_the_contract() {
    let Some(cluster) = postgresql::Cluster::start(&[]) else {
        return;
    };
    suite(&|| Box::new(cluster.database()));
}
