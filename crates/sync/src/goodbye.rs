//! Why a connection ends: a code for programs, a sentence for people.

use std::fmt;

/// Why a connection ends. On the wire it is a short text, so that a newer side may say what an older one has no
/// name for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoodbyeCode {
    /// The other side keeps the book of another site.
    WrongSite,
    /// The other side speaks another version of the protocol.
    WrongProtocol,
    /// The signature does not show that the other side owns the device key it names.
    BadProof,
    /// The device key is not one this site has enrolled.
    UnknownDevice,
    /// The device was taken out of use at this site.
    RevokedDevice,
    /// A frame is larger than this stage of the conversation allows.
    FrameTooLarge,
    /// A frame cannot be read, or comes where the protocol has no place for it.
    Malformed,
    /// More unacknowledged bytes than the window allows.
    WindowExceeded,
    /// The other side said nothing for too long.
    Timeout,
    /// This side cannot store at the moment (disk full, database unavailable).
    StorageUnavailable,
    /// This side is stopping in an orderly way; come again later.
    ShuttingDown,
    /// This side has too many connections; come again later.
    Busy,
    /// This side met something that its own code should have excluded.
    Internal,
    /// A code this version has no name for.
    Other(String),
}

impl GoodbyeCode {
    const NAMED: [(Self, &'static str); 13] = [
        (Self::WrongSite, "wrong-site"),
        (Self::WrongProtocol, "wrong-protocol"),
        (Self::BadProof, "bad-proof"),
        (Self::UnknownDevice, "unknown-device"),
        (Self::RevokedDevice, "revoked-device"),
        (Self::FrameTooLarge, "frame-too-large"),
        (Self::Malformed, "malformed"),
        (Self::WindowExceeded, "window-exceeded"),
        (Self::Timeout, "timeout"),
        (Self::StorageUnavailable, "storage-unavailable"),
        (Self::ShuttingDown, "shutting-down"),
        (Self::Busy, "busy"),
        (Self::Internal, "internal"),
    ];

    /// The text on the wire; also the key by which a user interface translates.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            named => Self::NAMED.iter().find(|(code, _)| code == named).map_or("internal", |(_, text)| text),
        }
    }

    pub(crate) fn from_wire(text: &str) -> Self {
        Self::NAMED
            .iter()
            .find(|(_, name)| *name == text)
            .map_or_else(|| Self::Other(clip(text, CODE_BYTES).to_owned()), |(code, _)| code.clone())
    }

    /// Whether the same connection may work later without anybody doing anything: a client waits and dials again.
    /// Otherwise a person has to act (enrol again, update the program, choose another server).
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::StorageUnavailable
                | Self::ShuttingDown
                | Self::Busy
                | Self::Internal
                | Self::WindowExceeded
                | Self::Other(_)
        )
    }
}

impl fmt::Display for GoodbyeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The last word on a connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Goodbye {
    /// What programs act on.
    pub code: GoodbyeCode,
    /// What a person reads: English, one or two sentences, says what to do.
    pub text: String,
}

impl Goodbye {
    /// `text` longer than a frame field may be is cut.
    pub fn new(code: GoodbyeCode, text: impl Into<String>) -> Self {
        let mut text = text.into();
        let end = clip(&text, TEXT_BYTES).len();
        text.truncate(end);
        Self { code, text }
    }
}

/// Longest code on the wire in bytes.
pub(crate) const CODE_BYTES: usize = 48;
/// Longest sentence on the wire in bytes.
pub(crate) const TEXT_BYTES: usize = 600;

/// The longest start of `text` that is at most `max` bytes and ends between two characters.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_code_survives_the_wire() {
        for (code, text) in GoodbyeCode::NAMED {
            assert_eq!(code.as_str(), text);
            assert_eq!(GoodbyeCode::from_wire(text), code);
        }
        assert_eq!(GoodbyeCode::from_wire("moved-away"), GoodbyeCode::Other("moved-away".to_owned()));
        assert_eq!(GoodbyeCode::from_wire("moved-away").as_str(), "moved-away");
    }

    #[test]
    fn clipping_never_splits_a_character() {
        assert_eq!(clip("值班簿", 4), "值");
        assert_eq!(clip("值班簿", 9), "值班簿");
        assert_eq!(clip("值班簿", 2), "");
    }
}
