//! 《应急联系电话表》 and the notice on the wall (D1.1.6).

use super::EmergencyContact;
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::words;

pub(crate) const CONTACTS: Sheet = Sheet {
    name: "emergency_contacts",
    heading: || words!("应急联系电话表", "Emergency telephone numbers"),
    of: Of::Site,
    fits: |_| true,
    make: contacts,
};

pub(crate) const POSTER: Sheet = Sheet {
    name: "emergency_poster",
    heading: || words!("应急联系电话", "Emergency telephone numbers"),
    of: Of::Site,
    fits: |_| true,
    make: poster,
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
    let rows = by_category(source).into_iter().zip(1_i64..).map(|(contact, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::typed(&contact.name),
            Cell::code(&contact.phones.join(" / ")),
            Cell::typed(&contact.person),
            Cell::typed(&contact.when),
            contact.verified_on.map_or(Cell::Empty, Cell::Day),
            Cell::typed(&contact.verified_by),
        ])
    });
    Form {
        paper: Paper::A4,
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![SignatureBox::open(words!("审核", "Checked by"))],
        ..Form::default()
    }
}

/// What hangs at the desk and in the control room: who to call for what, and by when the numbers were all called.
fn poster(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::text(100, words!("单位", "Call")).strong(),
        Column::mark(90, words!("电话", "Telephone")).strong(),
        Column::text(150, words!("适用事项", "For")),
    ];
    let contacts = by_category(source);
    let oldest = contacts.iter().map(|contact| contact.verified_on).min().flatten();
    let rows = contacts.iter().map(|contact| {
        let person = Some(&contact.person).filter(|person| !person.is_empty());
        let reach: Vec<&str> = contact.phones.iter().chain(person).map(String::as_str).collect();
        Row::from(vec![Cell::typed(&contact.name), Cell::code(&reach.join("\n")), Cell::typed(&contact.when)])
    });
    let rows = rows.collect();
    let mut notes = vec![words!(
        "打电话时说清:在哪里(小区、楼栋、入口)· 出了什么事 · 有没有人受伤或被困 · 回电号码;对方挂断后再挂。",
        "Say where (estate, block, entrance), what happened, whether anybody is hurt or trapped, and your number; hang up last."
    )];
    notes.push(match oldest {
        Some(day) => words!("所有号码最近一次核验不早于 {day}。", "Every number was last verified on {day} or later."),
        None => words!(
            "有号码尚未核验,请客服主任核验后重新打印。",
            "Some numbers are not verified; verify them and print this anew."
        ),
    });
    Form {
        paper: Paper::Poster,
        parts: vec![Part::Table { title: None, columns, rows, blank: Blank::None }],
        notes,
        ..Form::default()
    }
}

fn by_category<'a>(source: &Source<'a>) -> Vec<&'a EmergencyContact> {
    let mut all: Vec<_> = source.site.contacts.values().collect();
    all.sort_by_key(|contact| (contact.category, &contact.name));
    all
}
