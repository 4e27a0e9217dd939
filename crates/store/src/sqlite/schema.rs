//! The tables of the two files. A migration that was released is never changed; the next one
//! follows it.

use super::connection::Schema;

/// The truth: what happened.
pub(crate) const JOURNAL: Schema = Schema {
    what: "the journal (journal.db)",
    application_id: 0x5242_4a4c, // "RBJL"
    migrations: &[include_str!("journal-1.sql")],
};

/// The projection of the truth, for reading.
pub(crate) const RECORDS: Schema = Schema {
    what: "the records (records.db)",
    application_id: 0x5242_5243, // "RBRC"
    migrations: &[
        include_str!("records-1.sql"),
        include_str!("records-2.sql"),
        include_str!("records-3.sql"),
        include_str!("records-4.sql"),
        include_str!("records-5.sql"),
        include_str!("records-6.sql"),
    ],
};
