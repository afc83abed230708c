//! Time as an argument: instants, days and minutes of the site's civil clock.
//!
//! Times are shown and used for deadlines. They never decide the order of facts (see [`crate::record`]).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, as the writing device's clock said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Timestamp(#[specta(type = f64)] pub i64);

impl Timestamp {
    /// This instant and `minutes` more.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    /// Whole minutes from `earlier` to this instant; negative when this one is earlier.
    #[must_use]
    pub const fn minutes_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 60_000
    }

    /// The civil date and time at the site.
    #[must_use]
    pub fn local(self, zone: Zone) -> DateTime<FixedOffset> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default().with_timezone(&zone.offset())
    }

    /// The civil day at the site.
    #[must_use]
    pub fn day(self, zone: Zone) -> Day {
        Day(self.local(zone).date_naive())
    }

    /// `HH:MM` at the site.
    #[must_use]
    pub fn clock(self, zone: Zone) -> String {
        let local = self.local(zone);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }
}

/// The site's offset from UTC in minutes. China keeps one zone and no summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Zone(pub i32);

impl Default for Zone {
    fn default() -> Self {
        Self(8 * 60)
    }
}

impl Zone {
    fn offset(self) -> FixedOffset {
        FixedOffset::east_opt(self.0.saturating_mul(60)).unwrap_or(FixedOffset::east_opt(0).unwrap_or_else(utc))
    }
}

fn utc() -> FixedOffset {
    use chrono::Offset;
    chrono::Utc.fix()
}

/// A civil day at the site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Day(#[specta(type = String)] pub NaiveDate);

impl Day {
    /// The instant `minutes` after this day's midnight at the site; minutes beyond 1,440 reach into the next days.
    #[must_use]
    pub fn at(self, minutes: i64, zone: Zone) -> Timestamp {
        let midnight = self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        Timestamp(midnight - i64::from(zone.0) * 60_000).plus_minutes(minutes)
    }

    /// Year and month, the unit of the duty volumes.
    #[must_use]
    pub fn month(self) -> (i32, u32) {
        (self.0.year(), self.0.month())
    }

    /// `MMDD`, as numbers (单号) carry it.
    #[must_use]
    pub fn mmdd(self) -> String {
        format!("{:02}{:02}", self.0.month(), self.0.day())
    }

    /// The day before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.pred_opt().unwrap_or(self.0))
    }

    /// The day after.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A time of day, `"HH:MM"` in files and on the wire; `24:00` and beyond belong to the following day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, specta::Type)]
#[specta(type = String)]
pub struct TimeOfDay(pub u16);

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("“{text}” is not a time of day; write HH:MM, such as 08:30");
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let (hours, minutes): (u16, u16) = (hours.parse().map_err(|_| wrong())?, minutes.parse().map_err(|_| wrong())?);
        if hours > 47 || minutes > 59 {
            return Err(wrong());
        }
        Ok(Self(hours * 60 + minutes))
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
