//! What goes over the wire: one CBOR array per WebSocket binary frame, its first element the type.
//!
//! ```text
//! hello     = [0, protocol: 1, site: text, device: key, nonce: bytes32, proof: bytes64, scope, book: bytes32]
//! welcome   = [1, device: key, proof: bytes64, scope, null / [* held]]     ; null: both books are equal
//! frontiers = [2, [* held]]                                               ; not listed: as the other side said
//! entries   = [3, [* [volume, [* head], [* entry: bytes]]]]               ; each volume once, whole signed commits
//! ack       = [4, through: uint, [* held], [* [volume, writer, seq, code: text, text]]]
//! goodbye   = [5, code: text, text]
//! scope     = [classes: uint, since: null / month: text, [* volume]]      ; classes: 1 standing, 2 duty, 4 personnel
//! held      = [volume, frontier]                                          ; frontier, head, volume: see dutybook_log
//! ```
//!
//! `hello.proof` signs the challenge of the connection request and the answering device's key (context
//! `dutybook/hello/1`), `welcome.proof` the nonce, the dialling device's key and the challenge (`dutybook/welcome/1`).
//! `book` is the digest over the frontiers of all volumes in the scope.
//!
//! Invariants
//! - A type this version does not know decodes to [`Message::Unknown`]; elements after those it knows are skipped, in
//!   a message as in everything inside it. So an older side understands a newer one as long as the protocol number is
//!   the same.
//! - `Hello`'s type and protocol number stand first in every version to come: a side of another version still reads
//!   that it is one.
//! - An entry's bytes are copied once, from the reader's buffer into the frame. On the receiving side they stay in
//!   the frame ([`Batch`]).
//! - Memory taken by decoding is bounded by the frame's length, whatever counts the frame claims.

use std::convert::Infallible;
use std::ops::Range;

use bytes::Bytes;
use dutybook_log::{DeviceKey, Frontier, Head, Month, VolumeId, WriterId, limits};
use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError};

use crate::goodbye::{CODE_BYTES, Goodbye, GoodbyeCode, TEXT_BYTES, clip};
use crate::scope::{Classes, Scope};

/// The version of the protocol that this crate speaks.
pub const PROTOCOL: u64 = 1;

/// The largest frame once both sides know each other.
pub const FRAME_BYTES: usize = limits::FRAME;

/// The largest first frame: nobody makes this side hold megabytes before it has shown who it is.
pub const HELLO_BYTES: usize = 64 * 1024;

/// The most entries one frame may carry: bounds the memory that a frame of empty entries takes.
pub(crate) const FRAME_ENTRIES: usize = 32 * 1024;

/// The most heads one frame may carry. Each costs the receiver a signature check, and a sender that cuts its messages
/// where it can comes to about 1,400.
pub(crate) const FRAME_HEADS: usize = 2 * 1024;

const HELLO: u32 = 0;
const WELCOME: u32 = 1;
const FRONTIERS: u32 = 2;
const ENTRIES: u32 = 3;
const ACK: u32 = 4;
const GOODBYE: u32 = 5;

/// A volume and how far it is held.
pub type Held = (VolumeId, Frontier);

/// The dialling side says who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) site: String,
    pub(crate) device: DeviceKey,
    /// What the answering side has to sign to show who it is.
    pub(crate) nonce: [u8; 32],
    pub(crate) proof: [u8; 64],
    pub(crate) scope: Scope,
    pub(crate) book: [u8; 32],
}

/// The answering side says who it is and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Welcome {
    pub(crate) device: DeviceKey,
    pub(crate) proof: [u8; 64],
    pub(crate) scope: Scope,
    /// `None`: the digests are equal, both hold the same.
    pub(crate) volumes: Option<Vec<Held>>,
}

/// An entry that the other side will not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The volume.
    pub volume: VolumeId,
    /// The writer.
    pub writer: WriterId,
    /// The entry.
    pub seq: u64,
    /// The reason for programs (`QuarantineReason::code`, `no-access`).
    pub code: String,
    /// The reason for people.
    pub text: String,
}

/// What became of entries received.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Ack {
    /// How many `Entries` messages of this connection are dealt with: frees the sender's window.
    pub(crate) through: u64,
    /// What is durably held now of the volumes these messages were about.
    pub(crate) held: Vec<Held>,
    pub(crate) refused: Vec<Refusal>,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Hello(Box<Hello>),
    Welcome(Box<Welcome>),
    Frontiers(Vec<Held>),
    Entries(Vec<BatchPart>),
    Ack(Ack),
    Goodbye(Goodbye),
    Unknown,
}

/// A frame that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error(
        "this side speaks version {PROTOCOL} of the sync protocol, the other side version {0}; update the older program"
    )]
    Protocol(u64),
    #[error("the frame cannot be read: {0}")]
    Malformed(String),
}

impl From<DecodeError> for FrameError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error.to_string())
    }
}

// ---- batches of entries ---------------------------------------------------------------------------------------------

/// The entries of one volume in a frame, as byte ranges of that frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchPart {
    pub(crate) volume: VolumeId,
    pub(crate) heads: Vec<Head>,
    pub(crate) entries: Vec<Range<u32>>,
}

/// Entries received in one message, still inside the frame they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub(crate) ticket: u64,
    pub(crate) frame: Bytes,
    pub(crate) parts: Vec<BatchPart>,
}

/// The entries of one volume in a batch, in the sender's arrival order.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    frame: &'a [u8],
    part: &'a BatchPart,
}

impl Batch {
    /// Which message of the connection this is, counted from 1; the [`Receipt`](crate::Receipt) names it.
    #[must_use]
    pub const fn ticket(&self) -> u64 {
        self.ticket
    }

    /// The volumes of the batch, each once.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Part<'_>> {
        self.parts.iter().map(|part| Part { frame: &self.frame, part })
    }

    /// Bytes this batch keeps in memory, for whoever bounds a queue of them.
    #[must_use]
    pub const fn frame_bytes(&self) -> usize {
        self.frame.len()
    }
}

impl<'a> Part<'a> {
    /// The volume.
    #[must_use]
    pub const fn volume(&self) -> &'a VolumeId {
        &self.part.volume
    }

    /// One signed head for each writer of the part.
    #[must_use]
    pub fn heads(&self) -> &'a [Head] {
        &self.part.heads
    }

    /// The entries' exact bytes.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let frame = self.frame;
        // The ranges were cut from this frame by the decoder, so `get` always finds them.
        self.part.entries.iter().map(move |range| frame.get(range.start as usize..range.end as usize).unwrap_or(&[]))
    }
}

// ---- encoding -------------------------------------------------------------------------------------------------------

/// What goes into an `Entries` frame for one volume.
pub(crate) struct OutgoingPart<'a> {
    pub(crate) volume: &'a VolumeId,
    pub(crate) heads: Vec<&'a Head>,
    pub(crate) entries: Vec<&'a [u8]>,
}

type Out = Encoder<Vec<u8>>;
type Encoded = Result<(), EncodeError<Infallible>>;

fn frame(capacity: usize, write: impl FnOnce(&mut Out) -> Encoded) -> Bytes {
    let mut encoder = Encoder::new(Vec::with_capacity(capacity));
    // Writing into a `Vec` cannot fail, and every value here has an encoding: the error has no case.
    let written = write(&mut encoder);
    debug_assert!(written.is_ok(), "encoding into memory failed");
    Bytes::from(encoder.into_writer())
}

pub(crate) fn encode_hello(hello: &Hello) -> Bytes {
    frame(512, |e| {
        e.array(8)?.u32(HELLO)?.u64(PROTOCOL)?.str(&hello.site)?.encode(hello.device)?;
        e.bytes(&hello.nonce)?.bytes(&hello.proof)?;
        write_scope(e, &hello.scope)?;
        e.bytes(&hello.book)?.ok()
    })
}

pub(crate) fn encode_welcome(welcome: &Welcome) -> Bytes {
    frame(512, |e| {
        e.array(5)?.u32(WELCOME)?.encode(welcome.device)?.bytes(&welcome.proof)?;
        write_scope(e, &welcome.scope)?;
        match &welcome.volumes {
            None => e.null()?.ok(),
            Some(volumes) => write_held(e, volumes.iter().map(|(volume, frontier)| (volume, frontier))),
        }
    })
}

pub(crate) fn encode_frontiers<'a>(volumes: impl ExactSizeIterator<Item = (&'a VolumeId, &'a Frontier)>) -> Bytes {
    frame(512, |e| {
        e.array(2)?.u32(FRONTIERS)?;
        write_held(e, volumes)
    })
}

pub(crate) fn encode_entries(parts: &[OutgoingPart<'_>], capacity: usize) -> Bytes {
    frame(capacity, |e| {
        e.array(2)?.u32(ENTRIES)?.array(parts.len() as u64)?;
        for part in parts {
            e.array(3)?.encode(part.volume)?.encode(&part.heads)?.array(part.entries.len() as u64)?;
            for entry in &part.entries {
                e.bytes(entry)?;
            }
        }
        Ok(())
    })
}

pub(crate) fn encode_ack(ack: &Ack) -> Bytes {
    frame(256, |e| {
        e.array(4)?.u32(ACK)?.u64(ack.through)?;
        write_held(e, ack.held.iter().map(|(volume, frontier)| (volume, frontier)))?;
        e.array(ack.refused.len() as u64)?;
        for refusal in &ack.refused {
            e.array(5)?.encode(refusal.volume)?.encode(refusal.writer)?.u64(refusal.seq)?;
            e.str(clip(&refusal.code, CODE_BYTES))?.str(clip(&refusal.text, TEXT_BYTES))?;
        }
        Ok(())
    })
}

pub(crate) fn encode_goodbye(goodbye: &Goodbye) -> Bytes {
    frame(128, |e| e.array(3)?.u32(GOODBYE)?.str(goodbye.code.as_str())?.str(clip(&goodbye.text, TEXT_BYTES))?.ok())
}

fn write_scope(e: &mut Out, scope: &Scope) -> Encoded {
    e.array(3)?.u8(scope.classes.bits())?;
    match scope.since {
        None => e.null()?,
        Some(month) => e.str(&month.to_string())?,
    };
    e.encode(&scope.also)?.ok()
}

fn write_held<'a>(e: &mut Out, volumes: impl ExactSizeIterator<Item = (&'a VolumeId, &'a Frontier)>) -> Encoded {
    e.array(volumes.len() as u64)?;
    for held in volumes {
        e.encode(held)?;
    }
    Ok(())
}

// ---- decoding -------------------------------------------------------------------------------------------------------

/// The elements of an array of which at least `known` must be there; what a newer side put after them is skipped.
struct Fields {
    more: u64,
}

impl Fields {
    fn open(d: &mut Decoder<'_>, known: u64) -> Result<Self, FrameError> {
        let len = definite_array(d)?;
        if len < known {
            return Err(FrameError::Malformed(format!("an array has {len} elements where {known} are needed")));
        }
        Ok(Self { more: len - known })
    }

    fn close(self, d: &mut Decoder<'_>) -> Result<(), FrameError> {
        for _ in 0..self.more {
            d.skip()?;
        }
        Ok(())
    }
}

fn definite_array(d: &mut Decoder<'_>) -> Result<u64, FrameError> {
    d.array()?.ok_or_else(|| FrameError::Malformed("an array of unknown length".to_owned()))
}

fn fixed<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], FrameError> {
    let bytes = d.bytes()?;
    bytes.try_into().map_err(|_| FrameError::Malformed(format!("{} bytes where {N} are needed", bytes.len())))
}

/// Reads an array element by element. Nothing is reserved on the word of a length: each element read has used bytes of
/// the frame.
fn list<T>(
    d: &mut Decoder<'_>,
    mut read: impl FnMut(&mut Decoder<'_>) -> Result<T, FrameError>,
) -> Result<Vec<T>, FrameError> {
    let len = definite_array(d)?;
    let mut items = Vec::new();
    for _ in 0..len {
        items.push(read(d)?);
    }
    Ok(items)
}

fn read_held(d: &mut Decoder<'_>) -> Result<Vec<Held>, FrameError> {
    list(d, |d| {
        let fields = Fields::open(d, 2)?;
        let held = (d.decode()?, d.decode()?);
        fields.close(d)?;
        Ok(held)
    })
}

fn read_scope(d: &mut Decoder<'_>) -> Result<Scope, FrameError> {
    let fields = Fields::open(d, 3)?;
    let classes = Classes::from_bits(d.u64()?);
    let since =
        read_nullable(d, |d| d.str()?.parse::<Month>().map_err(|error| FrameError::Malformed(error.to_string())))?;
    // A volume of a class that only a newer version knows: nobody here holds it.
    let also = list(d, |d| Ok(d.str()?.parse::<VolumeId>().ok()))?.into_iter().flatten().collect();
    fields.close(d)?;
    Ok(Scope { classes, since, also })
}

fn read_nullable<T>(
    d: &mut Decoder<'_>,
    read: impl FnOnce(&mut Decoder<'_>) -> Result<T, FrameError>,
) -> Result<Option<T>, FrameError> {
    if d.datatype()? == minicbor::data::Type::Null {
        d.null()?;
        return Ok(None);
    }
    read(d).map(Some)
}

fn read_refusal(d: &mut Decoder<'_>) -> Result<Refusal, FrameError> {
    let fields = Fields::open(d, 5)?;
    let refusal = Refusal {
        volume: d.decode()?,
        writer: d.decode()?,
        seq: d.u64()?,
        code: clip(d.str()?, CODE_BYTES).to_owned(),
        text: clip(d.str()?, TEXT_BYTES).to_owned(),
    };
    fields.close(d)?;
    Ok(refusal)
}

fn read_entries(d: &mut Decoder<'_>) -> Result<Vec<BatchPart>, FrameError> {
    let (mut room, mut head_room) = (FRAME_ENTRIES, FRAME_HEADS);
    let parts = list(d, |d| {
        let fields = Fields::open(d, 3)?;
        let volume = d.decode()?;
        let heads = list(d, |d| {
            head_room = head_room
                .checked_sub(1)
                .ok_or_else(|| FrameError::Malformed(format!("more than {FRAME_HEADS} heads in one frame")))?;
            Ok(d.decode::<Head>()?)
        })?;
        let entries = list(d, |d| {
            room = room
                .checked_sub(1)
                .ok_or_else(|| FrameError::Malformed(format!("more than {FRAME_ENTRIES} entries in one frame")))?;
            let len = d.bytes()?.len();
            let end = d.position();
            // A frame is far below 4 GiB.
            Ok((end - len) as u32..end as u32)
        })?;
        fields.close(d)?;
        Ok(BatchPart { volume, heads, entries })
    })?;
    // Each volume once: whoever stores the batch admits it volume by volume.
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = parts.iter().find(|part| !seen.insert(&part.volume)) {
        return Err(FrameError::Malformed(format!("volume {} stands twice in one frame", twice.volume)));
    }
    Ok(parts)
}

/// Reads one frame, whose length the caller has checked.
pub(crate) fn decode(frame: &[u8]) -> Result<Message, FrameError> {
    let d = &mut Decoder::new(frame);
    let len = definite_array(d)?;
    if len == 0 {
        return Err(FrameError::Malformed("a message without a type".to_owned()));
    }
    let kind = d.u32()?;
    let known = match kind {
        HELLO => {
            // Nothing after the number is looked at before it is known to mean what this version means by it.
            if len >= 2 {
                let protocol = d.u64()?;
                if protocol != PROTOCOL {
                    return Err(FrameError::Protocol(protocol));
                }
            }
            8
        }
        WELCOME => 5,
        FRONTIERS | ENTRIES => 2,
        ACK => 4,
        GOODBYE => 3,
        _ => return Ok(Message::Unknown),
    };
    let Some(more) = len.checked_sub(known) else {
        return Err(FrameError::Malformed(format!("a message of type {kind} has {len} elements, {known} are needed")));
    };
    let message = match kind {
        HELLO => Message::Hello(Box::new(Hello {
            site: d.str()?.to_owned(),
            device: d.decode()?,
            nonce: fixed(d)?,
            proof: fixed(d)?,
            scope: read_scope(d)?,
            book: fixed(d)?,
        })),
        WELCOME => Message::Welcome(Box::new(Welcome {
            device: d.decode()?,
            proof: fixed(d)?,
            scope: read_scope(d)?,
            volumes: read_nullable(d, read_held)?,
        })),
        FRONTIERS => Message::Frontiers(read_held(d)?),
        ENTRIES => Message::Entries(read_entries(d)?),
        ACK => Message::Ack(Ack { through: d.u64()?, held: read_held(d)?, refused: list(d, read_refusal)? }),
        _ => Message::Goodbye(Goodbye::new(GoodbyeCode::from_wire(d.str()?), clip(d.str()?, TEXT_BYTES))),
    };
    Fields { more }.close(d)?;
    if d.position() != frame.len() {
        return Err(FrameError::Malformed("bytes after the end of the message".to_owned()));
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
