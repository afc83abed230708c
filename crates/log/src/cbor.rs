//! The one place that knows how bytes and CBOR meet.
//!
//! Invariant: every value of this crate has exactly one encoding. A decoder that stands alone
//! ([`decode_exact`]) writes the value again over the input and compares, so indefinite lengths,
//! longer-than-needed integers, unsorted maps and trailing bytes are all refused by one check
//! and without a copy.

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};

/// Why bytes are not the canonical encoding of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not CBOR of the expected shape.
    #[error("not readable: {0}")]
    Malformed(String),
    /// Readable, but there is another and only right way to write the same value.
    #[error("not written in the canonical form")]
    NotCanonical,
    /// More bytes than such a value may have.
    #[error("{len} bytes, more than the {limit} allowed")]
    TooLarge {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Written by a later version of the program.
    #[error("written in format {0}, newer than this program knows; update the program")]
    NewerVersion(u64),
}

impl From<decode::Error> for DecodeError {
    fn from(error: decode::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Encodes into fresh bytes.
pub(crate) fn to_bytes<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, value);
    bytes
}

/// Encodes behind what is already there.
pub(crate) fn append<T: Encode<()>>(bytes: &mut Vec<u8>, value: &T) {
    // A vector takes every write, and no encoder of this crate raises an error of its own.
    let done = minicbor::encode(value, bytes);
    debug_assert!(done.is_ok(), "encoding into memory failed: {done:?}");
}

/// Decodes `bytes` as one whole value in canonical form.
pub(crate) fn decode_exact<'b, T>(bytes: &'b [u8], limit: usize) -> Result<T, DecodeError>
where
    T: Decode<'b, ()> + Encode<()>,
{
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { len: bytes.len(), limit });
    }
    let value: T = minicbor::decode(bytes)?;
    if is_encoding_of(bytes, &value) { Ok(value) } else { Err(DecodeError::NotCanonical) }
}

/// Whether `bytes` are exactly what encoding `value` would give.
pub(crate) fn is_encoding_of<T: Encode<()>>(bytes: &[u8], value: &T) -> bool {
    let mut rest = Compare(bytes);
    minicbor::encode(value, &mut rest).is_ok() && rest.0.is_empty()
}

/// A writer that compares instead of writing.
struct Compare<'a>(&'a [u8]);

#[derive(Debug)]
struct Differs;

impl Write for Compare<'_> {
    type Error = Differs;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Differs> {
        self.0 = self.0.strip_prefix(written).ok_or(Differs)?;
        Ok(())
    }
}

/// Reads an array header and refuses any other length.
pub(crate) fn expect_array(d: &mut Decoder<'_>, len: u64) -> Result<(), decode::Error> {
    let at = d.position();
    match d.array()? {
        Some(found) if found == len => Ok(()),
        Some(found) => Err(decode::Error::message(format!("expected {len} elements, found {found}")).at(at)),
        None => Err(decode::Error::message("indefinite length").at(at)),
    }
}

/// Reads the array header and the version that begin every stand-alone value, before its length
/// is judged: a later version may well be longer.
pub(crate) fn versioned_array(bytes: &[u8], version: u64, len: u64) -> Result<Decoder<'_>, DecodeError> {
    let mut d = Decoder::new(bytes);
    let found_len = d.array()?.ok_or_else(|| DecodeError::Malformed("indefinite length".into()))?;
    match d.u64()? {
        found if found > version => Err(DecodeError::NewerVersion(found)),
        found if found < version => Err(DecodeError::Malformed(format!("format {found}"))),
        _ if found_len != len => Err(DecodeError::Malformed(format!("expected {len} elements, found {found_len}"))),
        _ => Ok(d),
    }
}

/// Reads a byte string of a fixed length.
pub(crate) fn byte_array<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    let at = d.position();
    let bytes = d.bytes()?;
    bytes.try_into().map_err(|_| decode::Error::message(format!("expected {N} bytes, found {}", bytes.len())).at(at))
}

/// Reads `null` or a value.
pub(crate) fn optional<'b, T: Decode<'b, ()>>(d: &mut Decoder<'b>) -> Result<Option<T>, decode::Error> {
    if d.datatype()? == Type::Null {
        d.null()?;
        Ok(None)
    } else {
        d.decode().map(Some)
    }
}

/// Writes `null` or a value.
pub(crate) fn encode_optional<W: Write, T: Encode<()>>(
    e: &mut Encoder<W>,
    value: Option<&T>,
) -> Result<(), encode::Error<W::Error>> {
    match value {
        None => e.null()?.ok(),
        Some(value) => e.encode(value)?.ok(),
    }
}
