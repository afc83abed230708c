//! Devices that write real entries, and hand-made change chunks.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ROOT, ScalarValue};
use dutybook_log::{
    AuthorId, Class, DeviceSecret, DocId, Draft, Entry, EntryHash, Head, LocalWriter, Opening, Recorded, SealedEntry,
    VolumeId,
};
use sha2::{Digest, Sha256};

pub(crate) fn volume() -> VolumeId {
    "demo/duty/2026-11".parse().unwrap()
}

/// A record that lives in [`volume`].
pub(crate) fn doc_id(n: u8) -> DocId {
    doc_in(&volume(), n)
}

/// A record that lives in this volume.
pub(crate) fn doc_in(volume: &VolumeId, n: u8) -> DocId {
    let class: u16 = match volume.class {
        Class::Standing => 0,
        Class::Duty => 1,
        Class::Personnel => 2,
    };
    let months = volume.month.map_or(0, |month| (month.year() - 1970) * 12 + u16::from(month.month()));
    let mut id = [n; 16];
    id[..2].copy_from_slice(&(class << 12 | months).to_be_bytes());
    DocId(id)
}

/// A device with its writer.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub secret: DeviceSecret,
    pub writer: LocalWriter,
}

impl Device {
    pub(crate) fn new(n: u8) -> Self {
        Self::in_volume(n, 0, volume())
    }

    pub(crate) fn in_volume(n: u8, nonce: u8, volume: VolumeId) -> Self {
        let secret = DeviceSecret::from_bytes([n; 32]);
        let opening = Opening { volume, device: secret.public(), nonce: [nonce; 16] };
        Self { secret, writer: LocalWriter::open(opening) }
    }

    pub(crate) fn write(&mut self, doc: DocId, change: Vec<u8>) -> SealedEntry {
        self.writer.append(draft(doc, change)).unwrap()
    }

    pub(crate) fn head(&self) -> Head {
        self.writer.head(&self.secret).unwrap()
    }

    /// `count` entries, each with a document of its own.
    pub(crate) fn write_many(&mut self, count: u8) -> Vec<SealedEntry> {
        let volume = self.writer.opening().volume;
        (0..count).map(|n| self.write(doc_in(&volume, n), one_change(n))).collect()
    }
}

pub(crate) fn draft(doc: DocId, change: Vec<u8>) -> Draft {
    Draft {
        author: AuthorId([7; 16]),
        recorded: Recorded { wall_ms: 1_793_500_000_000, boot: [9; 16], monotonic_ms: 12_345 },
        witness: Some(EntryHash([3; 32])),
        doc,
        change,
    }
}

/// The bytes of any entry, also of one that no `LocalWriter` would write.
pub(crate) fn encode_entry(entry: &Entry) -> Vec<u8> {
    minicbor::to_vec(entry).unwrap()
}

pub(crate) fn entry_of(opening: &Opening, seq: u64, prev: EntryHash, doc: DocId, change: Vec<u8>) -> SealedEntry {
    let draft = draft(doc, change);
    let entry = Entry {
        volume: opening.volume,
        writer: opening.writer(),
        seq,
        prev,
        witness: draft.witness,
        author: draft.author,
        recorded: draft.recorded,
        doc: draft.doc,
        change: draft.change,
    };
    SealedEntry::parse(encode_entry(&entry)).unwrap()
}

/// An action on a record, as the product does it: a fact under a key of its own.
pub(crate) fn add_fact(doc: &mut Automerge, key: &str, text: &str) -> Vec<u8> {
    let mut transaction = doc.transaction();
    let fact = transaction.put_object(ROOT, key, automerge::ObjType::Map).unwrap();
    transaction.put(&fact, "type", "scanned").unwrap();
    transaction.put(&fact, "at", ScalarValue::Timestamp(1_793_500_000_000)).unwrap();
    transaction.put(&fact, "note", text).unwrap();
    transaction.commit_with(CommitOptions::default().with_time(0));
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

pub(crate) fn document(actor: u8) -> Automerge {
    Automerge::new().with_actor(ActorId::from([actor; 16]))
}

/// The first change of a new document.
pub(crate) fn one_change(n: u8) -> Vec<u8> {
    add_fact(&mut document(n), "fact/1", "an ordinary note")
}

/// Appends a number the way Automerge writes it.
pub(crate) fn uleb(bytes: &mut Vec<u8>, mut n: u64) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        bytes.push(if n == 0 { low } else { low | 0x80 });
        if n == 0 {
            return;
        }
    }
}

pub(crate) fn sleb(bytes: &mut Vec<u8>, mut n: i64) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        let done = (n == 0 && low & 0x40 == 0) || (n == -1 && low & 0x40 != 0);
        bytes.push(if done { low } else { low | 0x80 });
        if done {
            return;
        }
    }
}

/// Puts a header with a right checksum before a body.
pub(crate) fn chunk(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![chunk_type];
    uleb(&mut hashed, body.len() as u64);
    hashed.extend_from_slice(body);
    let hash = Sha256::digest(&hashed);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend_from_slice(&hash[..4]);
    bytes.extend_from_slice(&hashed);
    bytes
}

/// Makes the checksum right again after the content was changed.
pub(crate) fn fix_checksum(chunk: &mut [u8]) {
    if chunk.len() > 8 {
        let hash = Sha256::digest(&chunk[8..]);
        chunk[4..8].copy_from_slice(&hash[..4]);
    }
}

/// A change put together by hand, field by field.
#[derive(Debug, Clone)]
pub(crate) struct RawChange {
    pub deps: Vec<[u8; 32]>,
    pub actor: Vec<u8>,
    pub seq: u64,
    pub start_op: u64,
    pub message: Vec<u8>,
    pub others: Vec<Vec<u8>>,
    pub columns: Vec<(u32, Vec<u8>)>,
    pub extra: Vec<u8>,
}

impl Default for RawChange {
    fn default() -> Self {
        Self::sets(1)
    }
}

impl RawChange {
    /// `n` times "set key k of the root map to null", in a handful of bytes.
    pub(crate) fn sets(n: i64) -> Self {
        let run = |value: &[u8]| {
            let mut column = Vec::new();
            sleb(&mut column, n);
            column.extend_from_slice(value);
            column
        };
        let mut insert = Vec::new();
        uleb(&mut insert, n as u64);
        Self {
            deps: vec![],
            actor: vec![1; 16],
            seq: 1,
            start_op: 1,
            message: vec![],
            others: vec![],
            columns: vec![
                (0x15, run(&[1, b'k'])),
                (0x34, insert),
                (0x42, run(&[1])),
                (0x56, run(&[0])),
                (0x70, run(&[0])),
            ],
            extra: vec![],
        }
    }

    pub(crate) fn column(mut self, specification: u32, data: &[u8]) -> Self {
        self.columns.retain(|(c, _)| *c != specification);
        if !data.is_empty() {
            self.columns.push((specification, data.to_vec()));
        }
        self.columns.sort();
        self
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut b = Vec::new();
        uleb(&mut b, self.deps.len() as u64);
        b.extend(self.deps.concat());
        uleb(&mut b, self.actor.len() as u64);
        b.extend(&self.actor);
        uleb(&mut b, self.seq);
        uleb(&mut b, self.start_op);
        sleb(&mut b, 0);
        uleb(&mut b, self.message.len() as u64);
        b.extend(&self.message);
        uleb(&mut b, self.others.len() as u64);
        for other in &self.others {
            uleb(&mut b, other.len() as u64);
            b.extend(other);
        }
        uleb(&mut b, self.columns.len() as u64);
        for (specification, data) in &self.columns {
            uleb(&mut b, u64::from(*specification));
            uleb(&mut b, data.len() as u64);
        }
        for (_, data) in &self.columns {
            b.extend(data);
        }
        b.extend(&self.extra);
        b
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        chunk(1, &self.body())
    }
}
