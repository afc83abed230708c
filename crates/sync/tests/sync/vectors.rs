//! The committed test vectors of docs/protocol.md (docs/vectors/*.json), made afresh from fixed keys.
//!
//! `DUTYBOOK_WRITE_VECTORS=1 cargo test -p dutybook-sync --test sync vectors` writes them anew. A difference is a change
//! of what goes over the wire: it needs the text in docs/protocol.md, and mostly a new protocol or format number.
//! docs/vectors/check.py is a second reader, written from the text alone.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, Automerge, ObjType, ROOT};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use dutybook_log::{
    AuthorId, Carried, DeviceSecret, DocId, Draft, EntryHash, Frontier, Head, LocalWriter, Opening, Position, Recorded,
    SealedEntry, VolumeId, book_digest, inspect,
};
use dutybook_sync::{
    BundleError, BundleHead, BundleReader, Effect, EnrolAnswer, EnrolAsking, EnrolProblem, Event, Goodbye, GoodbyeCode,
    Session, write_bundle,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::network::Network;
use crate::replica::{Memory, duty, secret, site, standing};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors")
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// Compares with the committed file, or writes it where asked to.
fn committed(name: &str, made: &Value) {
    let path = folder().join(name);
    if std::env::var_os("DUTYBOOK_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&path, format!("{made:#}\n")).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let there: Value = serde_json::from_str(&text).unwrap();
    // Not the texts: the order of members is of no importance.
    assert!(
        there == *made,
        "{name} is not what this program makes. When the wire was changed on purpose: docs/protocol.md, then \
         DUTYBOOK_WRITE_VECTORS=1. Now it would be:\n{made:#}"
    );
}

// ---- the log --------------------------------------------------------------------------------------------------------

/// A device with a writer in a volume.
struct Device {
    secret: DeviceSecret,
    writer: LocalWriter,
}

impl Device {
    fn new(number: u8, nonce: u8, volume: VolumeId) -> Self {
        let secret = DeviceSecret::from_bytes([number; 32]);
        let opening = Opening { volume, device: secret.public(), nonce: [nonce; 16] };
        Self { secret, writer: LocalWriter::open(opening) }
    }

    fn write(&mut self, draft: Draft) -> SealedEntry {
        self.writer.append(draft).unwrap()
    }

    fn head(&self) -> Head {
        self.writer.head(&self.secret).unwrap()
    }

    /// A name that this device may give to a fact.
    fn fact(&self, at_ms: u64, random: [u8; 4]) -> [u8; 16] {
        let mut id = [0; 16];
        id[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
        id[6..10].copy_from_slice(&random);
        (id[6], id[8]) = (id[6] & 0x0f | 0x80, id[8] & 0x3f | 0x80);
        let bound = Sha256::new().chain_update(self.secret.public().0).chain_update(&id[..10]).finalize();
        id[10..].copy_from_slice(&bound[..6]);
        id
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    DocId(bytes).to_string()
}

/// A work order of November 2026: class and month, kind, and a name.
const ORDER: [u8; 16] = [0x12, 0xab, 0xfc, 0x6e, 7, 7, 0x87, 7, 0x87, 7, 7, 7, 7, 7, 7, 7];

fn draft(witness: Option<EntryHash>, wall_ms: i64, change: Vec<u8>) -> Draft {
    let recorded = Recorded { wall_ms, boot: [9; 16], monotonic_ms: 12_345 };
    Draft { author: AuthorId([7; 16]), recorded, witness, doc: DocId(ORDER), change }
}

/// Two changes of one record, the second upon the first.
fn changes(device: &Device) -> [Vec<u8>; 2] {
    let mut doc = Automerge::new().with_actor(ActorId::from([0x51; 16]));
    let mut change = |at_ms: u64, kind: &str, begins: bool| {
        let mut tx = doc.transaction();
        if begins {
            tx.put(ROOT, "meta/kind", "work_order").unwrap();
        }
        let fact = uuid(device.fact(at_ms, [1, 2, 3, 4]));
        let fact = tx.put_object(ROOT, format!("fact/{fact}"), ObjType::Map).unwrap();
        tx.put(&fact, "type", kind).unwrap();
        tx.put(&fact, "at", i64::try_from(at_ms).unwrap()).unwrap();
        tx.put(&fact, "note", "三栋跑水").unwrap();
        tx.commit_with(CommitOptions::default().with_time(0));
        doc.get_last_local_change().unwrap().raw_bytes().to_vec()
    };
    [change(1_793_500_000_000, "reported", true), change(1_793_500_060_000, "accepted", false)]
}

fn entry_vector(what: &str, sealed: &SealedEntry) -> Value {
    let entry = sealed.entry();
    json!({
        "what": what,
        "entry": hex(sealed.bytes()),
        "hash": sealed.hash().to_string(),
        "volume": entry.volume.to_string(),
        "writer": entry.writer.to_string(),
        "seq": entry.seq,
        "prev": entry.prev.to_string(),
        "witness": entry.witness.map(|witness| witness.to_string()),
        "author": uuid(entry.author.0),
        "wall_ms": entry.recorded.wall_ms,
        "boot": hex(entry.recorded.boot),
        "monotonic_ms": entry.recorded.monotonic_ms,
        "doc": uuid(entry.doc.0),
        "change": hex(&entry.change),
    })
}

fn change_vector(change: &[u8]) -> Value {
    let facts = inspect(change).unwrap();
    json!({
        "change": hex(change),
        "hash": facts.hash.to_string(),
        "deps": facts.deps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "ops": facts.ops,
        "seq": facts.seq,
        "start_op": facts.start_op,
    })
}

fn head_vector(head: &Head) -> Value {
    let encoded = head.encode();
    // Everything but the signature, as an array of three.
    let signed = [&[0x83], &encoded[1..encoded.len() - 66]].concat();
    json!({
        "head": hex(&encoded),
        "volume": head.opening.volume.to_string(),
        "device": head.opening.device.to_string(),
        "nonce": hex(head.opening.nonce),
        "genesis": head.opening.genesis().to_string(),
        "writer": head.writer().to_string(),
        "seq": head.position.seq,
        "hash": head.position.hash.to_string(),
        "message": hex(&signed),
        "signed": hex([&15u64.to_be_bytes()[..], b"dutybook/head/1", &signed].concat()),
        "signature": hex(head.signature),
    })
}

fn frontier_vector(frontier: &Frontier) -> Value {
    let writers: Vec<Value> = frontier
        .iter()
        .map(|(writer, position)| json!([writer.to_string(), position.seq, position.hash.to_string()]))
        .collect();
    json!({ "frontier": hex(frontier.encode()), "digest": hex(frontier.digest()), "writers": writers })
}

#[test]
fn the_log() {
    let mut tablet = Device::new(1, 0, duty(11));
    let [reported, accepted] = changes(&tablet);
    let first = tablet.write(draft(None, 1_793_500_000_000, reported.clone()));
    let second = tablet.write(draft(Some(EntryHash([3; 32])), -1, accepted.clone()));
    let head = tablet.head();
    // Somebody else enters the second entry again, with the first device's signature.
    let mut desk = Device::new(2, 1, duty(11));
    let carried = Carried { opening: *tablet.writer.opening(), entry: second.clone(), signature: Some(head.signature) };
    let handed_on = desk.write(carried.draft());
    let in_duty: Frontier =
        [&tablet, &desk].map(|device| (device.writer.writer(), device.writer.position())).into_iter().collect();
    let mut server = Device::new(3, 2, standing());
    let mut of_standing = draft(None, 0, reported.clone());
    of_standing.doc = DocId([0, 0, 5, 5, 5, 5, 0x85, 5, 0x85, 5, 5, 5, 5, 5, 5, 5]);
    server.write(of_standing);
    let in_standing: Frontier = [(server.writer.writer(), server.writer.position())].into_iter().collect();
    let october = duty(10);
    let volumes = [(standing(), &in_standing), (duty(11), &in_duty), (october, &Frontier::new())];
    let book = book_digest(volumes.iter().map(|(volume, frontier)| (volume, *frontier)));
    let context = b"dutybook/example/1";
    let signature = tablet.secret.sign(context, b"message");

    let places = [
        ("demo/standing", [0x00, 0x00]),
        ("demo/duty/1970-01", [0x10, 0x01]),
        ("demo/duty/2026-11", [0x12, 0xab]),
        ("demo/personnel/2026-11", [0x22, 0xab]),
    ];
    let records: Vec<Value> = places
        .iter()
        .map(|(volume, place)| {
            let mut id = ORDER;
            id[..2].copy_from_slice(place);
            assert_eq!(DocId(id).home(site()), Some(volume.parse().unwrap()));
            json!({ "record": uuid(id), "volume": volume })
        })
        .collect();
    let facts = [(1_793_500_000_000, [1, 2, 3, 4]), (0, [0xff; 4])]
        .map(|(at_ms, random)| json!({ "device": tablet.secret.public().to_string(), "at_ms": at_ms, "fact": uuid(tablet.fact(at_ms, random)) }));
    committed(
        "log.json",
        &json!({
            "keys": ([&tablet, &desk, &server]).map(|device| json!({
                "secret": hex(device.secret.to_bytes()), "public": device.secret.public().to_string(),
            })),
            "signature": {
                "key": tablet.secret.public().to_string(),
                "context": "dutybook/example/1",
                "message": hex(b"message"),
                "signed": hex([&18u64.to_be_bytes()[..], context, b"message"].concat()),
                "signature": hex(signature),
            },
            "openings": ([&tablet, &desk, &server]).map(|device| {
                let opening = device.writer.opening();
                json!({
                    "volume": opening.volume.to_string(), "device": opening.device.to_string(),
                    "nonce": hex(opening.nonce), "genesis": opening.genesis().to_string(),
                    "writer": opening.writer().to_string(),
                })
            }),
            "changes": [change_vector(&reported), change_vector(&accepted)],
            "entries": [
                entry_vector("the first of its writer", &first),
                entry_vector("the second, with a witness, by a clock before 1970", &second),
                entry_vector("the second handed on by another device, in the place of a change", &handed_on),
            ],
            "carried": {
                "carried": hex(&handed_on.entry().change),
                "entry": hex(second.bytes()),
                "signature": hex(head.signature),
            },
            "heads": [head_vector(&head), head_vector(&desk.head())],
            "frontiers": [frontier_vector(&in_duty), frontier_vector(&in_standing), frontier_vector(&Frontier::new())],
            "books": [
                {
                    "volumes": volumes.map(|(volume, frontier)| json!([volume.to_string(), hex(frontier.encode())])),
                    "digest": hex(book),
                },
                { "volumes": [], "digest": hex(book_digest(std::iter::empty())) },
            ],
            "records": records,
            "facts": facts,
        }),
    );
}

// ---- conversations --------------------------------------------------------------------------------------------------

fn name_of(frame: &[u8]) -> &'static str {
    match frame[1] {
        0 => "hello",
        1 => "welcome",
        2 => "frontiers",
        3 => "entries",
        4 => "ack",
        5 => "goodbye",
        _ => panic!("a message of another type"),
    }
}

fn held_vector(replica: &Memory) -> Value {
    let held: Vec<Value> = replica
        .frontiers()
        .iter()
        .filter(|(_, frontier)| !frontier.is_empty())
        .map(|(volume, frontier)| json!([volume.to_string(), hex(frontier.encode())]))
        .collect();
    json!({ "frontiers": held, "book": hex(book_digest(replica.frontiers().iter())) })
}

fn log_vector(replica: &Memory, after: u64) -> Value {
    let log = replica.log_after(after).into_iter();
    log.map(|(entry, head)| json!([hex(entry.bytes()), head.map(|head| hex(head.encode()))])).collect()
}

const SIDES: [&str; 2] = ["dialling", "answering"];

/// A whole conversation of a dialling device and an answering server, with everything that a reader needs to follow it.
/// `later` is what happens once both agree: the dialling device writes `later` commits, then the server ends it.
fn conversation(network: &mut Network, later: usize) -> Value {
    let side = |number: u8, replica: &Memory| {
        json!({
            "secret": hex(secret(number).to_bytes()),
            "public": secret(number).public().to_string(),
            "log": log_vector(replica, 0),
            "before": held_vector(replica),
            "refuses": replica.refuses.iter().map(|doc| uuid(doc.0)).collect::<Vec<_>>(),
        })
    };
    let mut sides = [side(0, &network.replicas[0]), side(1, &network.replicas[1])];
    network.record = true;
    network.sent.clear();
    let connection = network.connect(0, 1);
    network.settle();
    let (frames_before, arrival) = (network.sent.len(), network.replicas[0].arrival());
    for _ in 0..later {
        network.replicas[0].commit(duty(11), 1, 20);
        network.committed(0);
        network.settle();
    }
    sides[0]["later"] = json!({ "after_frames": frames_before, "log": log_vector(&network.replicas[0], arrival) });
    if later > 0 {
        let text = "the server is being stopped; the device connects again by itself";
        network.event(connection, 1, Event::End(Goodbye::new(GoodbyeCode::ShuttingDown, text)));
        network.settle();
    }
    let frames: Vec<Value> = network
        .sent
        .iter()
        .map(|(_, side, frame)| json!({ "from": SIDES[*side], "message": name_of(frame), "frame": hex(frame) }))
        .collect();
    for (side, replica) in sides.iter_mut().zip(&network.replicas) {
        side["after"] = held_vector(replica);
    }
    let [dialling, answering] = sides;
    json!({
        "site": site().to_string(),
        "challenge": hex([network.challenges; 32]),
        "dialling": dialling,
        "answering": answering,
        "frames": frames,
    })
}

/// Both have something for the other, one entry is refused, something is written while the connection stands, and the
/// server ends it: every message there is.
fn recorded_meeting() -> Value {
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 2, 20);
    network.replicas[1].commit(standing(), 1, 20);
    let poison = network.replicas[0].commit(standing(), 1, 20);
    network.replicas[1].refuses.insert(poison);
    conversation(&mut network, 1)
}

#[test]
fn a_conversation() {
    let made = recorded_meeting();
    let kinds: std::collections::BTreeSet<&str> =
        made["frames"].as_array().unwrap().iter().map(|frame| frame["message"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 6, "every kind of message: {kinds:?}");
    committed("conversation.json", &made);
}

#[test]
fn a_reconnect_with_nothing_new() {
    let mut network = Network::new(2);
    network.replicas[0].commit(duty(11), 2, 20);
    network.connect(0, 1);
    network.settle();
    network.cut(0);
    let made = conversation(&mut network, 0);
    assert_eq!(made["frames"].as_array().unwrap().len(), 2, "one round trip");
    committed("reconnect.json", &made);
}

/// What was recorded, said again to the code of today: nobody breaks off, and everything arrives that arrived then.
fn replay(recorded: &Value) {
    let bytes = |value: &Value| HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
    let log = |value: &Value| -> Vec<(SealedEntry, Option<Head>)> {
        let pairs = value.as_array().unwrap().iter();
        let head = |value: &Value| value.is_string().then(|| Head::decode(&bytes(value)).unwrap());
        pairs.map(|pair| (SealedEntry::parse(bytes(&pair[0])).unwrap(), head(&pair[1]))).collect()
    };
    let challenge: [u8; 32] = bytes(&recorded["challenge"]).try_into().unwrap();
    let frames: Vec<(&str, Bytes)> = recorded["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| (frame["from"].as_str().unwrap(), Bytes::from(bytes(&frame["frame"]))))
        .collect();
    let ends = name_of(&frames.last().unwrap().1) == "goodbye";
    for (number, side) in SIDES.into_iter().enumerate() {
        let of_side = &recorded[side];
        let mut replica = Memory::new(number as u8, 2);
        assert_eq!(hex(replica.secret.to_bytes()), of_side["secret"].as_str().unwrap());
        for (entry, head) in log(&of_side["log"]) {
            replica.push(entry, head);
        }
        for doc in of_side["refuses"].as_array().unwrap() {
            replica.refuses.insert(doc.as_str().unwrap().parse().unwrap());
        }
        let mut session = match side {
            "dialling" => replica.dial(secret(1).public(), challenge),
            _ => Session::answer(replica.replica(), challenge),
        };
        let mut closed = None;
        let mut events = VecDeque::from([Event::Opened]);
        for (at, (from, frame)) in frames.iter().enumerate() {
            if of_side["later"]["after_frames"] == at {
                for (entry, head) in log(&of_side["later"]["log"]) {
                    replica.push(entry, head);
                }
                events.push_back(Event::Committed { arrival: replica.arrival() });
            }
            if *from != side {
                events.push_back(Event::Received(frame.clone()));
            }
            while let Some(event) = events.pop_front() {
                for effect in session.handle(event) {
                    match effect {
                        Effect::Authorise { device, scope } => events.push_back(replica.authorise(&device, &scope)),
                        Effect::Store(batch) => {
                            events.push_back(Event::Stored(replica.ingest(&batch)));
                            events.push_back(Event::Committed { arrival: replica.arrival() });
                        }
                        Effect::ReadLog(request) => events.push_back(Event::LogRead(replica.read(&request))),
                        Effect::Close { goodbye, by_peer } => closed = Some((goodbye.code, by_peer)),
                        _ => {}
                    }
                }
            }
        }
        let expected = (ends && side == "dialling").then_some((GoodbyeCode::ShuttingDown, true));
        assert_eq!(closed, expected, "the {side} side");
        assert_eq!(held_vector(&replica), of_side["after"], "the {side} side");
    }
}

#[test]
fn what_was_said_in_every_released_version_is_understood_today() {
    replay(&recorded_meeting());
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/frozen");
    let mut versions = 0;
    for version in std::fs::read_dir(frozen).unwrap() {
        let path = version.unwrap().path().join("conversation.json");
        replay(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
        versions += 1;
    }
    assert!(versions > 0, "0.1.0 is there");
}

// ---- a bundle, enrolment --------------------------------------------------------------------------------------------

#[test]
fn a_bundle() {
    let mut from = Memory::new(0, 2);
    from.commit(duty(11), 2, 20);
    from.commit(standing(), 1, 20);
    let head = BundleHead {
        site: site(),
        device: from.key(),
        label: "一号平板".into(),
        written_ms: 1_793_500_000_000,
        held: from.frontiers().clone().into_iter().collect(),
    };
    let mut file = Vec::new();
    let count = write_bundle::<BundleError>(&mut file, &head, &[], |asked| Ok(from.read(asked))).unwrap();
    // As a later version may write it: one frame more, of a type that nobody knows yet, before the last.
    let record =
        |frame: &[u8]| [&u32::try_from(frame.len()).unwrap().to_be_bytes()[..], &Sha256::digest(frame), frame].concat();
    let end = file.len() - record(&[0x83, 0x18, 0x41, 1, 3]).len();
    let later = [&file[..end], &record(b"\x82\x18\x50\x65later"), &file[end..]].concat();
    let mut reader = BundleReader::open(later.as_slice()).unwrap();
    while reader.next_batch().unwrap().is_some() {}
    assert_eq!(reader.count(), count);
    committed(
        "bundle.json",
        &json!({
            "bundle": hex(&file),
            "with_an_unknown_frame": hex(&later),
            "site": site().to_string(),
            "device": from.key().to_string(),
            "label": "一号平板",
            "written_ms": 1_793_500_000_000_i64,
            "frames": count.frames,
            "entries": count.entries,
            "held": held_vector(&from),
        }),
    );
}

#[test]
fn enrolment() {
    let device = DeviceSecret::from_bytes([1; 32]).public().to_string();
    let server = DeviceSecret::from_bytes([3; 32]).public().to_string();
    // Name space and names of the record that every replica knows the device by: docs/protocol.md, records.
    let asking = EnrolAsking { token: "ABCDE-FGHIJ-KLMNO-PQRST".into(), device_key: device, name: "巡逻1".into() };
    let answer = EnrolAnswer {
        site: "demo".into(),
        site_name: "示范小区".into(),
        server_key: server,
        device_id: "00000ff7-c2b8-5bd8-a3ef-6f4b1210a66f".into(),
        prefix: "T1".into(),
        role: "tablet".into(),
        name: "巡逻1".into(),
    };
    let problem = EnrolProblem {
        code: "bad_token".into(),
        message: "令牌无效、已使用或已过期,请在服务器上重新生成。The token is unknown, used or expired; make a new one on the \
                  server."
            .into(),
    };
    let token_hash = Sha256::new().chain_update(b"dutybook/token/1").chain_update(b"ABCDEFGHIJKLMNOPQRST").finalize();
    committed(
        "enrolment.json",
        &json!({
            "request": asking, "status": 200, "answer": answer,
            "refused": { "status": 403, "answer": problem },
            "token_hash": hex(token_hash),
        }),
    );
    // Members of a later version are skipped, and only what is needed has to be there.
    let mut later = serde_json::to_value(&answer).unwrap();
    later["certificate"] = json!("…");
    assert_eq!(EnrolAnswer::read(later.to_string().as_bytes()).unwrap(), answer);
    assert_eq!(EnrolAsking::read(br#"{"token":"x","device_key":"y","colour":1}"#).unwrap().name, "");
    assert!(EnrolAsking::read(b"{}").is_err() && EnrolAsking::read(&[b' '; 20_000]).is_err());
}

// ---- what must be refused -------------------------------------------------------------------------------------------

#[test]
fn what_is_refused() {
    let mut tablet = Device::new(1, 0, duty(11));
    let [reported, _] = changes(&tablet);
    let entry = tablet.write(draft(None, 1_793_500_000_000, reported.clone())).into_bytes();
    let head = tablet.head().encode();
    let position = |seq: u8| [&[0x82, seq, 0x58, 32][..], &[9; 32]].concat();
    let writer = |n: u8| [&[0x50][..], &[n; 16]].concat();
    // Where the number stands: behind the array, the version, the volume (17 letters) and the writer.
    let seq_at = 2 + 18 + 17;
    assert_eq!(entry[seq_at], 1);
    let mut seq_zero = entry.clone();
    seq_zero[seq_at] = 0;
    let with_seq = |written: &[u8]| [&entry[..seq_at], written, &entry[seq_at + 1..]].concat();
    let mut later = entry.clone();
    later[1] = 2;
    let mut bad_signature = head.clone();
    *bad_signature.last_mut().unwrap() ^= 1;
    let mut above_order = head.clone();
    add_group_order(&mut above_order);
    let checksummed = |mut chunk: Vec<u8>| {
        let hash = Sha256::digest(&chunk[8..]);
        chunk[4..8].copy_from_slice(&hash[..4]);
        chunk
    };
    let of_type = |chunk_type: u8| {
        let mut chunk = reported.clone();
        chunk[8] = chunk_type;
        checksummed(chunk)
    };
    let (document, deflated) = (of_type(0), of_type(2));
    let mut damaged = reported.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let entries: Vec<(&str, Vec<u8>)> = vec![
        ("cut off", entry[..entry.len() - 1].to_vec()),
        ("a byte behind the end", [&entry[..], &[0]].concat()),
        ("a number that is not written in the shortest way", with_seq(&[0x18, 1])),
        ("number 0", seq_zero),
        ("an array of indefinite length", [&[0x9f], &entry[1..], &[0xff]].concat()),
        ("a later format", later),
        ("an element too many", [&[0x8b], &entry[1..], &[0xf6]].concat()),
        ("no such volume", [&entry[..3], b"demo/dirt", &entry[12..]].concat()),
        ("nothing", vec![]),
    ];
    let heads: Vec<(&str, Vec<u8>)> = vec![
        ("cut off", head[..head.len() - 1].to_vec()),
        ("a byte behind the end", [&head[..], &[0]].concat()),
        ("a later format", [&[0x84, 2], &head[2..]].concat()),
        ("the signature of something else", bad_signature),
        ("a signature whose second half is not below the order of the group", above_order),
    ];
    let frontiers: Vec<(&str, Vec<u8>)> = vec![
        ("writers out of order", [&[0xa2][..], &writer(2), &position(1), &writer(1), &position(1)].concat()),
        ("a writer twice", [&[0xa2][..], &writer(1), &position(1), &writer(1), &position(2)].concat()),
        ("number 0", [&[0xa1][..], &writer(1), &position(0)].concat()),
        ("of indefinite length", [&[0xbf][..], &writer(1), &position(1), &[0xff]].concat()),
        ("more promised than there is", [&[0xa2][..], &writer(1), &position(1)].concat()),
    ];
    let changes: Vec<(&str, Vec<u8>)> = vec![
        ("a checksum that does not fit", damaged),
        ("a document", document),
        ("a compressed change", deflated),
        ("a hundred bytes that would be ten million operations", bomb(10_000_000)),
        ("one operation more than allowed", bomb(5_001)),
        ("cut off", reported[..reported.len() - 1].to_vec()),
        ("a byte behind the end", [&reported[..], &[0]].concat()),
        ("something else", b"not a change".to_vec()),
    ];
    let frames: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "malformed"),
        ("no array", vec![0x05], "malformed"),
        ("no type", vec![0x80], "malformed"),
        ("another protocol", vec![0x83, 0, 2, 0xf6], "wrong-protocol"),
        ("a hello without anything", vec![0x82, 0, 1], "malformed"),
        ("an array of indefinite length", vec![0x9f, 2, 0x80, 0xff], "malformed"),
        ("very many entries, of which none comes", [&[0x82, 3, 0x9b][..], &[0x7f; 8]].concat(), "malformed"),
        ("a byte behind the end", vec![0x82, 2, 0x80, 0], "malformed"),
        (
            "a volume twice in a message of entries",
            [&[0x82, 3, 0x82][..], &part("demo/standing"), &part("demo/standing")].concat(),
            "malformed",
        ),
        ("frontiers before the hello", vec![0x82, 2, 0x80], "malformed"),
    ];
    for (what, bytes) in &entries {
        assert!(SealedEntry::parse(bytes.as_slice()).is_err(), "entry: {what}");
    }
    for (what, bytes) in &heads {
        assert!(Head::decode(bytes).is_err() || Head::decode(bytes).unwrap().verify().is_err(), "head: {what}");
    }
    for (what, bytes) in &frontiers {
        assert!(Frontier::decode(bytes).is_err(), "frontier: {what}");
    }
    for (what, bytes) in &changes {
        assert!(inspect(bytes).is_err(), "change: {what}");
    }
    for (what, bytes, code) in &frames {
        assert_eq!(answer_to(bytes), Some((*code).to_owned()), "frame: {what}");
    }
    // And what a later version may say, and is skipped.
    let skipped: Vec<(&str, Vec<u8>)> = vec![
        ("a message of an unknown type", b"\x82\x18\x63\x65later".to_vec()),
        ("an unknown type alone", vec![0x81, 0x18, 0x63]),
        ("a goodbye with an unknown code and a further element", b"\x84\x05\x6amoved-away\x63why\xa1\x01\x02".to_vec()),
    ];
    for (what, bytes) in &skipped {
        let told = answer_to(bytes);
        assert!(told.is_none() || told.as_deref() == Some("moved-away"), "{what}: {told:?}");
    }
    let plain = |list: &[(&str, Vec<u8>)]| -> Vec<Value> {
        list.iter().map(|(what, bytes)| json!({ "what": what, "bytes": hex(bytes) })).collect()
    };
    committed(
        "refused.json",
        &json!({
            "entries": plain(&entries),
            "heads": plain(&heads),
            "frontiers": plain(&frontiers),
            "changes": changes.iter().map(|(what, bytes)| json!({
                "what": what, "bytes": hex(bytes), "code": inspect(bytes).unwrap_err().code(),
            })).collect::<Vec<_>>(),
            "frames": frames.iter().map(|(what, bytes, code)| json!({
                "what": what, "bytes": hex(bytes), "code": code,
            })).collect::<Vec<_>>(),
            "skipped": plain(&skipped),
        }),
    );
}

/// What an answering side that has heard nothing yet says to these bytes.
fn answer_to(bytes: &[u8]) -> Option<String> {
    let mut session = Session::answer(Memory::new(1, 2).replica(), [1; 32]);
    session.handle(Event::Opened);
    session.handle(Event::Received(Bytes::copy_from_slice(bytes))).into_iter().find_map(|effect| match effect {
        Effect::Close { goodbye, .. } => Some(goodbye.code.as_str().to_owned()),
        _ => None,
    })
}

/// A part of a message of entries, with nothing in it.
fn part(volume: &str) -> Vec<u8> {
    [&[0x83, 0x60 + u8::try_from(volume.len()).unwrap()], volume.as_bytes(), &[0x80, 0x80]].concat()
}

/// Adds the order of Ed25519's group to the second half of a signature: the same to a verifier that is not strict.
fn add_group_order(head: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let at = head.len() - 32;
    let mut carry = 0;
    for (byte, add) in head[at..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

/// `rows` times "set key k to null", in a handful of bytes: what run-length columns allow.
fn bomb(rows: i64) -> Vec<u8> {
    fn uleb(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = value.to_le_bytes()[0] & 0x7f;
            value >>= 7;
            if value == 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }
    // A signed number whose sixth bit of the last byte is not set.
    let positive = |value: i64| {
        let mut bytes = uleb(value as u64);
        if bytes.last().is_some_and(|last| last & 0x40 != 0) {
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
        }
        bytes
    };
    let run = |value: &[u8]| [positive(rows), value.to_vec()].concat();
    let columns: [(u8, Vec<u8>); 5] =
        [(0x15, run(&[1, b'k'])), (0x34, uleb(rows as u64)), (0x42, run(&[1])), (0x56, run(&[0])), (0x70, run(&[0]))];
    let mut body = vec![0, 16];
    body.extend([1; 16]);
    body.extend([1, 1, 0, 0, 0, 5]);
    for (specification, data) in &columns {
        body.extend(uleb(u64::from(*specification)));
        body.extend(uleb(data.len() as u64));
    }
    body.extend(columns.iter().flat_map(|(_, data)| data));
    let hashed = [vec![1], uleb(body.len() as u64), body].concat();
    [&[0x85, 0x6f, 0x4a, 0x83], &Sha256::digest(&hashed)[..4], &hashed].concat()
}

/// What a position is at the start of a writer: it never stands in a frontier.
#[test]
fn nothing_is_held_of_a_writer_that_has_not_begun() {
    let device = Device::new(1, 0, duty(11));
    let start: Position = device.writer.position();
    assert_eq!((start.seq, start.hash), (0, device.writer.opening().genesis()));
}

// ---- a second reader ------------------------------------------------------------------------------------------------

/// The verifier written from docs/protocol.md alone comes to the same opinion about every committed vector.
#[test]
fn a_reader_written_from_the_text_alone_agrees() {
    let python = ["python3", "python"].into_iter().find(|name| {
        let version = Command::new(name).args(["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]).status();
        version.is_ok_and(|status| status.success())
    });
    let Some(python) = python else {
        eprintln!("skipped: there is no Python 3.8 or newer on this machine, so docs/vectors/check.py was not run");
        return;
    };
    let said = Command::new(python).arg(folder().join("check.py")).output().unwrap();
    let (out, complaint) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{complaint}");
    assert!(out.contains("all hold"), "{out}{complaint}");
}
