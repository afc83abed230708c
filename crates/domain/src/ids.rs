//! Identities of the domain, as newtypes so that one is never taken for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One record: one thing people write about, kept as one document.
    RecordId
);
id!(
    /// One fact of a record. UUIDv7 of the writing device; its time part is never used for order.
    FactId
);

/// A person is a record of the standing volume, so its id is a record's.
pub type PersonId = RecordId;

impl RecordId {
    /// The id that every replica computes alike from `parts`: planned things (patrol runs, items of the site file)
    /// are not created by one server job but by whoever needs them first.
    #[must_use]
    pub fn derived(parts: &[&str]) -> Self {
        // A name space of our own, so that no other use of UUIDv5 can meet ours.
        const SPACE: Uuid = Uuid::from_u128(0x5ab4_7c1e_0d6b_5f0a_9c51_d07b_001c_2024);
        Self(Uuid::new_v5(&SPACE, parts.join("\u{1f}").as_bytes()))
    }
}
