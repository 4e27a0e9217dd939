-- Tenants, and who may write for them; `until` is by this server's clock.
CREATE TABLE ringback_journal.tenant (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   TEXT   NOT NULL UNIQUE,
    epoch  BIGINT NOT NULL DEFAULT 0,
    holder TEXT,
    until  TIMESTAMPTZ,
    pruned BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE ringback_journal.journal (
    tenant   BIGINT NOT NULL REFERENCES ringback_journal.tenant (id),
    sequence BIGINT NOT NULL,
    epoch    BIGINT NOT NULL,
    at       BIGINT NOT NULL,                    -- ms since 1970, UTC
    body     BYTEA  NOT NULL,
    PRIMARY KEY (tenant, sequence)
);
-- Sealed contents do not get smaller by compression.
ALTER TABLE ringback_journal.journal ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE ringback_journal.quarantine (
    number  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant  BIGINT NOT NULL REFERENCES ringback_journal.tenant (id),
    at      BIGINT NOT NULL,
    problem TEXT   NOT NULL,
    input   BYTEA  NOT NULL
);
CREATE INDEX ON ringback_journal.quarantine (tenant, number);

CREATE TABLE ringback_journal.snapshot (
    tenant   BIGINT NOT NULL REFERENCES ringback_journal.tenant (id),
    sequence BIGINT NOT NULL,
    digest   BIGINT NOT NULL,
    format   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    parts    BIGINT NOT NULL,
    PRIMARY KEY (tenant, sequence)
);
CREATE TABLE ringback_journal.snapshot_part (
    tenant   BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    checksum BIGINT NOT NULL,                    -- CRC-32
    body     BYTEA  NOT NULL,
    PRIMARY KEY (tenant, sequence, number),
    FOREIGN KEY (tenant, sequence) REFERENCES ringback_journal.snapshot ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE ringback_journal.snapshot_part ALTER COLUMN body SET STORAGE EXTERNAL;
