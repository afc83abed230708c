//! 《客服排班表》 (D2.4.2): the grid in force and how it came to be.

use chrono::Datelike;

use super::facts::UNSET;
use super::month::CalendarMonth;
use super::view::{RosterChange, RosterVersion, RosterView};
use super::{RosterCell, in_force};
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source, joined};
use crate::site::Site;
use crate::words;
use crate::words::Words;
use crate::work_order::Stamp;

pub(crate) const ROSTER: Sheet = Sheet {
    name: "roster",
    heading: || words!("客服排班表", "Customer-service roster"),
    of: Of::Site,
    fits: |_| true,
    make: roster,
};

fn roster(source: &Source<'_>) -> Form {
    let month = CalendarMonth::of(source.span.from);
    let sheet = source.site.sheets.get(&month);
    let version = sheet.and_then(|sheet| sheet.versions.iter().rfind(|it| it.version == sheet.version));
    let standing = match version {
        Some(RosterVersion { version, .. }) => words!("第 {version} 版", "version {version}"),
        None if in_force(source.site, month).is_some() => words!("站点资料", "from the site file"),
        None => words!("未发布", "not published"),
    };
    let published = version.map(|it| it.stamp.at);
    Form {
        paper: Paper::A4Wide,
        head: vec![
            (words!("月份", "Month"), Cell::Code(month.to_string())),
            (words!("版本", "Version"), Cell::Text(standing)),
            (words!("发布时间", "Published at"), Cell::moment(published)),
        ],
        parts: [grid(source.site, month)].into_iter().chain(sheet.and_then(changes)).collect(),
        notes: shifts(source.site),
        signatures: vec![
            SignatureBox::signed(words!("编制", "Drawn up by"), version.map(|it| &it.stamp)),
            SignatureBox::open(words!("审批", "Approved by")),
        ],
        ..Form::default()
    }
}

fn grid(site: &Site, month: CalendarMonth) -> Part {
    let mut columns = vec![Column::text(70, words!("姓名", "Name"))];
    columns.extend(month.days().map(|day| {
        let weekday = ["一", "二", "三", "四", "五", "六", "日"][day.0.weekday().num_days_from_monday() as usize];
        let day = day.0.day();
        Column::mark(15, words!("{day}\n{weekday}", "{day}"))
    }));
    let mut people: Vec<_> = in_force(site, month).into_iter().flatten().collect();
    // By role, then by name: as people look for themselves.
    people.sort_by_key(|(person, _)| {
        let person = site.people.get(*person);
        (person.and_then(|it| it.roles.first().copied()), person.map(|it| it.name.as_str()))
    });
    let rows = people.iter().map(|(person, marks)| {
        let name = site.people.get(*person).map(|it| it.name.as_str()).unwrap_or_default();
        let mut marks = marks.chars();
        let mut cells = vec![Cell::typed(name)];
        cells.extend(month.days().map(|_| match marks.next() {
            None | Some(UNSET) => Cell::Empty,
            Some(mark) => Cell::typed(&mark.to_string()),
        }));
        Row::from(cells)
    });
    Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::None }
}

/// 变更记录, where there is any: every version, and what was put in force between them, by time.
fn changes(sheet: &RosterView) -> Option<Part> {
    let columns = vec![
        Column::mark(30, words!("序号", "No.")),
        Column::mark(90, words!("时间", "When")),
        Column::text(300, words!("变更内容", "What changed")),
        Column::text(150, words!("原因", "Why")),
        Column::mark(60, words!("经办人", "By")),
    ];
    let versions = sheet.versions.iter().map(|it| {
        let version = it.version;
        (&it.stamp, Cell::Text(words!("发布第 {version} 版", "version {version} published")), Cell::typed(&it.note))
    });
    let changes = sheet.changes.iter().map(|RosterChange { stamp, cells, cause }| {
        (stamp, joined(cells.iter().map(cell_words)), Cell::Text(cause.words()))
    });
    let mut all: Vec<(&Stamp, Cell, Cell)> = versions.chain(changes).collect();
    all.sort_by_key(|(stamp, ..)| (stamp.at, stamp.fact));
    let rows = all.into_iter().zip(1_i64..).map(|((stamp, what, why), number)| {
        Row::from(vec![Cell::Count(number), Cell::Moment(stamp.at), what, why, Cell::typed(&stamp.by.name)])
    });
    let rows: Vec<Row> = rows.collect();
    (!rows.is_empty()).then(|| Part::Table {
        title: Some(words!("变更记录", "Changes")),
        columns,
        rows,
        blank: Blank::None,
    })
}

fn cell_words(cell: &RosterCell) -> Words {
    let (name, day, mark) = (&cell.person.name, cell.day, &cell.mark);
    if mark.is_empty() || mark.chars().eq([UNSET]) {
        words!("{name} {day} 日取消排班", "{name}, day {day}: taken off")
    } else {
        words!("{name} {day} 日改为{mark}", "{name}, day {day}: {mark}")
    }
}

/// 班次说明.
fn shifts(site: &Site) -> Vec<Words> {
    let shifts = site.shifts.values().map(|shift| {
        let (name, mark, from, to) = (&shift.name, &shift.mark, shift.from, shift.to);
        let (hours, minutes) = (to.0 / 60 % 24, to.0 % 60);
        let to = format!("{}{hours:02}:{minutes:02}", if to.0 > 24 * 60 { "次日" } else { "" });
        Words::same(format!("{mark} {name} {from}–{to}"))
    });
    match joined(shifts) {
        Cell::Text(words) => vec![words!("班次说明:", "Shifts: ").then(words)],
        _ => Vec::new(),
    }
}
