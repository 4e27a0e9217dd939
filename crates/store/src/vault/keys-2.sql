-- The record of the journal that tells of an erasure; NULL while none is known.
ALTER TABLE erasure ADD COLUMN told INTEGER;

-- The asking that led to an erasure, until the journal has heard: a 128-bit hash and a hash of
-- what was asked, of which a repetition is known again.
CREATE TABLE asked (
    tenant      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    key         INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;
