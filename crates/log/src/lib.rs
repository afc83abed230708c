//! The signed, hash-chained log of the duty book (值班簿).

pub mod admission;
pub mod apply;
mod cbor;
pub mod change;
mod entry;
mod frontier;
mod ids;
mod writer;

pub use admission::{Accepted, Admission, Known, ParkReason, QuarantineReason, admit};
pub use apply::{Applied, ApplyRefusal, apply};
pub use cbor::DecodeError;
pub use change::{ChangeFacts, ChangeRefusal, inspect, limits};
pub use entry::{Entry, EntryError, SealedEntry};
pub use frontier::{Frontier, book_digest, book_digest_of};
pub use ids::{
    AuthorId, ChangeHash, Class, DeviceKey, DeviceSecret, DocId, EntryHash, InvalidId, Month, Recorded, SiteCode,
    VolumeId, WriterId,
};
pub use writer::{AppendError, Draft, Head, HeadError, LocalWriter, Opening, Position, SignError};
