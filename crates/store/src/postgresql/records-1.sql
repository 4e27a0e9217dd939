-- How far the journal is projected, per tenant; moves in the transaction of the changes.
CREATE TABLE ringback_records.watermark (
    tenant   BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL
);

-- Times: *_engine in ms since the tenant's engine first started, *_wall in ms since 1970, UTC.
CREATE TABLE ringback_records.interaction (
    tenant             BIGINT NOT NULL,
    id                 BIGINT NOT NULL,
    medium             TEXT    NOT NULL,
    kind               TEXT    NOT NULL,
    subkind            TEXT,
    tier               BIGINT NOT NULL,
    queue              BIGINT NOT NULL,
    contact            BIGINT,
    parent             BIGINT,
    thread             BIGINT,
    place              TEXT    NOT NULL,
    owner              BIGINT,                  -- the last one, once it is over
    version            BIGINT NOT NULL,
    submitted_engine   BIGINT NOT NULL,
    submitted_wall     BIGINT NOT NULL,
    stopped_engine     BIGINT,                  -- NULL: open
    stopped_wall       BIGINT,
    ending             TEXT,
    ending_agent       BIGINT,
    ending_reason      TEXT,
    ending_disposition TEXT,
    body               BYTEA   NOT NULL,         -- as submitted, MessagePack
    PRIMARY KEY (tenant, id)
);
CREATE INDEX interaction_open ON ringback_records.interaction (tenant, id) WHERE stopped_engine IS NULL;
CREATE INDEX interaction_queue ON ringback_records.interaction (tenant, queue, id);
CREATE INDEX interaction_contact ON ringback_records.interaction (tenant, contact, id) WHERE contact IS NOT NULL;
CREATE INDEX interaction_owner ON ringback_records.interaction (tenant, owner, id) WHERE owner IS NOT NULL;

CREATE TABLE ringback_records.history (
    tenant      BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,                -- of the journal record
    place       BIGINT NOT NULL,                -- of the event in it
    engine      BIGINT NOT NULL,
    wall        BIGINT NOT NULL,
    actor       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    interaction BIGINT,
    queue       BIGINT,
    agent       BIGINT,
    body        BYTEA   NOT NULL,                -- the event, MessagePack
    PRIMARY KEY (tenant, sequence, place)
);
CREATE INDEX history_interaction ON ringback_records.history (tenant, interaction, sequence, place)
    WHERE interaction IS NOT NULL;
CREATE INDEX history_agent ON ringback_records.history (tenant, agent, sequence, place) WHERE agent IS NOT NULL;

CREATE TABLE ringback_records.segment (
    number        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order they ended
    tenant        BIGINT NOT NULL,
    interaction   BIGINT NOT NULL,
    medium        TEXT    NOT NULL,
    who           TEXT    NOT NULL,
    agent         BIGINT,
    kind          TEXT    NOT NULL,
    queue         BIGINT NOT NULL,
    virtual_queue BIGINT,
    request       BIGINT,
    from_engine   BIGINT NOT NULL,
    from_wall     BIGINT NOT NULL,
    to_engine     BIGINT NOT NULL,
    to_wall       BIGINT NOT NULL,
    ending        TEXT    NOT NULL
);
CREATE INDEX segment_interaction ON ringback_records.segment (tenant, interaction);

-- Ended waits, counted as their segments are written.
CREATE TABLE ringback_records.wait_total (
    tenant        BIGINT NOT NULL,
    virtual_queue BIGINT NOT NULL,
    ending        TEXT    NOT NULL,
    waits         BIGINT NOT NULL,
    PRIMARY KEY (tenant, virtual_queue, ending)
);

CREATE TABLE ringback_records.agent_interval (
    number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order they ended
    tenant      BIGINT NOT NULL,
    agent       BIGINT NOT NULL,
    medium      TEXT,                            -- NULL: logged in as such
    state       TEXT    NOT NULL,
    why         TEXT,
    reason      TEXT,
    from_engine BIGINT NOT NULL,
    from_wall   BIGINT NOT NULL,
    to_engine   BIGINT NOT NULL,
    to_wall     BIGINT NOT NULL
);
CREATE INDEX agent_interval_agent ON ringback_records.agent_interval (tenant, agent, number);

CREATE TABLE ringback_records.config_version (
    tenant  BIGINT NOT NULL,
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    version BIGINT NOT NULL,
    engine  BIGINT NOT NULL,
    wall    BIGINT NOT NULL,
    actor   TEXT    NOT NULL,
    body    BYTEA   NOT NULL,                    -- the whole object, MessagePack
    PRIMARY KEY (tenant, kind, name, version)
);
