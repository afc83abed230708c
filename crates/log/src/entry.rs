//! Entries: one Automerge change of one record, wrapped with who, when and what came before it.
//!
//! Invariants
//! - An entry's identity is the SHA-256 of its exact bytes. A [`SealedEntry`] keeps those bytes;
//!   they are stored and forwarded as they are and never written anew.
//! - Every [`SealedEntry`] holds the canonical encoding: there is no second way to write the same
//!   entry, so two hashes are two entries.
//! - The chain (`prev`) and the change are not judged here; see [`admit`](crate::admit).

use std::fmt;

use minicbor::decode::Decoder;
use minicbor::encode::{self, Encode, Encoder, Write};
use sha2::{Digest, Sha256};

use crate::carried::{Carried, DEPTH};
use crate::cbor::{self, DecodeError};
use crate::change::limits;
use crate::ids::{AuthorId, DeviceKey, DocId, EntryHash, Recorded, VolumeId, WriterId};

/// The format that this program writes and reads.
const VERSION: u64 = 1;
/// Elements of the encoded array, the version among them.
const ELEMENTS: u64 = 10;

/// One step of a writer. Field order is the order on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The volume, the same for every entry of the writer.
    pub volume: VolumeId,
    /// The log it stands in.
    pub writer: WriterId,
    /// Its place there, from 1 without gaps.
    pub seq: u64,
    /// Hash of the entry before it; of the writer's opening when `seq` is 1.
    pub prev: EntryHash,
    /// The latest witness entry of the server that the device had seen.
    pub witness: Option<EntryHash>,
    /// Who acted.
    pub author: AuthorId,
    /// When, by the device's account.
    pub recorded: Recorded,
    /// The record.
    pub doc: DocId,
    /// One uncompressed Automerge change chunk, or another device's entry with one ([`Carried`]).
    pub change: Vec<u8>,
}

impl<C> Encode<C> for Entry {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(ELEMENTS)?.u64(VERSION)?.encode(self.volume)?.encode(self.writer)?.u64(self.seq)?.encode(self.prev)?;
        cbor::encode_optional(e, self.witness.as_ref())?;
        e.encode(self.author)?.encode(self.recorded)?.encode(self.doc)?.bytes(&self.change)?.ok()
    }
}

fn decode(bytes: &[u8]) -> Result<Entry, DecodeError> {
    let mut d: Decoder<'_> = cbor::versioned_array(bytes, VERSION, ELEMENTS)?;
    Ok(Entry {
        volume: d.decode()?,
        writer: d.decode()?,
        seq: d.u64()?,
        prev: d.decode()?,
        witness: cbor::optional(&mut d)?,
        author: d.decode()?,
        recorded: d.decode()?,
        doc: d.decode()?,
        change: d.bytes()?.to_vec(),
    })
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Not an entry's canonical encoding.
    #[error("the entry is {0}")]
    Encoding(#[from] DecodeError),
    /// Entries count from 1.
    #[error("the entry has the number 0; a writer's first entry has 1")]
    SeqZero,
}

impl EntryError {
    /// A word for translation and for acting on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding(DecodeError::NewerVersion(_)) => "newer_version",
            Self::Encoding(_) => "bad_encoding",
            Self::SeqZero => "bad_seq",
        }
    }
}

/// An entry with its exact bytes and their hash.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedEntry {
    bytes: Vec<u8>,
    hash: EntryHash,
    entry: Entry,
    carried: Option<Box<Carried>>,
}

impl SealedEntry {
    /// Reads an entry. Hands over a `Vec` for no copy of the bytes.
    ///
    /// # Errors
    /// When the bytes are too many, of a newer format, or not an entry's one canonical encoding.
    pub fn parse(bytes: impl Into<Vec<u8>> + AsRef<[u8]>) -> Result<Self, EntryError> {
        let mut sealed = Self::parse_plain(bytes)?;
        sealed.look_inside(DEPTH);
        Ok(sealed)
    }

    /// Looks for another entry in the place of the change.
    pub(crate) fn look_inside(&mut self, depth: usize) {
        self.carried = Carried::of(&self.entry, depth).map(Box::new);
    }

    /// Reads an entry without looking for another in it.
    pub(crate) fn parse_plain(bytes: impl Into<Vec<u8>> + AsRef<[u8]>) -> Result<Self, EntryError> {
        let len = bytes.as_ref().len();
        if len > limits::ENTRY {
            return Err(EntryError::Encoding(DecodeError::TooLarge { len, limit: limits::ENTRY }));
        }
        let entry = decode(bytes.as_ref())?;
        if !cbor::is_encoding_of(bytes.as_ref(), &entry) {
            return Err(EntryError::Encoding(DecodeError::NotCanonical));
        }
        if entry.seq == 0 {
            return Err(EntryError::SeqZero);
        }
        let bytes = bytes.into();
        Ok(Self { hash: hash_of(&bytes), bytes, entry, carried: None })
    }

    /// Encodes and hashes an entry that this device makes.
    pub(crate) fn seal(entry: Entry) -> Self {
        let mut bytes = Vec::with_capacity(entry.change.len() + limits::ENTRY_OVERHEAD);
        cbor::append(&mut bytes, &entry);
        let mut sealed = Self { hash: hash_of(&bytes), bytes, entry, carried: None };
        sealed.look_inside(DEPTH);
        sealed
    }

    /// The exact bytes: what is stored, sent and hashed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        self.hash
    }

    /// What the bytes say.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The entry of another device that stands in it.
    #[must_use]
    pub fn carried(&self) -> Option<&Carried> {
        self.carried.as_deref()
    }

    /// The change, its own or the carried entry's.
    #[must_use]
    pub fn change(&self) -> &[u8] {
        self.carried.as_ref().map_or(&self.entry.change, |carried| carried.entry.change())
    }

    /// The device whose words these are: `device`, which opened the writer, or the one whose entry is carried.
    #[must_use]
    pub fn written_by(&self, device: DeviceKey) -> DeviceKey {
        self.carried.as_ref().map_or(device, |carried| carried.entry.written_by(carried.opening.device))
    }
}

impl fmt::Debug for SealedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { volume, writer, seq, doc, .. } = &self.entry;
        write!(f, "SealedEntry({volume} {writer:?} #{seq} {:?} {doc:?})", self.hash)
    }
}

fn hash_of(bytes: &[u8]) -> EntryHash {
    EntryHash(Sha256::digest(bytes).into())
}

impl EntryHash {
    /// The hash of these bytes, whether or not they read as an entry: a damaged one has another hash than it had.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        hash_of(bytes)
    }
}
