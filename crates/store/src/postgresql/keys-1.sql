CREATE TABLE ringback_keys.tenant (
    tenant   BIGINT PRIMARY KEY,
    secret   BYTEA  NOT NULL,                    -- under which texts are looked up
    contacts BIGINT NOT NULL DEFAULT 0           -- contacts ever made
);

-- How many pages of a kind there ever were.
CREATE TABLE ringback_keys.page_count (
    tenant BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    pages  BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind)
);

-- Random keys of 32 bytes, 4,096 to a page. A slot of zeros is a destroyed key.
CREATE TABLE ringback_keys.key_page (
    tenant BIGINT NOT NULL,
    kind   TEXT   NOT NULL,                      -- interaction, contact
    page   BIGINT NOT NULL,
    keys   BYTEA  NOT NULL,
    PRIMARY KEY (tenant, kind, page)
);
ALTER TABLE ringback_keys.key_page ALTER COLUMN keys SET STORAGE EXTERNAL;

-- What a contact is known by, as HMAC-SHA256 under the tenant's secret. The text is nowhere.
CREATE TABLE ringback_keys.contact (
    tenant  BIGINT NOT NULL,
    lookup  BYTEA  NOT NULL,
    contact BIGINT NOT NULL,
    PRIMARY KEY (tenant, lookup),
    UNIQUE (tenant, contact)
);

-- The ledger of erasures.
CREATE TABLE ringback_keys.erasure (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    key    BIGINT NOT NULL,
    UNIQUE (tenant, kind, key)
);
