-- Files that records speak of. Their bytes lie beside the database, named by what is in them.

CREATE TABLE file (
    hash      BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    -- Bytes.
    length    INTEGER NOT NULL CHECK (length >= 0),
    -- When it was taken in here, by our clock.
    at_ms     INTEGER NOT NULL,
    -- Evidence of an incident goes first.
    urgent    INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    -- The server has it, by its own word.
    delivered INTEGER NOT NULL CHECK (delivered IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX file_by_delivery ON file (delivered, urgent DESC, at_ms);
