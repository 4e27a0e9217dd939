-- Tenants, and who may write for them. The epoch of a tenant grows with every taking of its
-- lease; an append with another epoch is refused in the same transaction.
CREATE TABLE tenant (
    id     INTEGER PRIMARY KEY CHECK (id > 0 AND id < 8388608),
    name   TEXT    NOT NULL UNIQUE,
    epoch  INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    -- Records up to this one were removed.
    pruned INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row per batch. Tenant and sequence are packed into the row id, so that an append touches
-- the last page of one tree and no index; both can be read as columns.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,                                -- tenant * 2^40 + sequence
    tenant   INTEGER GENERATED ALWAYS AS (position >> 40) VIRTUAL,
    sequence INTEGER GENERATED ALWAYS AS (position & 1099511627775) VIRTUAL,
    epoch    INTEGER NOT NULL,
    at       INTEGER NOT NULL,                                   -- ms since 1970, UTC
    body     BLOB    NOT NULL
) STRICT;

-- Inputs that made the engine fail.
CREATE TABLE quarantine (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  INTEGER NOT NULL REFERENCES tenant (id),
    at      INTEGER NOT NULL,                                    -- ms since 1970, UTC
    problem TEXT    NOT NULL,
    input   BLOB    NOT NULL
) STRICT;
CREATE INDEX quarantine_of_tenant ON quarantine (tenant, number);
