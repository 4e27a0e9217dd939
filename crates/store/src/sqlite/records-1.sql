-- How far the journal is projected, per tenant; moves in the transaction of the changes.
CREATE TABLE watermark (
    tenant   INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;

-- One row; rewriting it under full synchronisation makes all before it survive a power cut.
CREATE TABLE flushed (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    times INTEGER NOT NULL
) STRICT;
INSERT INTO flushed VALUES (1, 0);

-- Times: *_engine in ms since the tenant's engine first started, *_wall in ms since 1970, UTC.
CREATE TABLE interaction (
    tenant             INTEGER NOT NULL,
    id                 INTEGER NOT NULL,
    medium             TEXT    NOT NULL,
    kind               TEXT    NOT NULL,
    subkind            TEXT,
    tier               INTEGER NOT NULL,
    queue              INTEGER NOT NULL,
    contact            INTEGER,
    parent             INTEGER,
    thread             INTEGER,
    place              TEXT    NOT NULL,
    owner              INTEGER,                  -- the last one, once it is over
    version            INTEGER NOT NULL,
    submitted_engine   INTEGER NOT NULL,
    submitted_wall     INTEGER NOT NULL,
    stopped_engine     INTEGER,                  -- NULL: open
    stopped_wall       INTEGER,
    ending             TEXT,
    ending_agent       INTEGER,
    ending_reason      TEXT,
    ending_disposition TEXT,
    body               BLOB    NOT NULL,         -- as submitted, MessagePack
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX interaction_open    ON interaction (tenant, id) WHERE stopped_engine IS NULL;
CREATE INDEX interaction_queue   ON interaction (tenant, queue, id);
CREATE INDEX interaction_contact ON interaction (tenant, contact, id) WHERE contact IS NOT NULL;
CREATE INDEX interaction_owner   ON interaction (tenant, owner, id) WHERE owner IS NOT NULL;

CREATE TABLE history (
    tenant      INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,                -- of the journal record
    place       INTEGER NOT NULL,                -- of the event in it
    engine      INTEGER NOT NULL,
    wall        INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    interaction INTEGER,
    queue       INTEGER,
    agent       INTEGER,
    body        BLOB    NOT NULL,                -- the event, MessagePack
    PRIMARY KEY (tenant, sequence, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_interaction ON history (tenant, interaction, sequence, place)
    WHERE interaction IS NOT NULL;
CREATE INDEX history_agent ON history (tenant, agent, sequence, place) WHERE agent IS NOT NULL;

CREATE TABLE segment (
    number        INTEGER PRIMARY KEY,           -- in the order they ended
    tenant        INTEGER NOT NULL,
    interaction   INTEGER NOT NULL,
    medium        TEXT    NOT NULL,
    who           TEXT    NOT NULL,
    agent         INTEGER,
    kind          TEXT    NOT NULL,
    queue         INTEGER NOT NULL,
    virtual_queue INTEGER,
    request       INTEGER,
    from_engine   INTEGER NOT NULL,
    from_wall     INTEGER NOT NULL,
    to_engine     INTEGER NOT NULL,
    to_wall       INTEGER NOT NULL,
    ending        TEXT    NOT NULL
) STRICT;
CREATE INDEX segment_interaction ON segment (tenant, interaction);

-- Ended waits, counted as their segments are written.
CREATE TABLE wait_total (
    tenant        INTEGER NOT NULL,
    virtual_queue INTEGER NOT NULL,
    ending        TEXT    NOT NULL,
    waits         INTEGER NOT NULL,
    PRIMARY KEY (tenant, virtual_queue, ending)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_interval (
    number      INTEGER PRIMARY KEY,             -- in the order they ended
    tenant      INTEGER NOT NULL,
    agent       INTEGER NOT NULL,
    medium      TEXT,                            -- NULL: logged in as such
    state       TEXT    NOT NULL,
    why         TEXT,
    reason      TEXT,
    from_engine INTEGER NOT NULL,
    from_wall   INTEGER NOT NULL,
    to_engine   INTEGER NOT NULL,
    to_wall     INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_interval_agent ON agent_interval (tenant, agent, number);

CREATE TABLE config_version (
    tenant  INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    engine  INTEGER NOT NULL,
    wall    INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    body    BLOB    NOT NULL,                    -- the whole object, MessagePack
    PRIMARY KEY (tenant, kind, name, version)
) STRICT, WITHOUT ROWID;
