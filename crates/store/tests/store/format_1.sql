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
INSERT INTO writer VALUES (1, 1, x'b73647011553efb54ba81314276e702a', x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1', x'4259a88598d7b50f70197de799e16b21', 1, x'a890f7e2d97dcebb72b28df217e24eb6d5ebae57c70a99e23ff58fdb8ce9599e', x'aa70df2b5faaec89cba4d7c53919eb1f', '2026');
INSERT INTO writer VALUES (2, 2, x'2415b3b3884eddc0e72694276d562a75', x'6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1', x'42bf5fd67b3d7b84bc908c60d66c6d3c', 3, x'b75551e1b10193102b48a40b53ae5d965fd1c86aae3a45a913920e94d4523b3b', x'aa70df2b5faaec89cba4d7c53919eb1f', '2026-11');
INSERT INTO document VALUES (1, x'00000ff741495e50b43b487e7db3608e', 1);
INSERT INTO document VALUES (2, x'12abfc6e3b218d2eab11e2d894b76608', 2);
INSERT INTO entry VALUES (1, 1, 1, 1, x'7720447f2d486fa87a2f17454bae6fcfc7bc74375040205ffb1822913a7e1acf13bd20358e9dc12269258447a0f18df99df99dd70999724f1f9c548f24a68208', x'8a016d64656d6f2f7374616e64696e6750b73647011553efb54ba81314276e702a015820b73647011553efb54ba81314276e702a260ba9fd2e66358d8ef55d77511c876ff6500000335ce02555bd8dea98c07a1026d5831b000001a1f641a6605007070707070707070707070707070707015000000ff741495e50b43b487e7db3608e59017d856f4a83491df4c301f2020010fa5dfba5fef64862c1955a66b49764640101000000080104020415820134014206561357a2017002000409000004090473096d6574612f6b696e640b6d6574612f736368656d610f6d6574612f637265617465645f617429666163742f30316131663634302d626330302d383532382d383133642d30353838356433326662646404747970650261740262790762795f6e616d650762795f726f6c65036b6579056c6162656c0670726566697804726f6c650d03017f0009017366146400860164c60466c6018608960126666465766963650180f882b29f34656e726f6c6c656480f882b29f3430303030333335632d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657265643439323863363238643163326336656165393033333839303539393536313239353932373361356336336639333633366331343631346163383733376431e8aebee5a48720543154317461626c65740d00');
INSERT INTO entry VALUES (2, 2, 1, 2, x'77696ed0d20e4da2bc25fc7c1f190e1c3ad08c7314f78569335a7d3763f37401e3500747c777077841943123fa0e279a8bd24264642822f998993b7f8d6f1c06', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a750158202415b3b3884eddc0e72694276d562a7598ec65fec6fa4d82156cc6475ed66dfbf6500000335ce02555bd8dea98c07a1026d5831b000001a1f64290c05007070707070707070707070707070707015012abfc6e3b218d2eab11e2d894b7660859015c856f4a83317a881601d1020010fa5dfba5fef64862c1955a66b497646401010000000801040204158c0134014206561257797002000508000005080573096d6574612f6b696e640b6d6574612f736368656d610f6d6574612f637265617465645f61740b6d6574612f6e756d62657229666163742f30316131663634312d613636302d383666382d616663622d61303432663865363833393304747970650261740262790762795f6e616d650762795f726f6c6505706c616365057469746c6507757267656e63790d04017f00080177a60114646600860164c6046603c6017f66776f726b5f6f7264657201e0cc86b29f344b462d3239367265706f72746564e0cc86b29f3430303030333335632d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f666669636572423120e6b0b4e6b3b5e688bfe4b889e6a08be8b791e6b0b4757267656e740d00');
INSERT INTO entry VALUES (3, 2, 2, 2, x'd5c6433d6afd455f7ad0753c67bee103c39fa8839e138bf33793658a174c243198e427f840793b38e1e1c54fee5e9bd7b51dc8af556bddf69646e3c285a03d03', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a7502582064966412ba470a8cd7805a01cf788a7f6e11a30801705dc91f8a156505cb4ff8f6500000335ce02555bd8dea98c07a1026d5831b000001a1f6437b205007070707070707070707070707070707015012abfc6e3b218d2eab11e2d894b76608590122856f4a83adc179c901970201317a88160938554d9d4a647d8e8a0e2e48d3f746adaf3a080470476c5230ed7910fa5dfba5fef64862c1955a66b4976464020e0000000801040204154c34014204560c57687002000106000001060e7929666163742f30316131663634322d393063302d383734322d396136352d32393965643737336234613204747970650261740262790762795f6e616d650762795f726f6c65056166746572077f0006017900860164c60466c601c6046163636570746564c0a18ab29f3430303030333335632d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657230316131663634312d613636302d383666382d616663622d6130343266386536383339330700');
INSERT INTO entry VALUES (4, 2, 3, 2, x'db62668486153d8095ef9868b8ab68a5bf5bd3f7fa017f6568397828e3da6289e4903cf286348715ffeff1cac0ab934459053d6d3ede0eadbb72f65186a5f508', x'8a017164656d6f2f647574792f323032362d3131502415b3b3884eddc0e72694276d562a750358201f0e2e59e87b4da247706a5c4ea7d181751d4919bd244808b57915fcd9b9da1ff6500000335ce02555bd8dea98c07a1026d5831b000001a1f64465805007070707070707070707070707070707015012abfc6e3b218d2eab11e2d894b76608590135856f4a8385ea605001aa0201adc179c953977bff0981e37824c1d1d77df0417f94c9220fbe5930544160797210fa5dfba5fef64862c1955a66b497646403150000000801040204155334014204560d5773700200010700000107157829666163742f30316131663634332d376232302d383232662d393839322d62313532616433303031326104747970650261740262790762795f6e616d650762795f726f6c6505616674657206636f6c6f7572087f0007017800f60164c60466c601c6044666726f6d5f7468655f667574757265a0f68db29f3430303030333335632d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657230316131663634322d393063302d383734322d396136352d323939656437373362346132626c75650800');
INSERT INTO document_state VALUES (1, 1, x'491df4c343a2a317da59359224e4fe92faebd8903dc092dea7483d4b1c2a91fe', x'856f4a83f3c838bc00b7030110fa5dfba5fef64862c1955a66b497646401491df4c343a2a317da59359224e4fe92faebd8903dc092dea7483d4b1c2a91fe060102030213022302400256020a010402041582012102230a34014204561357a2018001027f007f017f0d7f007f007f0700040900000409047329666163742f30316131663634302d626330302d383532382d383133642d3035383835643332666264640f6d6574612f637265617465645f6174096d6574612f6b696e640b6d6574612f736368656d610261740262790762795f6e616d650762795f726f6c65036b6579056c6162656c0670726566697804726f6c6504747970650d007b047f7e010407017f780d7f000c01730064661464c60466c601860896012666860180f882b29f346465766963650180f882b29f3430303030333335632d653032352d353562642d386465612d393863303761313032366435e5bca0e4b889647574795f6f66666963657265643439323863363238643163326336656165393033333839303539393536313239353932373361356336336639333633366331343631346163383733376431e8aebee5a48720543154317461626c6574656e726f6c6c65640d0000');
INSERT INTO document_state VALUES (2, 4, x'85ea605029ac370166c294d6c97dc3eed559cf10ec12d1979d8bfbd4963f8080', x'856f4a8305852c5000d3040110fa5dfba5fef64862c1955a66b49764640185ea605029ac370166c294d6c97dc3eed559cf10ec12d1979d8bfbd4963f80800701020302130423024004430356020a010402081db4012102231c3401420456285fd801800102030003017d0d070803007f0002017e000103070007150000070805060e07157dcbcb6ac330108561087543e9a2cfd1c51069e4c8d2d3842369d486fa12d4f1c26f5fe2ae02a5abf907be53de2bb29e8c85adbeb704ef0d055f03a1e644303dd7203eb8e81e245334d95018ee057f268e51ca30b8d4831fa4a321b1a1c05c2986c894ec99519c3196f13689e2949b40a55ca02ffbff759dcbeb5ef33a2569bffd9d3f65c2017a48db316d971993dc6f5b46e96e23b2747ad5519e74bbc9716d1f32e7ad4355697f8f76f81f78cecbb8ac6d773f1c00780509076e7e037e0505017f7a02077f7c03017d7c0c7c03017e027a1c0300190103007964a601661464c6046603c60171860166c60464c60466c6018601c60464c60466c60146f6019d8ebd4d03311840c52659e0933edb679fdd52d030c4c9677f06c48f23cb16ca0211015164825c368820881448300043a40816135047202648f7f49af7b69fd3a745731bd3651793a7747a02dca8a3ed9f464414423a20e412a4ec3d684f168c76d85a865c79f9f536ec36335ff2a48b215c384ac76c5457ebfafc52efde779b591d1ebe5fe775b54e348e29932fe98c6e3232cb826a1858a510b40a1a6c703d586c78d0a4b430e263797ff085758ec699fc7f87834187a0db5fb24a0237867cdb8abeb17cf8793cb8d35f150a295e77f99cba507249b4071c0002');
INSERT INTO counter VALUES ('KF-1120', 1);
INSERT INTO setting VALUES ('sound', 'on');
INSERT INTO fact_source VALUES (1, x'01a1f640bc008528813d05885d32fbdd', 1);
INSERT INTO fact_source VALUES (2, x'01a1f641a66086f8afcba042f8e68393', 2);
INSERT INTO fact_source VALUES (2, x'01a1f64290c087429a65299ed773b4a2', 3);
INSERT INTO fact_source VALUES (2, x'01a1f6437b20822f9892b152ad30012a', 4);
UPDATE meta SET projection_version = 0;
PRAGMA application_id = 1148478059;
PRAGMA user_version = 1;
