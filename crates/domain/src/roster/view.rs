//! The fold over a month's roster: the draft, the version in force, who has read it.
//!
//! Invariants
//! - A cell of the draft is what the latest facts about it say. When two people set it without seeing each other, both
//!   marks stand side by side (judgement, two values) until somebody who supervises sets it anew.
//! - The version in force is the last publication and every change approved after it, nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::{RosterCause, RosterCell, RosterFact, RosterRow, UNSET};
use super::month::CalendarMonth;
use super::plan::from_file;
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, RecordDoc, Story};
use crate::role::{PersonRef, Role};
use crate::site::Site;
use crate::time::Timestamp;
use crate::words;
use crate::work_order::Stamp;

/// A published version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterVersion {
    /// 第几版.
    pub version: u16,
    /// Who and when.
    pub stamp: Stamp,
    /// 变更说明.
    pub note: String,
    /// How many checks were open.
    pub open_checks: u16,
}

/// A change that is in force without a new version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterChange {
    /// Who and when.
    pub stamp: Stamp,
    /// What.
    pub cells: Vec<RosterCell>,
    /// Why.
    pub cause: RosterCause,
}

/// A cell that was set twice without the two seeing each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterChoice {
    /// Whose.
    pub person: PersonRef,
    /// Day of the month, from 1.
    pub day: u8,
    /// Whether the version in force is concerned, not only the draft.
    pub in_force: bool,
    /// The values.
    pub values: Vec<RosterValue>,
}

/// One of the values of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterValue {
    /// The mark.
    pub mark: String,
    /// Who set it, and when.
    pub stamp: Stamp,
    /// Why, where it came from an approval.
    pub cause: Option<RosterCause>,
}

/// 已阅.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterRead {
    /// Who.
    pub person: PersonRef,
    /// Which version.
    pub version: u16,
    /// When.
    pub at: Timestamp,
}

/// A month's 《客服排班表》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RosterView {
    /// The month.
    pub month: CalendarMonth,
    /// The draft, by row.
    pub rows: Vec<RosterRow>,
    /// The version in force: person → one mark a day.
    pub in_force: BTreeMap<RecordId, String>,
    /// Whether it comes from the site file and nobody has published here yet.
    pub from_file: bool,
    /// Number of the version in force; 0 when there is none, or it is the site file's.
    pub version: u16,
    /// Published versions, oldest first.
    pub versions: Vec<RosterVersion>,
    /// 变更记录, oldest first: what was put in force without a new version.
    pub changes: Vec<RosterChange>,
    /// Cells with two values.
    pub side_by_side: Vec<RosterChoice>,
    /// Who has read the version in force.
    pub reads: Vec<RosterRead>,
    /// Whether the draft says something else than the version in force.
    pub differs: bool,
    /// When the month begins, by the site's clock at the time of planning.
    pub born: Timestamp,
    /// When it was to be published (月底前).
    pub due: Timestamp,
}

impl RosterView {
    /// As it looks before anybody has written to it.
    #[must_use]
    pub fn untouched(site: &Site, month: CalendarMonth) -> Self {
        let (zone, timers) = (site.settings.zone, &site.settings.timers);
        let file = from_file(site, month).map(|(_, roster)| roster.rows.clone());
        let rows = file.iter().flatten().map(|(person, marks)| RosterRow {
            person: PersonRef {
                person: *person,
                name: site.people.get(person).map(|person| person.name.clone()).unwrap_or_default(),
            },
            marks: marks.clone(),
        });
        Self {
            month,
            rows: rows.collect(),
            from_file: file.is_some(),
            in_force: file.clone().unwrap_or_default(),
            born: month.first().at(0, zone),
            due: month.before().last().at(i64::from(timers.roster_due_min), zone),
            ..Self::default()
        }
    }

    /// Whether a version is in force.
    #[must_use]
    pub fn published(&self) -> bool {
        self.from_file || self.version > 0
    }

    /// The draft as a grid.
    #[must_use]
    pub fn draft(&self) -> BTreeMap<RecordId, String> {
        self.rows.iter().map(|row| (row.person.person, row.marks.clone())).collect()
    }

    /// Whether somebody on this roster has not read the version in force yet.
    #[must_use]
    pub fn unread_by(&self, person: RecordId) -> bool {
        self.version > 0
            && self.in_force.contains_key(&person)
            && !self.reads.iter().any(|read| read.person.person == person && read.version == self.version)
    }

    /// Whether approvals clash in what is in force.
    #[must_use]
    pub fn clashes(&self) -> bool {
        self.side_by_side.iter().any(|choice| choice.in_force)
    }

    pub(super) fn card(&self) -> Card {
        let month = self.month;
        let version = self.version;
        let (state, state_words, tone) = if self.clashes() {
            ("clash", words!("两次批准相冲突,待选定", "two approvals clash"), Tone::Alert)
        } else if !self.side_by_side.is_empty() {
            ("side_by_side", words!("有两个值,待选定", "two values, to be decided"), Tone::Waiting)
        } else if !self.published() {
            ("draft", words!("编制中,未发布", "being drawn up"), Tone::Waiting)
        } else if self.differs {
            ("changed", words!("有改动未发布", "changes not published"), Tone::Active)
        } else if self.from_file && version == 0 {
            ("from_file", words!("站点资料中的排班", "from the site file"), Tone::Calm)
        } else {
            ("published", words!("第 {version} 版,已发布", "version {version}, published"), Tone::Done)
        };
        let next = match state {
            "clash" | "side_by_side" => Some(words!("选定", "decide")),
            "draft" | "changed" => Some(words!("发布", "publish")),
            _ => None,
        };
        Card {
            number: None,
            title: words!("{month} 客服排班表", "").zh,
            place: None,
            state: state.into(),
            state_words,
            tone,
            open: !self.published() || !self.side_by_side.is_empty(),
            urgency: None,
            responsible: Vec::new(),
            next,
            born: self.born,
        }
    }
}

/// Who may draw up a roster: the supervisor, and a head of department for their own people (D2.4.2).
pub(super) fn drafts(role: Role) -> bool {
    role.supervises() || role == Role::DeptHead
}

/// One fact about one cell.
struct Said<'a> {
    raw: &'a RawFact,
    mark: char,
    cause: Option<&'a RosterCause>,
}

type Cells<'a> = BTreeMap<(PersonRef, u8), Vec<Said<'a>>>;

/// Folds the facts of a roster.
pub(super) fn fold(story: &Story<'_, RosterFact>) -> (RosterView, Vec<Anomaly>) {
    let doc = story.doc;
    let mut view = RosterView::default();
    let mut anomalies = Vec::new();
    let mut cells: Cells<'_> = BTreeMap::new();
    let mut seed: Option<&[RosterRow]> = None;
    let mut published: Vec<(&RawFact, u16, &[RosterRow])> = Vec::new();
    let mut changes: Vec<(&RawFact, &[RosterCell], &RosterCause)> = Vec::new();
    for (raw, fact) in story.in_force() {
        let may = match fact {
            RosterFact::Seeded { .. } | RosterFact::CellsSet { .. } => drafts(raw.by.role),
            RosterFact::Published { .. } | RosterFact::Changed { .. } => raw.by.role.supervises(),
            RosterFact::Read { .. } => true,
        };
        if !may {
            let name = &raw.by.name;
            let words = words!(
                "{name}的岗位不编排班表,这一笔没有生效,待核实。",
                "{name}'s role does not draw up rosters; this is not in force."
            );
            anomalies.push(Anomaly::of(raw, "no_role", words));
            continue;
        }
        match fact {
            RosterFact::Seeded { month, rows } => {
                view.month = *month;
                seed = seed.or(Some(rows));
            }
            RosterFact::CellsSet { month, cells: set } => {
                view.month = *month;
                take(&mut cells, raw, set, None);
            }
            RosterFact::Published { month, version, rows, open_checks, note } => {
                view.month = *month;
                published.push((raw, *version, rows));
                let (version, open_checks, note) = (*version, *open_checks, note.clone());
                view.versions.push(RosterVersion { version, stamp: raw.into(), note, open_checks });
            }
            RosterFact::Changed { month, cells: set, cause } => {
                view.month = *month;
                take(&mut cells, raw, set, Some(cause));
                changes.push((raw, set, cause));
            }
            RosterFact::Read { version } => {
                view.reads.push(RosterRead { person: (&raw.by).into(), version: *version, at: raw.at })
            }
        }
    }
    view.born = time_of(doc, "created_at");
    view.due = time_of(doc, "due");
    in_force(doc, &mut view, seed, &published, &changes, &mut anomalies);
    draft(doc, &mut view, seed, &cells);
    view.differs = {
        let mut draft = view.draft();
        let mut force = view.in_force.clone();
        draft.retain(|_, marks| marks.chars().any(|mark| mark != UNSET));
        force.retain(|_, marks| marks.chars().any(|mark| mark != UNSET));
        draft != force
    };
    for choice in &view.side_by_side {
        let (name, day) = (&choice.person.name, choice.day);
        let marks: Vec<&str> = choice.values.iter().map(|value| value.mark.as_str()).collect();
        let (zh, en) = (marks.join("、"), marks.join(" or "));
        anomalies.push(Anomaly {
            fact: None,
            code: if choice.in_force { "clash" } else { "side_by_side" }.into(),
            words: words!(
                "{name} {day} 日有两个值({zh}),请客服主任选定。",
                "{name}, day {day}: two values ({en}); the supervisor decides."
            ),
        });
    }
    (view, anomalies)
}

fn time_of(doc: &RecordDoc, name: &str) -> Timestamp {
    doc.meta.get(name).and_then(serde_json::Value::as_i64).map_or_else(Timestamp::default, Timestamp)
}

fn take<'a>(cells: &mut Cells<'a>, raw: &'a RawFact, set: &'a [RosterCell], cause: Option<&'a RosterCause>) {
    for cell in set {
        let mark = cell.mark.chars().next().unwrap_or(UNSET);
        cells.entry((cell.person.clone(), cell.day)).or_default().push(Said { raw, mark, cause });
    }
}

fn grid(month: CalendarMonth, rows: &[RosterRow]) -> BTreeMap<RecordId, Vec<char>> {
    let days = month.length() as usize;
    let filled = |marks: &str| marks.chars().chain(std::iter::repeat(UNSET)).take(days).collect();
    rows.iter().map(|row| (row.person.person, filled(&row.marks))).collect()
}

fn put(grid: &mut BTreeMap<RecordId, Vec<char>>, month: CalendarMonth, person: RecordId, day: u8, mark: char) {
    let row = grid.entry(person).or_insert_with(|| vec![UNSET; month.length() as usize]);
    if let Some(cell) = usize::from(day).checked_sub(1).and_then(|at| row.get_mut(at)) {
        *cell = mark;
    }
}

/// The last publication and what was approved after it.
fn in_force(
    doc: &RecordDoc,
    view: &mut RosterView,
    seed: Option<&[RosterRow]>,
    published: &[(&RawFact, u16, &[RosterRow])],
    changes: &[(&RawFact, &[RosterCell], &RosterCause)],
    anomalies: &mut Vec<Anomaly>,
) {
    let ids: Vec<FactId> = published.iter().map(|(raw, ..)| raw.id).collect();
    let latest = doc.latest_of(&ids);
    if latest.len() > 1 {
        anomalies.push(Anomaly {
            fact: latest.last().copied(),
            code: "two_versions".into(),
            words: words!(
                "两处同时发布了排班表,请客服主任核对后重新发布。",
                "The roster was published in two places at once; the supervisor checks it and publishes anew."
            ),
        });
    }
    let current = published.iter().rfind(|(raw, ..)| latest.contains(&raw.id));
    let mut grid = match current {
        Some((_, version, rows)) => {
            view.version = *version;
            grid(view.month, rows)
        }
        None => {
            view.from_file = seed.is_some();
            grid(view.month, seed.unwrap_or_default())
        }
    };
    for (raw, cells, cause) in changes {
        // What the publication had seen stands in its grid, as it was then or as it was drawn up since.
        let after = current.is_none_or(|(published, ..)| !seen(doc, published.id, raw.id));
        for cell in cells.iter().filter(|_| after) {
            put(&mut grid, view.month, cell.person.person, cell.day, cell.mark.chars().next().unwrap_or(UNSET));
        }
        view.changes.push(RosterChange { stamp: (*raw).into(), cells: cells.to_vec(), cause: (*cause).clone() });
    }
    view.in_force = grid.into_iter().map(|(person, row)| (person, row.into_iter().collect())).collect();
}

/// Whether the writer of `later` had seen `earlier`.
fn seen(doc: &RecordDoc, later: FactId, earlier: FactId) -> bool {
    !doc.latest_of(&[later, earlier]).contains(&earlier)
}

fn draft(doc: &RecordDoc, view: &mut RosterView, seed: Option<&[RosterRow]>, cells: &Cells<'_>) {
    let mut people: BTreeMap<RecordId, PersonRef> =
        seed.into_iter().flatten().map(|row| (row.person.person, row.person.clone())).collect();
    let mut grid = grid(view.month, seed.unwrap_or_default());
    // The name last written is the one shown.
    let mut by_cell: BTreeMap<(RecordId, u8), Vec<&Said<'_>>> = BTreeMap::new();
    for ((person, day), said) in cells {
        people.insert(person.person, person.clone());
        by_cell.entry((person.person, *day)).or_default().extend(said);
    }
    for ((person, day), said) in &by_cell {
        let ids: Vec<FactId> = said.iter().map(|said| said.raw.id).collect();
        let latest = if ids.len() == 1 { ids } else { doc.latest_of(&ids) };
        let mut last: Vec<&&Said<'_>> = said.iter().filter(|said| latest.contains(&said.raw.id)).collect();
        last.sort_by_key(|said| said.raw.id);
        let Some(shown) = last.last() else { continue };
        put(&mut grid, view.month, *person, *day, shown.mark);
        if last.iter().any(|said| said.mark != shown.mark) {
            view.side_by_side.push(RosterChoice {
                person: people[person].clone(),
                day: *day,
                in_force: last.iter().filter(|said| said.cause.is_some()).count() > 1,
                values: last
                    .iter()
                    .map(|said| RosterValue {
                        mark: said.mark.to_string(),
                        stamp: said.raw.into(),
                        cause: said.cause.cloned(),
                    })
                    .collect(),
            });
        }
    }
    view.rows = grid
        .into_iter()
        .filter_map(|(person, row)| {
            Some(RosterRow { person: people.get(&person)?.clone(), marks: row.into_iter().collect() })
        })
        .collect();
}
