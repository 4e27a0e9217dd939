-- What was counted within each quarter of an hour, per subject, medium and filter. In whatever
-- zone hours and days begin, they begin with a quarter.
CREATE TABLE tally (
    tenant  INTEGER NOT NULL,
    subject TEXT    NOT NULL,                    -- queue, virtual_queue, agent, group, medium
    number  INTEGER NOT NULL,                    -- its id; 0 for media
    quarter INTEGER NOT NULL,                    -- when it began, in ms since 1970, UTC
    medium  TEXT    NOT NULL,                    -- empty: the medium plays no part
    filter  INTEGER NOT NULL,                    -- the statistic whose filter holds; 0: all
    counts  TEXT    NOT NULL,                    -- JSON: counter to value, those not zero
    PRIMARY KEY (tenant, subject, number, quarter, medium, filter)
) STRICT, WITHOUT ROWID;

-- The book of statistics as it was put away last; what follows is folded from the journal.
CREATE TABLE book (
    tenant   INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,                   -- the last record folded into it
    body     BLOB    NOT NULL
) STRICT;
