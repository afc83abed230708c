//! A replica in memory: a real log with real admission, and what a host does for a session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ROOT};
use bytes::Bytes;
use dutybook_log::{
    AuthorId, Class, DeviceKey, DeviceSecret, DocId, Draft, EntryHash, Frontier, Head, Known, LocalWriter, Month,
    Opening, Position, Recorded, SealedEntry, SiteCode, VolumeId, WriterId, admit,
};
use dutybook_sync::{
    Batch, Book, Classes, Event, LogChunk, LogEntry, ReadLog, Receipt, Refusal, Replica, Scope, Session,
};

pub(crate) fn site() -> SiteCode {
    "demo".parse().unwrap()
}

pub(crate) fn standing() -> VolumeId {
    VolumeId { site: site(), class: Class::Standing, month: None }
}

pub(crate) fn duty(month: u8) -> VolumeId {
    VolumeId { site: site(), class: Class::Duty, month: Some(Month::new(2026, month).unwrap()) }
}

pub(crate) fn personnel(month: u8) -> VolumeId {
    VolumeId { site: site(), class: Class::Personnel, month: Some(Month::new(2026, month).unwrap()) }
}

/// The first two bytes of a record that lives there.
fn place_of(volume: &VolumeId) -> [u8; 2] {
    let class: u16 = match volume.class {
        Class::Standing => 0,
        Class::Duty => 1,
        Class::Personnel => 2,
    };
    let months = volume.month.map_or(0, |month| (month.year() - 1970) * 12 + u16::from(month.month()));
    (class << 12 | months).to_be_bytes()
}

struct Stored {
    entry: SealedEntry,
    head: Option<Head>,
}

/// One replica: its log in arrival order and nothing else.
pub(crate) struct Memory {
    pub(crate) secret: Arc<DeviceSecret>,
    pub(crate) scope: Scope,
    number: u8,
    known: BTreeSet<DeviceKey>,
    log: Vec<Stored>,
    frontiers: BTreeMap<VolumeId, Frontier>,
    hashes: BTreeMap<(WriterId, u64), EntryHash>,
    writers: BTreeMap<VolumeId, LocalWriter>,
    nonces: u8,
    docs: u64,
    /// Entries and heads that wait for others, with whom they came from.
    parked: Vec<(VolumeId, SealedEntry)>,
    parked_heads: Vec<Head>,
    pub(crate) quarantined: usize,
    /// Entries received that were already there.
    pub(crate) duplicates: usize,
    /// Documents whose changes this replica takes for poison.
    pub(crate) refuses: BTreeSet<DocId>,
    /// What peers have acknowledged.
    pub(crate) acked: BTreeMap<VolumeId, Frontier>,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) forks: usize,
    /// The longest `ReadLog` answer given, in bytes.
    pub(crate) largest_read: usize,
}

impl Memory {
    pub(crate) fn new(number: u8, all: u8) -> Self {
        Self {
            secret: Arc::new(secret(number)),
            scope: Scope::everything(),
            number,
            known: (0..all).map(|other| secret(other).public()).collect(),
            log: Vec::new(),
            frontiers: BTreeMap::new(),
            hashes: BTreeMap::new(),
            writers: BTreeMap::new(),
            nonces: 0,
            docs: 0,
            parked: Vec::new(),
            parked_heads: Vec::new(),
            quarantined: 0,
            duplicates: 0,
            refuses: BTreeSet::new(),
            acked: BTreeMap::new(),
            refused: Vec::new(),
            forks: 0,
            largest_read: 0,
        }
    }

    pub(crate) fn key(&self) -> DeviceKey {
        self.secret.public()
    }

    pub(crate) fn forget(&mut self, device: &DeviceKey) {
        self.known.remove(device);
    }

    pub(crate) fn learn(&mut self, device: DeviceKey) {
        self.known.insert(device);
    }

    pub(crate) fn replica(&self) -> Replica {
        Replica { site: site(), device: Arc::clone(&self.secret) as Arc<_> }
    }

    pub(crate) fn len(&self) -> usize {
        self.log.len()
    }

    /// The log after an arrival: entries, and heads where commits end.
    pub(crate) fn log_after(&self, arrival: u64) -> Vec<(SealedEntry, Option<Head>)> {
        self.log.iter().skip(arrival as usize).map(|stored| (stored.entry.clone(), stored.head)).collect()
    }

    pub(crate) fn arrival(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn frontiers(&self) -> &BTreeMap<VolumeId, Frontier> {
        &self.frontiers
    }

    pub(crate) fn book(&self) -> Book {
        Book { scope: self.scope.clone(), volumes: self.frontiers.clone(), arrival: self.arrival() }
    }

    /// The same machine with a copy of its disk from now: what a cloned tablet is.
    pub(crate) fn cloned(&self) -> Self {
        let mut twin = Self::new(self.number, 0);
        twin.known.clone_from(&self.known);
        twin.log = self.log.iter().map(|s| Stored { entry: s.entry.clone(), head: s.head }).collect();
        twin.frontiers.clone_from(&self.frontiers);
        twin.hashes.clone_from(&self.hashes);
        twin.writers.clone_from(&self.writers);
        twin.nonces = self.nonces;
        twin.docs = self.docs + 1000;
        twin
    }

    /// Opens a new writer for what comes next in `volume`.
    pub(crate) fn renew_writer(&mut self, volume: VolumeId) {
        self.writers.remove(&volume);
    }

    /// One action: `changes` entries of `bytes` payload each, signed at the end. Returns the record.
    pub(crate) fn commit(&mut self, volume: VolumeId, changes: usize, bytes: usize) -> DocId {
        self.docs += 1;
        let mut id = [self.number; 16];
        id[..2].copy_from_slice(&place_of(&volume));
        id[8..].copy_from_slice(&self.docs.to_be_bytes());
        let doc = DocId(id);
        let mut writer = match self.writers.get(&volume) {
            Some(writer) => writer.clone(),
            None => {
                self.nonces += 1;
                LocalWriter::open(Opening { volume, device: self.key(), nonce: [self.nonces; 16] })
            }
        };
        let mut sealed = Vec::new();
        for change in changes_of(id, changes, bytes) {
            let draft = Draft {
                author: AuthorId([7; 16]),
                recorded: Recorded { wall_ms: 1_762_000_000_000, boot: [1; 16], monotonic_ms: self.docs },
                witness: None,
                doc,
                change,
            };
            sealed.push(writer.append(draft).unwrap());
        }
        let head = writer.head(&self.secret).unwrap();
        let last = sealed.len() - 1;
        for (index, entry) in sealed.into_iter().enumerate() {
            self.push(entry, (index == last).then_some(head));
        }
        self.writers.insert(volume, writer);
        doc
    }

    /// Puts an entry at the end of the log, unlooked at.
    pub(crate) fn push(&mut self, sealed: SealedEntry, head: Option<Head>) {
        let entry = sealed.entry();
        self.hashes.insert((entry.writer, entry.seq), sealed.hash());
        if head.is_some() {
            self.frontiers
                .entry(entry.volume)
                .or_default()
                .set(entry.writer, Position { seq: entry.seq, hash: sealed.hash() });
        }
        self.log.push(Stored { entry: sealed, head });
    }

    /// What a store does with a batch.
    pub(crate) fn ingest(&mut self, batch: &Batch) -> Receipt {
        let mut receipt = Receipt { ticket: batch.ticket(), ..Receipt::default() };
        for part in batch.parts() {
            let volume = *part.volume();
            let mut entries = Vec::new();
            for bytes in part.entries() {
                match SealedEntry::parse(bytes) {
                    Ok(entry) => entries.push(entry),
                    Err(_) => self.quarantined += 1,
                }
            }
            let frontier = self.frontiers.get(&volume).cloned().unwrap_or_default();
            let admission = admit(
                &Known {
                    volume: &volume,
                    frontier: &frontier,
                    device: &|device| self.known.contains(device),
                    stored: &|writer, seq| self.hashes.get(&(*writer, seq)).copied(),
                },
                &entries,
                part.heads(),
            );
            self.duplicates += admission.duplicates;
            // As in the real admission, what was signed together with a refused entry is not taken either.
            let mut poisoned: BTreeMap<WriterId, u64> = BTreeMap::new();
            for accepted in &admission.accepted {
                let entry = entries[accepted.index].entry();
                if self.refuses.contains(&entry.doc) {
                    poisoned.entry(entry.writer).or_insert(entry.seq);
                }
            }
            for (writer, seq) in &poisoned {
                self.quarantined += 1;
                receipt.refused.push(Refusal {
                    volume,
                    writer: *writer,
                    seq: *seq,
                    code: "poison".to_owned(),
                    text: "the change is refused here".to_owned(),
                });
            }
            for accepted in &admission.accepted {
                let sealed = entries[accepted.index].clone();
                if poisoned.contains_key(&sealed.entry().writer) {
                    continue;
                }
                let position = Position { seq: sealed.entry().seq, hash: sealed.hash() };
                let head = accepted.signature.map(|signature| Head { opening: accepted.opening, position, signature });
                self.push(sealed, head);
            }
            for (index, reason) in &admission.quarantined {
                let entry = entries[*index].entry();
                self.quarantined += 1;
                receipt.refused.push(Refusal {
                    volume,
                    writer: entry.writer,
                    seq: entry.seq,
                    code: "quarantined".to_owned(),
                    text: reason.to_string(),
                });
            }
            if !admission.parked.is_empty() {
                self.parked_heads.extend(part.heads());
            }
            self.parked.extend(admission.parked.iter().map(|(index, _)| (volume, entries[*index].clone())));
            let writers: BTreeSet<WriterId> = entries.iter().map(|entry| entry.entry().writer).collect();
            let now = self.frontiers.get(&volume).cloned().unwrap_or_default();
            let held = now.iter().filter(|(writer, _)| writers.contains(writer)).map(|(w, p)| (*w, *p)).collect();
            receipt.held.push((volume, held));
        }
        receipt
    }

    /// Takes what was parked, now that what it waited for is here.
    pub(crate) fn release(&mut self) {
        let heads = std::mem::take(&mut self.parked_heads);
        for volume in heads.iter().map(|head| head.opening.volume).collect::<BTreeSet<_>>() {
            let (entries, rest) = std::mem::take(&mut self.parked).into_iter().partition(|(of, _)| *of == volume);
            self.parked = rest;
            let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
            let frontier = self.frontiers.get(&volume).cloned().unwrap_or_default();
            let known = Known {
                volume: &volume,
                frontier: &frontier,
                device: &|device| self.known.contains(device),
                stored: &|_, _| None,
            };
            for accepted in admit(&known, &entries, &heads).accepted {
                let entry = entries[accepted.index].clone();
                let position = Position { seq: entry.entry().seq, hash: entry.hash() };
                let head = accepted.signature.map(|signature| Head { opening: accepted.opening, position, signature });
                self.push(entry, head);
            }
        }
    }

    pub(crate) fn parked(&self) -> usize {
        self.parked.len()
    }

    /// What a store does when it is asked for the log.
    pub(crate) fn read(&mut self, request: &ReadLog) -> LogChunk {
        let mut chunk = LogChunk { after: request.after, entries: Vec::new(), through: request.after, end: true };
        let mut bytes = 0;
        for (index, stored) in self.log.iter().enumerate().skip(request.after as usize) {
            if bytes >= request.limit_bytes {
                chunk.end = false;
                break;
            }
            let (entry, arrival) = (stored.entry.entry(), index as u64 + 1);
            chunk.through = arrival;
            if !request.coverage.wants(&entry.volume, &entry.writer, entry.seq) {
                continue;
            }
            bytes += stored.entry.bytes().len();
            chunk.entries.push(LogEntry {
                arrival,
                volume: entry.volume,
                writer: entry.writer,
                seq: entry.seq,
                bytes: Bytes::copy_from_slice(stored.entry.bytes()),
                head: stored.head,
            });
        }
        self.largest_read = self.largest_read.max(bytes);
        chunk
    }

    /// Whether everything from the first entry on is chained and the end of every writer is signed.
    pub(crate) fn assert_sound(&self) {
        let mut last: BTreeMap<WriterId, (u64, EntryHash, bool)> = BTreeMap::new();
        for stored in &self.log {
            let entry = stored.entry.entry();
            if let Some((seq, hash, _)) = last.get(&entry.writer) {
                assert_eq!((entry.seq, entry.prev), (seq + 1, *hash));
            } else {
                assert_eq!(entry.seq, 1);
            }
            last.insert(entry.writer, (entry.seq, stored.entry.hash(), stored.head.is_some()));
        }
        for (writer, (seq, _, signed)) in last {
            assert!(signed, "{writer:?} ends unsigned at {seq}");
        }
    }

    pub(crate) fn dial(&self, peer: DeviceKey, challenge: [u8; 32]) -> Session {
        Session::dial(self.replica(), peer, challenge, [self.number ^ 0x55; 32], self.book())
    }

    /// What a host answers to `Authorise`.
    pub(crate) fn authorise(&self, device: &DeviceKey, scope: &Scope) -> Event {
        if self.known.contains(device) {
            let mut book = self.book();
            book.scope = book.scope.narrowed(scope);
            Event::Authorised(book)
        } else {
            Event::End(dutybook_sync::Goodbye::new(
                dutybook_sync::GoodbyeCode::UnknownDevice,
                "this device is not enrolled at this site",
            ))
        }
    }
}

pub(crate) fn tablet_scope() -> Scope {
    Scope::of(Classes::NONE.with(Class::Standing).with(Class::Duty))
}

pub(crate) fn secret(number: u8) -> DeviceSecret {
    DeviceSecret::from_bytes([number + 1; 32])
}

/// Real Automerge changes of one record.
fn changes_of(actor: [u8; 16], count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let mut doc = AutoCommit::new().with_actor(ActorId::from(actor));
    (0..count)
        .map(|index| {
            // Letters without a pattern, so that run-length coding does not make the change small.
            let text: String = (0..bytes).map(|at| char::from(b'a' + ((at * 7 + index * 3) % 26) as u8)).collect();
            doc.put(ROOT, format!("fact/{index}"), text).unwrap();
            doc.commit_with(CommitOptions::default().with_time(0)).unwrap();
            doc.get_last_local_change().unwrap().raw_bytes().to_vec()
        })
        .collect()
}
