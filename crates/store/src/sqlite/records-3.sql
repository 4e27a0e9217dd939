-- What is known of an interaction that was changed after it was submitted: the whole of it, in
-- place of what stands in its first trail. Few interactions have such a row.
CREATE TABLE edited (
    tenant INTEGER NOT NULL,
    id     INTEGER NOT NULL,
    body   BLOB    NOT NULL,                     -- MessagePack
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
