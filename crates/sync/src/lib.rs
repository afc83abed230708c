//! Two replicas of a book say to each other what they lack: the wire messages, and the session as a state machine
//! without sockets, files or clock.
//!
//! [`Session::handle`] takes an [`Event`] and answers with [`Effect`]s; whoever runs it (the app's sync runner, the
//! server's socket, a test's in-memory network) carries them out. The same session serves tablet and server, tablet
//! and tablet: only who dials differs.
//!
//! What the crate knows nothing of: SQLite, sockets, documents. What an entry is worth is decided by
//! `dutybook_log::admit` in the store.

/// The WebSocket subprotocol: a server and a program that speak something else notice it before the first frame.
pub const SUBPROTOCOL: &str = "dutybook.sync.1";
/// Header of the answer to the connection request: 32 random bytes in lower-case hex, to be signed in the first message.
/// It stands there and not in a message so that a reconnect is one round trip.
pub const CHALLENGE_HEADER: &str = "x-dutybook-challenge";
/// Header of the answer to the connection request: the answering device's public key in lower-case hex, for a dialling
/// side that does not know whom it will meet.
pub const DEVICE_HEADER: &str = "x-dutybook-device";

mod bundle;
mod coverage;
mod enrolment;
mod file;
mod goodbye;
mod message;
mod outgoing;
mod scope;
mod session;

pub use bundle::{BundleCount, BundleError, BundleHead, BundleReader, write_bundle};
pub use coverage::Coverage;
pub use enrolment::{ENROLMENT_BYTES, EnrolAnswer, EnrolAsking, EnrolProblem, EnrolmentError};
pub use file::{FILE_DEVICE_HEADER, FILE_PROOF_HEADER, PIECE_BYTES, TUS, is_file_request_of, sign_file_request};
pub use goodbye::{Goodbye, GoodbyeCode};
pub use message::{Batch, FRAME_BYTES, HELLO_BYTES, Held, PROTOCOL, Part, Refusal};
pub use scope::{Classes, Scope};
pub use session::{
    Book, Effect, Event, HANDSHAKE_MS, LogChunk, LogEntry, ReadLog, Receipt, Replica, STALL_MS, Session, Sign,
    TARGET_BYTES, WINDOW_BYTES, WINDOW_MESSAGES,
};
