//! The cover of a month's ledger (D2.8.5): what was sealed, by whom, and the root that proves it, as a QR code.

use super::{MonthSeal, MonthSealView};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Form, Of, Part, Row, Sheet, SignatureBox, Source, to_be_verified};
use crate::words;

pub(crate) const COVER: Sheet = Sheet {
    name: "ledger_cover",
    heading: || words!("客服工作台帐封面", "Cover of the ledger"),
    of: Of::Record(MonthSeal::NAME),
    fits: |_| true,
    make: cover,
};

fn cover(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<MonthSealView>() else { return Form::default() };
    let columns = vec![
        Column::mark(40, words!("封存", "Seal")),
        Column::mark(90, words!("时间", "Time")),
        Column::mark(64, words!("封存人", "Sealed by")),
        Column::mark(40, words!("条数", "Lines")),
        Column::text(230, words!("根哈希", "Root")),
    ];
    let rows = view.seals.iter().zip(1..).map(|(it, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::Moment(it.stamp.at),
            Cell::typed(&it.stamp.by.name),
            Cell::Count(i64::from(it.seal.lines)),
            Cell::code(&it.seal.root),
        ])
    });
    let sealed = view.seals.last();
    Form {
        head: vec![(words!("月份", "Month"), Cell::Code(view.month.to_string()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::None }],
        signatures: vec![
            SignatureBox::signed(words!("封存人", "Sealed by"), sealed.map(|it| &it.stamp)),
            SignatureBox::open(words!("接收归档", "Received")),
        ],
        notes: match sealed {
            Some(_) => vec![words!(
                "本页二维码是根哈希。核对:在任何一台装有本程序的电脑上运行 dutybook verify。",
                "The QR code is the root. To verify: run dutybook verify on any computer with this program."
            )],
            None => vec![words!("本月还没有封存。", "The month is not sealed yet.")],
        }
        .into_iter()
        .chain(to_be_verified(&record.anomalies))
        .collect(),
        proof: sealed.map(|it| it.cover.clone()),
        record: Some(record.id),
        ..Form::default()
    }
}
