//! Frontiers: for every writer of a volume, how far its log is known.
//!
//! Invariants
//! - A frontier never holds a position before the first entry, and one position per writer.
//! - Its encoding is a map sorted by writer; equal frontiers have equal digests and the other way
//!   round.

use std::collections::BTreeMap;
use std::collections::btree_map;

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use sha2::{Digest, Sha256};

use crate::cbor::{self, DecodeError};
use crate::change::limits;
use crate::ids::{VolumeId, WriterId};
use crate::writer::Position;

const BOOK_CONTEXT: &[u8] = b"dutybook/book/1";

/// How far every writer of one volume is known. A version vector with hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier(BTreeMap<WriterId, Position>);

impl Frontier {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How far `writer` is known.
    #[must_use]
    pub fn get(&self, writer: &WriterId) -> Option<Position> {
        self.0.get(writer).copied()
    }

    /// Sets how far `writer` is known; position 0 takes the writer out.
    pub fn set(&mut self, writer: WriterId, position: Position) {
        if position.seq == 0 {
            self.0.remove(&writer);
        } else {
            self.0.insert(writer, position);
        }
    }

    /// The writers in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// How many writers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the writer's entry `seq` is known. True for 0.
    #[must_use]
    pub fn covers(&self, writer: &WriterId, seq: u64) -> bool {
        self.0.get(writer).map_or(0, |position| position.seq) >= seq
    }

    /// Takes over what `other` knows more of. At the same number what stands here stays.
    pub fn merge(&mut self, other: &Self) {
        for (writer, position) in &other.0 {
            let mine = self.0.entry(*writer).or_insert(*position);
            if position.seq > mine.seq {
                *mine = *position;
            }
        }
    }

    /// SHA-256 of the canonical encoding.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// The canonical encoding: a map from writer to `[seq, hash]`, sorted.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frontier from exactly its canonical encoding.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::decode_exact(bytes, limits::FRAME)
    }
}

/// Writers with their positions, in order.
#[derive(Debug, Clone)]
pub struct Iter<'a>(btree_map::Iter<'a, WriterId, Position>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a WriterId, &'a Position);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Frontier {
    type Item = (&'a WriterId, &'a Position);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<(WriterId, Position)> for Frontier {
    fn from_iter<I: IntoIterator<Item = (WriterId, Position)>>(positions: I) -> Self {
        let mut frontier = Self::new();
        for (writer, position) in positions {
            frontier.set(writer, position);
        }
        frontier
    }
}

impl<C> Encode<C> for Frontier {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.map(self.0.len() as u64)?;
        for (writer, position) in &self.0 {
            e.encode(writer)?.encode(position)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Frontier {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let at = d.position();
        let Some(len) = d.map()? else {
            return Err(decode::Error::message("indefinite length").at(at));
        };
        let mut positions = BTreeMap::new();
        let mut last = None;
        for _ in 0..len {
            let at = d.position();
            let writer: WriterId = d.decode()?;
            let position: Position = d.decode()?;
            if last.is_some_and(|last| last >= writer) {
                return Err(decode::Error::message("writers not in order").at(at));
            }
            if position.seq == 0 {
                return Err(decode::Error::message("position 0").at(at));
            }
            last = Some(writer);
            positions.insert(writer, position);
        }
        Ok(Self(positions))
    }
}

/// One digest over several volumes: SHA-256 of `dutybook/book/1` and, for every volume in order
/// (site, then standing, duty, personnel, then month), its CBOR text and its frontier's digest.
///
/// Empty frontiers are left out, so a replica that has heard of a volume without entries equals
/// one that has not. A volume given twice counts twice.
#[must_use]
pub fn book_digest<'a>(volumes: impl Iterator<Item = (&'a VolumeId, &'a Frontier)>) -> [u8; 32] {
    book_digest_of(
        volumes.filter(|(_, frontier)| !frontier.is_empty()).map(|(volume, frontier)| (*volume, frontier.digest())),
    )
}

/// [`book_digest`] from the digests of frontiers that are not empty, for whoever keeps them.
#[must_use]
pub fn book_digest_of(volumes: impl Iterator<Item = (VolumeId, [u8; 32])>) -> [u8; 32] {
    let mut volumes: Vec<_> = volumes.collect();
    volumes.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(BOOK_CONTEXT);
    let mut name = Vec::new();
    for (volume, digest) in &volumes {
        name.clear();
        cbor::append(&mut name, volume);
        hasher.update(&name);
        hasher.update(digest);
    }
    hasher.finalize().into()
}
