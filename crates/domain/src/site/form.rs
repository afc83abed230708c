//! 《应急联系电话表》 (D1.1.6).

use super::ContactCategory;
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::words;

pub(crate) const CONTACTS: Sheet = Sheet {
    name: "emergency_contacts",
    heading: || words!("应急联系电话表", "Emergency telephone numbers"),
    of: Of::Site,
    fits: |_| true,
    make: contacts,
};

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
