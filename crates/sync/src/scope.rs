//! Which volumes a connection is about.
//!
//! Both sides compute their digest over the same set of volumes, so the set has to be a rule and not a list: a volume
//! that one side has never heard of (the first entry of a new month) must fall inside or outside without asking.

use std::collections::BTreeSet;

use dutybook_log::{Class, Month, VolumeId};

/// A set of classes of volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Classes(u8);

impl Classes {
    /// No class.
    pub const NONE: Self = Self(0);
    /// Every class.
    pub const ALL: Self = Self(0b111);

    const fn bit(class: Class) -> u8 {
        match class {
            Class::Standing => 0b001,
            Class::Duty => 0b010,
            Class::Personnel => 0b100,
        }
    }

    /// This set and `class`.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Whether `class` is in the set.
    #[must_use]
    pub const fn has(self, class: Class) -> bool {
        self.0 & Self::bit(class) != 0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// Classes that this version does not know are left out: nobody here holds volumes of them.
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self((bits & Self::ALL.0 as u64) as u8)
    }
}

/// The volumes a side wants and may see: those of its classes from a month on, and some older ones by name.
///
/// A device names in `also` every older volume in which it still holds something; what lies outside the scope is
/// neither compared nor sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Classes of volumes.
    pub classes: Classes,
    /// First month wanted; volumes without a month are always in. `None`: from the beginning.
    pub since: Option<Month>,
    /// Older volumes that are wanted all the same (records still open there, entries not yet delivered).
    pub also: BTreeSet<VolumeId>,
}

impl Scope {
    /// Everything there is: what the server itself and a desk that keeps the whole book ask for.
    #[must_use]
    pub fn everything() -> Self {
        Self::of(Classes::ALL)
    }

    /// All volumes of `classes`, from the beginning.
    #[must_use]
    pub const fn of(classes: Classes) -> Self {
        Self { classes, since: None, also: BTreeSet::new() }
    }

    /// What a device enrolled as `role` may see at most, whoever it talks to. A role that a newer server gave is treated
    /// as the least one.
    #[must_use]
    pub fn of_role(role: &str) -> Self {
        // A7: discipline, spot checks and leave decisions never leave the desk.
        Self::of(match role {
            "desk" | "admin" => Classes::ALL,
            _ => Classes::NONE.with(Class::Standing).with(Class::Duty),
        })
    }

    /// Whether the scope holds `volume`. The site is not looked at: a connection is about one site.
    #[must_use]
    pub fn includes(&self, volume: &VolumeId) -> bool {
        if !self.classes.has(volume.class) {
            return false;
        }
        match (self.since, volume.month) {
            (Some(since), Some(month)) => month >= since || self.also.contains(volume),
            _ => true,
        }
    }

    /// The volumes that both scopes hold.
    #[must_use]
    pub fn narrowed(&self, other: &Self) -> Self {
        Self {
            classes: self.classes.and(other.classes),
            since: self.since.max(other.since),
            also: self
                .also
                .union(&other.also)
                .filter(|volume| self.includes(volume) && other.includes(volume))
                .copied()
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn volume() -> impl Strategy<Value = VolumeId> {
        prop_oneof![
            Just("demo/standing".to_owned()),
            (1..=12u8).prop_map(|month| format!("demo/duty/2026-{month:02}")),
            (1..=12u8).prop_map(|month| format!("demo/personnel/2026-{month:02}")),
        ]
        .prop_map(|text| text.parse().unwrap())
    }

    fn scope() -> impl Strategy<Value = Scope> {
        (0..8u64, proptest::option::of(1..=12u8), proptest::collection::btree_set(volume(), 0..4)).prop_map(
            |(classes, since, also)| Scope {
                classes: Classes::from_bits(classes),
                since: since.map(|month| Month::new(2026, month).unwrap()),
                also,
            },
        )
    }

    proptest! {
        #[test]
        fn narrowing_is_intersection(a in scope(), b in scope(), volume in volume()) {
            prop_assert_eq!(a.narrowed(&b).includes(&volume), a.includes(&volume) && b.includes(&volume));
            prop_assert_eq!(a.narrowed(&b), b.narrowed(&a));
            prop_assert_eq!(a.narrowed(&b).narrowed(&b), a.narrowed(&b));
        }
    }

    #[test]
    fn personnel_volumes_stay_at_the_desk() {
        for (role, sees) in [("desk", true), ("admin", true), ("tablet", false), ("watch", false)] {
            let classes = Scope::of_role(role).classes;
            assert_eq!(classes.has(Class::Personnel), sees, "{role}");
            assert!(classes.has(Class::Duty) && classes.has(Class::Standing), "{role}");
        }
    }

    #[test]
    fn classes_of_a_newer_version_are_left_out() {
        assert_eq!(Classes::from_bits(0xffff), Classes::ALL);
    }
}
