//! An action at work: what surrounds it, and what it writes.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::engine::{Card, Class, Kind, Refusal, planned_near};
use crate::ids::{FactId, Home, RecordId};
use crate::known::{Known, KnownLine};
use crate::record::{Write, split};
use crate::role::Signer;
use crate::site::Site;
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// What an action writes into one record. An action may write into several records; all of it is one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The record, existing or new; where it lives stands in its id.
    pub record: RecordId,
    /// Its kind.
    pub kind: &'static str,
    /// What is written, as one change.
    pub writes: Vec<Write>,
}

impl Step {
    /// The same step on a record that it begins: the creator's values come first.
    #[must_use]
    pub fn born_with(mut self, mut birth: Vec<Write>) -> Self {
        birth.append(&mut self.writes);
        self.writes = birth;
        self
    }
}

/// A record of the book as an action finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The record.
    pub record: RecordId,
    /// What lists show of it.
    pub card: Card,
    /// Its view as JSON.
    pub view: Value,
}

impl Found {
    /// The view in the kind's own type; `None` when a newer program wrote it.
    #[must_use]
    pub fn read<K: Kind>(&self) -> Option<K::View> {
        serde_json::from_value(self.view.clone()).ok()
    }
}

/// The rest of the book, for actions that look across records. What is found is what this device holds at that moment.
pub trait Book {
    /// A record's view as JSON.
    fn view(&self, record: RecordId) -> Option<Value>;
    /// The records of a kind that somebody still has to do something about, oldest first.
    fn open(&self, kind: &str) -> Vec<Found>;
    /// The records of a kind born from `from` until before `to`, oldest first.
    fn born(&self, kind: &str, from: Timestamp, to: Timestamp) -> Vec<Found>;
    /// How far this device knows the volumes of a class that still move.
    fn known(&self, class: Class) -> Known;
    /// The records of a kind in which something was written at or after an instant, oldest first. May hold more.
    fn touched(&self, kind: &str, since: Timestamp) -> Vec<Found> {
        let _ = since;
        self.born(kind, Timestamp(i64::MIN), Timestamp(i64::MAX))
    }
    /// The records of a kind that are open or in which something was written since, each once, in any order.
    fn open_or_touched(&self, kind: &str, since: Timestamp) -> Vec<Found> {
        let mut found = self.touched(kind, since);
        let known: BTreeSet<RecordId> = found.iter().map(|one| one.record).collect();
        found.extend(self.open(kind).into_iter().filter(|open| !known.contains(&open.record)));
        found
    }
    /// The ledger lines of a class written from `from` until before `to`, in any order, each with the entry that
    /// brought it.
    fn lines(&self, _class: Class, _from: Timestamp, _to: Timestamp) -> Vec<KnownLine> {
        Vec::new()
    }
}

/// A book with nothing in it.
impl Book for () {
    fn view(&self, _: RecordId) -> Option<Value> {
        None
    }

    fn open(&self, _: &str) -> Vec<Found> {
        Vec::new()
    }

    fn born(&self, _: &str, _: Timestamp, _: Timestamp) -> Vec<Found> {
        Vec::new()
    }

    fn known(&self, _: Class) -> Known {
        Known::default()
    }
}

/// Where new names come from.
pub trait Names {
    /// A new fact's id, bound to this device.
    fn fact(&mut self) -> FactId;
    /// Random bytes of a new record's id.
    fn random(&mut self) -> [u8; 16];
    /// Counts a series of numbers (单号) of this device and gives the next one, such as `D1-0611-013`.
    fn number(&mut self, day: Day) -> String;
    /// Bytes that only this device can compute, the same every time for the same label: what is drawn now and shown
    /// later needs nowhere to be kept.
    fn secret(&self, label: &str) -> [u8; 32];
}

/// What surrounds an action: who, when, where, new names, and the rest of the book.
pub struct Acting<'a> {
    /// Who signs.
    pub who: Signer,
    /// Now.
    pub now: Timestamp,
    /// The site's data.
    pub site: &'a Site,
    /// The record acted on.
    pub record: RecordId,
    /// New names.
    pub names: &'a mut dyn Names,
    /// The rest of the book.
    pub book: &'a dyn Book,
}

/// Nobody plans for more than two years.
pub(crate) const FARTHEST_DAYS: i64 = 2 * 366;

impl Acting<'_> {
    /// Today at the site.
    #[must_use]
    pub fn today(&self) -> Day {
        self.now.day(self.site.settings.zone)
    }

    /// What is promised for a moment has to lie ahead, and within what anybody plans.
    ///
    /// # Errors
    /// `not_ahead`, `no_such_time`.
    pub(crate) fn ahead(&self, at: Timestamp, what: &Words) -> Result<(), Refusal> {
        if at > self.now {
            return self.thinkable(at, what);
        }
        let (zh, en) = (&what.zh, &what.en);
        Err(Refusal::new("not_ahead", words!("{zh}要在现在之后。", "{en}: has to lie ahead.")))
    }

    /// A moment that somebody can mean: what is written down late may lie a while back, and nobody plans for more than
    /// two years.
    ///
    /// # Errors
    /// `no_such_time`.
    pub(crate) fn thinkable(&self, at: Timestamp, what: &Words) -> Result<(), Refusal> {
        const DAY_MIN: i64 = 24 * 60;
        let (from, to) = (self.now.plus_minutes(-366 * DAY_MIN), self.now.plus_minutes(FARTHEST_DAYS * DAY_MIN));
        if (from..=to).contains(&at) {
            return Ok(());
        }
        let (zh, en) = (&what.zh, &what.en);
        Err(Refusal::new(
            "no_such_time",
            words!("{zh}的日期不对,请核对年月日。", "{en}: check the year, the month and the day."),
        ))
    }

    /// The id of one more record, born today.
    pub fn new_record<K: Kind>(&mut self) -> RecordId {
        let home = Home { class: K::CLASS, day: self.today(), kind: K::NAME };
        RecordId::fresh(&home, self.names.random())
    }

    /// The record acted on as it was planned, where it is one of the days around today that nobody has written to.
    #[must_use]
    pub fn planned<K: Kind>(&self) -> Option<K::View> {
        planned_near::<K>(self.record, self.site, self.today())
    }

    /// The same, as far back as so many days.
    #[must_use]
    pub fn planned_within<K: Kind>(&self, days: usize) -> Option<K::View> {
        let back = std::iter::successors(Some(self.today().after()), |day| Some(day.before()));
        let planned = back.take(days + 1).flat_map(|day| K::planned(self.site, day));
        planned.filter(|(id, _)| *id == self.record).map(|(_, view)| view).next()
    }

    /// A new fact signed now.
    ///
    /// # Errors
    /// When the fact type does not serialize as a tagged object.
    pub fn fact<F: Serialize>(&mut self, fact: &F) -> Result<(FactId, Write), Refusal> {
        let (kind, body) = split(fact)
            .map_err(|error| Refusal::new("program_error", words!("程序错误:{error}", "Program error: {error}")))?;
        let id = self.names.fact();
        Ok((id, Write::Fact { id, kind, at: self.now, by: self.who.clone(), body }))
    }

    /// A step on the record acted on.
    ///
    /// # Errors
    /// As [`Acting::fact`].
    pub fn step<K: Kind>(&mut self, facts: &[K::Fact]) -> Result<Step, Refusal> {
        self.step_on::<K>(self.record, facts)
    }

    /// A step on another record.
    ///
    /// # Errors
    /// As [`Acting::fact`].
    pub fn step_on<K: Kind>(&mut self, record: RecordId, facts: &[K::Fact]) -> Result<Step, Refusal> {
        let writes = facts.iter().map(|fact| Ok(self.fact(fact)?.1)).collect::<Result<_, Refusal>>()?;
        Ok(Step { record, kind: K::NAME, writes })
    }

    /// The creator's values of a new record.
    #[must_use]
    pub fn birth<K: Kind>(&self, number: Option<&str>) -> Vec<Write> {
        let mut writes = vec![
            Write::Meta { name: "kind", value: K::NAME.into() },
            Write::Meta { name: "schema", value: 1.into() },
            Write::Meta { name: "created_at", value: self.now.0.into() },
        ];
        if let Some(number) = number {
            writes.push(Write::Meta { name: "number", value: number.into() });
        }
        writes
    }
}
