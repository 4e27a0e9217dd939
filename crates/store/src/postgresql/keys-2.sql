-- The record of the journal that tells of an erasure; NULL while none is known.
ALTER TABLE ringback_keys.erasure ADD COLUMN told BIGINT;

-- The asking that led to an erasure: a 128-bit hash and a hash of what was asked, of which a
-- repetition is known again.
ALTER TABLE ringback_keys.erasure ADD COLUMN asked BYTEA;
ALTER TABLE ringback_keys.erasure ADD COLUMN fingerprint BYTEA;
