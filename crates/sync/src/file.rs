//! Files between a device and the server: `/files`, after tus 1.0 (<https://tus.io/protocols/resumable-upload>) for
//! sending and with ranges (RFC 9110) for fetching. A request says who asks and shows it.
//!
//! | request | what it does |
//! |---|---|
//! | `POST /files`, `Upload-Length`, `Upload-Metadata: sha256 <base64 of 64 hex digits>` | begins or goes on; 201 with `Location` |
//! | `HEAD /files/HASH` | how much has come: `Upload-Offset`, `Upload-Length` |
//! | `PATCH /files/HASH`, `Upload-Offset`, at most [`PIECE_BYTES`] | the next piece; 204; 409 when it is not the next; 460 when all of it is something else |
//! | `GET /files/HASH`, `Range` | the bytes |

use dutybook_log::DeviceKey;

use crate::session::Sign;

/// The version of tus that is spoken.
pub const TUS: &str = "1.0.0";
/// Header with the asking device's public key, in lower-case hex.
pub const FILE_DEVICE_HEADER: &str = "x-dutybook-device";
/// Header with its signature, in lower-case hex.
pub const FILE_PROOF_HEADER: &str = "x-dutybook-proof";
/// Bytes of a piece at most.
pub const PIECE_BYTES: usize = 256 * 1024;

const CONTEXT: &[u8] = b"dutybook/file/1";

/// What is signed: for whom, what is done, to which file. Not when: whoever hears the request has heard the file, and
/// doing it again changes nothing.
fn message(server: &DeviceKey, method: &str, hash: &[u8; 32]) -> Vec<u8> {
    [&server.0[..], hash, method.as_bytes()].concat()
}

/// The signature of a request to `server`.
#[must_use]
pub fn sign_file_request(device: &dyn Sign, server: &DeviceKey, method: &str, hash: &[u8; 32]) -> [u8; 64] {
    device.sign(CONTEXT, &message(server, method, hash))
}

/// Whether `device` has signed the request.
#[must_use]
pub fn is_file_request_of(
    device: &DeviceKey,
    server: &DeviceKey,
    method: &str,
    hash: &[u8; 32],
    proof: &[u8; 64],
) -> bool {
    device.verify(CONTEXT, &message(server, method, hash), proof)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use dutybook_log::DeviceSecret;

    use super::*;

    #[test]
    fn a_request_is_signed_for_one_server_one_method_and_one_file() {
        let (device, server) = (DeviceSecret::from_bytes([1; 32]), DeviceSecret::from_bytes([2; 32]).public());
        let proof = sign_file_request(&device, &server, "GET", &[7; 32]);
        let holds = |server: &DeviceKey, method: &str, hash: [u8; 32]| {
            is_file_request_of(&device.public(), server, method, &hash, &proof)
        };
        assert!(holds(&server, "GET", [7; 32]));
        assert!(
            !holds(&server, "PATCH", [7; 32])
                && !holds(&server, "GET", [8; 32])
                && !holds(&device.public(), "GET", [7; 32])
        );
    }
}
