PRAGMA foreign_keys = OFF;
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
INSERT INTO meta VALUES (1, x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1', 4294967297, x'aa70df2b5faaec89cba4d7c53919eb1f', 5, 0);
INSERT INTO identity VALUES (1, 'demo', '演示小区', '设备 S', 'S', 'admin', x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1');
INSERT INTO volume VALUES (1, 'demo/standing');
INSERT INTO volume VALUES (2, 'demo/duty/2026-11');
INSERT INTO writer VALUES (1, 1, x'b73647011553efb54ba81314276e702a', x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1', x'4259a88598d7b50f70197de799e16b21', 1, x'ef4528c6a25a3c3ec553e395d6014febab86c5940e728bb27e6a8c9e6bda301c', x'aa70df2b5faaec89cba4d7c53919eb1f', '2026');
INSERT INTO writer VALUES (2, 2, x'2415b3b3884eddc0e72694276d562a75', x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1', x'42bf5fd67b3d7b84bc908c60d66c6d3c', 3, x'58e88115b876cc4d78c40f2feca83c0850be22c84c5c4c1fe62ca3c2b9792f43', x'aa70df2b5faaec89cba4d7c53919eb1f', '2026-11');
INSERT INTO document VALUES (1, x'76e2a39841495e50b43b487e7db3608e', 1);
INSERT INTO document VALUES (2, x'eb11e2d894b7460888cffa1504138ad6', 2);
INSERT INTO entry VALUES (1, 1, 1, 1, x'440d8de659147174ae64a52dcf4c71b8fd131d7fc12e855d4fb837ea44a08b7069bb2a248435ab1735338ae801cb0adf8ca5939b400c03e043573ce263f14e08', x'8a016d64656d6f2f7374616e64696e6750b73647011553efb54ba81314276e702a015820b73647011553efb54ba81314276e702a260ba9fd2e66358d8ef55d77511c876ff65004925598e02555bd8dea98c07a1026d5831b000001a1f641a6605007070707070707070707070707070707015076e2a39841495e50b43b487e7db3608e59017d856f4a8363ebbc6601f2020010fa5dfba5fef64862c1955a66b49764640101000000080104020415820134014206561357a2017002000409000004090473096d6574612f6b696e640b6d6574612f736368656d610f6d6574612f637265617465645f617429666163742f62353238303133642d646134302d343435352d613461372d36666133336232316164326504747970650261740262790762795f6e616d650762795f726f6c65036b6579056c6162656c0670726566697804726f6c650d03017f0009017366146400860164c60466c6018608960126666465766963650180f882b29f34656e726f6c6c656480f882b29f3430343932353539382d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657265643439323863363238643163326336656165393033333839303539393536313239353932373361356336336639333633366331343631346163383733376431e8aebee5a48720543154317461626c65740d00');
INSERT INTO entry VALUES (2, 2, 1, 2, x'7075315fe9ac1db1c3339892bb060d8a7887b90669761a1d1f0b1638bd96913e70ac51f972544eb38cf851037dcb79e6a7f4414796258bf01ed1ffeac06a710e', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a750158202415b3b3884eddc0e72694276d562a7598ec65fec6fa4d82156cc6475ed66dfbf65004925598e02555bd8dea98c07a1026d5831b000001a1f64290c050070707070707070707070707070707070150eb11e2d894b7460888cffa1504138ad659015c856f4a83c128314d01d1020010fa5dfba5fef64862c1955a66b497646401010000000801040204158c0134014206561257797002000508000005080573096d6574612f6b696e640b6d6574612f736368656d610f6d6574612f637265617465645f61740b6d6574612f6e756d62657229666163742f65373432316136352d643338382d343265382d613232662d35383932383063666461313304747970650261740262790762795f6e616d650762795f726f6c6505706c616365057469746c6507757267656e63790d04017f00080177a60114646600860164c6046603c6017f66776f726b5f6f7264657201e0cc86b29f344b462d3939307265706f72746564e0cc86b29f3430343932353539382d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f666669636572423120e6b0b4e6b3b5e688bfe4b889e6a08be8b791e6b0b4757267656e740d00');
INSERT INTO entry VALUES (3, 2, 2, 2, x'3ce53c115b35ec8c790354e274e2cec656fc263215802e7629ef60b003b0bae1d0d6098eff1e24439ee7b36475d4594547a8c67d31d52b8fd1bd239bfb9d0e03', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a7502582099b2aa7b3891bb3a554932eb8316e5ff928bb4d12447d1bf3c5ab8f557db30d2f65004925598e02555bd8dea98c07a1026d5831b000001a1f6437b2050070707070707070707070707070707070150eb11e2d894b7460888cffa1504138ad6590122856f4a8368c9d9b501970201c128314df0cef4d655b72bef6f37fb9fde09591da1dd10f108ef06b0829107f710fa5dfba5fef64862c1955a66b4976464020e0000000801040204154c34014204560c57687002000106000001060e7929666163742f37643337373936652d373638392d346535612d393362612d61313465336664303036633204747970650261740262790762795f6e616d650762795f726f6c65056166746572077f0006017900860164c60466c601c6046163636570746564c0a18ab29f3430343932353539382d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657265373432316136352d643338382d343265382d613232662d3538393238306366646131330700');
INSERT INTO entry VALUES (4, 2, 3, 2, x'3ce63b18e650df098687de96fa94ef587e2c4ae3ff7be6927bf9239a3a0c757da4775e9cc486e20c552c40428574601ee38f112d607ecec101ddb0786b6fcf09', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a75035820cd716eeb2fa50dc975d24fd039b724a72201ce69c539776f45d0fbb5000fec6cf65004925598e02555bd8dea98c07a1026d5831b000001a1f644658050070707070707070707070707070707070150eb11e2d894b7460888cffa1504138ad6590135856f4a83891c3bac01aa020168c9d9b5d02f6f5080dde7d76acf46ff5126475a21d7221487a8dca3be3bf26510fa5dfba5fef64862c1955a66b497646403150000000801040204155334014204560d5773700200010700000107157829666163742f65373064643662342d613836352d343036662d626333382d66383631643433616461353004747970650261740262790762795f6e616d650762795f726f6c6505616674657206636f6c6f7572087f0007017800f60164c60466c601c6044666726f6d5f7468655f667574757265a0f68db29f3430343932353539382d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657237643337373936652d373638392d346535612d393362612d613134653366643030366332626c75650800');
INSERT INTO document_state VALUES (1, 1, x'63ebbc667908d09c4d367775f372f9ada9425e4fa952be6631a5879cf0d6f9ec', x'856f4a8392ad0ce500b7030110fa5dfba5fef64862c1955a66b49764640163ebbc667908d09c4d367775f372f9ada9425e4fa952be6631a5879cf0d6f9ec060102030213022302400256020a010402041582012102230a34014204561357a2018001027f007f017f0d7f007f007f0700040900000409047329666163742f62353238303133642d646134302d343435352d613461372d3666613333623231616432650f6d6574612f637265617465645f6174096d6574612f6b696e640b6d6574612f736368656d610261740262790762795f6e616d650762795f726f6c65036b6579056c6162656c0670726566697804726f6c6504747970650d007b047f7e010407017f780d7f000c01730064661464c60466c601860896012666860180f882b29f346465766963650180f882b29f3430343932353539382d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657265643439323863363238643163326336656165393033333839303539393536313239353932373361356336336639333633366331343631346163383733376431e8aebee5a48720543154317461626c6574656e726f6c6c65640d0000');
INSERT INTO document_state VALUES (2, 4, x'891c3bac8390cf4d02fba20cb5a68ba2a6b9969ec63698238b9c5e28b3136242', x'856f4a837c48212500da040110fa5dfba5fef64862c1955a66b497646401891c3bac8390cf4d02fba20cb5a68ba2a6b9969ec63698238b9c5e28b31362420701020302130423024004430356020a010402081dbb012102231d3401420456285fd701800102030003017d0d070803007f0002017e000103070007150000070805060e07157dcb4b6ac34010045030914dc822e7f0a2f168beadd3989ee99ec4581f33692d74fb1099ec42565505aff85ca9e825b14b69880229e2005e02c1e03201f55e5c656362b14f29c930c7ec813006f02656c8c521548c3d7b474cc1fc4a6f7b8a01d82182b78240d65608385834a532f5ee7d12a54b69422a7c257dddf7fd36f3dbdee675cad29efdab7cca4407d243de4e79bbce34c94fb66594ee3152914e6f3aca8b6e0f39aded43e6b2755455dadfa71dfe078e651997b5edee1b1c007d0e0770027e7d037e0505017f7a02077f7c03017d7c0c7c03017e027a1c0300190103007964a601661464c6046603c60171860166c60464c60466c6018601c60464c60466c60146f6019dcebb4d4331148061b1090b1cc9ef474b41c31057be3ec7807838b26c2116400444c1045c368820881448300043a408161350476284b47ff3fdebef9b97277595cbd9900b52393a04efd9defa3f33e585d6de0131a141eb11c12105f02e321b381306f5cfc7b459cdb1d5eb21a7741aa91cf0fdbe58f6d7b77efbb959cdfb74fffbfed817cb42b35c2a612bc77459c92ac183d180d23950821c04211268e785633161e0f2ebf96ee78b1023cd2aa14569ad3704d6380f8a74002fc700812b92091933514c7f0f3b3be379a354f2c5504f6848adb6425b1c0002');
INSERT INTO counter VALUES ('KF-1120', 1);
INSERT INTO setting VALUES ('sound', 'on');
INSERT INTO fact_source VALUES (1, x'b528013dda404455a4a76fa33b21ad2e', 1);
INSERT INTO fact_source VALUES (2, x'7d37796e76894e5a93baa14e3fd006c2', 3);
INSERT INTO fact_source VALUES (2, x'e70dd6b4a865406fbc38f861d43ada50', 4);
INSERT INTO fact_source VALUES (2, x'e7421a65d38842e8a22f589280cfda13', 2);
UPDATE meta SET projection_version = 0;
PRAGMA application_id = 1148478059;
PRAGMA user_version = 1;
