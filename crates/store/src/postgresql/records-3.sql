-- What webhooks are told. Not a projection: the journal knows nothing of it.
CREATE TABLE ringback_records.delivery_cursor (
    tenant BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    place BIGINT NOT NULL
);

CREATE TABLE ringback_records.webhook (
    tenant BIGINT NOT NULL,
    hook BIGINT NOT NULL,
    waiting BIGINT NOT NULL DEFAULT 0,
    dropped BIGINT NOT NULL DEFAULT 0,
    disabled BIGINT,
    reason TEXT,
    succeeded BIGINT,
    failed BIGINT,
    PRIMARY KEY (tenant, hook)
);

CREATE TABLE ringback_records.delivery (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant BIGINT NOT NULL,
    hook BIGINT NOT NULL,
    id TEXT NOT NULL,
    event TEXT NOT NULL,
    made BIGINT NOT NULL,
    body BYTEA NOT NULL,
    state TEXT NOT NULL,
    due BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    log TEXT NOT NULL,
    UNIQUE (tenant, hook, id)
);

CREATE INDEX delivery_due ON ringback_records.delivery (tenant, hook, due, number)
    WHERE state = 'waiting';
CREATE INDEX delivery_made ON ringback_records.delivery (tenant, made);
