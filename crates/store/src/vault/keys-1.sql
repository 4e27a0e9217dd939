CREATE TABLE tenant (
    tenant   INTEGER PRIMARY KEY,
    secret   BLOB    NOT NULL,               -- under which texts are looked up
    contacts INTEGER NOT NULL DEFAULT 0      -- contacts ever made
) STRICT;

-- Random keys of 32 bytes, 4,096 to a page, behind 4,096 bytes of zeros: so the keys lie on
-- overflow pages, which are changed in place and never copied from one page to another. A slot
-- of zeros is a destroyed key.
CREATE TABLE key_page (
    id     INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    kind   TEXT    NOT NULL,                 -- interaction, contact
    page   INTEGER NOT NULL,
    keys   BLOB    NOT NULL,
    UNIQUE (tenant, kind, page)
) STRICT;

-- What a contact is known by, as HMAC-SHA256 under the tenant's secret. The text is nowhere.
CREATE TABLE contact (
    tenant  INTEGER NOT NULL,
    lookup  BLOB    NOT NULL,
    contact INTEGER NOT NULL,
    PRIMARY KEY (tenant, lookup),
    UNIQUE (tenant, contact)
) STRICT, WITHOUT ROWID;

-- What was destroyed, in order; erasures.jsonl beside this file says the same.
CREATE TABLE erasure (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    key     INTEGER NOT NULL,
    UNIQUE (tenant, kind, key)
) STRICT;
