//! 《请假单》 and 《调班申请单》 (D1.2.3): applicant, cover and whoever approves, each with their signature.

use super::{Absence, AbsenceForm, AbsenceView};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, joined, to_be_verified,
};
use crate::words;

pub(crate) const LEAVE: Sheet = Sheet {
    name: "leave",
    heading: || words!("请假单", "Application for leave"),
    of: Of::Record(Absence::NAME),
    fits: |view| !swaps(view),
    make: application,
};

pub(crate) const SWAP: Sheet = Sheet {
    name: "swap",
    heading: || words!("调班申请单", "Application for a swap"),
    of: Of::Record(Absence::NAME),
    fits: swaps,
    make: application,
};

fn swaps(view: &serde_json::Value) -> bool {
    serde_json::from_value::<AbsenceView>(view.clone())
        .is_ok_and(|view| view.said.is_some_and(|said| matches!(said.form, AbsenceForm::Swap { .. })))
}

fn application(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<AbsenceView>() else { return Form::default() };
    let said = view.said.as_ref();
    let decision = view.decisions.last();
    let opinion = joined(view.decisions.iter().map(|it| {
        let (name, opinion) = (&it.stamp.by.name, &it.opinion);
        let verdict = if it.approved { words!("同意", "approved") } else { words!("不同意", "not approved") };
        words!("{name}:", "{name}: ").then(verdict).then(words!(" {opinion}", " {opinion}"))
    }));
    let name = |person: Option<&crate::role::PersonRef>| Cell::typed(person.map_or("", |it| it.name.as_str()));
    let fields = vec![
        Field::new(4, words!("申请人", "Applicant"), name(view.applicant.as_ref())),
        Field::new(4, words!("申请时间", "Applied at"), Cell::moment(view.applied.as_ref().map(|it| it.at))),
        Field::new(4, words!("状态", "State"), Cell::Text(view.state_words.clone())),
        Field::new(8, words!("起止", "From and to"), Cell::Text(view.form_words.clone())),
        Field::new(4, words!("代班人", "Covered by"), name(view.cover.as_ref())),
        Field::new(12, words!("事由", "Reason"), Cell::typed(said.map_or("", |it| it.reason.as_str()))).lines(3),
        Field::new(12, words!("审批人意见", "Opinion of whoever approves"), opinion).lines(2),
    ];
    let columns = vec![
        Column::mark(80, words!("姓名", "Name")),
        Column::mark(80, words!("日期", "Day")),
        Column::mark(60, words!("原班次", "Shift before")),
        Column::mark(60, words!("改为", "Shift now")),
    ];
    let rows = said.into_iter().flat_map(|said| &said.changes).map(|it| {
        Row::from(vec![Cell::typed(&it.person.name), Cell::Day(it.day), Cell::typed(&it.was), Cell::typed(&it.mark)])
    });
    Form {
        number: view.number.clone(),
        parts: vec![
            Part::Fields { title: None, fields },
            Part::Table {
                title: Some(words!("排班变更", "Changes of the roster")),
                columns,
                rows: rows.collect(),
                blank: Blank::UpTo(2),
            },
        ],
        signatures: vec![
            SignatureBox::signed(words!("申请人签名", "Applicant"), view.applied.as_ref()),
            SignatureBox::signed(words!("代班人签名", "Cover"), view.accepted.as_ref()),
            SignatureBox::signed(words!("审批人签名", "Approved by"), decision.map(|it| &it.stamp)),
        ],
        notes: to_be_verified(&record.anomalies),
        record: Some(record.id),
        ..Form::default()
    }
}
