//! Bound registers (登记簿): numbered rows with typed columns, steps, clocks and signatures (D2.8.1, D2.8.2, D3.0, D3.7,
//! D3.9, D3.10 and others).
//!
//! Invariants
//! - A register is a [`Sheet`]: data, not code. What is offered, refused, in force and printed is read off it here, once.
//! - The row's columns are the fields of its facts, so that each can be corrected (更正) by itself, and both stay
//!   readable.
//! - A column that people judge (领受人, 时限) points at the fact that set it: two values set without seeing each other
//!   stand side by side until somebody who may decides.

mod entry;
pub(crate) mod form;
mod rules;
pub mod sheet;
pub mod sheets;
mod value;

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use entry::{EntryCell, EntryFact, EntryView, Link, Reader, Side, Taken, Undecided};
pub use sheet::{By, Sheet, SheetShown};
pub use sheets::SHEETS;
pub use value::{CellValue, Count};

use crate::Timestamp;
use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};
use crate::time::Day;
use crate::words::Words;

/// A type that stands for one register, so that it can be a kind of record.
pub trait Register: 'static {
    /// What the register is.
    const SHEET: &'static Sheet;

    /// The rows that are owed on a day, whether or not anybody has written them.
    fn owed(_: &Site, _: Day) -> Vec<Owed> {
        Vec::new()
    }
}

/// A row that is owed.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// Its record.
    pub record: RecordId,
    /// What it is called until it is written.
    pub words: Words,
    /// From when on it can be written.
    pub since: Timestamp,
    /// By when it is to be.
    pub due: Timestamp,
    /// Until when what is written is this row.
    pub until: Timestamp,
}

/// The kind of the entries of register `R`.
pub struct Entry<R>(PhantomData<fn() -> R>);

/// What is done to an entry: `write`, one of the sheet's steps, or `decide`; the columns' values beside it. Which values
/// there are stands in the [`SheetShown`] that screens draw their forms from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EntryAction {
    /// `write`, the step's word, or `decide`.
    #[serde(rename = "do")]
    pub name: String,
    /// The values by the columns' keys.
    #[serde(flatten)]
    #[specta(skip)]
    pub values: Map<String, Value>,
}

impl<R: Register> Kind for Entry<R> {
    const NAME: &'static str = R::SHEET.kind;
    const CLASS: Class = R::SHEET.class;
    type Fact = EntryFact;
    type Action = EntryAction;
    type View = EntryView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        entry::fold(R::SHEET, story)
    }

    fn card(view: &Self::View) -> Card {
        entry::card(R::SHEET, view)
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        rules::offers(R::SHEET, view, who)
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        // Whoever writes a row while one is owed writes that one.
        if view.is_none()
            && let Some(owed) = owed_now::<R>(cx)
        {
            cx.record = owed;
        }
        rules::act(R::SHEET, view, action, cx)
    }

    fn deadlines(view: &Self::View, settings: &Settings) -> Vec<Deadline> {
        rules::deadlines(R::SHEET, view, &settings.timers)
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(R::SHEET, fact))
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        R::owed(site, day).into_iter().map(|owed| (owed.record, EntryView::owed(R::SHEET, &owed))).collect()
    }
}

/// The row that is owed at this moment and that nobody here has written.
fn owed_now<R: Register>(cx: &Acting<'_>) -> Option<RecordId> {
    let today = cx.today();
    let near = [today.before(), today].into_iter().flat_map(|day| R::owed(cx.site, day));
    let mut running = near.filter(|owed| (owed.since..owed.until).contains(&cx.now));
    running.find(|owed| cx.book.view(owed.record).is_none()).map(|owed| owed.record)
}

/// The register of this kind.
#[must_use]
pub fn find(kind: &str) -> Option<&'static Sheet> {
    SHEETS.iter().copied().find(|sheet| sheet.kind == kind)
}

impl Sheet {
    /// Whether an entry waits for `who` at `now`: it is theirs to do, or its time ran out and it is back with them who
    /// gave it (D3.7).
    #[must_use]
    pub fn waits_for(&self, view: &EntryView, settings: &Settings, who: &Signer, now: Timestamp) -> bool {
        rules::waits_for(self, view, &settings.timers, who, now)
    }

    /// Whether an entry's time ran out, so that it is back with whoever gave it.
    #[must_use]
    pub fn back_with_giver(&self, view: &EntryView, settings: &Settings, now: Timestamp) -> bool {
        rules::back_with_giver(self, view, &settings.timers, now)
    }
}
