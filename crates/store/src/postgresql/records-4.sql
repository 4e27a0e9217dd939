-- What was counted within each quarter of an hour, per subject, medium and filter. In whatever
-- zone hours and days begin, they begin with a quarter.
CREATE TABLE ringback_records.tally (
    tenant  BIGINT NOT NULL,
    subject TEXT   NOT NULL,                     -- queue, virtual_queue, agent, group, medium
    number  BIGINT NOT NULL,                     -- its id; 0 for media
    quarter BIGINT NOT NULL,                     -- when it began, in ms since 1970, UTC
    medium  TEXT   NOT NULL,                     -- empty: the medium plays no part
    filter  BIGINT NOT NULL,                     -- the statistic whose filter holds; 0: all
    counts  TEXT   NOT NULL,                     -- JSON: counter to value, those not zero
    PRIMARY KEY (tenant, subject, number, quarter, medium, filter)
);

-- The book of statistics as it was put away last; what follows is folded from the journal.
CREATE TABLE ringback_records.book (
    tenant   BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,                    -- the last record folded into it
    body     BYTEA  NOT NULL
);
