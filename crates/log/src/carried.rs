//! What another device wrote, entered again by somebody who holds it.
//!
//! A writer that went two ways has one branch too many. Whoever gives a branch up enters it again in a writer of its
//! own; where the words are another device's, that device's entry comes along with its signature, so that everybody can
//! see whose words they are. The names of facts are bound to the device that wrote them.
//!
//! ```text
//! carried   [1, opening, entry: bytes, signature: 64 or null]      in the place of an entry's change
//! ```
//!
//! Invariants
//! - What stands around a carried entry (volume, record, author, time) is what stands in it.
//! - Gate 1 lets carried entries in only when a signature of their own device covers them through their own chain; one
//!   without a signature is followed by the next entry of that chain ([`Proof`]). An entry that carries another may be
//!   carried itself, a few times over, and every device on the way has signed.

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};

use crate::cbor;
use crate::change::limits;
use crate::entry::{Entry, SealedEntry};
use crate::writer::{Draft, Head, Opening, Position};

const VERSION: u64 = 1;
const ELEMENTS: u64 = 4;
/// How an array of four begins; a change chunk begins otherwise.
const FIRST_BYTE: u8 = 0x84;
/// How often what is carried is carried again at most.
pub(crate) const DEPTH: usize = 4;

/// Another device's entry, with what shows that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// How the writer began in which it stood.
    pub opening: Opening,
    /// The entry as it stood there.
    pub entry: SealedEntry,
    /// That device's signature, where one ends at this entry.
    pub signature: Option<[u8; 64]>,
}

impl Carried {
    /// What is in an entry in the place of a change, if it is this.
    pub(crate) fn of(around: &Entry, depth: usize) -> Option<Self> {
        if around.change.first() != Some(&FIRST_BYTE) {
            return None;
        }
        let mut carried: Self = cbor::decode_exact(&around.change, limits::ENTRY).ok()?;
        carried.entry.look_inside(depth.checked_sub(1)?);
        let inner = carried.entry.entry();
        let fits = inner.writer == carried.opening.writer()
            && (carried.opening.volume, inner.volume) == (around.volume, around.volume)
            && inner.doc == around.doc
            && inner.author == around.author
            && inner.recorded == around.recorded;
        fits.then_some(carried)
    }

    /// The entry that carries it.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let inner = self.entry.entry();
        Draft {
            author: inner.author,
            recorded: inner.recorded,
            witness: inner.witness,
            doc: inner.doc,
            change: cbor::to_bytes(self),
        }
    }

    /// Whether this is the entry after `before` in the same writer.
    pub(crate) fn follows(&self, before: &Self) -> bool {
        let (entry, previous) = (self.entry.entry(), before.entry.entry());
        self.opening == before.opening
            && entry.prev == before.entry.hash()
            && previous.seq.checked_add(1) == Some(entry.seq)
    }

    /// Whether its signature, where it has one, is that of its device.
    pub(crate) fn is_genuine(&self) -> bool {
        let Some(signature) = self.signature else { return true };
        let position = Position { seq: self.entry.entry().seq, hash: self.entry.hash() };
        Head { opening: self.opening, position, signature }.verify().is_ok()
    }
}

/// Whether entries that follow each other in a writer prove what they carry.
#[derive(Debug, Default)]
pub struct Proof<'a> {
    /// What is not covered by a signature yet; behind it, what that carries itself.
    open: Vec<Option<&'a Carried>>,
}

impl<'a> Proof<'a> {
    /// Goes on with the next entry. `false`: something is not what it claims to be, and no later entry can mend it.
    #[must_use]
    pub fn goes_on(&mut self, entry: Option<&'a Carried>) -> bool {
        let mut carried = entry;
        for level in 0.. {
            let before = self.open.get(level).copied().flatten();
            let fits = match (before, carried) {
                (Some(before), Some(carried)) => carried.follows(before) && carried.is_genuine(),
                (Some(_), None) => false,
                (None, Some(carried)) => carried.is_genuine(),
                (None, None) => true,
            };
            if !fits {
                return false;
            }
            let open = carried.filter(|carried| carried.signature.is_none());
            match self.open.get_mut(level) {
                Some(place) => *place = open,
                None if carried.is_some() => self.open.push(open),
                None => break,
            }
            carried = carried.and_then(|carried| carried.entry.carried());
        }
        true
    }

    /// Whether everything so far is covered by a signature.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.open.iter().all(Option::is_none)
    }
}

impl<C> Encode<C> for Carried {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(ELEMENTS)?.u64(VERSION)?.encode(self.opening)?.bytes(self.entry.bytes())?;
        match &self.signature {
            Some(signature) => e.bytes(signature)?.ok(),
            None => e.null()?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Carried {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        cbor::expect_array(d, ELEMENTS)?;
        let at = d.position();
        let version = d.u64()?;
        if version != VERSION {
            return Err(decode::Error::message(format!("a carried entry in format {version}")).at(at));
        }
        let opening = d.decode()?;
        let at = d.position();
        let entry = SealedEntry::parse_plain(d.bytes()?).map_err(|error| decode::Error::message(error).at(at))?;
        let signature = match d.datatype()? {
            Type::Null => {
                d.null()?;
                None
            }
            _ => Some(cbor::byte_array(d)?),
        };
        Ok(Self { opening, entry, signature })
    }
}
