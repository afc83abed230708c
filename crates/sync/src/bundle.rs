//! A bundle (数据包): the log in a file, to be carried where there is no network.
//!
//! ```text
//! bundle = magic, record*            ; magic: "dutybook bundle 1\n"
//! record = length: u32 BE, sha256: bytes32 of the frame, frame
//! frame  = [64, site: text, device: key, label: text, written_ms: int, [* held]]   ; once, first: what follows
//!        / [3, …]                                                                   ; entries, as over the wire
//!        / [65, frames: uint, entries: uint]                                        ; once, last: the file is whole
//! ```
//!
//! Invariants
//! - Every frame of entries can be admitted by itself: of a file that is cut off or damaged, everything before the
//!   damage is as good as of a whole one, and the reader says how far it came.
//! - Nothing in a bundle is believed for standing in it. Chains and signatures decide, as over the wire; so reading it
//!   twice, or an old one, changes nothing.
//! - Memory is one frame on either side, however large the file.

use std::io::{ErrorKind, Read, Write};

use bytes::Bytes;
use dutybook_log::{DeviceKey, SiteCode};
use minicbor::decode::Decoder;
use minicbor::encode::Encoder;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

use crate::coverage::Coverage;
use crate::message::{self, Batch, FRAME_BYTES, Held, Message};
use crate::outgoing::{frame_of, pieces};
use crate::scope::Scope;
use crate::session::{LogChunk, LogEntry, ReadLog, TARGET_BYTES};

const MAGIC: &[u8; 18] = b"dutybook bundle 1\n";
/// What every version's magic begins with.
const NAME: &[u8] = b"dutybook bundle ";
const HEAD: u32 = 64;
const END: u32 = 65;
/// The longest label that is read.
const LABEL_CHARS: usize = 80;

/// What a bundle says of itself. Nobody vouches for it: it is for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleHead {
    /// Whose book.
    pub site: SiteCode,
    /// The device that wrote it.
    pub device: DeviceKey,
    /// What people call that device.
    pub label: String,
    /// When, by its clock.
    pub written_ms: i64,
    /// How far it reaches.
    pub held: Vec<Held>,
}

/// How much was written or read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BundleCount {
    /// Frames of entries.
    pub frames: u64,
    /// Entries.
    pub entries: u64,
}

/// Why a bundle cannot be written or read on. What was read before stays good.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The disk or the stick.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// Another file.
    #[error("this is not a Dutybook bundle")]
    NotABundle,
    /// Of a later version.
    #[error("this bundle is of a later version; update this program")]
    Version,
    /// It stops in the middle.
    #[error("the file is cut off after {} entries; what stood before that was read, write it again for the rest", .0.entries)]
    CutOff(BundleCount),
    /// It is not what was written.
    #[error("the file is damaged after {} entries ({}); what stood before that was read, write it again for the rest", .0.entries, .1)]
    Damaged(BundleCount, String),
    /// A commit of the log does not fit into a frame.
    #[error("one commit of the log is larger than a frame")]
    TooLarge,
}

/// Writes everything that `there` does not hold. `read` reads the log, as for a connection.
///
/// # Errors
/// [`BundleError`], or what `read` failed with.
pub fn write_bundle<E: From<BundleError>>(
    out: &mut impl Write,
    head: &BundleHead,
    there: &[Held],
    mut read: impl FnMut(&ReadLog) -> Result<LogChunk, E>,
) -> Result<BundleCount, E> {
    let mut coverage = Coverage::new(Scope::everything());
    for (volume, frontier) in there {
        coverage.restate(volume, frontier);
    }
    let coverage = Arc::new(coverage);
    let io = |error: std::io::Error| E::from(BundleError::Io(error));
    out.write_all(MAGIC).map_err(io)?;
    put(out, &encode_head(head)).map_err(io)?;
    let (mut count, mut after, mut limit_bytes) = (BundleCount::default(), 0, TARGET_BYTES);
    loop {
        let chunk = read(&ReadLog { after, limit_bytes, coverage: Arc::clone(&coverage) })?;
        let wanted: Vec<&LogEntry> = chunk
            .entries
            .iter()
            .filter(|entry| entry.arrival > after && coverage.wants(&entry.volume, &entry.writer, entry.seq))
            .collect();
        let cut = pieces(&wanted);
        for range in &cut.ranges {
            let entries = wanted.get(range.clone()).unwrap_or_default();
            put(out, &frame_of(entries).0).map_err(io)?;
            count.frames += 1;
            count.entries += entries.len() as u64;
        }
        let before = after;
        if cut.whole {
            after = after.max(chunk.through);
        } else if let Some(last) = cut.ranges.last().and_then(|range| wanted.get(range.end.checked_sub(1)?)) {
            after = last.arrival;
        }
        if cut.whole && chunk.end {
            break;
        }
        if after > before {
            limit_bytes = TARGET_BYTES;
        } else if limit_bytes >= FRAME_BYTES {
            return Err(BundleError::TooLarge.into());
        } else {
            // A commit larger than what was read: the whole of it has to come in one frame.
            limit_bytes = (limit_bytes * 2).min(FRAME_BYTES);
        }
    }
    put(out, &encode_end(count)).map_err(io)?;
    out.flush().map_err(io)?;
    Ok(count)
}

fn put(out: &mut impl Write, frame: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(|_| std::io::Error::from(ErrorKind::InvalidInput))?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(&Sha256::digest(frame))?;
    out.write_all(frame)
}

fn encode_head(head: &BundleHead) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    let mut write = || -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        e.array(6)?.u32(HEAD)?.str(head.site.as_str())?.encode(head.device)?.str(&head.label)?.i64(head.written_ms)?;
        e.array(head.held.len() as u64)?;
        for held in &head.held {
            e.encode(held)?;
        }
        Ok(())
    };
    // Writing into a `Vec` cannot fail.
    let written = write();
    debug_assert!(written.is_ok(), "encoding into memory failed");
    e.into_writer()
}

fn encode_end(count: BundleCount) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    let mut write = || -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        e.array(3)?.u32(END)?.u64(count.frames)?.u64(count.entries)?.ok()
    };
    let written = write();
    debug_assert!(written.is_ok(), "encoding into memory failed");
    e.into_writer()
}

/// Reads a bundle frame by frame.
#[derive(Debug)]
pub struct BundleReader<R> {
    input: R,
    head: BundleHead,
    count: BundleCount,
    done: bool,
}

impl<R: Read> BundleReader<R> {
    /// Opens a bundle.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(mut input: R) -> Result<Self, BundleError> {
        let mut magic = [0; MAGIC.len()];
        let read = fill(&mut input, &mut magic)?;
        if read < magic.len() || !magic.starts_with(NAME) {
            return Err(BundleError::NotABundle);
        }
        if magic != *MAGIC {
            return Err(BundleError::Version);
        }
        let count = BundleCount::default();
        let frame = take(&mut input, count)?.ok_or(BundleError::CutOff(count))?;
        let head = decode_head(&frame).map_err(|what| BundleError::Damaged(count, what))?;
        Ok(Self { input, head, count, done: false })
    }

    /// What it says of itself.
    #[must_use]
    pub const fn head(&self) -> &BundleHead {
        &self.head
    }

    /// How much was read.
    #[must_use]
    pub const fn count(&self) -> BundleCount {
        self.count
    }

    /// The next entries; `None` at the end of a whole bundle.
    ///
    /// # Errors
    /// [`BundleError::CutOff`], [`BundleError::Damaged`], [`BundleError::Io`].
    pub fn next_batch(&mut self) -> Result<Option<Batch>, BundleError> {
        while !self.done {
            let frame = take(&mut self.input, self.count)?.ok_or(BundleError::CutOff(self.count))?;
            let damaged = |what: String| BundleError::Damaged(self.count, what);
            if let Some(end) = decode_end(&frame) {
                self.done = true;
                if end != self.count {
                    return Err(damaged("frames are missing".into()));
                }
                break;
            }
            match message::decode(&frame).map_err(|error| damaged(error.to_string()))? {
                Message::Entries(parts) => {
                    self.count.frames += 1;
                    self.count.entries += parts.iter().map(|part| part.entries.len() as u64).sum::<u64>();
                    return Ok(Some(Batch { ticket: self.count.frames, frame, parts }));
                }
                // What a later program put there besides is not for this one.
                Message::Unknown => {}
                _ => return Err(damaged("a message that belongs to a connection".into())),
            }
        }
        Ok(None)
    }
}

/// Fills `buffer` as far as the input goes.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The next frame; `None` where the file ends before one, or within it.
fn take(input: &mut impl Read, count: BundleCount) -> Result<Option<Bytes>, BundleError> {
    let mut prefix = [0; 36];
    if fill(input, &mut prefix)? < prefix.len() {
        return Ok(None);
    }
    let [a, b, c, d, digest @ ..] = prefix;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length > FRAME_BYTES {
        return Err(BundleError::Damaged(count, "a frame of impossible length".into()));
    }
    // Memory grows with what is there, not with what the file claims.
    let mut frame = Vec::new();
    input.by_ref().take(length as u64).read_to_end(&mut frame)?;
    if frame.len() < length {
        return Ok(None);
    }
    if Sha256::digest(&frame)[..] != digest {
        return Err(BundleError::Damaged(count, "a frame is not what was written".into()));
    }
    Ok(Some(frame.into()))
}

fn decode_head(frame: &[u8]) -> Result<BundleHead, String> {
    let d = &mut Decoder::new(frame);
    let mut read = || -> Result<Option<BundleHead>, minicbor::decode::Error> {
        if d.array()?.is_none_or(|len| len < 6) || d.u32()? != HEAD {
            return Ok(None);
        }
        let Ok(site) = d.str()?.parse() else { return Ok(None) };
        let (device, label, written_ms) = (d.decode()?, d.str()?.chars().take(LABEL_CHARS).collect(), d.i64()?);
        let mut held = Vec::new();
        for _ in 0..d.array()?.unwrap_or_default() {
            held.push(d.decode()?);
        }
        Ok(Some(BundleHead { site, device, label, written_ms, held }))
    };
    read().map_err(|error| error.to_string())?.ok_or_else(|| "it does not say what it is".to_owned())
}

/// The last frame; `None` where it is another one.
fn decode_end(frame: &[u8]) -> Option<BundleCount> {
    let d = &mut Decoder::new(frame);
    let mut read = || -> Result<Option<BundleCount>, minicbor::decode::Error> {
        if d.array()?.is_none_or(|len| len < 3) || d.u32()? != END {
            return Ok(None);
        }
        Ok(Some(BundleCount { frames: d.u64()?, entries: d.u64()? }))
    };
    read().unwrap_or_default()
}
