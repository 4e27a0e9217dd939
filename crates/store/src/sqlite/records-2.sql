-- What changes together is kept together: one row per interaction and transaction holds all its
-- lines of history and segments, and what was submitted stands in it once. Every tree that a row
-- goes into costs about as much as the row.
CREATE TABLE trail (
    id          INTEGER PRIMARY KEY,             -- grows with time
    tenant      INTEGER NOT NULL,
    interaction INTEGER,                         -- NULL: lines about no interaction
    queue       INTEGER,                         -- of all its lines
    upto        INTEGER NOT NULL,                -- no line is of a later journal record
    lines       TEXT    NOT NULL,                -- JSON, a list per line; see the view history
    segments    TEXT,                            -- JSON, a list per segment; see the view segment
    bodies      BLOB    NOT NULL                 -- the events of the lines, MessagePack
) STRICT;
CREATE INDEX trail_interaction ON trail (tenant, interaction) WHERE interaction IS NOT NULL;

-- What was submitted, in front of its first line. The bytes say {"interaction": {"submitted": .
INSERT INTO trail (tenant, interaction, queue, upto, lines, bodies)
    SELECT it.tenant, it.id, it.queue, coalesce(line.sequence, 0),
        CASE WHEN line.sequence IS NULL THEN '[]' ELSE
            json_array(json_array(line.sequence, line.place, line.engine, line.wall, line.actor,
                line.name, line.agent, 0, 24 + length(it.body)))
        END,
        CAST(x'81ab696e746572616374696f6e81a97375626d6974746564' || it.body AS BLOB)
    FROM interaction AS it
    LEFT JOIN history AS line ON line.tenant = it.tenant AND line.interaction = it.id
        AND line.name = 'interaction.submitted'
    ORDER BY it.tenant, it.id;

CREATE TABLE interaction_new (
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
    trail              INTEGER NOT NULL,         -- in whose bodies it stands as submitted,
    body_from          INTEGER NOT NULL,         -- from which byte,
    body_bytes         INTEGER NOT NULL,         -- and how many
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
INSERT INTO interaction_new
    SELECT it.tenant, it.id, medium, kind, subkind, tier, it.queue, contact, parent, thread, place,
        owner, version, submitted_engine, submitted_wall, stopped_engine, stopped_wall, ending,
        ending_agent, ending_reason, ending_disposition, trail.id, 24, length(it.body)
    FROM interaction AS it
    JOIN trail ON trail.tenant = it.tenant AND trail.interaction = it.id
    ORDER BY it.tenant, it.id;

INSERT INTO trail (tenant, interaction, queue, upto, lines, bodies)
    SELECT tenant, interaction, queue, sequence,
        json_array(json_array(sequence, place, engine, wall, actor, name, agent, 0, length(body))),
        body
    FROM history
    WHERE name <> 'interaction.submitted' OR NOT EXISTS (SELECT 1 FROM interaction AS it
        WHERE it.tenant = history.tenant AND it.id = history.interaction)
    ORDER BY tenant, sequence, place;
INSERT INTO trail (tenant, interaction, queue, upto, lines, segments, bodies)
    SELECT tenant, interaction, queue, 0, '[]',
        json_array(json_array(medium, who, agent, kind, queue, virtual_queue, request,
            from_engine, from_wall, to_engine, to_wall, ending)),
        x''
    FROM segment ORDER BY number;

DROP TABLE history;
DROP TABLE segment;
DROP TABLE interaction;
ALTER TABLE interaction_new RENAME TO interaction;
CREATE INDEX interaction_open    ON interaction (tenant, id) WHERE stopped_engine IS NULL;
CREATE INDEX interaction_queue   ON interaction (tenant, queue, id);
-- Contacts and owners are many: by them alone, each new interaction would change another page.
-- Within a stretch of 4,096 ids new entries come to a few pages; whoever asks goes through the
-- stretches, from the newest back.
CREATE INDEX interaction_contact ON interaction (tenant, id >> 12, contact, id)
    WHERE contact IS NOT NULL;
CREATE INDEX interaction_owner ON interaction (tenant, id >> 12, owner, id)
    WHERE owner IS NOT NULL;

-- Lines in rows, with the columns they always had, and where they stand.
CREATE VIEW history AS
    SELECT trail.tenant      AS tenant,
           line.value ->> 0  AS sequence,        -- of the journal record
           line.value ->> 1  AS place,           -- of the event in it
           line.value ->> 2  AS engine,
           line.value ->> 3  AS wall,
           line.value ->> 4  AS actor,
           line.value ->> 5  AS name,
           trail.interaction AS interaction,
           trail.queue       AS queue,
           line.value ->> 6  AS agent,
           substr(trail.bodies, 1 + (line.value ->> 7), line.value ->> 8) AS body,
           trail.id          AS trail,
           line.key          AS number,          -- of the line in its trail
           trail.upto        AS upto
    FROM trail, json_each(trail.lines) AS line;

-- Segments in rows, with the columns they always had.
CREATE VIEW segment AS
    SELECT trail.id * 65536 + one.key AS number, -- in the order they ended
           trail.tenant      AS tenant,
           trail.interaction AS interaction,
           one.value ->> 0   AS medium,
           one.value ->> 1   AS who,
           one.value ->> 2   AS agent,
           one.value ->> 3   AS kind,
           one.value ->> 4   AS queue,
           one.value ->> 5   AS virtual_queue,
           one.value ->> 6   AS request,
           one.value ->> 7   AS from_engine,
           one.value ->> 8   AS from_wall,
           one.value ->> 9   AS to_engine,
           one.value ->> 10  AS to_wall,
           one.value ->> 11  AS ending
    FROM trail, json_each(trail.segments) AS one;
