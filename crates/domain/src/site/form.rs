//! 《客服排班表》 and 《应急联系电话表》 (D2.4.2, D1.1.6).

use chrono::Datelike;

use super::{ContactCategory, Roster};
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::words;
use crate::words::Words;

pub(crate) const ROSTER: Sheet = Sheet {
    name: "roster",
    heading: || words!("客服排班表", "Customer-service roster"),
    of: Of::Site,
    fits: |_| true,
    make: roster,
};

pub(crate) const CONTACTS: Sheet = Sheet {
    name: "emergency_contacts",
    heading: || words!("应急联系电话表", "Emergency telephone numbers"),
    of: Of::Site,
    fits: |_| true,
    make: contacts,
};

fn roster(source: &Source<'_>) -> Form {
    let (year, number) = source.span.from.month();
    let month = format!("{year:04}-{number:02}");
    let days = crate::form::Span::month(&month).map_or(31, |span| span.to.0.day());
    let mut columns = vec![Column::text(70, words!("姓名", "Name"))];
    columns.extend((1..=days).map(|day| {
        let weekday = source.span.from.0.with_day(day).map_or("", |date| {
            ["一", "二", "三", "四", "五", "六", "日"][date.weekday().num_days_from_monday() as usize]
        });
        Column::mark(15, words!("{day}\n{weekday}", "{day}"))
    }));
    let found: Option<&Roster> = source.site.rosters.values().find(|roster| roster.month == month);
    let mut people: Vec<_> = found.into_iter().flat_map(|roster| &roster.rows).collect();
    // By role, then by name: as people look for themselves.
    people.sort_by_key(|(person, _)| {
        let person = source.site.people.get(*person);
        (person.and_then(|it| it.roles.first().copied()), person.map(|it| it.name.as_str()))
    });
    let rows = people.iter().map(|(person, marks)| {
        let name = source.site.people.get(*person).map(|it| it.name.as_str()).unwrap_or_default();
        let mut marks = marks.chars();
        let mut cells = vec![Cell::typed(name)];
        cells.extend((1..=days).map(|_| marks.next().map_or(Cell::Empty, |mark| Cell::typed(&mark.to_string()))));
        Row::from(cells)
    });
    let shifts = source.site.shifts.values().map(|shift| {
        let (name, mark, from, to) = (&shift.name, &shift.mark, shift.from, shift.to);
        let (hours, minutes) = (to.0 / 60 % 24, to.0 % 60);
        let to = format!("{}{hours:02}:{minutes:02}", if to.0 > 24 * 60 { "次日" } else { "" });
        Words::same(format!("{mark} {name} {from}–{to}"))
    });
    let shifts = match crate::form::joined(shifts) {
        Cell::Text(words) => vec![words!("班次说明:", "Shifts: ").then(words)],
        _ => Vec::new(),
    };
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("月份", "Month"), Cell::Code(month))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::None }],
        notes: shifts,
        signatures: vec![
            SignatureBox::open(words!("编制", "Drawn up by")),
            SignatureBox::open(words!("审批", "Approved by")),
        ],
        ..Form::default()
    }
}

fn contacts(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(30, words!("序号", "No.")),
        Column::text(110, words!("单位", "Organisation")),
        Column::text(110, words!("电话", "Telephone")),
        Column::mark(56, words!("联系人", "Contact")),
        Column::text(150, words!("适用事项", "For")),
        Column::mark(70, words!("核验日期", "Verified on")),
        Column::mark(56, words!("核验人", "Verified by")),
    ];
    let mut all: Vec<_> = source.site.contacts.values().collect();
    all.sort_by_key(|contact| (contact.category, &contact.name));
    let rows = all.into_iter().zip(1_i64..).map(|(contact, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::typed(&contact.name),
            Cell::code(&contact.phones.join(" / ")),
            match contact.category {
                ContactCategory::Internal => Cell::Text(words!("值班", "on duty")),
                _ => Cell::Empty,
            },
            Cell::typed(&contact.when),
            contact.verified_on.map_or(Cell::Empty, Cell::Day),
            Cell::Empty,
        ])
    });
    Form {
        paper: Paper::A4,
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![SignatureBox::open(words!("审核", "Checked by"))],
        ..Form::default()
    }
}
