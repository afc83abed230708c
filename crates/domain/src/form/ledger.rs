//! 《客服工作台帐》 (D2.5.5, D2.8.5): a line for every fact, corrections and voidings beside what they point at.

use std::collections::HashMap;

use super::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source, names};
use crate::words;

pub(super) const LEDGER: Sheet = Sheet {
    name: "ledger",
    heading: || words!("客服工作台帐", "Customer-service work ledger"),
    of: Of::Ledger,
    fits: |_| true,
    make,
};

fn make(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(22, words!("序号", "No.")),
        Column::mark(54, words!("日期", "Date")),
        Column::mark(32, words!("时间", "Time")),
        Column::mark(32, words!("班次", "Shift")),
        Column::text(110, words!("事项", "Matter")),
        Column::text(150, words!("处理过程", "What was done")),
        Column::text(56, words!("处理结果", "Result")),
        Column::mark(54, words!("跟进人", "Followed up by")),
        Column::mark(54, words!("记录人", "Entered by")),
        Column::text(64, words!("备注", "Remarks")),
    ];
    // 更正见第 n 条: lines are called by their number on this sheet.
    let numbers: HashMap<_, _> = source.lines.iter().zip(1_i64..).map(|(it, number)| (it.line.fact, number)).collect();
    let mut answered: HashMap<_, Vec<i64>> = HashMap::new();
    for (entered, number) in source.lines.iter().zip(1_i64..) {
        if let Some(of) = entered.line.about {
            answered.entry(of).or_default().push(number);
        }
    }
    // A record's result stands on its last line here, once.
    let last: HashMap<_, _> = source.lines.iter().zip(1_i64..).map(|(it, number)| (it.record, number)).collect();
    let rows = source.lines.iter().zip(1_i64..).map(|(entered, number)| {
        let line = &entered.line;
        let card = entered.card.as_ref().filter(|_| last[&entered.record] == number);
        let about = line.about.map(|of| match numbers.get(&of) {
            Some(at) => words!("对第{at}条", "about line {at}"),
            None => words!("对此前一条", "about an earlier line"),
        });
        let later = answered.get(&line.fact).into_iter().flatten();
        let later = later.map(|at| match line.voided {
            true => words!("作废见第{at}条", "voided by line {at}"),
            false => words!("更正见第{at}条", "corrected by line {at}"),
        });
        let matter = [entered.number.as_str(), entered.title.as_str()].join(" ");
        let done = match line.detail.zh.is_empty() {
            true => line.subject.clone(),
            false => line.subject.clone().then(words!(":", ": ")).then(line.detail.clone()),
        };
        let cells = vec![
            Cell::Count(number),
            Cell::Day(line.at.day(source.zone())),
            Cell::Clock(line.at),
            Cell::typed(source.shift_at(line.at).unwrap_or_default()),
            Cell::typed(matter.trim()),
            Cell::Text(done),
            card.map_or(Cell::Empty, |card| Cell::Text(card.state_words.clone())),
            card.map_or(Cell::Empty, |card| names(&card.responsible)),
            Cell::typed(&line.by.name),
            super::joined(about.into_iter().chain(later)),
        ];
        Row { cells, struck: line.voided }
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![
            SignatureBox::open(words!("值班员", "Duty officer")),
            SignatureBox::open(words!("主管审阅", "Read by the supervisor")),
        ],
        ..Form::default()
    }
}
