//! 《交接班记录表》 and 《岗位公物清点表》 (D2.9.1–D2.9.3): the sheet that both signed, which never changes; before that,
//! what has been said so far.

use super::{
    CountLine, Disposition, Handover, HandoverSeal, HandoverSheet, HandoverSignature, HandoverView, SheetCount,
};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Copied, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, joined, to_be_verified,
};
use crate::words;
use crate::words::Words;

pub(crate) const SHEET: Sheet = Sheet {
    name: "handover",
    heading: || words!("交接班记录表", "Handover of a shift"),
    of: Of::Record(Handover::NAME),
    fits: |_| true,
    make: sheet,
};

pub(crate) const INVENTORY: Sheet = Sheet {
    name: "inventory",
    heading: || words!("岗位公物清点表", "Inventory of the post"),
    of: Of::Record(Handover::NAME),
    fits: |_| true,
    make: inventory,
};

/// The record, its view, and the sheet that was signed, if one was.
fn opened<'a>(source: &'a Source<'_>) -> Option<(&'a Copied, HandoverView, Option<HandoverSeal>)> {
    let record = source.records.first()?;
    let view: HandoverView = record.as_view()?;
    let seal = view.seals.first().cloned();
    Some((record, view, seal))
}

fn sheet(source: &Source<'_>) -> Form {
    let Some((record, view, seal)) = opened(source) else { return Form::default() };
    let signed = seal.as_ref().map(|seal| &seal.sheet);
    let (outgoing, incoming) = people(&view, signed);
    let said = signed.map(|it| it.preparation.clone()).or(view.prepared.as_ref().map(|it| it.preparation.clone()));
    let said = said.unwrap_or_default();
    let arrived = signed.map_or(view.arrival.as_ref().map(|it| it.at), |it| it.arrived_at);
    let (from, to) = (&view.plan.outgoing_shift, &view.plan.incoming_shift);
    let mut parts = vec![Part::Fields {
        title: Some(words!("本班概况", "The shift")),
        fields: vec![Field::new(12, words!("概况", "In short"), Cell::typed(&said.summary)).lines(2)],
    }];
    if let Some(signed) = signed {
        parts.push(numbers(signed));
    }
    parts.push(items(&view, signed));
    parts.push(Part::Fields {
        title: None,
        fields: vec![
            Field::new(12, words!("重要通知、上级指示", "Notices and instructions"), Cell::typed(&said.notices))
                .lines(2),
            Field::new(6, words!("钥匙、文件、现金", "Keys, papers, cash"), Cell::typed(&said.keys)),
            Field::new(6, words!("区域异常及说明", "What is abnormal"), Cell::typed(&said.area)),
            Field::new(12, words!("下班前全面巡检", "Inspection before closing"), inspections(&view, signed)),
        ],
    });
    parts.push(counted(&view, signed));
    Form {
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.plan.day)),
            (words!("岗位", "Post"), Cell::typed(&view.plan.post_name)),
            (words!("班次", "Shift"), Cell::typed(&format!("{from} → {to}"))),
            (words!("交班人", "Outgoing"), Cell::typed(&outgoing)),
            (words!("接班人", "Incoming"), Cell::typed(&incoming)),
            (words!("接班到岗时间", "Arrived at"), Cell::moment(arrived)),
        ],
        parts,
        signatures: signatures(&view, seal.as_ref()),
        notes: notes(&view, seal.as_ref()).into_iter().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn inventory(source: &Source<'_>) -> Form {
    let Some((record, view, seal)) = opened(source) else { return Form::default() };
    let (outgoing, incoming) = people(&view, seal.as_ref().map(|seal| &seal.sheet));
    Form {
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.plan.day)),
            (words!("岗位", "Post"), Cell::typed(&view.plan.post_name)),
            (words!("交班人", "Outgoing"), Cell::typed(&outgoing)),
            (words!("接班人", "Incoming"), Cell::typed(&incoming)),
        ],
        parts: vec![counted(&view, seal.as_ref().map(|seal| &seal.sheet))],
        signatures: signatures(&view, seal.as_ref()),
        notes: notes(&view, seal.as_ref()),
        record: Some(record.id),
        ..Form::default()
    }
}

fn people(view: &HandoverView, signed: Option<&HandoverSheet>) -> (String, String) {
    let name = |person: &crate::role::PersonRef| person.name.clone();
    let outgoing = signed.and_then(|it| it.outgoing.as_ref().map(name));
    let incoming = signed.and_then(|it| it.incoming.as_ref().map(name));
    (
        outgoing.or(view.prepared.as_ref().map(|it| it.by.name.clone())).unwrap_or_default(),
        incoming.or(view.arrival.as_ref().map(|it| it.by.name.clone())).unwrap_or_default(),
    )
}

fn numbers(sheet: &HandoverSheet) -> Part {
    let forms = &sheet.forms;
    let of = |label: Words, count: u32| Field::new(2, label, Cell::Count(i64::from(count)));
    Part::Fields {
        title: None,
        fields: vec![
            of(words!("来电/来访", "Calls, visits"), forms.contacts),
            of(words!("新派工单", "New orders"), forms.orders_new),
            of(words!("完成", "Finished"), forms.orders_finished),
            of(words!("未完成", "Open"), forms.orders_open),
            of(words!("超时", "Overdue"), forms.orders_overdue),
            of(words!("异常", "Abnormal"), forms.findings),
            of(words!("应巡", "Stops owed"), forms.stops_owed),
            of(words!("实巡", "Visited"), forms.stops_done),
            of(words!("迟", "Late"), forms.stops_late),
            of(words!("漏", "Missed"), forms.stops_missed),
        ],
    }
}

fn items(view: &HandoverView, signed: Option<&HandoverSheet>) -> Part {
    let columns = vec![
        Column::mark(60, words!("编号", "Number")),
        Column::text(150, words!("内容", "What")),
        Column::mark(48, words!("进度", "State")),
        Column::text(70, words!("下一步", "Next step")),
        Column::mark(70, words!("时限", "Due")),
        Column::text(70, words!("接收情况", "Taken over")),
    ];
    let taken_over = |taken: Option<&Disposition>, note: &str| {
        joined(taken.map(disposition).into_iter().chain((!note.is_empty()).then(|| Words::same(note))))
    };
    let rows: Vec<Row> = match signed {
        Some(sheet) => sheet
            .items
            .iter()
            .map(|it| {
                Row::from(vec![
                    Cell::code(it.item.number.as_deref().unwrap_or_default()),
                    Cell::typed(&it.item.title),
                    Cell::Text(it.item.state_words.clone()),
                    it.item.next.clone().map_or(Cell::Empty, Cell::Text),
                    Cell::moment(it.item.due),
                    taken_over(it.taken.as_ref(), &it.note),
                ])
            })
            .collect(),
        // What has been taken over so far; the rest is written by hand, or stands on the screen.
        None => view
            .taken
            .iter()
            .map(|it| {
                let (number, title) = (Cell::code(&it.number), Cell::typed(&it.title));
                let taken = taken_over(Some(&it.disposition), &it.note);
                Row::from(vec![number, title, Cell::Empty, Cell::Empty, Cell::Empty, taken])
            })
            .collect(),
    };
    Part::Table { title: Some(words!("未完成事项", "Carried over")), columns, rows, blank: Blank::UpTo(3) }
}

fn disposition(taken: &Disposition) -> Words {
    match taken {
        Disposition::Taken => words!("接收", "taken"),
        Disposition::Rescheduled { .. } => words!("改期", "rescheduled"),
        Disposition::PassedOn { to } => {
            let name = &to.name;
            words!("转{name}", "passed to {name}")
        }
    }
}

fn inspections(view: &HandoverView, signed: Option<&HandoverSheet>) -> Cell {
    let explained = |why: &str| words!("(说明:{why})", " (explained: {why})");
    match signed {
        Some(signed) => joined(signed.inspections.iter().map(|it| match it.explained.as_deref() {
            Some(why) => it.words.clone().then(explained(why)),
            None => it.words.clone(),
        })),
        None => view.inspection_explained.as_ref().map_or(Cell::Empty, |it| Cell::Text(explained(&it.text))),
    }
}

/// One line of the inventory, whichever sheet it stands on.
fn count_row(number: i64, count: &SheetCount) -> Row {
    let answer = count.answer.as_ref().map(|answer| {
        let it = &answer.explanation;
        [&it.whereabouts, &it.reason, &it.responsible].into_iter().filter(|text| !text.is_empty()).cloned().collect()
    });
    let answer: Vec<String> = answer.unwrap_or_default();
    Row::from(vec![
        Cell::Count(number),
        Cell::typed(&count.name),
        Cell::typed(&count.unit),
        Cell::Count(i64::from(count.expected)),
        count.actual.map_or(Cell::Empty, |actual| Cell::Count(i64::from(actual))),
        count.actual.map_or(Cell::Empty, |_| Cell::Text(count.condition.words())),
        Cell::typed(&answer.join(";")),
    ])
}

fn live(line: &CountLine) -> SheetCount {
    SheetCount {
        name: line.name.clone(),
        unit: line.unit.clone(),
        expected: line.expected,
        actual: line.counted.as_ref().map(|it| it.actual),
        condition: line.counted.as_ref().map(|it| it.condition).unwrap_or_default(),
        answer: line.answer.clone(),
    }
}

fn counted(view: &HandoverView, signed: Option<&HandoverSheet>) -> Part {
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::text(110, words!("品名", "Thing")),
        Column::mark(30, words!("单位", "Unit")),
        Column::mark(34, words!("应有", "Expected")),
        Column::mark(34, words!("实有", "Actual")),
        Column::mark(40, words!("状态", "Condition")),
        Column::text(140, words!("去向或原因", "Whereabouts or reason")),
    ];
    let counts = signed.map_or_else(|| view.counts.iter().map(live).collect(), |it| it.counts.clone());
    let rows = counts.iter().zip(1..).map(|(count, number)| count_row(number, count));
    Part::Table { title: Some(words!("公物清点", "Inventory")), columns, rows: rows.collect(), blank: Blank::None }
}

fn signature(label: Words, signed: Option<&HandoverSignature>) -> SignatureBox {
    match signed {
        Some(it) => SignatureBox { label, name: it.by.name.clone(), at: Some(it.at), strokes: it.strokes.clone() },
        None => SignatureBox::open(label),
    }
}

fn signatures(view: &HandoverView, seal: Option<&HandoverSeal>) -> Vec<SignatureBox> {
    let outgoing = seal.and_then(|seal| seal.outgoing.as_ref()).or(view.signed.as_ref());
    let review = words!("主管审阅", "Read by the supervisor");
    vec![
        signature(words!("交班人签名", "Outgoing signature"), outgoing),
        signature(words!("接班人签名", "Incoming signature"), seal.map(|seal| &seal.incoming)),
        match view.reviews.first() {
            Some(it) => SignatureBox { label: review, name: it.by.name.clone(), at: Some(it.at), strokes: None },
            None => SignatureBox::open(review),
        },
    ]
}

fn notes(view: &HandoverView, seal: Option<&HandoverSeal>) -> Vec<Words> {
    let mut notes = Vec::new();
    match seal {
        Some(seal) => {
            let digest = seal.digest.get(..16).unwrap_or(&seal.digest);
            notes.push(words!(
                "双方签名所及内容的摘要:{digest}。签名后补录的不在本表,见台帐。",
                "Digest of what both signed: {digest}. What was entered afterwards is not on this sheet but in the ledger."
            ));
        }
        None => notes.push(words!("尚未封存,仅供核对。", "Not sealed yet; for checking only.")),
    }
    for refusal in &view.refusals {
        let (name, note) = (&refusal.by.name, &refusal.note);
        notes.push(
            words!("{name}拒绝交接:", "Refused by {name}: ")
                .then(refusal.words.clone())
                .then(words!(" {note}", " {note}")),
        );
    }
    if let Some(released) = &view.released {
        let text = &released.text;
        notes.push(words!("主管准许先行离岗:{text}", "Released by the supervisor: {text}"));
    }
    notes
}
