//! 《工作日志》 (D3.7, D3.8).

use super::{WorkLog, WorkLogView};
use crate::engine::Kind;
use crate::form::{Cell, Field, Form, Of, Part, Sheet, SignatureBox, Source, to_be_verified};
use crate::words;

pub(crate) const LOG: Sheet = Sheet {
    name: "work_log",
    heading: || words!("工作日志", "Work log"),
    of: Of::Record(WorkLog::NAME),
    fits: |_| true,
    make: log,
};

fn log(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<WorkLogView>() else { return Form::default() };
    let signed = view.signed.last();
    let text = signed.map_or(&view.draft, |it| &it.text);
    let receipt = view.receipts.last().map(|it| it.receipt.clone()).unwrap_or_default();
    Form {
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.day)),
            (words!("发布状态", "Publication"), Cell::Text(view.state.words())),
            (words!("回执", "Receipt"), Cell::code(&receipt)),
        ],
        parts: vec![Part::Fields {
            title: None,
            fields: vec![Field::new(12, words!("主要工作", "Work"), Cell::typed(text)).lines(24)],
        }],
        signatures: vec![SignatureBox::signed(words!("记录人", "Written by"), signed.map(|it| &it.stamp))],
        notes: to_be_verified(&record.anomalies),
        record: Some(record.id),
        ..Form::default()
    }
}
