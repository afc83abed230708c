//! Writers: who may write which log, and the signatures that prove it.
//!
//! Invariants
//! - A writer id is self-certifying: it is the hash of the volume, the device's key and a nonce.
//!   Whoever holds a [`Head`] can check by hashing alone that this device opened this writer in
//!   this volume, so no registry of writers is needed.
//! - A [`Head`] signs a position; through the chain it covers every entry before it. One
//!   signature check proves any number of entries.
//! - A [`LocalWriter`] only ever moves forward, and never takes a change that other replicas
//!   would refuse: one refused entry would cut off everything behind it.

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use sha2::{Digest, Sha256};

use crate::cbor::{self, DecodeError};
use crate::change::{self, ChangeFacts, ChangeRefusal};
use crate::entry::{Entry, SealedEntry};
use crate::ids::{AuthorId, DeviceKey, DeviceSecret, DocId, EntryHash, Recorded, VolumeId, WriterId};

/// The format that this program writes and reads.
const VERSION: u64 = 1;
const HEAD_ELEMENTS: u64 = 4;
/// More than any head can have.
const HEAD_MAX_BYTES: usize = 512;
const HEAD_CONTEXT: &[u8] = b"dutybook/head/1";
const OPENING_CONTEXT: &[u8] = b"dutybook/writer/1";

/// How a writer begins: which device writes, in which volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opening {
    /// The volume it writes in.
    pub volume: VolumeId,
    /// The device that writes.
    pub device: DeviceKey,
    /// Random, so that a device can open any number of writers.
    pub nonce: [u8; 16],
}

impl Opening {
    /// What `prev` of the first entry is: SHA-256 of `dutybook/writer/1`, the volume's text, the
    /// device key and the nonce, one after the other.
    #[must_use]
    pub fn genesis(&self) -> EntryHash {
        let mut hasher = Sha256::new();
        hasher.update(OPENING_CONTEXT);
        self.volume.with_text(|text| hasher.update(text.as_bytes()));
        hasher.update(self.device.0);
        hasher.update(self.nonce);
        EntryHash(hasher.finalize().into())
    }

    /// The writer's id: the first half of [`Opening::genesis`].
    #[must_use]
    pub fn writer(&self) -> WriterId {
        writer_of(&self.genesis())
    }

    /// The position before the first entry.
    #[must_use]
    pub fn start(&self) -> Position {
        Position { seq: 0, hash: self.genesis() }
    }
}

pub(crate) fn writer_of(genesis: &EntryHash) -> WriterId {
    let mut id = [0; 16];
    id.copy_from_slice(&genesis.0[..16]);
    WriterId(id)
}

impl<C> Encode<C> for Opening {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(3)?.encode(self.volume)?.encode(self.device)?.bytes(&self.nonce)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Opening {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        cbor::expect_array(d, 3)?;
        Ok(Self { volume: d.decode()?, device: d.decode()?, nonce: cbor::byte_array(d)? })
    }
}

/// How far a writer's log goes: its latest entry. `seq` 0 with the genesis hash is the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Number of the latest entry.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
}

impl<C> Encode<C> for Position {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(2)?.u64(self.seq)?.encode(self.hash)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Position {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        cbor::expect_array(d, 2)?;
        Ok(Self { seq: d.u64()?, hash: d.decode()? })
    }
}

/// A device's signature over how far its writer's log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Which writer, and the proof that the device opened it.
    pub opening: Opening,
    /// The entry that is signed, and with it all before.
    pub position: Position,
    /// Ed25519, by `opening.device`.
    pub signature: [u8; 64],
}

/// Why a head proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// It signs no entry at all.
    #[error("the signature covers no entry")]
    Empty,
    /// The signature is not the device's.
    #[error("the signature is not that of the device")]
    Signature,
}

/// Why a head cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The writer has no entry yet.
    #[error("there is nothing to sign yet")]
    NothingWritten,
    /// The secret is another device's.
    #[error("the writer belongs to another device")]
    OtherDevice,
}

impl Head {
    /// The writer's id, computed from the opening.
    #[must_use]
    pub fn writer(&self) -> WriterId {
        self.opening.writer()
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// When the head proves nothing.
    pub fn verify(&self) -> Result<(), HeadError> {
        if self.position.seq == 0 {
            return Err(HeadError::Empty);
        }
        let message = signed_message(&self.opening, &self.position);
        if self.opening.device.verify(HEAD_CONTEXT, &message, &self.signature) {
            Ok(())
        } else {
            Err(HeadError::Signature)
        }
    }

    /// The canonical encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a head from exactly its canonical encoding. The signature is not checked.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() <= HEAD_MAX_BYTES {
            cbor::versioned_array(bytes, VERSION, HEAD_ELEMENTS)?;
        }
        cbor::decode_exact(bytes, HEAD_MAX_BYTES)
    }
}

/// What a head's signature is over: the head's own encoding without the signature, as an array
/// of three.
fn signed_message(opening: &Opening, position: &Position) -> Vec<u8> {
    cbor::to_bytes(&(VERSION, opening, position))
}

impl<C> Encode<C> for Head {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(HEAD_ELEMENTS)?.u64(VERSION)?.encode(self.opening)?.encode(self.position)?.bytes(&self.signature)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Head {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        cbor::expect_array(d, HEAD_ELEMENTS)?;
        let at = d.position();
        let version = d.u64()?;
        if version != VERSION {
            return Err(decode::Error::message(format!("head in format {version}")).at(at));
        }
        Ok(Self { opening: d.decode()?, position: d.decode()?, signature: cbor::byte_array(d)? })
    }
}

/// What a device adds to its writer; the writer knows the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who acts.
    pub author: AuthorId,
    /// When, by the device's account.
    pub recorded: Recorded,
    /// The latest witness entry of the server that the device has seen.
    pub witness: Option<EntryHash>,
    /// The record.
    pub doc: DocId,
    /// One uncompressed Automerge change chunk.
    pub change: Vec<u8>,
}

/// Why a writer takes no such entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// No replica would take the change.
    #[error(transparent)]
    Change(#[from] ChangeRefusal),
    /// The volume was put together wrongly, or the writer is at its end.
    #[error("the volume cannot be written to")]
    Volume,
    /// The record lives in another volume.
    #[error("the record lives in another volume")]
    Misplaced,
}

/// The log that this device writes in one volume. Clone it before a transaction and keep the
/// clone only after COMMIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalWriter {
    opening: Opening,
    writer: WriterId,
    position: Position,
}

impl LocalWriter {
    /// A new writer with nothing in it.
    #[must_use]
    pub fn open(opening: Opening) -> Self {
        Self::resume(opening, opening.start())
    }

    /// A writer that goes on behind its latest entry, which is the one that is stored: when a
    /// copy of this device wrote on, what a program remembers from before is behind.
    #[must_use]
    pub fn resume(opening: Opening, position: Position) -> Self {
        Self { opening, writer: opening.writer(), position }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// When other replicas would refuse the entry; the writer stays as it was.
    pub fn append(&mut self, draft: Draft) -> Result<SealedEntry, AppendError> {
        self.append_with_facts(draft).map(|(entry, _)| entry)
    }

    /// Adds an entry and says what its change is, which was looked at anyway.
    ///
    /// # Errors
    /// When other replicas would refuse the entry; the writer stays as it was.
    pub fn append_with_facts(&mut self, draft: Draft) -> Result<(SealedEntry, ChangeFacts), AppendError> {
        let seq = self.position.seq.checked_add(1).ok_or(AppendError::Volume)?;
        if !self.opening.volume.is_well_formed() {
            return Err(AppendError::Volume);
        }
        if draft.doc.home(self.opening.volume.site) != Some(self.opening.volume) {
            return Err(AppendError::Misplaced);
        }
        let entry = SealedEntry::seal(Entry {
            volume: self.opening.volume,
            writer: self.writer,
            seq,
            prev: self.position.hash,
            witness: draft.witness,
            author: draft.author,
            recorded: draft.recorded,
            doc: draft.doc,
            change: draft.change,
        });
        let facts = change::inspect(entry.change())?;
        self.position = Position { seq, hash: entry.hash() };
        Ok((entry, facts))
    }

    /// Signs how far the log goes.
    ///
    /// # Errors
    /// When nothing is written yet, or the secret is not that of the opening's device.
    pub fn head(&self, secret: &DeviceSecret) -> Result<Head, SignError> {
        if self.position.seq == 0 {
            return Err(SignError::NothingWritten);
        }
        if secret.public() != self.opening.device {
            return Err(SignError::OtherDevice);
        }
        let message = signed_message(&self.opening, &self.position);
        Ok(Head { opening: self.opening, position: self.position, signature: secret.sign(HEAD_CONTEXT, &message) })
    }

    /// How far the log goes.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// How it began.
    #[must_use]
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Its id.
    #[must_use]
    pub fn writer(&self) -> WriterId {
        self.writer
    }
}
