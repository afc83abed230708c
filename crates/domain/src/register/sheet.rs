//! What a register is, as data: printed columns, who writes, the steps an entry takes, its clocks.
//!
//! A sheet decides everything: what is offered, what is refused, what is in force when it arrives, what the screen asks
//! for and what is printed. So a new register is one file in [`super::sheets`] and no code anywhere else.

use serde::{Deserialize, Serialize};

use crate::engine::{Class, Tone};
use crate::role::Role;
use crate::site::Timers;
use crate::words::Words;

/// A word in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub &'static str, pub &'static str);

impl Pair {
    /// As words.
    #[must_use]
    pub fn words(self) -> Words {
        Words { zh: self.0.into(), en: self.1.into() }
    }
}

/// A bound register.
#[derive(Debug)]
pub struct Sheet {
    /// Its kind, as in `meta/kind`.
    pub kind: &'static str,
    /// Which volumes its entries live in.
    pub class: Class,
    /// The printed heading, without 《》.
    pub heading: Pair,
    /// What stands on its spine.
    pub spine: Pair,
    /// What it is for, and the clause behind it.
    pub about: Pair,
    /// The printed columns, in order.
    pub columns: &'static [Column],
    /// Who writes a new entry.
    pub writers: &'static [By],
    /// What writing one is called.
    pub write: Pair,
    /// The column whose text is an entry's title.
    pub title: &'static str,
    /// The column that says where.
    pub place: Option<&'static str>,
    /// The column of those who carry it out.
    pub owner: Option<&'static str>,
    /// The column of whoever gave it; the writer, where there is none or it is empty.
    pub giver: Option<&'static str>,
    /// The column of those who all have to sign.
    pub readers: Option<&'static str>,
    /// Columns that people judge and may set anew; two values set without seeing each other stand side by side.
    pub judged: &'static [&'static str],
    /// Who decides between two such values.
    pub decides: &'static [By],
    /// The states; the first is where an entry begins.
    pub states: &'static [State],
    /// The steps, in the order they are offered.
    pub steps: &'static [Step],
    /// The clocks.
    pub clocks: &'static [Clock],
}

/// One column as it is printed, in order.
#[derive(Debug)]
pub struct Column {
    /// Stable key, the field's name in the fact.
    pub key: &'static str,
    /// The printed heading.
    pub words: Pair,
    /// What stands in it.
    pub holds: Holds,
    /// Where it comes from.
    pub from: Origin,
    /// Whether it may not be left empty where it is asked for.
    pub required: bool,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// One line.
    Text,
    /// Several lines.
    Long,
    /// A telephone number.
    Phone,
    /// A place as written.
    Place,
    /// A unit (房号) as written.
    Unit,
    /// A department or team.
    Team,
    /// A moment.
    Moment,
    /// A civil day.
    Day,
    /// One person of the site.
    Person,
    /// People of the site, in the order chosen.
    People,
    /// A whole number, with its measure word.
    Count(Pair),
    /// One of these.
    Choice(&'static [OneOf]),
}

/// One of a column's choices: stable word, and as read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneOf(pub &'static str, pub Pair);

/// Where a column's value comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// Asked for when the entry is written.
    Entry,
    /// The entry's number (编号).
    Number,
    /// When the entry was written.
    WrittenAt,
    /// Who wrote it.
    Writer,
    /// What the latest step of this name said in its own field of this key.
    Step(&'static str),
    /// When the latest step of this name was taken.
    StepAt(&'static str),
    /// Who took the latest step of this name.
    StepBy(&'static str),
    /// Those who have signed.
    Signed,
}

/// Whom a right or a duty belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Everybody of the site who works on duty.
    Anybody,
    /// Who runs the desk.
    Desk,
    /// Who supervises.
    Supervisor,
    /// Department heads and who supervises.
    Head,
    /// Department heads alone.
    HeadAlone,
    /// Those who carry it out.
    Owner,
    /// Whoever gave it.
    Giver,
    /// Who wrote it.
    Writer,
    /// Those who still have to sign.
    Reader,
}

impl By {
    /// Whether the role alone gives the right; `None` where it depends on the entry.
    #[must_use]
    pub fn by_role(self, role: Role) -> Option<bool> {
        match self {
            Self::Anybody => Some(role.works_orders() || role == Role::Archivist),
            Self::Desk => Some(role.runs_the_desk()),
            Self::Supervisor => Some(role.supervises()),
            Self::Head => Some(role.supervises() || role == Role::DeptHead),
            Self::HeadAlone => Some(role == Role::DeptHead),
            Self::Owner | Self::Giver | Self::Writer | Self::Reader => None,
        }
    }
}

/// Where an entry can stand.
#[derive(Debug)]
pub struct State {
    /// Stable word.
    pub name: &'static str,
    /// As read.
    pub words: Pair,
    /// How it looks.
    pub tone: Tone,
    /// Whether somebody still has to do something.
    pub open: bool,
    /// Who has to act.
    pub waits_for: Option<By>,
    /// The expected step.
    pub next: Option<&'static str>,
}

/// Something that can happen to an entry.
#[derive(Debug)]
pub struct Step {
    /// Stable word: the action's tag and the fact's field.
    pub name: &'static str,
    /// The button, and what the ledger calls it.
    pub words: Pair,
    /// From which state it is offered, and to which it leads.
    pub moves: &'static [(&'static str, &'static str)],
    /// States in which it is still in force though not offered: somebody took it without seeing what had happened.
    pub late: &'static [&'static str],
    /// Who may.
    pub by: &'static [By],
    /// What it asks for. A key of a judged column sets that column anew.
    pub asks: &'static [Column],
    /// Not to be pressed by mistake.
    pub grave: bool,
    /// A signature of one of the readers: it leads on only when all of them have signed.
    pub signs: bool,
    /// Begins an entry in another register, from the values asked for.
    pub begins: Option<&'static Begins>,
}

/// An entry of another register that a step begins.
#[derive(Debug)]
pub struct Begins {
    /// The register.
    pub sheet: &'static Sheet,
    /// Fields taken over: the step's key, the new entry's key.
    pub carry: &'static [(&'static str, &'static str)],
}

/// A clock.
#[derive(Debug)]
pub struct Clock {
    /// Stable word.
    pub code: &'static str,
    /// What is due.
    pub words: Pair,
    /// In which states it runs.
    pub runs_in: &'static [&'static str],
    /// Until when.
    pub until: Until,
    /// Whether passing it rings at the desk.
    pub rings: bool,
    /// Whether passing it leads back to whoever gave the entry.
    pub back_to_giver: bool,
}

/// Until when a clock runs.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// So many minutes after the entry came to stand where it stands.
    AfterState(fn(&Timers) -> u16),
    /// So many minutes after it was written.
    AfterWriting(fn(&Timers) -> u16),
    /// The moment in this column.
    Column(&'static str),
}

/// A step with nothing special about it, to be completed with `..STEP`.
pub const STEP: Step = Step {
    name: "",
    words: Pair("", ""),
    moves: &[],
    late: &[],
    by: &[By::Desk],
    asks: &[],
    grave: false,
    signs: false,
    begins: None,
};

/// A column that is asked for and may stay empty.
#[must_use]
pub const fn asked(key: &'static str, words: Pair, holds: Holds) -> Column {
    Column { key, words, holds, from: Origin::Entry, required: false }
}

/// A column that is asked for and may not stay empty.
#[must_use]
pub const fn needed(key: &'static str, words: Pair, holds: Holds) -> Column {
    Column { key, words, holds, from: Origin::Entry, required: true }
}

/// A column that follows from what happened.
#[must_use]
pub const fn follows(key: &'static str, words: Pair, holds: Holds, from: Origin) -> Column {
    Column { key, words, holds, from, required: false }
}

impl Sheet {
    /// The state of this name.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<&'static State> {
        self.states.iter().find(|state| state.name == name)
    }

    /// The step of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&'static Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// The column of this key.
    #[must_use]
    pub fn column(&self, key: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// What is asked for when an entry is written.
    pub fn entry_columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|column| column.from == Origin::Entry)
    }

    /// What does not fit together; empty for a sheet that is in order. Tests hold every sheet to it.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut need = |holds: bool, what: String| {
            if !holds {
                faults.push(format!("{}: {what}", self.kind));
            }
        };
        let reserved = ["type", "zone", "step", "do", "of", "column", "origin", "number"];
        let mut keys: Vec<&str> = self.columns.iter().map(|column| column.key).collect();
        keys.sort_unstable();
        need(keys.windows(2).all(|pair| pair[0] != pair[1]), "a column key stands twice".into());
        for column in self.columns.iter().chain(self.steps.iter().flat_map(|step| step.asks)) {
            need(
                !reserved.contains(&column.key) || column.from != Origin::Entry,
                format!("the key {} is taken", column.key),
            );
        }
        let named = [Some(self.title), self.place, self.owner, self.giver, self.readers];
        for key in named.into_iter().flatten().chain(self.judged.iter().copied()) {
            need(self.column(key).is_some_and(|column| column.from == Origin::Entry), format!("no column {key}"));
        }
        need(!self.states.is_empty(), "no state".into());
        for state in self.states {
            need(state.next.is_none_or(|step| self.step(step).is_some()), format!("no step after {}", state.name));
            need(!state.open || state.waits_for.is_some(), format!("nobody acts in {}", state.name));
        }
        for step in self.steps {
            need(!["note", "amend", "void_fact", "write", "decide"].contains(&step.name), "a common name".into());
            let told = step.moves.iter().flat_map(|(from, to)| [*from, *to]).chain(step.late.iter().copied());
            for state in told {
                need(self.state(state).is_some(), format!("{}: no state {state}", step.name));
            }
            need(
                step.late.iter().all(|late| step.moves.iter().all(|(from, _)| from != late)),
                format!("{}: offered and late at once", step.name),
            );
            need(!step.signs || self.readers.is_some(), format!("{}: nobody to sign", step.name));
            for (from, to) in step.begins.iter().flat_map(|begins| begins.carry) {
                need(step.asks.iter().any(|ask| ask.key == *from), format!("{}: {from} is not asked for", step.name));
                let there = step.begins.is_some_and(|begins| begins.sheet.column(to).is_some());
                need(there, format!("{}: {to} is no column there", step.name));
            }
        }
        for clock in self.clocks {
            for state in clock.runs_in {
                need(self.state(state).is_some(), format!("{}: no state {state}", clock.code));
            }
            if let Until::Column(key) = clock.until {
                let moment = self.column(key).is_some_and(|column| column.holds == Holds::Moment);
                need(moment, format!("{}: {key} is no moment", clock.code));
            }
        }
        for column in self.columns {
            if let Origin::Step(step) | Origin::StepAt(step) | Origin::StepBy(step) = column.from {
                need(self.step(step).is_some(), format!("{}: no step {step}", column.key));
            }
            if let Origin::Step(step) = column.from {
                let asked = self.step(step).is_some_and(|step| step.asks.iter().any(|ask| ask.key == column.key));
                need(asked, format!("{}: {step} does not ask for it", column.key));
            }
        }
        faults
    }
}

// ---- as the screens see it ------------------------------------------------------------------------------------------

/// A register as the screens know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SheetShown {
    /// Its kind.
    pub kind: String,
    /// The printed heading, without 《》.
    pub heading: Words,
    /// What stands on its spine.
    pub spine: Words,
    /// What it is for.
    pub about: Words,
    /// Printed columns in order.
    pub columns: Vec<ColumnShown>,
    /// What writing an entry is called.
    pub write: Words,
    /// The states in their usual order.
    pub states: Vec<StateShown>,
    /// What each step asks for.
    pub steps: Vec<StepShown>,
    /// Whether somebody in the role that asked writes into it.
    pub may_write: bool,
}

/// One column as the screens know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ColumnShown {
    /// Its key.
    pub key: String,
    /// The printed heading.
    pub words: Words,
    /// Stable word of what stands in it: `text`, `long`, `moment`, …
    pub holds: String,
    /// The choices of a `choice`.
    pub choices: Vec<ChoiceShown>,
    /// The measure word of a `count`.
    pub unit: Words,
    /// Whether it is asked for when an entry is written.
    pub asked: bool,
    /// Whether it may not stay empty.
    pub required: bool,
}

/// One choice of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ChoiceShown {
    /// Stable word.
    pub value: String,
    /// As read.
    pub words: Words,
}

/// A state as the screens know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StateShown {
    /// Stable word.
    pub name: String,
    /// As read.
    pub words: Words,
    /// How it looks.
    pub tone: Tone,
    /// Whether somebody still has to do something.
    pub open: bool,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StepShown {
    /// Stable word, the action's tag.
    pub name: String,
    /// What it asks for.
    pub asks: Vec<ColumnShown>,
}

impl Column {
    fn shown(&self) -> ColumnShown {
        let (choices, unit) = match self.holds {
            Holds::Choice(options) => (
                options
                    .iter()
                    .map(|OneOf(value, words)| ChoiceShown { value: (*value).into(), words: words.words() })
                    .collect(),
                Words::default(),
            ),
            Holds::Count(unit) => (Vec::new(), unit.words()),
            _ => (Vec::new(), Words::default()),
        };
        ColumnShown {
            key: self.key.into(),
            words: self.words.words(),
            holds: self.holds.name().into(),
            choices,
            unit,
            asked: self.from == Origin::Entry,
            required: self.required,
        }
    }
}

impl Holds {
    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Long => "long",
            Self::Phone => "phone",
            Self::Place => "place",
            Self::Unit => "unit",
            Self::Team => "team",
            Self::Moment => "moment",
            Self::Day => "day",
            Self::Person => "person",
            Self::People => "people",
            Self::Count(_) => "count",
            Self::Choice(_) => "choice",
        }
    }
}

impl Sheet {
    /// As somebody in `role` sees it.
    #[must_use]
    pub fn shown(&self, role: Option<Role>) -> SheetShown {
        SheetShown {
            kind: self.kind.into(),
            heading: self.heading.words(),
            spine: self.spine.words(),
            about: self.about.words(),
            columns: self.columns.iter().map(Column::shown).collect(),
            write: self.write.words(),
            states: self
                .states
                .iter()
                .map(|state| StateShown {
                    name: state.name.into(),
                    words: state.words.words(),
                    tone: state.tone,
                    open: state.open,
                })
                .collect(),
            steps: self
                .steps
                .iter()
                .map(|step| StepShown { name: step.name.into(), asks: step.asks.iter().map(Column::shown).collect() })
                .collect(),
            may_write: role.is_some_and(|role| self.writers.iter().any(|by| by.by_role(role) == Some(true))),
        }
    }
}
