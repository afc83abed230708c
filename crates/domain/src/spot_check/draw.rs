//! Times drawn by lot, so that nobody can know them beforehand and everybody can check them afterwards (D2.3.1).
//!
//! For each check the supervisor's device makes a nonce that only it can compute, and the plan says the nonce's hash
//! (the commitment) and how a nonce becomes a time. When the time has come the nonce is written down: it fits the
//! commitment, which was there first, and the time follows from it. Before that, nothing in the book says when.

use sha2::{Digest, Sha256};

use crate::time::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// Which part of the month a check was drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum MonthPart {
    /// Any hour of any day.
    Any,
    /// At night.
    Night,
    /// On a holiday or at the weekend.
    Holiday,
}

/// What a time is drawn from. It stands in the plan, so that the same nonce gives the same time everywhere for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Urn {
    /// The days of the month that were still to come.
    pub days: Vec<Day>,
    /// Those of them that are holidays or weekends.
    pub holidays: Vec<Day>,
    /// Minutes after midnight at which the night begins.
    pub night_from_min: u16,
    /// And ends; beyond 1,440 it belongs to the following day.
    pub night_to_min: u16,
    /// The site's offset from UTC.
    pub zone: Zone,
}

/// What makes one time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

impl Nonce {
    /// From its hex form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// As hex.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0)
    }

    /// What the plan says of it before its time.
    #[must_use]
    pub fn commitment(self) -> String {
        hex(&Sha256::new().chain_update(b"dutybook spot check commitment\n").chain_update(self.0).finalize())
    }

    /// The time it stands for. `None` when there is nothing to draw from.
    #[must_use]
    pub fn time(self, part: MonthPart, urn: &Urn) -> Option<Timestamp> {
        let days = if part == MonthPart::Holiday { &urn.holidays } else { &urn.days };
        let (from, to) = match part {
            MonthPart::Night => (urn.night_from_min, urn.night_to_min),
            MonthPart::Any | MonthPart::Holiday => (0, 24 * 60),
        };
        let minutes = u128::from(to.checked_sub(from).filter(|minutes| *minutes > 0)?);
        let hash = Sha256::new().chain_update(b"dutybook spot check time\n").chain_update(self.0).finalize();
        // 128 bits over a month of minutes: no minute is likelier than another by more than one in 10³³.
        let drawn = hash.iter().take(16).fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let which = drawn % (u128::try_from(days.len()).ok().filter(|days| *days > 0)? * minutes);
        let day = days.get(usize::try_from(which / minutes).ok()?)?;
        let minute = i64::try_from(which % minutes).ok()? + i64::from(from);
        Some(day.at(minute, urn.zone))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    fn urn() -> Urn {
        Urn {
            days: (1..=30).map(|n| day(&format!("2026-11-{n:02}"))).collect(),
            holidays: vec![day("2026-11-07"), day("2026-11-08")],
            night_from_min: 22 * 60,
            night_to_min: 30 * 60,
            zone: Zone(480),
        }
    }

    /// If this changes, no plan drawn before can be checked any more.
    #[test]
    fn known_answers() {
        let nonce = Nonce([7; 32]);
        assert_eq!(Nonce::read(&nonce.hex()).map(Nonce::hex), Some(nonce.hex()));
        assert_eq!(nonce.commitment(), "e49e1e71cd3fd517846f39d9023bb187a7c77b30ee362217207257b54a661e13");
        let times = [MonthPart::Any, MonthPart::Night, MonthPart::Holiday].map(|part| {
            let at = nonce.time(part, &urn()).unwrap();
            format!("{} {}", at.day(Zone(480)), at.clock(Zone(480)))
        });
        assert_eq!(times, ["2026-11-16 16:13", "2026-11-18 22:13", "2026-11-08 16:13"]);
    }

    #[test]
    fn every_time_lies_in_its_part_and_all_of_it_is_used() {
        let urn = urn();
        let mut nights = [0u32; 8];
        let mut days = std::collections::BTreeSet::new();
        for n in 0..2_000u32 {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            let nonce = Nonce(bytes);
            let night = nonce.time(MonthPart::Night, &urn).unwrap();
            let minute = (night.0 - day("2026-11-01").at(0, Zone(480)).0) / 60_000 % (24 * 60);
            assert!(!(6 * 60..22 * 60).contains(&minute), "{minute}");
            nights[usize::try_from((minute + 2 * 60) % (24 * 60) / 60).unwrap()] += 1;
            let holiday = nonce.time(MonthPart::Holiday, &urn).unwrap().day(Zone(480));
            assert!(urn.holidays.contains(&holiday));
            days.insert(nonce.time(MonthPart::Any, &urn).unwrap().day(Zone(480)));
        }
        assert!(nights.iter().all(|hour| (180..320).contains(hour)), "{nights:?}");
        assert_eq!(days.len(), 30);
    }

    #[test]
    fn nothing_to_draw_from_gives_no_time() {
        let none = Urn { holidays: Vec::new(), night_to_min: 0, ..urn() };
        assert_eq!(Nonce([1; 32]).time(MonthPart::Holiday, &none), None);
        assert_eq!(Nonce([1; 32]).time(MonthPart::Night, &none), None);
        assert!(Nonce::read("zz").is_none() && Nonce::read(&"é".repeat(32)).is_none());
    }
}
