//! The names of things: volumes, writers, documents, persons, devices, hashes.
//!
//! Invariants
//! - Every id is a newtype; none converts into another by accident.
//! - Ids are made from bytes that come in as arguments. Nothing here draws randomness.
//! - `Display` and `FromStr` of an id are inverse to each other and have one form only.
//! - A [`DeviceSecret`] never shows its bytes in a log or an error.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use uuid::Uuid;

use crate::cbor;

/// A text or a row of bytes is not the id it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(pub(crate) &'static str);

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = InvalidId;

            fn try_from(bytes: &[u8]) -> Result<Self, InvalidId> {
                bytes.try_into().map(Self).map_err(|_| InvalidId($word))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), HEXLOWER.encode(&self.0[..4]))
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                cbor::byte_array(d).map(Self)
            }
        }
    };
}

macro_rules! hex_text {
    ($name:ident, $word:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                HEXLOWER
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| Self::try_from(bytes.as_slice()).ok())
                    .ok_or(InvalidId($word))
            }
        }
    };
}

macro_rules! uuid_text {
    ($name:ident, $word:literal) => {
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid.into_bytes())
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                Uuid::from_bytes(id.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let uuid = Uuid::try_parse(text).map_err(|_| InvalidId($word))?;
                let id = Self(uuid.into_bytes());
                // The parser knows more ways to write a UUID than the one that we write.
                if id.to_string() == text { Ok(id) } else { Err(InvalidId($word)) }
            }
        }
    };
}

byte_id!(
    /// One append-only log of one device in one volume: the first half of the hash of its
    /// [`Opening`](crate::Opening), so nobody can claim a writer that another device opened.
    WriterId,
    16,
    "writer id"
);
hex_text!(WriterId, "writer id");
byte_id!(
    /// One record, that is one Automerge document. A UUID that says which volume it lives in, see [`DocId::home`].
    DocId,
    16,
    "document id"
);
uuid_text!(DocId, "document id");
byte_id!(
    /// The person who acted; nil when the device itself did. A UUID.
    AuthorId,
    16,
    "author id"
);
uuid_text!(AuthorId, "author id");
byte_id!(
    /// SHA-256 of an entry's exact bytes.
    EntryHash,
    32,
    "entry hash"
);
hex_text!(EntryHash, "entry hash");
byte_id!(
    /// SHA-256 that Automerge knows a change by.
    ChangeHash,
    32,
    "change hash"
);
hex_text!(ChangeHash, "change hash");
byte_id!(
    /// A device's Ed25519 public key; it is the device's identity.
    DeviceKey,
    32,
    "device key"
);
hex_text!(DeviceKey, "device key");

impl DocId {
    /// The volume of this site that its entries stand in; `None` where no volume is called so. The id itself says it:
    /// class in the upper four bits of the first two bytes; below, months since December 1969, 0 for a class without
    /// months. So no entry can move a record into another volume, whatever arrives first.
    #[must_use]
    pub fn home(&self, site: SiteCode) -> Option<VolumeId> {
        let place = u16::from_be_bytes([self.0[0], self.0[1]]);
        let class = match place >> 12 {
            0 => Class::Standing,
            1 => Class::Duty,
            2 => Class::Personnel,
            _ => return None,
        };
        let month = match place & 0x0fff {
            0 => None,
            months => Some(Month { year: 1970 + (months - 1) / 12, month: u8::try_from((months - 1) % 12).ok()? + 1 }),
        };
        Some(VolumeId { site, class, month }).filter(VolumeId::is_well_formed)
    }
}

impl AuthorId {
    /// The device itself, with no person acting.
    pub const DEVICE: Self = Self([0; 16]);

    /// Whether no person stands behind it.
    #[must_use]
    pub fn is_device(&self) -> bool {
        *self == Self::DEVICE
    }
}

impl From<automerge::ChangeHash> for ChangeHash {
    fn from(hash: automerge::ChangeHash) -> Self {
        Self(hash.0)
    }
}

impl From<ChangeHash> for automerge::ChangeHash {
    fn from(hash: ChangeHash) -> Self {
        Self(hash.0)
    }
}

impl DeviceKey {
    /// Whether `signature` is this device's over `message` in `context`.
    ///
    /// Strict verification: keys and signatures for which two verifiers could disagree (small
    /// order, not reduced) are refused.
    #[must_use]
    pub fn verify(&self, context: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else {
            return false;
        };
        key.verify_strict(&signed_bytes(context, message), &Signature::from_bytes(signature)).is_ok()
    }
}

/// A device's Ed25519 secret key. Wiped from memory when dropped.
#[derive(Clone)]
pub struct DeviceSecret(SigningKey);

impl DeviceSecret {
    /// From 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&bytes))
    }

    /// The bytes, for keeping them in the device's own store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> DeviceKey {
        DeviceKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` in `context`; a signature of one context is worth nothing in another.
    #[must_use]
    pub fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        self.0.sign(&signed_bytes(context, message)).to_bytes()
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceSecret(of {:?})", self.public())
    }
}

/// What is really signed: the context with its length in front, so that no context and message
/// can be read as another context and message.
fn signed_bytes(context: &[u8], message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + context.len() + message.len());
    bytes.extend_from_slice(&(context.len() as u64).to_be_bytes());
    bytes.extend_from_slice(context);
    bytes.extend_from_slice(message);
    bytes
}

/// The short name of a site: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteCode {
    // Padded with zeros, which sort before every allowed letter: the order is that of the text.
    letters: [u8; SiteCode::MAX_LEN],
    len: u8,
}

impl SiteCode {
    /// Letters at most.
    pub const MAX_LEN: usize = 32;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII ever gets in.
        str::from_utf8(&self.letters[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl FromStr for SiteCode {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=Self::MAX_LEN).contains(&text.len()) || !text.as_bytes().iter().all(allowed) {
            return Err(InvalidId("site code"));
        }
        let mut letters = [0; Self::MAX_LEN];
        letters[..text.len()].copy_from_slice(text.as_bytes());
        let len = u8::try_from(text.len()).map_err(|_| InvalidId("site code"))?;
        Ok(Self { letters, len })
    }
}

impl fmt::Display for SiteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SiteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteCode({})", self.as_str())
    }
}

/// What a volume is for; access and retention follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// People, posts, places, routes, plans, roster, contacts. Has no month.
    Standing,
    /// The daily work.
    Duty,
    /// Discipline, spot checks, leave decisions.
    Personnel,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Standing, Self::Duty, Self::Personnel];

    /// The word in a volume's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Duty => "duty",
            Self::Personnel => "personnel",
        }
    }

    /// Whether its volumes are monthly.
    #[must_use]
    pub const fn has_month(self) -> bool {
        !matches!(self, Self::Standing)
    }
}

impl FromStr for Class {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL.into_iter().find(|class| class.as_str() == text).ok_or(InvalidId("volume class"))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A calendar month, as `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// `year` of four digits, `month` from 1 to 12.
    ///
    /// # Errors
    /// When either is out of range.
    pub fn new(year: u16, month: u8) -> Result<Self, InvalidId> {
        if (1000..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(InvalidId("month"))
        }
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }
}

impl FromStr for Month {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId("month");
        let bytes = text.as_bytes();
        let digit = |at: usize| match bytes[at] {
            b @ b'0'..=b'9' => Ok(b - b'0'),
            _ => Err(InvalidId("month")),
        };
        if bytes.len() != 7 || bytes[4] != b'-' {
            return Err(invalid);
        }
        let mut year = 0;
        for at in 0..4 {
            year = year * 10 + u16::from(digit(at)?);
        }
        Self::new(year, digit(5)? * 10 + digit(6)?)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A volume (册): `demo/standing`, `demo/duty/2026-11`.
///
/// A standing volume has no month, every other one has; [`VolumeId::is_well_formed`] says so of
/// a value put together by hand, and nothing else is ever decoded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId {
    /// The site.
    pub site: SiteCode,
    /// What it is for.
    pub class: Class,
    /// The month in which its records were born.
    pub month: Option<Month>,
}

impl VolumeId {
    /// The site's volume of long-lived records.
    #[must_use]
    pub const fn standing(site: SiteCode) -> Self {
        Self { site, class: Class::Standing, month: None }
    }

    /// The site's volume of daily work born in `month`.
    #[must_use]
    pub const fn duty(site: SiteCode, month: Month) -> Self {
        Self { site, class: Class::Duty, month: Some(month) }
    }

    /// The site's volume of personnel matters born in `month`.
    #[must_use]
    pub const fn personnel(site: SiteCode, month: Month) -> Self {
        Self { site, class: Class::Personnel, month: Some(month) }
    }

    /// Whether the month is there exactly when the class wants one.
    #[must_use]
    pub const fn is_well_formed(&self) -> bool {
        self.class.has_month() == self.month.is_some()
    }
}

impl FromStr for VolumeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().ok_or(InvalidId("volume"));
        let site = part()?.parse()?;
        let class = part()?.parse()?;
        let month = parts.next().map(str::parse).transpose()?;
        let volume = Self { site, class, month };
        if volume.is_well_formed() { Ok(volume) } else { Err(InvalidId("volume")) }
    }
}

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl fmt::Debug for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VolumeId({self})")
    }
}

/// Site, class and month with two slashes between.
const VOLUME_TEXT_MAX: usize = SiteCode::MAX_LEN + 1 + 9 + 1 + 7;

impl VolumeId {
    /// Hands out the text without an allocation: it stands in every entry.
    pub(crate) fn with_text<R>(&self, use_text: impl FnOnce(&str) -> R) -> R {
        use_text(self.text(&mut [0; VOLUME_TEXT_MAX]))
    }

    fn text<'a>(&self, buffer: &'a mut [u8; VOLUME_TEXT_MAX]) -> &'a str {
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            buffer[len..len + bytes.len()].copy_from_slice(bytes);
            len += bytes.len();
        };
        put(self.site.as_str().as_bytes());
        put(b"/");
        put(self.class.as_str().as_bytes());
        if let Some(Month { year, month }) = self.month {
            let digit = |n: u16| b'0' + (n % 10) as u8;
            let (y, m) = (year, u16::from(month));
            put(&[b'/', digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), b'-', digit(m / 10), digit(m)]);
        }
        // Only ASCII was put in.
        str::from_utf8(&buffer[..len]).unwrap_or_default()
    }
}

impl<C> Encode<C> for VolumeId {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        self.with_text(|text| e.str(text)?.ok())
    }
}

impl<'b, C> Decode<'b, C> for VolumeId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let at = d.position();
        d.str()?.parse().map_err(|error: InvalidId| decode::Error::message(error).at(at))
    }
}

/// When something was written down, by the device's own account. Shown, never trusted for order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recorded {
    /// Wall clock, milliseconds since 1970 UTC.
    pub wall_ms: i64,
    /// Random per start of the device's program.
    pub boot: [u8; 16],
    /// Milliseconds since that start; does not jump when somebody sets the clock.
    pub monotonic_ms: u64,
}

impl<C> Encode<C> for Recorded {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(3)?.i64(self.wall_ms)?.bytes(&self.boot)?.u64(self.monotonic_ms)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Recorded {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        cbor::expect_array(d, 3)?;
        Ok(Self { wall_ms: d.i64()?, boot: cbor::byte_array(d)?, monotonic_ms: d.u64()? })
    }
}
