-- What is derived from the documents. Dropped and rebuilt whenever `meta.projection_version` is not the program's;
-- never migrated.

DROP TABLE IF EXISTS record_person;
DROP TABLE IF EXISTS ledger_line;
DROP TABLE IF EXISTS record_search;
DROP TABLE IF EXISTS record;
DROP TABLE IF EXISTS device;

CREATE TABLE record (
    document   INTEGER NOT NULL PRIMARY KEY REFERENCES document (id),
    -- The record's kind as its creator wrote it; may be one this program does not know.
    kind       TEXT    NOT NULL,
    -- 1 when this program knows the kind.
    known      INTEGER NOT NULL CHECK (known IN (0, 1)),
    -- The number (单号); empty for kinds without one.
    number     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    -- 1 while somebody still has to do something.
    open       INTEGER NOT NULL CHECK (open IN (0, 1)),
    -- 0 critical, 1 urgent, 2 normal, 3 planned, 9 the kind has none.
    urgency    INTEGER NOT NULL,
    born_ms    INTEGER NOT NULL,
    touched_ms INTEGER NOT NULL,
    -- The card, the view and the list of anomalies, as JSON of the domain's types.
    card       TEXT    NOT NULL,
    view       TEXT    NOT NULL,
    anomalies  TEXT    NOT NULL,
    -- How many anomalies.
    unclear    INTEGER NOT NULL,
    -- Everything searchable, folded (see search.rs).
    search     TEXT    NOT NULL
) STRICT;
CREATE INDEX record_by_kind ON record (kind, open, touched_ms);
CREATE INDEX record_open ON record (touched_ms) WHERE open = 1;
CREATE INDEX record_by_number ON record (number) WHERE number <> '';

CREATE VIRTUAL TABLE record_search USING fts5 (
    -- `record.search` cut into groups of three characters, which finds Chinese without a word list.
    search,
    content = '', contentless_delete = 1, tokenize = 'trigram'
);

CREATE TABLE record_person (
    -- Who is responsible for what; several while two values stand side by side.
    person   BLOB    NOT NULL CHECK (length(person) = 16),
    document INTEGER NOT NULL REFERENCES record (document),
    PRIMARY KEY (person, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_person_by_document ON record_person (document);

CREATE TABLE ledger_line (
    document INTEGER NOT NULL REFERENCES record (document),
    -- The fact the line is about.
    fact     BLOB    NOT NULL CHECK (length(fact) = 16),
    -- When, by the clock of the device that wrote it.
    at_ms    INTEGER NOT NULL,
    person   BLOB    NOT NULL CHECK (length(person) = 16),
    -- The line as JSON of the domain's type.
    line     TEXT    NOT NULL,
    PRIMARY KEY (document, fact)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_line_by_time ON ledger_line (at_ms, fact);

CREATE TABLE device (
    -- Devices that the server itself said belong to the site.
    key      BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    -- The record that says so.
    document INTEGER NOT NULL REFERENCES document (id),
    label    TEXT    NOT NULL,
    prefix   TEXT    NOT NULL,
    -- `tablet`, `desk`, `admin`, or what a newer server calls it.
    role     TEXT    NOT NULL,
    -- 1 when the server sent it away again.
    revoked  INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX device_by_document ON device (document);
