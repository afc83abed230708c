//! Identities of the domain, as newtypes so that one is never taken for another.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::engine::Class;
use crate::time::{Day, Timestamp};

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
    ///
    /// The id says in which volume the record lives and of what kind it is, so that no entry in another volume and no
    /// second word for the kind can move it: two bytes of class and month, two bytes of the kind, the rest its name.
    RecordId
);
id!(
    /// One fact of a record: six bytes of the writing device's clock (never used for order where the facts themselves
    /// say which came first), 26 random bits, and 48 bits that bind it to the device's key, so that no other device
    /// can write a fact under a name that is taken.
    FactId
);

/// A person is a record of the standing volume, so its id is a record's.
pub type PersonId = RecordId;

// A name space of our own, so that no other use of UUIDv5 can meet ours.
const SPACE: Uuid = Uuid::from_u128(0x5ab4_7c1e_0d6b_5f0a_9c51_d07b_001c_2024);

/// Where a record lives and of what kind it is. Its id says so (see [`RecordId`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'a> {
    /// The class of its volume.
    pub class: Class,
    /// A day of the month whose volume it lives in; of no importance where the class has no month.
    pub day: Day,
    /// Its kind.
    pub kind: &'a str,
}

impl<'a> Home<'a> {
    /// The home of a long-lived record.
    #[must_use]
    pub fn standing(kind: &'a str) -> Self {
        Self { class: Class::Standing, day: Day::default(), kind }
    }

    /// The first two bytes: class in the upper four bits; below, months since December 1969, 0 where there is none.
    fn place(&self) -> [u8; 2] {
        let (class, month) = match self.class {
            Class::Standing => (0u16, 0),
            Class::Duty => (1, months(self.day)),
            Class::Personnel => (2, months(self.day)),
        };
        (class << 12 | month).to_be_bytes()
    }
}

/// Months since December 1969. A clock that is centuries off ends at the first or the last that can be told.
fn months(day: Day) -> u16 {
    let (year, month) = day.month();
    let months = (i64::from(year) - 1970) * 12 + i64::from(month);
    u16::try_from(months.clamp(1, 0x0fff)).unwrap_or(1)
}

fn tag(kind: &str) -> [u8; 2] {
    let [first, second, ..] = Uuid::new_v5(&SPACE, kind.as_bytes()).into_bytes();
    [first, second]
}

impl RecordId {
    /// The id of a record that one person begins; `random` makes it the only one.
    #[must_use]
    pub fn fresh(home: &Home<'_>, random: [u8; 16]) -> Self {
        Self::at(home, uuid::Builder::from_custom_bytes(random).into_uuid())
    }

    fn at(home: &Home<'_>, name: Uuid) -> Self {
        let mut bytes = name.into_bytes();
        bytes[..2].copy_from_slice(&home.place());
        bytes[2..4].copy_from_slice(&tag(home.kind));
        Self(Uuid::from_bytes(bytes))
    }

    /// The id that every replica computes alike from `parts`: planned things (patrol runs, shifts, items of the site
    /// file) are not created by one server job but by whoever needs them first.
    #[must_use]
    pub fn derived(home: &Home<'_>, parts: &[&str]) -> Self {
        let name = std::iter::once(home.kind).chain(parts.iter().copied()).collect::<Vec<_>>().join("\u{1f}");
        Self::at(home, Uuid::new_v5(&SPACE, name.as_bytes()))
    }

    /// Whether the id was computed from names rather than drawn: it keeps version 5, drawn ones have 8.
    #[must_use]
    pub fn is_derived(self) -> bool {
        self.0.get_version_num() == 5
    }

    /// Whether a record with this id can be of this kind.
    #[must_use]
    pub fn is_of_kind(self, kind: &str) -> bool {
        self.0.as_bytes()[2..4] == tag(kind)
    }
}

/// Bytes of a fact's id that are chosen; the rest follows from them and the device.
const CHOSEN: usize = 10;

impl FactId {
    /// A new fact's id on the device with this public key.
    #[must_use]
    pub fn new(device: &[u8; 32], at: Timestamp, random: [u8; 4]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&at.0.max(0).to_be_bytes()[2..]);
        bytes[6..CHOSEN].copy_from_slice(&random);
        // Version and variant first: they are among the bytes that the rest follows from.
        let mut bytes = uuid::Builder::from_custom_bytes(bytes).into_uuid().into_bytes();
        let rest = bound(device, &bytes);
        bytes[CHOSEN..].copy_from_slice(&rest);
        Self(Uuid::from_bytes(bytes))
    }

    /// Whether the device with this public key may give a fact this id.
    #[must_use]
    pub fn is_of(self, device: &[u8; 32]) -> bool {
        let bytes = self.0.as_bytes();
        bytes[CHOSEN..] == bound(device, bytes)
    }
}

fn bound(device: &[u8; 32], id: &[u8; 16]) -> [u8; 16 - CHOSEN] {
    let hash = Sha256::new().chain_update(device).chain_update(&id[..CHOSEN]).finalize();
    let mut rest = [0; 16 - CHOSEN];
    rest.copy_from_slice(&hash[..16 - CHOSEN]);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    #[test]
    fn an_id_says_where_its_record_lives_and_what_it_is() {
        let home = Home { class: Class::Duty, day: day("2026-11-25"), kind: "work_order" };
        let id = RecordId::fresh(&home, [0xff; 16]);
        assert_eq!(id.0.get_version_num(), 8);
        assert!(!id.is_derived() && RecordId::derived(&home, &["1"]).is_derived());
        assert!(id.is_of_kind("work_order") && !id.is_of_kind("patrol_run"));
        assert_eq!(id.0.as_bytes()[..2], ((1u16 << 12) | (56 * 12 + 11)).to_be_bytes());
        let next = RecordId::fresh(&Home { day: day("2026-12-01"), ..home }, [0xff; 16]);
        assert_ne!(id, next);
        // The same in March and in April: what stands for years has no month.
        let standing = Home { class: Class::Standing, ..home };
        assert_eq!(RecordId::fresh(&standing, [1; 16]), RecordId::fresh(&Home::standing("work_order"), [1; 16]));
    }

    #[test]
    fn a_clock_that_is_centuries_off_still_gives_a_month() {
        for (text, months) in [("0001-01-01", 1u16), ("1969-12-31", 1), ("1970-01-01", 1), ("9999-12-31", 4095)] {
            let id = RecordId::fresh(&Home { class: Class::Duty, day: day(text), kind: "x" }, [0; 16]);
            assert_eq!(id.0.as_bytes()[..2], ((1 << 12) | months).to_be_bytes(), "{text}");
        }
        assert_eq!(Timestamp(i64::MAX).day(Zone(0)).month().0, 1970, "a time beyond all calendars");
    }

    #[test]
    fn a_fact_is_named_by_one_device_only() {
        let at = Timestamp(1_780_000_000_000);
        let id = FactId::new(&[7; 32], at, [1, 2, 3, 4]);
        assert!(id.is_of(&[7; 32]) && !id.is_of(&[8; 32]));
        assert_ne!(id, FactId::new(&[7; 32], at, [1, 2, 3, 5]));
        assert!(id < FactId::new(&[0; 32], Timestamp(at.0 + 1), [0; 4]), "sorted by the writer's clock");
    }

    /// What docs/protocol.md says of ids, for whoever writes another program.
    #[test]
    fn the_published_vectors_hold() {
        let log: serde_json::Value = serde_json::from_str(include_str!("../../../docs/vectors/log.json")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        for vector in log["facts"].as_array().unwrap() {
            let (device, fact) = (text(&vector["device"]), text(&vector["fact"]).parse::<FactId>().unwrap());
            let bytes: Vec<u8> =
                (0..32).map(|at| u8::from_str_radix(&device[2 * at..2 * at + 2], 16).unwrap()).collect();
            assert!(fact.is_of(bytes.as_slice().try_into().unwrap()), "{fact}");
        }
        for vector in log["records"].as_array().unwrap() {
            let record = text(&vector["record"]).parse::<RecordId>().unwrap();
            assert!(record.is_of_kind("work_order"), "{record}");
        }
        let enrolment = include_str!("../../../docs/vectors/enrolment.json");
        let enrolment: serde_json::Value = serde_json::from_str(enrolment).unwrap();
        let device = crate::device::record_of("demo", &text(&enrolment["request"]["device_key"]));
        assert_eq!(device.to_string(), text(&enrolment["answer"]["device_id"]));
    }
}
