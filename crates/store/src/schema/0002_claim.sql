-- What others say they hold of a writer beyond what is here: what is missing, and who could bring it.

CREATE TABLE claim (
    -- Who says so.
    peer   INTEGER NOT NULL REFERENCES peer (id),
    volume TEXT    NOT NULL,
    writer BLOB    NOT NULL CHECK (length(writer) = 16),
    -- How far, by its own word.
    seq    INTEGER NOT NULL CHECK (seq > 0),
    PRIMARY KEY (peer, writer)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_by_writer ON claim (writer);
