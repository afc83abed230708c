//! 《值班抽查记录表》 (D2.3.1), signed by both.

use super::{CheckSignature, SpotCheck, SpotCheckView};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, to_be_verified};
use crate::words;
use crate::words::Words;

pub(crate) const RECORD: Sheet = Sheet {
    name: "spot_check",
    heading: || words!("值班抽查记录表", "Spot check of a shift"),
    of: Of::Record(SpotCheck::NAME),
    fits: |_| true,
    make: record,
};

fn record(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<SpotCheckView>() else { return Form::default() };
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::text(110, words!("项目", "Item")),
        Column::mark(50, words!("结果", "Result")),
        Column::text(190, words!("问题", "What was wrong")),
    ];
    let rows = view.items.iter().zip(1..).map(|(it, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::typed(&it.item),
            Cell::Text(it.verdict.words()),
            Cell::typed(&it.note),
        ])
    });
    // Whoever was checked may have signed on the checker's device: the name is theirs all the same.
    let name_of = |signed: &CheckSignature| match &view.person {
        Some(person) if signed.here => person.name.clone(),
        _ => signed.stamp.by.name.clone(),
    };
    let sign = |label: Words, signed: Option<&CheckSignature>| match signed {
        Some(it) => SignatureBox {
            label,
            name: name_of(it),
            at: Some(it.stamp.at),
            strokes: Some(it.drawn.clone()).filter(|drawn| !drawn.is_empty()),
        },
        None => SignatureBox::open(label),
    };
    let opinion = |signed: Option<&CheckSignature>| Cell::typed(signed.map_or("", |it| it.opinion.as_str()));
    let checked = view.checker.as_ref();
    Form {
        number: view.number.clone(),
        head: vec![
            (words!("抽查时间", "Checked at"), Cell::moment(checked.map(|it| it.at))),
            (words!("班次", "Shift"), Cell::typed(&view.shift)),
            (words!("被查人", "Checked"), Cell::typed(view.person.as_ref().map_or("", |it| it.name.as_str()))),
            (words!("抽查人", "By"), Cell::typed(checked.map_or("", |it| it.by.name.as_str()))),
        ],
        parts: vec![
            Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::UpTo(8) },
            Part::Fields {
                title: None,
                fields: vec![
                    Field::new(6, words!("整改时限", "To be put right by"), Cell::moment(view.rectify_by)),
                    Field::new(
                        6,
                        words!("整改结果", "Put right"),
                        Cell::typed(view.rectified.as_deref().unwrap_or_default()),
                    ),
                    Field::new(
                        12,
                        words!("被查人意见", "Opinion of whoever was checked"),
                        opinion(view.signed.as_ref()),
                    ),
                ],
            },
        ],
        signatures: vec![
            sign(words!("被查人签名", "Checked person"), view.signed.as_ref()),
            sign(words!("抽查人签名", "Checker"), view.countersigned.as_ref()),
        ],
        notes: to_be_verified(&record.anomalies),
        record: Some(record.id),
        ..Form::default()
    }
}
