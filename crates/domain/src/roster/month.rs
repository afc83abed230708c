//! A civil month at the site.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::time::Day;

/// A month, `YYYY-MM` in files and on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, specta::Type)]
#[specta(type = String)]
pub struct CalendarMonth {
    year: i32,
    month: u32,
}

impl Default for CalendarMonth {
    fn default() -> Self {
        Self::of(Day::default())
    }
}

impl CalendarMonth {
    /// The month a day lies in.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let (year, month) = day.month();
        Self { year, month }
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Day {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).map_or_else(Day::default, Day)
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Day {
        self.next().first().before()
    }

    /// How many days it has.
    #[must_use]
    pub fn length(self) -> u32 {
        self.last().0.day()
    }

    /// Its days in order.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let first = self.first();
        (0..u64::from(self.length())).filter_map(move |n| first.0.checked_add_days(chrono::Days::new(n)).map(Day))
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Self { year, month }
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Self {
        Self::of(self.first().before())
    }
}

impl std::fmt::Display for CalendarMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl std::str::FromStr for CalendarMonth {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('-').and_then(|(year, month)| {
            let (year, month) = (year.parse().ok()?, month.parse().ok()?);
            NaiveDate::from_ymd_opt(year, month, 1).filter(|_| (1..9999).contains(&year)).map(Day)
        });
        parsed.map(Self::of).ok_or_else(|| format!("“{text}” is not a month; write YYYY-MM"))
    }
}

impl Serialize for CalendarMonth {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CalendarMonth {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_over_the_year() {
        let december: CalendarMonth = "2026-12".parse().unwrap();
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.next().before(), december);
        assert_eq!((december.length(), december.days().count()), (31, 31));
        assert_eq!("2028-02".parse::<CalendarMonth>().unwrap().last().to_string(), "2028-02-29");
        for wrong in ["2026", "2026-13", "2026-00", "x-01", "0-01"] {
            assert!(wrong.parse::<CalendarMonth>().is_err(), "{wrong}");
        }
    }
}
