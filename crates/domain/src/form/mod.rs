//! Printed forms (A3): what stands on paper and in a spreadsheet, as plain data.
//!
//! A kind says in its own `form.rs` how its views fill a [`Form`]; [`ALL`] lists every form there is. How a form looks
//! on paper and in Excel is decided once for all of them, outside of this crate.
//!
//! Invariants
//! - A form is a pure function of what the book says: no clock, no font, no page size in points.
//! - [`Form::version`] is a digest of what the form says, so two sheets that carry the same version say the same, and a
//!   sheet printed again after a late merge carries another one (A8 i).
//! - Nothing is left out for want of room: cells grow and tables go on overleaf.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::{Anomaly, Card, HistoryFact, LedgerLine};
use crate::ids::RecordId;
use crate::role::PersonRef;
use crate::site::Site;
use crate::time::{Day, Timestamp, Zone};
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

mod any;
mod ledger;

/// Every form, in the order of A3; the two that fit any record come last.
pub static ALL: LazyLock<Vec<Sheet>> = LazyLock::new(|| {
    let mut all = vec![
        crate::contact_record::form::LOG,
        crate::contact_record::form::REQUESTS,
        crate::work_order::form::ORDER,
        crate::daily_report::form::REPORT,
        crate::roster::form::ROSTER,
        ledger::LEDGER,
        crate::month_seal::form::COVER,
        crate::handover::form::SHEET,
        crate::handover::form::INVENTORY,
        crate::patrol_run::form::RUN,
        crate::patrol_run::form::BEFORE_CLOSING,
        crate::complaint::form::RECORD,
        crate::work_order::form::FOLLOW_UPS,
        crate::incident::form::RECORD,
        crate::spot_check::form::RECORD,
        crate::absence::form::LEAVE,
        crate::absence::form::SWAP,
        crate::attendance::form::AWAY,
        crate::attendance::form::MONTH,
        crate::site::form::CONTACTS,
        crate::site::form::POSTER,
        crate::whereabouts::form::ONCALL,
        crate::whereabouts::form::BOARD,
        crate::work_log::form::LOG,
        crate::archive_item::form::LIST,
        crate::archive_item::form::DESTROYED,
    ];
    all.extend(crate::register::sheets::forms());
    all.extend([any::LIST, any::HISTORY]);
    all
});

/// One kind of form.
pub struct Sheet {
    /// Stable word, as the command line and file names have it.
    pub name: &'static str,
    /// The heading, as printed and without 《》.
    pub heading: fn() -> Words,
    /// What it is made of.
    pub of: Of,
    /// Whether it is the form for this record; only asked about records of its kind.
    pub fits: fn(&Value) -> bool,
    /// Fills it. The heading, the centre's name and the version are set afterwards.
    pub make: fn(&Source<'_>) -> Form,
}

/// What a form is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// One record of this kind.
    Record(&'static str),
    /// One record of any kind.
    AnyRecord,
    /// The records of this kind born in a span of days.
    Records(&'static str),
    /// The records of any one kind born in a span of days.
    AnyRecords,
    /// The ledger lines of a span of days.
    Ledger,
    /// What stands in the site, for the span's first month where it matters.
    Site,
}

/// The form called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Sheet> {
    ALL.iter().find(|sheet| sheet.name == name)
}

/// The forms that one record of `kind` prints as, the usual one first.
pub fn for_record<'a>(kind: &'a str, view: &'a Value) -> impl Iterator<Item = &'static Sheet> + 'a {
    ALL.iter().filter(move |sheet| match sheet.of {
        Of::Record(of) => of == kind && (sheet.fits)(view),
        Of::AnyRecord => true,
        _ => false,
    })
}

/// A record as a form needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Copied {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// What lists show of it.
    pub card: Card,
    /// Its view.
    pub view: Value,
    /// What is not clear in it.
    pub anomalies: Vec<Anomaly>,
    /// Every fact; only there when a form of one record is made.
    pub facts: Vec<HistoryFact>,
}

impl Copied {
    /// The view in its kind's own type.
    #[must_use]
    pub fn as_view<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.view.clone()).ok()
    }
}

/// A ledger line with the record it is a fact of.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    /// The record.
    pub record: RecordId,
    /// The record's number; empty where it has none.
    pub number: String,
    /// What the record is about.
    pub title: String,
    /// The record's state and who is responsible, as they stand now.
    pub card: Option<Card>,
    /// The line.
    pub line: LedgerLine,
}

/// Days, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Day,
    /// The last.
    pub to: Day,
}

impl Span {
    /// One day.
    #[must_use]
    pub fn day(day: Day) -> Self {
        Self { from: day, to: day }
    }

    /// A whole month, such as `2026-11`.
    #[must_use]
    pub fn month(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        let first = chrono::NaiveDate::from_ymd_opt(year, month, 1)?;
        let last = first.checked_add_months(chrono::Months::new(1))?.pred_opt()?;
        Some(Self { from: Day(first), to: Day(last) })
    }

    /// As the head of a form says it.
    #[must_use]
    pub fn words(self) -> Words {
        let (from, to) = (self.from, self.to);
        if from == to { words!("{from}", "{from}") } else { words!("{from} 至 {to}", "{from} to {to}") }
    }
}

/// What a form is filled from.
pub struct Source<'a> {
    /// The site.
    pub site: &'a Site,
    /// Which days.
    pub span: Span,
    /// Records, by birth.
    pub records: &'a [Copied],
    /// Ledger lines, the oldest first.
    pub lines: &'a [Entered],
    /// The moment at which states that depend on the clock (迟, 漏) are judged.
    pub now: Timestamp,
}

impl Source<'_> {
    pub(crate) fn zone(&self) -> Zone {
        self.site.settings.zone
    }

    /// The shift that a moment falls into.
    #[must_use]
    pub fn shift_at(&self, at: Timestamp) -> Option<&str> {
        let (zone, today) = (self.zone(), at.day(self.zone()));
        let within = |shift: &&crate::site::Shift| {
            [today, today.before()]
                .iter()
                .any(|day| (day.at(i64::from(shift.from.0), zone)..day.at(i64::from(shift.to.0), zone)).contains(&at))
        };
        self.site.shifts.values().find(within).map(|shift| shift.name.as_str())
    }

    /// Fills `sheet`.
    #[must_use]
    pub fn form(&self, sheet: &Sheet) -> Form {
        let mut form = (sheet.make)(self);
        form.name = sheet.name.into();
        if form.heading == Words::default() {
            form.heading = (sheet.heading)();
        }
        form.centre = self.site.settings.centre_name.clone();
        form.zone = self.zone();
        form.version = form.digest();
        form
    }
}

/// A form, filled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// Which form: [`Sheet::name`].
    pub name: String,
    /// The heading, without 《》.
    pub heading: Words,
    /// Name of the service centre, above the heading.
    pub centre: String,
    /// The paper.
    pub paper: Paper,
    /// 联: one copy for each; none means a single copy that is not named.
    pub copies: Vec<Words>,
    /// 编号.
    pub number: Option<String>,
    /// The line below the heading: 日期, 班次, 路线 …
    pub head: Vec<(Words, Cell)>,
    /// Sections, in order.
    pub parts: Vec<Part>,
    /// Boxes to sign in, at the foot of the last page.
    pub signatures: Vec<SignatureBox>,
    /// What the reader has to know besides, such as what is 待核实.
    pub notes: Vec<Words>,
    /// The record it is the form of.
    pub record: Option<RecordId>,
    /// What the QR code says instead of form, record and version: the root of a sealed month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// Digest of all the rest: 16 hex digits.
    pub version: String,
    /// The site's clock.
    pub zone: Zone,
}

impl Form {
    fn digest(&self) -> String {
        let said = Self { version: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&said).unwrap_or_default();
        Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the QR code in the footer says: which form, of which record, in which version.
    #[must_use]
    pub fn code(&self) -> String {
        if let Some(proof) = &self.proof {
            return proof.clone();
        }
        let (name, version) = (&self.name, &self.version);
        match self.record {
            Some(record) => format!("dutybook:{name}/{record}#{version}"),
            None => format!("dutybook:{name}#{version}"),
        }
    }
}

/// Size and direction of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// A4 upright.
    #[default]
    A4,
    /// A3 upright, set large: a notice on the wall, read from some steps away.
    Poster,
    /// A4 lying.
    A4Wide,
    /// A5 lying, for slips of several copies (联).
    A5Wide,
}

/// A section of a form (‖ in A3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// Labelled boxes.
    Fields {
        /// What the section is called.
        title: Option<Words>,
        /// The boxes, in reading order.
        fields: Vec<Field>,
    },
    /// A ruled table.
    Table {
        /// What the section is called.
        title: Option<Words>,
        /// Columns, in order.
        columns: Vec<Column>,
        /// Rows.
        rows: Vec<Row>,
        /// Empty rows below.
        blank: Blank,
    },
}

/// One labelled box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// What stands before it.
    pub label: Words,
    /// What stands in it.
    pub value: Cell,
    /// How many twelfths of the line it takes.
    pub span: u8,
    /// Height in lines of text, at least.
    pub lines: u8,
}

impl Field {
    /// A box of `span` twelfths and one line.
    #[must_use]
    pub fn new(span: u8, label: Words, value: Cell) -> Self {
        Self { label, value, span, lines: 1 }
    }

    /// The same, at least so many lines high.
    #[must_use]
    pub fn lines(self, lines: u8) -> Self {
        Self { lines, ..self }
    }
}

/// Empty rows below a table's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// None.
    None,
    /// At least so many rows altogether.
    UpTo(u8),
    /// As many as fill the page, the first of them saying 以下空白.
    Page,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What stands above it.
    pub heading: Words,
    /// Width, in tenths of a character; columns share the paper in these proportions.
    pub width: u16,
    /// Whether short values stand in the middle.
    pub centred: bool,
    /// Whether this is what a reader looks for, such as the number to call.
    #[serde(default)]
    pub strong: bool,
}

impl Column {
    /// A column of running text.
    #[must_use]
    pub fn text(width: u16, heading: Words) -> Self {
        Self { heading, width, centred: false, strong: false }
    }

    /// A column of short values: numbers, days, marks.
    #[must_use]
    pub fn mark(width: u16, heading: Words) -> Self {
        Self { centred: true, ..Self::text(width, heading) }
    }

    /// The same, standing out.
    #[must_use]
    pub fn strong(self) -> Self {
        Self { strong: true, ..self }
    }
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// One for each column.
    pub cells: Vec<Cell>,
    /// Struck through and still readable: voided by a later line.
    pub struck: bool,
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self { cells, struck: false }
    }
}

/// One value, with what it is: paper sets it, a spreadsheet types it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cell", content = "value", rename_all = "snake_case")]
pub enum Cell {
    /// Nothing was said.
    #[default]
    Empty,
    /// Running text.
    Text(Words),
    /// Text that looks like a number and is none: room numbers (3-2-1502), telephone numbers, 单号.
    Code(String),
    /// A count.
    Count(i64),
    /// A quantity in thousandths.
    Quantity(i64),
    /// Money in fen.
    Money(i64),
    /// A day.
    Day(Day),
    /// A time of day, of a moment.
    Clock(Timestamp),
    /// A day and a time.
    Moment(Timestamp),
    /// Boxes to tick: what may be chosen, and what was.
    Choice(Vec<Words>, Option<u8>),
}

impl Cell {
    /// What somebody typed; empty when nothing was.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        if text.trim().is_empty() { Self::Empty } else { Self::Text(Words::same(text)) }
    }

    /// A room number, a telephone number or a 单号; empty when there is none.
    #[must_use]
    pub fn code(text: &str) -> Self {
        if text.trim().is_empty() { Self::Empty } else { Self::Code(text.into()) }
    }

    /// A moment, where there is one.
    #[must_use]
    pub fn moment(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Empty, Self::Moment)
    }

    /// Which of `all` was chosen.
    #[must_use]
    pub fn choice<T: PartialEq + Copy>(all: &[T], words: impl Fn(T) -> Words, chosen: Option<T>) -> Self {
        let at = chosen.and_then(|chosen| all.iter().position(|it| *it == chosen));
        Self::Choice(all.iter().map(|it| words(*it)).collect(), at.and_then(|at| u8::try_from(at).ok()))
    }
}

/// A box to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignatureBox {
    /// Who signs: 值班员签名.
    pub label: Words,
    /// Who signed; empty leaves room for ink.
    pub name: String,
    /// When.
    pub at: Option<Timestamp>,
    /// The signature's strokes as the pad gave them.
    pub strokes: Option<String>,
}

impl SignatureBox {
    /// A box nobody has signed in.
    #[must_use]
    pub fn open(label: Words) -> Self {
        Self { label, name: String::new(), at: None, strokes: None }
    }

    /// A box signed with a fact; open while nobody has written it.
    #[must_use]
    pub fn signed(label: Words, stamp: Option<&Stamp>) -> Self {
        match stamp {
            Some(it) => Self { label, name: it.by.name.clone(), at: Some(it.at), strokes: None },
            None => Self::open(label),
        }
    }
}

/// People as one cell: `甲、乙`.
#[must_use]
pub fn names<'a>(people: impl IntoIterator<Item = &'a PersonRef>) -> Cell {
    Cell::typed(&people.into_iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("、"))
}

/// What is not clear in a record, to stand below its form.
#[must_use]
pub fn to_be_verified(anomalies: &[Anomaly]) -> Vec<Words> {
    anomalies.iter().map(|anomaly| words!("待核实:", "To be verified: ").then(anomaly.words.clone())).collect()
}

/// Several sentences in one cell, parted by `；`.
#[must_use]
pub fn joined(sentences: impl IntoIterator<Item = Words>) -> Cell {
    let mut all: Option<Words> = None;
    for words in sentences {
        all = Some(match all {
            Some(before) => before.then(words!(";", "; ")).then(words),
            None => words,
        });
    }
    all.map_or(Cell::Empty, Cell::Text)
}
