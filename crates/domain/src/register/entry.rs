//! What an entry's facts say: one row of a register, whatever the register.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Owed;
use super::sheet::{By, Column, Origin, Sheet, Step};
use super::value::{CellValue, people_of};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, Story};
use crate::role::{PersonRef, Signer};
use crate::time::{Timestamp, Zone};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

/// The state of a row that is owed.
const OWED: &str = "owed";

/// Another record that an entry came from or led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Link {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    #[serde(default)]
    pub number: String,
}

/// Facts of an entry. The columns' values are fields of the fact, so that each can be corrected by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EntryFact {
    /// 登记.
    Written {
        /// The site's offset, so that what is said of moments reads right anywhere.
        zone: Zone,
        /// Where it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Link>,
        /// The columns.
        #[serde(flatten)]
        values: BTreeMap<String, Value>,
    },
    /// A step of the sheet.
    Stepped {
        /// Which.
        step: String,
        /// The site's offset.
        zone: Zone,
        /// The entry of another register that it began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        began: Option<Link>,
        /// What it says.
        #[serde(flatten)]
        values: BTreeMap<String, Value>,
    },
    /// One of several values that stood side by side was chosen.
    Decided {
        /// The column.
        column: String,
        /// The fact whose value counts.
        of: FactId,
        /// Why.
        reason: String,
    },
}

/// One cell of the printed row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EntryCell {
    /// The column's key.
    pub key: String,
    /// Its printed heading.
    pub words: Words,
    /// What stands there: nothing, one value, or several side by side.
    pub values: Vec<CellValue>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Taken {
    /// Its word.
    pub step: String,
    /// As read.
    pub words: Words,
    /// Who and when.
    pub stamp: Stamp,
    /// What was said.
    pub cells: Vec<EntryCell>,
    /// The entry of another register that it began.
    pub began: Option<Link>,
}

/// One of those who have to sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Reader {
    /// Who.
    pub person: PersonRef,
    /// When they signed.
    pub signed: Option<Stamp>,
}

/// One of several values that stand side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Side {
    /// The fact that set it.
    pub stamp: Stamp,
    /// What it says.
    pub value: CellValue,
}

/// A column in which two people wrote without seeing each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Undecided {
    /// The column's key.
    pub column: String,
    /// Its heading.
    pub words: Words,
    /// The values.
    pub sides: Vec<Side>,
}

/// An entry as its facts say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EntryView {
    /// 编号.
    pub number: Option<String>,
    /// The printed heading of its register, without 《》.
    pub heading: Words,
    /// The printed columns, in order.
    pub cells: Vec<EntryCell>,
    /// One line: what it is about.
    pub title: String,
    /// Where.
    pub place: Option<String>,
    /// Who wrote it, and when.
    pub written: Option<Stamp>,
    /// Where it came from.
    pub origin: Option<Link>,
    /// Stable word of where it stands.
    pub state: String,
    /// As read.
    pub state_words: Words,
    /// Since when.
    pub state_since: Timestamp,
    /// Who carries it out: several side by side values are all here.
    pub owners: Vec<PersonRef>,
    /// Who gave it.
    pub giver: Option<PersonRef>,
    /// Who has to sign, in order.
    pub readers: Vec<Reader>,
    /// What has happened since, in causal order.
    pub taken: Vec<Taken>,
    /// What is still to be decided.
    pub undecided: Vec<Undecided>,
    /// Moments that clocks run to, by column.
    pub moments: BTreeMap<String, Timestamp>,
    /// When it is to be written, while it is owed and nobody has.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// When it was born.
    pub born: Timestamp,
}

impl EntryView {
    /// A row that is owed, before anybody has written it.
    pub(super) fn owed(sheet: &'static Sheet, owed: &Owed) -> Self {
        let cells = sheet.columns.iter().map(|column| EntryCell {
            key: column.key.into(),
            words: column.words.words(),
            values: Vec::new(),
        });
        Self {
            heading: sheet.heading.words(),
            cells: cells.collect(),
            title: owed.words.zh.clone(),
            state: OWED.into(),
            state_words: words!("待登记", "to be written"),
            state_since: owed.since,
            due: Some(owed.due),
            born: owed.since,
            ..Self::default()
        }
    }

    /// Whether `by` gives `who` a right on this entry.
    #[must_use]
    pub fn gives(&self, by: By, who: &Signer) -> bool {
        let is = |person: &PersonRef| person.person == who.person;
        by.by_role(who.role).unwrap_or_else(|| match by {
            By::Owner => self.owners.iter().any(is),
            By::Giver => self.giver.as_ref().is_some_and(is),
            By::Writer => self.written.as_ref().is_some_and(|stamp| stamp.by.person == who.person),
            By::Reader => self.readers.iter().any(|reader| reader.signed.is_none() && is(&reader.person)),
            _ => false,
        })
    }

    /// Who has to act in the state it stands in.
    #[must_use]
    pub fn waits_for(&self, sheet: &Sheet) -> Vec<PersonRef> {
        match sheet.state(&self.state).and_then(|state| state.waits_for) {
            Some(By::Owner) => self.owners.clone(),
            Some(By::Giver) => self.giver.iter().cloned().collect(),
            Some(By::Reader) => self
                .readers
                .iter()
                .filter(|reader| reader.signed.is_none())
                .map(|reader| reader.person.clone())
                .collect(),
            Some(By::Writer) => self.written.iter().map(|stamp| PersonRef::from(&stamp.by)).collect(),
            _ => Vec::new(),
        }
    }
}

/// What the fold keeps while it goes through the facts.
struct Folding<'a> {
    sheet: &'static Sheet,
    view: EntryView,
    anomalies: Vec<Anomaly>,
    /// What was written, and what each step said, by fact.
    said: Vec<(&'a RawFact, &'a BTreeMap<String, Value>, Option<&'static Step>)>,
    /// Everybody who was ever named as owner: a step by one of them counts though somebody else was named meanwhile.
    ever_owners: Vec<PersonRef>,
    /// Which fact's value each decision chose.
    decided: BTreeMap<FactId, FactId>,
}

/// Folds the facts of an entry.
pub(super) fn fold(sheet: &'static Sheet, story: &Story<'_, EntryFact>) -> (EntryView, Vec<Anomaly>) {
    let first = sheet.states.first().map(|state| state.name).unwrap_or_default();
    let view = EntryView {
        number: story.doc.number().map(Into::into),
        heading: sheet.heading.words(),
        state: first.into(),
        ..EntryView::default()
    };
    let mut folding = Folding {
        sheet,
        view,
        anomalies: Vec::new(),
        said: Vec::new(),
        ever_owners: Vec::new(),
        decided: BTreeMap::new(),
    };
    for (raw, fact) in story.in_force() {
        folding.hear(raw, fact);
    }
    folding.judge(story);
    folding.finish();
    (folding.view, folding.anomalies)
}

impl<'a> Folding<'a> {
    fn hear(&mut self, raw: &'a RawFact, fact: &'a EntryFact) {
        match fact {
            EntryFact::Written { origin, values, .. } if self.view.written.is_none() => {
                self.write(raw, origin.as_ref(), values);
            }
            EntryFact::Written { .. } => self.not_in_force(raw, self.sheet.write.words()),
            EntryFact::Stepped { step, began, values, .. } => match self.sheet.step(step) {
                Some(step) if self.view.written.is_some() => self.step(raw, step, began.as_ref(), values),
                _ => self.not_in_force(raw, Words::same(step.clone())),
            },
            EntryFact::Decided { of, .. } => {
                if self.sheet.decides.iter().any(|by| self.view.gives(*by, &raw.by)) {
                    self.decided.insert(raw.id, *of);
                } else {
                    self.no_right(raw, words!("选定", "decided"));
                }
            }
        }
    }

    fn write(&mut self, raw: &'a RawFact, origin: Option<&Link>, values: &'a BTreeMap<String, Value>) {
        if !self.sheet.writers.iter().any(|by| by.by_role(raw.by.role) == Some(true)) && origin.is_none() {
            self.no_right(raw, self.sheet.write.words());
            return;
        }
        self.view.written = Some(raw.into());
        self.view.born = raw.at;
        self.view.state_since = raw.at;
        self.view.origin = origin.cloned();
        self.said.push((raw, values, None));
        let people = |key: Option<&str>| key.and_then(|key| values.get(key)).and_then(people_of).unwrap_or_default();
        self.view.owners = people(self.sheet.owner);
        self.ever_owners.clone_from(&self.view.owners);
        let giver = people(self.sheet.giver).into_iter().next();
        self.view.giver = Some(giver.unwrap_or_else(|| PersonRef::from(&raw.by)));
        let readers = people(self.sheet.readers);
        self.view.readers = readers.into_iter().map(|person| Reader { person, signed: None }).collect();
    }

    fn step(
        &mut self,
        raw: &'a RawFact,
        step: &'static Step,
        began: Option<&Link>,
        values: &'a BTreeMap<String, Value>,
    ) {
        let view = &self.view;
        let again = step.signs && view.readers.iter().any(|reader| reader.person.person == raw.by.person);
        let may = step.by.iter().any(|by| match by {
            By::Owner => self.ever_owners.iter().any(|owner| owner.person == raw.by.person),
            By::Reader if again => true,
            by => view.gives(*by, &raw.by),
        });
        if !may {
            self.no_right(raw, step.words.words());
            return;
        }
        let moves = step.moves.iter().find(|(from, _)| *from == view.state).map(|(_, to)| *to);
        if moves.is_none() && !step.late.contains(&view.state.as_str()) {
            self.not_in_force(raw, step.words.words());
            return;
        }
        if step.signs
            && let Some(reader) = self.view.readers.iter_mut().find(|reader| reader.person.person == raw.by.person)
        {
            reader.signed.get_or_insert(raw.into());
        }
        let all_signed = !step.signs || self.view.readers.iter().all(|reader| reader.signed.is_some());
        if let Some(owner) = self.sheet.owner
            && let Some(named) = values.get(owner).and_then(people_of)
        {
            self.ever_owners.extend(named);
        }
        if let Some(to) = moves.filter(|to| all_signed && *to != self.view.state) {
            self.view.state = to.into();
            self.view.state_since = raw.at;
        }
        self.said.push((raw, values, Some(step)));
        self.view.taken.push(Taken {
            step: step.name.into(),
            words: step.words.words(),
            stamp: raw.into(),
            cells: cells(step.asks.iter(), values),
            began: began.cloned(),
        });
    }

    /// What people judge: the values that the fields point at, or the latest one where nothing does.
    fn judge(&mut self, story: &Story<'_, EntryFact>) {
        for key in self.sheet.judged {
            let Some(column) = self.sheet.column(key) else { continue };
            let setting: Vec<_> = self.said.iter().filter(|(_, values, _)| values.contains_key(*key)).collect();
            // Where a decision stands, the value is that of the fact that it chose.
            let pointed: Vec<FactId> =
                story.doc.field_facts(key).iter().map(|id| self.decided.get(id).copied().unwrap_or(*id)).collect();
            let mut chosen: Vec<_> = setting.iter().filter(|(raw, _, _)| pointed.contains(&raw.id)).collect();
            if chosen.is_empty() {
                chosen = setting.last().into_iter().collect();
            }
            let mut sides: Vec<Side> = Vec::new();
            let mut people: Vec<PersonRef> = Vec::new();
            for (raw, values, _) in chosen {
                let Some(value) = values.get(*key) else { continue };
                let Some(read) = column.cell(value) else { continue };
                for person in people_of(value).unwrap_or_default() {
                    if !people.contains(&person) {
                        people.push(person);
                    }
                }
                if sides.iter().all(|side| side.value != read) {
                    sides.push(Side { stamp: Stamp::from(*raw), value: read });
                }
            }
            if self.sheet.owner == Some(key) {
                self.view.owners = people;
            }
            // Of two moments side by side the earlier one rings.
            let moments = sides.iter().filter_map(|side| match side.value {
                CellValue::Moment(at) => Some(at),
                _ => None,
            });
            if let Some(at) = moments.min() {
                self.view.moments.insert((*key).into(), at);
            }
            if sides.len() > 1 {
                let (zh, en) = (column.words.0, column.words.1);
                self.anomalies.push(Anomaly {
                    fact: sides.last().map(|side| side.stamp.fact),
                    code: "side_by_side".into(),
                    words: words!(
                        "「{zh}」有两处同时改动,请选定一个。",
                        "“{en}” was set in two places at once; somebody decides."
                    ),
                });
                self.view.undecided.push(Undecided { column: (*key).into(), words: column.words.words(), sides });
            }
        }
    }

    fn finish(&mut self) {
        let written = self.said.first().map(|(_, values, _)| *values);
        for column in self.sheet.columns {
            let values = self.column_values(column);
            if let (Origin::Entry, [CellValue::Moment(at)]) = (column.from, values.as_slice()) {
                self.view.moments.entry(column.key.into()).or_insert(*at);
            }
            self.view.cells.push(EntryCell { key: column.key.into(), words: column.words.words(), values });
        }
        let text = |key: &str| {
            let column = self.sheet.column(key)?;
            let value = column.cell(written?.get(key)?)?;
            Some(value.words(Zone::default()).zh).filter(|text| !text.trim().is_empty())
        };
        let title = text(self.sheet.title).unwrap_or_default();
        let line = title.lines().next().unwrap_or_default();
        self.view.title = line.chars().take(60).collect();
        self.view.place = self.sheet.place.and_then(text);
        if let Some(state) = self.sheet.state(&self.view.state) {
            self.view.state_words = state.words.words();
        }
    }

    fn column_values(&self, column: &Column) -> Vec<CellValue> {
        let latest = |step: &str| self.view.taken.iter().rfind(|taken| taken.step == step);
        match column.from {
            Origin::Entry => {
                if let Some(undecided) = self.view.undecided.iter().find(|one| one.column == column.key) {
                    return undecided.sides.iter().map(|side| side.value.clone()).collect();
                }
                if self.sheet.owner == Some(column.key) && !self.view.owners.is_empty() {
                    return vec![CellValue::People(self.view.owners.clone())];
                }
                if let Some(at) = self.view.moments.get(column.key) {
                    return vec![CellValue::Moment(*at)];
                }
                let setting = self.said.iter().rev().find_map(|(_, values, _)| values.get(column.key));
                let first = self.said.iter().find_map(|(_, values, _)| values.get(column.key));
                let judged = self.sheet.judged.contains(&column.key);
                let value = if judged { setting } else { first };
                value.and_then(|value| column.cell(value)).into_iter().collect()
            }
            Origin::Number => self.view.number.iter().cloned().map(CellValue::Text).collect(),
            Origin::WrittenAt => self.view.written.iter().map(|stamp| CellValue::Moment(stamp.at)).collect(),
            Origin::Writer => {
                self.view.written.iter().map(|stamp| CellValue::People(vec![(&stamp.by).into()])).collect()
            }
            Origin::Step(step) => latest(step)
                .and_then(|taken| taken.cells.iter().find(|cell| cell.key == column.key))
                .map(|cell| cell.values.clone())
                .unwrap_or_default(),
            Origin::StepAt(step) => latest(step).map(|taken| CellValue::Moment(taken.stamp.at)).into_iter().collect(),
            Origin::StepBy(step) => {
                latest(step).map(|taken| CellValue::People(vec![(&taken.stamp.by).into()])).into_iter().collect()
            }
            Origin::Signed => {
                let signed: Vec<PersonRef> = self
                    .view
                    .readers
                    .iter()
                    .filter(|reader| reader.signed.is_some())
                    .map(|reader| reader.person.clone())
                    .collect();
                if signed.is_empty() { Vec::new() } else { vec![CellValue::People(signed)] }
            }
        }
    }

    fn no_right(&mut self, raw: &RawFact, event: Words) {
        let (name, role) = (&raw.by.name, raw.by.role.words());
        let (zh, en, role_zh, role_en) = (event.zh, event.en, role.zh, role.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "no_role",
            words!(
                "「{zh}」不由{name}({role_zh})办理,此项未生效,请主管核实。",
                "“{en}” is not for {name} ({role_en}) to do; it is not in force, a supervisor checks."
            ),
        ));
    }

    fn not_in_force(&mut self, raw: &RawFact, event: Words) {
        let state = self.sheet.state(&self.view.state).map(|state| state.words.words()).unwrap_or_default();
        let (zh, en, state_zh, state_en) = (event.zh, event.en, state.zh, state.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "not_legal_here",
            words!(
                "「{zh}」时此条是「{state_zh}」,此项未生效,请核实。",
                "“{en}” does not follow “{state_en}”; it is not in force, please check."
            ),
        ));
    }
}

pub(super) fn cells<'c>(columns: impl Iterator<Item = &'c Column>, values: &BTreeMap<String, Value>) -> Vec<EntryCell> {
    columns
        .filter_map(|column| {
            let value = column.cell(values.get(column.key)?)?;
            Some(EntryCell { key: column.key.into(), words: column.words.words(), values: vec![value] })
        })
        .collect()
}

pub(super) fn card(sheet: &'static Sheet, view: &EntryView) -> Card {
    let state = sheet.state(&view.state);
    let live = view.written.is_some();
    let owed = !live && view.due.is_some();
    Card {
        number: view.number.clone(),
        title: view.title.clone(),
        place: view.place.clone(),
        state: view.state.clone(),
        state_words: view.state_words.clone(),
        // A row whose writing was voided leaves nothing to do.
        tone: if owed { Tone::Waiting } else { state.filter(|_| live).map_or(Tone::Off, |state| state.tone) },
        open: owed || (live && state.is_some_and(|state| state.open)),
        urgency: None,
        responsible: if live { view.waits_for(sheet) } else { Vec::new() },
        next: if owed {
            Some(sheet.write.words())
        } else {
            state.filter(|_| live).and_then(|state| sheet.step(state.next?)).map(|step| step.words.words())
        },
        born: view.born,
    }
}
