//! The log of the duty book (值班簿): signed, hash-chained, merged by frontier.
//!
//! Everything that anybody writes ends as one Automerge change in one record, and that change as
//! one [`Entry`] in the writing device's own log. Two replicas become equal by telling each other
//! their [`Frontier`]s and sending the entries that the other lacks. This crate is what both ends
//! agree on: the words, the bytes, and the rules of what is taken. It knows neither database nor
//! network nor clock, and nothing of what the records mean.
//!
//! | word | type | what it is |
//! |---|---|---|
//! | volume (册) | [`VolumeId`] | the unit of order, access, sealing and retention: site, class, month |
//! | writer | [`WriterId`], [`Opening`], [`LocalWriter`] | one append-only log of one device in one volume |
//! | entry | [`Entry`], [`SealedEntry`] | one change of one record with who, when and what came before |
//! | head | [`Head`] | a device's signature over how far its writer goes |
//! | frontier | [`Frontier`], [`Position`] | for every writer, how far its log is known |
//! | gate 1 | [`inspect`] | what a change must be before it is stored; nothing is decoded |
//! | admission | [`admit`] | what of a batch is stored, parked or put in quarantine |
//! | gate 2 | [`apply()`] | how a stored change gets into a document |
//!
//! # What holds
//!
//! 1. **Bytes are truth.** An entry is the SHA-256 of its exact bytes. They are stored and
//!    forwarded as they are. A value has one encoding; any other is refused.
//! 2. **Writers certify themselves.** A writer's id is the hash of volume, device key and nonce;
//!    its first entry's `prev` is that hash. Nobody can write in another's name, and an entry
//!    cannot be moved to another volume.
//! 3. **One signature proves everything before it.** `prev` chains the entries, a head signs the
//!    last. Who carries the entries does not matter: another tablet, a file on a stick.
//! 4. **Nothing is dropped.** What is not taken is parked or goes to quarantine with a reason
//!    that a person can read ([`ParkReason`], [`QuarantineReason`]).
//! 5. **A fork is seen by everybody.** The same writer and number with another hash is the sign of
//!    a copied device. Each replica keeps the branch that it stored first.
//! 6. **Order never comes from a clock.** [`Recorded`] is shown; order is the chain and
//!    Automerge's own dependencies.
//! 7. **Foreign bytes cost what they weigh.** Before anything is allocated or decoded, sizes and
//!    counts are checked against [`limits`].
//!
//! # The bytes
//!
//! CBOR (RFC 8949) in its shortest form: definite lengths, shortest integers, maps sorted, nothing
//! behind the end. Ids, hashes, keys and signatures are byte strings.
//!
//! ```text
//! volume    text: site "/standing" | site "/duty/" yyyy-mm | site "/personnel/" yyyy-mm
//! recorded  [wall_ms: int, boot: 16 bytes, monotonic_ms: uint]
//! entry     [1, volume, writer: 16, seq: uint, prev: 32, witness: 32 or null, author: 16,
//!            recorded, doc: 16, change: bytes]
//! carried   [1, opening, entry: bytes, signature: 64 or null], in the place of a change
//! opening   [volume, device: 32, nonce: 16]
//! position  [seq: uint, hash: 32]
//! head      [1, opening, position, signature: 64]
//! frontier  {writer: position, …} sorted by writer
//!
//! entry hash        SHA-256(entry)
//! genesis           SHA-256("dutybook/writer/1" ‖ volume text ‖ device ‖ nonce)
//! writer            the first 16 bytes of genesis
//! head signature    Ed25519 over: 15 as 8 bytes ‖ "dutybook/head/1" ‖ [1, opening, position]
//! frontier digest   SHA-256(frontier)
//! book digest       SHA-256("dutybook/book/1" ‖ (volume ‖ frontier digest)…), volumes by site, then
//!                   standing, duty, personnel, then month; empty frontiers left out
//! ```
//!
//! Every signature of the product is made in a context ([`DeviceSecret::sign`]): the signed bytes
//! are the context's length in 8 bytes, big end first, the context, and the message.
//!
//! # Taking in a batch
//!
//! ```
//! use dutybook_log::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut doc = automerge::Automerge::new();
//! # let mut t = doc.transaction();
//! # automerge::transaction::Transactable::put(&mut t, automerge::ROOT, "field/level", "urgent")?;
//! # t.commit();
//! # let change = doc.get_last_local_change().ok_or("nothing written")?.raw_bytes().to_vec();
//! // On the device: an action becomes an entry, and a commit ends with a head.
//! let volume: VolumeId = "demo/duty/2026-11".parse()?;
//! let secret = DeviceSecret::from_bytes([1; 32]);
//! let opening = Opening { volume, device: secret.public(), nonce: [0; 16] };
//! let mut writer = LocalWriter::open(opening);
//! let entry = writer.append(Draft {
//!     author: AuthorId::DEVICE,
//!     recorded: Recorded { wall_ms: 1_793_500_000_000, boot: [0; 16], monotonic_ms: 5_000 },
//!     witness: None,
//!     // Its first two bytes say that it lives in this volume.
//!     doc: "12ab0000-0000-8000-8000-000000000003".parse()?,
//!     change,
//! })?;
//! let head = writer.head(&secret)?;
//!
//! // On another replica: bytes in, a decision out.
//! let received = [SealedEntry::parse(entry.bytes())?];
//! let known = Known {
//!     volume: &volume,
//!     frontier: &Frontier::new(),
//!     device: &|device| *device == secret.public(),
//!     stored: &|_, _| None,
//! };
//! let admission = admit(&known, &received, &[head]);
//! assert_eq!(admission.accepted.len(), 1);
//! assert_eq!(admission.frontier.get(&writer.writer()), Some(writer.position()));
//!
//! // And where documents are kept, after the entry is safe on disk:
//! let mut document = automerge::Automerge::new();
//! let applied = apply(&mut document, received.iter().map(SealedEntry::change));
//! assert_eq!(applied.applied, [0]);
//! # Ok(())
//! # }
//! ```

mod admission;
mod apply;
mod carried;
mod cbor;
mod change;
mod entry;
mod frontier;
mod ids;
mod writer;

pub use admission::{Accepted, Admission, Known, ParkReason, QuarantineReason, admit};
pub use apply::{Applied, ApplyRefusal, apply, save};
pub use carried::{Carried, Proof};
pub use cbor::DecodeError;
pub use change::{ChangeFacts, ChangeRefusal, inspect, limits};
pub use entry::{Entry, EntryError, SealedEntry};
pub use frontier::{Frontier, book_digest, book_digest_of};
pub use ids::{
    AuthorId, ChangeHash, Class, DeviceKey, DeviceSecret, DocId, EntryHash, InvalidId, Month, Recorded, SiteCode,
    VolumeId, WriterId,
};
pub use writer::{AppendError, Draft, Head, HeadError, LocalWriter, Opening, Position, SignError};
