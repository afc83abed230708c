//! Forms that fit any kind of record: a list of records, and one record with everything that happened to it.

use super::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, Source, names, to_be_verified};
use crate::words;
use crate::words::Words;

pub(super) const LIST: Sheet = Sheet {
    name: "list",
    heading: || words!("登记清单", "List of records"),
    of: Of::AnyRecords,
    fits: |_| true,
    make: list,
};

pub(super) const HISTORY: Sheet = Sheet {
    name: "history",
    heading: || words!("记录全文", "Record in full"),
    of: Of::AnyRecord,
    fits: |_| true,
    make: history,
};

fn list(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::mark(64, words!("编号", "Number")),
        Column::mark(84, words!("时间", "Time")),
        Column::text(160, words!("内容", "What")),
        Column::text(90, words!("房号/部位", "Where")),
        Column::mark(40, words!("紧急程度", "Urgency")),
        Column::mark(60, words!("状态", "State")),
        Column::mark(64, words!("责任人", "Responsible")),
        Column::text(80, words!("下一步", "Next step")),
    ];
    let rows = source.records.iter().zip(1_i64..).map(|(record, number)| {
        let card = &record.card;
        Row::from(vec![
            Cell::Count(number),
            Cell::code(card.number.as_deref().unwrap_or_default()),
            Cell::Moment(card.born),
            Cell::typed(&card.title),
            Cell::code(card.place.as_deref().unwrap_or_default()),
            card.urgency.map_or(Cell::Empty, |urgency| Cell::Text(urgency.words())),
            Cell::Text(card.state_words.clone()),
            names(&card.responsible),
            card.next.clone().map_or(Cell::Empty, Cell::Text),
        ])
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![
            (words!("日期", "Dates"), Cell::Text(source.span.words())),
            (words!("条数", "Records"), Cell::Count(i64::try_from(source.records.len()).unwrap_or(i64::MAX))),
        ],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        ..Form::default()
    }
}

fn history(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let card = &record.card;
    let fields = vec![
        super::Field::new(8, words!("内容", "What"), Cell::typed(&card.title)),
        super::Field::new(4, words!("状态", "State"), Cell::Text(card.state_words.clone())),
        super::Field::new(4, words!("时间", "Time"), Cell::Moment(card.born)),
        super::Field::new(4, words!("房号/部位", "Where"), Cell::code(card.place.as_deref().unwrap_or_default())),
        super::Field::new(4, words!("责任人", "Responsible"), names(&card.responsible)),
    ];
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::mark(84, words!("时间", "Time")),
        Column::text(240, words!("事项", "What happened")),
        Column::mark(64, words!("记录人", "Entered by")),
        Column::text(90, words!("更正/作废", "Corrections, voiding")),
    ];
    let rows = record.facts.iter().zip(1_i64..).map(|(fact, number)| {
        let corrections = fact.amended.iter().map(|amendment| {
            let (field, reason) = (&amendment.field, &amendment.reason);
            let value = amendment.is.as_str().map_or_else(|| amendment.is.to_string(), str::to_owned);
            words!("更正 {field}:{value}({reason})", "{field} corrected: {value} ({reason})")
        });
        let voided = fact.voided.iter().map(|voiding| {
            let reason = &voiding.reason;
            words!("作废({reason})", "voided ({reason})")
        });
        let cells = vec![
            Cell::Count(number),
            Cell::Moment(fact.at),
            Cell::Text(fact.words.clone()),
            Cell::Text(Words::same(&fact.by.name)),
            super::joined(corrections.chain(voided)),
        ];
        Row { cells, struck: fact.voided.is_some() }
    });
    Form {
        number: card.number.clone(),
        record: Some(record.id),
        parts: vec![
            Part::Fields { title: None, fields },
            Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page },
        ],
        notes: to_be_verified(&record.anomalies),
        ..Form::default()
    }
}
