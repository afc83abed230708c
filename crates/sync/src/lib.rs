//! Two replicas of a book say to each other what they lack: the wire messages, and the session as a state machine
//! without sockets, files or clock.
//!
//! [`Session::handle`] takes an [`Event`] and answers with [`Effect`]s; whoever runs it (the app's sync runner, the
//! server's socket, a test's in-memory network) carries them out. The same session serves tablet and server, tablet
//! and tablet: only who dials differs.
//!
//! What the crate knows nothing of: SQLite, sockets, documents. What an entry is worth is decided by
//! `dutybook_log::admit` in the store.

mod coverage;
mod goodbye;
mod message;
mod scope;
mod session;

pub use coverage::Coverage;
pub use goodbye::{Code, Goodbye};
pub use message::{Batch, FRAME_BYTES, HELLO_BYTES, Held, PROTOCOL, Part, Refusal};
pub use scope::{Classes, Scope};
pub use session::{
    Book, Effect, Event, HANDSHAKE_MS, LogChunk, LogEntry, ReadLog, Receipt, Replica, STALL_MS, Session, Sign,
    TARGET_BYTES, WINDOW_BYTES, WINDOW_MESSAGES,
};
