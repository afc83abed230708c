//! What is said when a device is taken into a site: one request, one answer, in JSON over HTTP (`POST /enrol`).
//!
//! ```text
//! asking  = {"token": text, "device_key": 64 hex digits, "name": text}      ; name may be left out
//! answer  = {"site", "site_name", "server_key": 64 hex digits, "device_id": UUID, "prefix", "role", "name"}
//! problem = {"code": text, "message": text}                                  ; with any status but 200
//! ```
//!
//! Members that this version does not know are skipped, on both sides.

use serde::{Deserialize, Serialize};

/// The most bytes either side reads of the other.
pub const ENROLMENT_BYTES: usize = 16 * 1024;

/// What a device asks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAsking {
    /// The one-time token, however it was typed.
    pub token: String,
    /// The device's Ed25519 public key in lower-case hex.
    pub device_key: String,
    /// What people call it; empty: the name the token was made with.
    #[serde(default)]
    pub name: String,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// Short name of the site.
    pub site: String,
    /// What people call the site.
    pub site_name: String,
    /// The server's Ed25519 public key in lower-case hex: the root of trust from now on.
    pub server_key: String,
    /// The device's record in the standing volume, a UUID. A device may do without.
    #[serde(default)]
    pub device_id: String,
    /// The prefix of the numbers that this device gives.
    pub prefix: String,
    /// `tablet`, `desk` or `admin`.
    pub role: String,
    /// What people call the device.
    #[serde(default)]
    pub name: String,
}

/// Why it gets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolProblem {
    /// For programs: `unreadable`, `bad_key`, `bad_token`, `unavailable`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Why bytes are neither a request nor an answer.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// More than [`ENROLMENT_BYTES`].
    #[error("{0} bytes, more than the {ENROLMENT_BYTES} allowed")]
    TooLarge(usize),
    /// No JSON, or not of this shape.
    #[error("{0}")]
    Unreadable(#[from] serde_json::Error),
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, EnrolmentError> {
    if bytes.len() > ENROLMENT_BYTES {
        return Err(EnrolmentError::TooLarge(bytes.len()));
    }
    Ok(serde_json::from_slice(bytes)?)
}

impl EnrolAsking {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn read(body: &[u8]) -> Result<Self, EnrolmentError> {
        read(body)
    }
}

impl EnrolAnswer {
    /// Reads the body of an answer with status 200.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn read(body: &[u8]) -> Result<Self, EnrolmentError> {
        read(body)
    }
}

impl EnrolProblem {
    /// Reads the body of any other answer.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn read(body: &[u8]) -> Result<Self, EnrolmentError> {
        read(body)
    }
}
