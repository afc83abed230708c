//! 《巡查记录表》 and 《下班前全面巡检记录表》 (D1.1.5, D1.1.7). A fire patrol wants both signatures.

use super::{Outcome, PatrolRun, PatrolRunView, StopView, stop_state};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source, joined, names, to_be_verified,
};
use crate::site::{Family, RouteKind};
use crate::words;
use crate::words::Words;

pub(crate) const RUN: Sheet = Sheet {
    name: "patrol_run",
    heading: || words!("巡查记录表", "Patrol record"),
    of: Of::Record(PatrolRun::NAME),
    fits: |view| !before_closing(view),
    make: run,
};

pub(crate) const BEFORE_CLOSING: Sheet = Sheet {
    name: "before_closing",
    heading: || words!("下班前全面巡检记录表", "Inspection before closing"),
    of: Of::Record(PatrolRun::NAME),
    fits: before_closing,
    make: closing,
};

fn before_closing(view: &serde_json::Value) -> bool {
    view.get("kind").and_then(serde_json::Value::as_str) == Some("before_closing")
}

fn run(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<PatrolRunView>() else { return Form::default() };
    let zone = source.zone();
    let columns = vec![
        Column::mark(20, words!("序号", "No.")),
        Column::text(64, words!("巡查点", "Checkpoint")),
        Column::mark(60, words!("应巡时段", "Window")),
        Column::mark(44, words!("实巡时间", "Visited")),
        Column::text(90, words!("巡查项目", "Items")),
        Column::mark(40, words!("情况", "Condition")),
        Column::text(90, words!("异常描述", "What is abnormal")),
        Column::text(56, words!("处理措施", "Measure")),
        Column::mark(60, words!("派工单号", "Order No.")),
        Column::text(70, words!("备注", "Remarks")),
    ];
    let rows = view.stops.iter().zip(1_i64..).map(|(stop, number)| {
        let (opens, closes) = (stop.opens.clock(zone), stop.closes.clock(zone));
        let orders: Vec<_> = stop.findings.iter().filter_map(|it| it.order_number.as_deref()).collect();
        let name = match stop.key_area {
            true => format!("★{}", stop.name),
            false => stop.name.clone(),
        };
        Row::from(vec![
            Cell::Count(number),
            Cell::typed(&name),
            Cell::Text(words!("{opens}–{closes}", "{opens}–{closes}")),
            stop.visited_at.map_or(Cell::Empty, Cell::Clock),
            Cell::typed(&stop.checklist.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join("、")),
            match (stop.visited_at, stop.abnormal()) {
                (None, false) => Cell::Empty,
                (_, true) => Cell::Text(words!("异常", "abnormal")),
                (Some(_), false) => Cell::Text(words!("正常", "normal")),
            },
            abnormal(stop),
            match (orders.is_empty(), stop.abnormal()) {
                (false, _) => Cell::Text(words!("转派工", "order made")),
                (true, true) => Cell::Text(words!("已记录", "noted")),
                (true, false) => Cell::Empty,
            },
            Cell::code(&orders.join("、")),
            remarks(stop, source),
        ])
    });
    let last = view.finished_at.unwrap_or(view.start);
    Form {
        paper: Paper::A4Wide,
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.day)),
            (words!("班次", "Shift"), Cell::typed(source.shift_at(view.start).unwrap_or_default())),
            (words!("路线", "Route"), Cell::typed(&view.title())),
            (words!("巡查人", "Walked by"), names(&view.walkers)),
        ],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: signatures(&view, words!("巡查人签名", "Walker's signature"), last),
        notes: notes(&view).into_iter().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn closing(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<PatrolRunView>() else { return Form::default() };
    let columns = vec![
        Column::mark(44, words!("类别", "Family")),
        Column::text(80, words!("检查项", "Item")),
        Column::text(110, words!("标准", "Standard")),
        Column::mark(40, words!("结果", "Result")),
        Column::text(100, words!("问题", "Problem")),
        Column::text(50, words!("处理", "Measure")),
        Column::mark(64, words!("派工单号", "Order No.")),
    ];
    let mut rows: Vec<(Family, Row)> = Vec::new();
    for stop in &view.stops {
        for item in &stop.checklist {
            let result = stop.results.iter().find(|result| result.key == item.key);
            let findings: Vec<_> = stop.findings.iter().filter(|finding| finding.item_key == item.key).collect();
            let orders: Vec<_> = findings.iter().filter_map(|it| it.order_number.as_deref()).collect();
            let problem = findings.iter().map(|finding| finding.description.as_str());
            let problem = problem.chain(result.map(|it| it.note.as_str()).filter(|_| findings.is_empty()));
            let problem: Vec<_> = problem.filter(|text| !text.is_empty()).collect();
            let abnormal = result.is_some_and(|it| it.outcome == Outcome::Abnormal) || !findings.is_empty();
            let cells = vec![
                Cell::Text(family(item.family)),
                Cell::typed(&item.name),
                Cell::typed(&item.standard),
                result.map_or(Cell::Empty, |it| Cell::Text(it.outcome.words())),
                Cell::typed(&problem.join(";")),
                match (orders.is_empty(), abnormal) {
                    (false, _) => Cell::Text(words!("转派工", "order made")),
                    (true, true) => Cell::Text(words!("已记录", "noted")),
                    (true, false) => Cell::Empty,
                },
                Cell::code(&orders.join("、")),
            ];
            rows.push((item.family, Row::from(cells)));
        }
    }
    rows.sort_by_key(|(family, _)| *family);
    let last = view.finished_at.unwrap_or(view.start);
    Form {
        paper: Paper::A4,
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.day)),
            (words!("班次", "Shift"), Cell::typed(source.shift_at(view.start).unwrap_or_default())),
            (words!("检查人", "Inspected by"), names(&view.walkers)),
        ],
        parts: vec![Part::Table {
            title: None,
            columns,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            blank: Blank::Page,
        }],
        signatures: signatures(&view, words!("值班员签名", "Duty officer's signature"), last),
        notes: notes(&view).into_iter().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn family(family: Family) -> Words {
    match family {
        Family::Theft => words!("防盗", "theft"),
        Family::Fire => words!("防火", "fire"),
        Family::Disaster => words!("防灾", "disaster"),
        Family::Security => words!("安防", "security"),
        Family::WaterPower => words!("水电", "water and power"),
        Family::Equipment => words!("设施设备", "equipment"),
        Family::Environment => words!("环境", "environment"),
    }
}

/// What was found, and what the instruments showed where something was wrong.
fn abnormal(stop: &StopView) -> Cell {
    let findings = stop.findings.iter().map(|finding| {
        let (item, what) = (&finding.item_name, &finding.description);
        if item.is_empty() { Words::same(what.clone()) } else { words!("{item}:{what}", "{item}: {what}") }
    });
    let told = |key: &str| stop.findings.iter().any(|finding| finding.item_key == key);
    let results = stop.results.iter().filter(|it| it.outcome == Outcome::Abnormal && !told(&it.key)).map(|result| {
        let (item, note) = (&result.name, &result.note);
        let reading = result.reading.as_deref().unwrap_or_default();
        Words::same(format!("{item} {reading} {note}").split_whitespace().collect::<Vec<_>>().join(" "))
    });
    joined(findings.chain(results))
}

/// 准时, 迟, 漏, 补巡, 免巡, with why.
fn remarks(stop: &StopView, source: &Source<'_>) -> Cell {
    let mut words = Vec::new();
    if stop.visited_at.is_some() || stop.exempted.is_some() || source.now > stop.missed_at {
        words.push(stop_state(stop, source.now).words());
    }
    if let Some(cannot) = &stop.cannot_scan {
        words.push(cannot.reason.words());
    }
    if let Some(missed) = &stop.missed_reason {
        let note = &missed.note;
        words.push(missed.reason.words().then(Words::same(note.clone())));
    }
    if let Some(exempted) = &stop.exempted {
        words.push(Words::same(exempted.reason.clone()));
    }
    joined(words)
}

fn notes(view: &PatrolRunView) -> Vec<Words> {
    let mut notes = Vec::new();
    if view.stops.iter().any(|stop| stop.key_area) {
        notes.push(words!("★ 重点部位", "★ key area"));
    }
    let note = &view.finish_note;
    if !note.is_empty() {
        notes.push(words!("说明:{note}", "Remark: {note}"));
    }
    notes.extend(view.remarks.iter().map(|remark| {
        let (name, text) = (&remark.by.name, &remark.text);
        words!("说明({name}):{text}", "Remark ({name}): {text}")
    }));
    notes
}

fn signatures(view: &PatrolRunView, walker: Words, last: crate::time::Timestamp) -> Vec<SignatureBox> {
    let mut first = SignatureBox::open(walker);
    if let Some(by) = &view.finished_by {
        first.name = by.name.clone();
        first.at = Some(last);
        first.strokes = view.signature.clone();
    }
    let mut boxes = vec![first];
    if view.kind != RouteKind::BeforeClosing {
        let mut second = SignatureBox::open(words!("主管签名", "Supervisor's signature"));
        if let Some(countersigned) = &view.countersigned {
            second.name = countersigned.by.name.clone();
            second.at = Some(countersigned.at);
            second.strokes = countersigned.signature.clone();
        }
        boxes.push(second);
    }
    boxes
}
