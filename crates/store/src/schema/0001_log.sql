-- The log and everything that cannot be rebuilt from it. A shipped migration is never edited: a change is a new file.

CREATE TABLE meta (
    -- Exactly one row.
    one                INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- Ed25519 public key of this device. The secret key is not in the database: a backup, or a copy sent for help,
    -- must not carry it.
    device             BLOB    NOT NULL CHECK (length(device) = 32),
    -- Version of the code that filled the projection tables. Another one: they are dropped and rebuilt.
    projection_version INTEGER NOT NULL,
    -- Random name of this copy of the database; the marker file beside it says the same (see instance.rs).
    -- All zeros in a backup, so that a restored one is always recognised.
    instance           BLOB    NOT NULL CHECK (length(instance) = 16),
    -- Transactions that wrote something of our own. The marker file counts along.
    local_commits      INTEGER NOT NULL,
    -- Where counters that have no row yet start. Above 0 only after the database was copied back.
    number_floor       INTEGER NOT NULL
) STRICT;

CREATE TABLE identity (
    -- One row once the device was enrolled.
    one       INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- Site code, such as `demo`.
    site      TEXT    NOT NULL,
    site_name TEXT    NOT NULL,
    -- What people call this device.
    label     TEXT    NOT NULL,
    -- Prefix of the numbers (单号) given here, such as `KF2`.
    prefix    TEXT    NOT NULL,
    -- What this device is used as: `tablet`, `desk`, `admin`.
    role      TEXT    NOT NULL,
    -- Ed25519 public key of the site's server: the root of trust.
    server    BLOB    NOT NULL CHECK (length(server) = 32)
) STRICT;

CREATE TABLE volume (
    -- Short key used inside this file only.
    id   INTEGER NOT NULL PRIMARY KEY,
    -- `demo/standing`, `demo/duty/2026-11`.
    name TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE writer (
    -- Short key used inside this file only.
    id       INTEGER NOT NULL PRIMARY KEY,
    volume   INTEGER NOT NULL REFERENCES volume (id),
    -- First 16 bytes of the hash over volume, device and nonce.
    writer   BLOB    NOT NULL UNIQUE CHECK (length(writer) = 16),
    -- Ed25519 public key of the device that writes it.
    device   BLOB    NOT NULL CHECK (length(device) = 32),
    nonce    BLOB    NOT NULL CHECK (length(nonce) = 16),
    -- Its latest entry here: number and hash. This is the frontier.
    seq      INTEGER NOT NULL CHECK (seq > 0),
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    -- The copy of the database that opened it, for our own; NULL for everybody else's.
    instance BLOB    CHECK (instance IS NULL OR length(instance) = 16),
    -- The month (`2026-11`) or, in the standing volume, the year for which we opened it; empty for everybody else's.
    period   TEXT    NOT NULL
) STRICT;
CREATE INDEX writer_by_volume ON writer (volume);

CREATE TABLE document (
    -- Short key used inside this file only.
    id     INTEGER NOT NULL PRIMARY KEY,
    -- The record's id.
    doc    BLOB    NOT NULL UNIQUE CHECK (length(doc) = 16),
    -- The volume it lives in, with all its entries.
    volume INTEGER NOT NULL REFERENCES volume (id)
) STRICT;

CREATE TABLE entry (
    -- The order in which this device stored the entries. It is a causal order.
    arrival   INTEGER NOT NULL PRIMARY KEY,
    writer    INTEGER NOT NULL REFERENCES writer (id),
    seq       INTEGER NOT NULL CHECK (seq > 0),
    document  INTEGER NOT NULL REFERENCES document (id),
    -- The head signed at this entry; NULL where the writer's commit went on.
    signature BLOB    CHECK (signature IS NULL OR length(signature) = 64),
    -- The entry's exact bytes, forwarded as they are.
    bytes     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_by_writer ON entry (writer, seq);
CREATE INDEX entry_by_document ON entry (document, arrival);

CREATE TABLE document_state (
    -- A cache: can be rebuilt from the entries.
    document INTEGER NOT NULL PRIMARY KEY REFERENCES document (id),
    -- Entries up to this arrival went through the second gate.
    through  INTEGER NOT NULL,
    -- Hashes of the document's latest changes, sorted, one after the other.
    heads    BLOB    NOT NULL,
    -- The Automerge document.
    state    BLOB    NOT NULL
) STRICT;

CREATE TABLE dirty (
    -- Documents with entries that did not go through the second gate yet.
    document INTEGER NOT NULL PRIMARY KEY REFERENCES document (id)
) STRICT;

CREATE TABLE waiting (
    -- Entries whose change builds on changes that have not arrived. They are tried again with every new entry.
    document INTEGER NOT NULL REFERENCES document (id),
    arrival  INTEGER NOT NULL REFERENCES entry (arrival),
    PRIMARY KEY (document, arrival)
) STRICT, WITHOUT ROWID;

CREATE TABLE marked (
    -- Entries that did not pass the second gate. They stay in the log; their document stays at its last good state.
    document INTEGER NOT NULL REFERENCES document (id),
    arrival  INTEGER NOT NULL REFERENCES entry (arrival),
    -- For the program and for translation.
    code     TEXT    NOT NULL,
    -- For a person.
    reason   TEXT    NOT NULL,
    PRIMARY KEY (document, arrival)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked (
    -- Entries that cannot be taken yet: something before them is missing, or their device is not known. Bounded.
    id     INTEGER NOT NULL PRIMARY KEY,
    volume TEXT    NOT NULL,
    writer BLOB    NOT NULL CHECK (length(writer) = 16),
    seq    INTEGER NOT NULL,
    hash   BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- For the program and for translation.
    code   TEXT    NOT NULL,
    -- For a person.
    reason TEXT    NOT NULL,
    -- When it came, by our clock.
    at_ms  INTEGER NOT NULL,
    bytes  BLOB    NOT NULL
) STRICT;
CREATE INDEX parked_by_writer ON parked (volume, writer);

CREATE TABLE parked_head (
    -- Signed heads that came with parked entries.
    volume TEXT    NOT NULL,
    writer BLOB    NOT NULL CHECK (length(writer) = 16),
    seq    INTEGER NOT NULL,
    head   BLOB    NOT NULL,
    PRIMARY KEY (volume, writer, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    -- What was refused, with its bytes, for a person to look at. Bounded.
    id     INTEGER NOT NULL PRIMARY KEY,
    -- SHA-256 of the bytes: the same thing sent again makes no second row.
    hash   BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- Who handed it over; NULL when it came from a file.
    peer   BLOB    CHECK (peer IS NULL OR length(peer) = 32),
    -- The volume it was offered for.
    volume TEXT    NOT NULL,
    -- For the program and for translation.
    code   TEXT    NOT NULL,
    -- For a person.
    reason TEXT    NOT NULL,
    -- When it came, by our clock.
    at_ms  INTEGER NOT NULL,
    bytes  BLOB    NOT NULL
) STRICT;

CREATE TABLE peer (
    -- Short key used inside this file only.
    id              INTEGER NOT NULL PRIMARY KEY,
    -- Ed25519 public key of the other side.
    device          BLOB    NOT NULL UNIQUE CHECK (length(device) = 32),
    -- When it was last connected, by our clock; 0 when it never was.
    last_contact_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE peer_frontier (
    -- How far another replica has durably stored a writer's entries that we hold too, by its own acknowledgement.
    peer   INTEGER NOT NULL REFERENCES peer (id),
    writer INTEGER NOT NULL REFERENCES writer (id),
    seq    INTEGER NOT NULL CHECK (seq > 0),
    -- The same as far as hashes prove it: a peer that holds more than we do may hold another branch.
    proven INTEGER NOT NULL CHECK (proven BETWEEN 0 AND seq),
    PRIMARY KEY (peer, writer)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    -- Running numbers given on this device.
    series TEXT    NOT NULL PRIMARY KEY,
    last   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    -- Settings of this device only. Settings of the site are records.
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fact_source (
    -- A cache: the entry that brought each fact. Where several claim the same fact, the first one here.
    document INTEGER NOT NULL REFERENCES document (id),
    fact     BLOB    NOT NULL CHECK (length(fact) = 16),
    arrival  INTEGER NOT NULL REFERENCES entry (arrival),
    PRIMARY KEY (document, fact)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
    -- Tokens with which a device may enrol once (server only). The token itself is not kept.
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    -- What the device is to be used as.
    role       TEXT    NOT NULL,
    -- What people will call it.
    name       TEXT    NOT NULL,
    expires_ms INTEGER NOT NULL,
    -- The device that used it; NULL while it is unused.
    used_by    BLOB    CHECK (used_by IS NULL OR length(used_by) = 32)
) STRICT, WITHOUT ROWID;
