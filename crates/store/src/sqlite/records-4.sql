-- What webhooks are told. Not a projection: the journal knows nothing of it.
CREATE TABLE delivery_cursor (
    tenant INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook (
    tenant INTEGER NOT NULL,
    hook INTEGER NOT NULL,
    waiting INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER,
    reason TEXT,
    succeeded INTEGER,
    failed INTEGER,
    PRIMARY KEY (tenant, hook)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    hook INTEGER NOT NULL,
    id TEXT NOT NULL,
    event TEXT NOT NULL,
    made INTEGER NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    log TEXT NOT NULL,
    UNIQUE (tenant, hook, id)
) STRICT;

CREATE INDEX delivery_due ON delivery (tenant, hook, due, number) WHERE state = 'waiting';
CREATE INDEX delivery_made ON delivery (tenant, made);
