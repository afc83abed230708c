//! 《服务中心日报表》 (D1.1.3): the newest signed version, and how it differs from those signed before (A8 i).

use super::{DailyReport, DailyReportView, DayNumbers, differences};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, joined, names, to_be_verified,
};
use crate::words;
use crate::words::Words;

pub(crate) const REPORT: Sheet = Sheet {
    name: "daily_report",
    heading: || words!("服务中心日报表", "Daily report of the service centre"),
    of: Of::Record(DailyReport::NAME),
    fits: |_| true,
    make: report,
};

fn report(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<DailyReportView>() else { return Form::default() };
    let version = view.versions.last();
    let narrative = version.map_or(&view.narrative, |it| &it.signed.narrative);
    let mut parts = Vec::new();
    if let Some(version) = version {
        let numbers = &version.signed.numbers;
        parts.push(Part::Fields { title: None, fields: counts(numbers) });
        parts.push(carried(numbers));
    }
    parts.push(Part::Fields {
        title: None,
        fields: vec![
            Field::new(12, words!("⑩次日安排", "Tomorrow"), Cell::typed(&narrative.tomorrow)).lines(3),
            Field::new(12, words!("备注", "Remarks"), Cell::typed(&narrative.remark)).lines(2),
        ],
    });
    let officer = version.map_or("", |it| it.stamp.by.name.as_str());
    Form {
        head: vec![
            (words!("日期", "Date"), Cell::Day(view.day)),
            (words!("天气", "Weather"), Cell::typed(&narrative.weather)),
            (words!("值班员", "Duty officer"), Cell::typed(officer)),
            (words!("版本", "Version"), Cell::Count(version.map_or(0, |it| i64::from(it.number)))),
        ],
        parts,
        signatures: vec![
            SignatureBox::signed(words!("值班员", "Duty officer"), version.map(|it| &it.stamp)),
            SignatureBox::signed(words!("接班人", "Taken over by"), view.taken_over.as_ref()),
            SignatureBox::signed(
                words!("主管审阅", "Read by the supervisor"),
                view.reviewed.as_ref().map(|it| &it.stamp),
            ),
        ],
        notes: notes(&view, source).into_iter().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn counts(numbers: &DayNumbers) -> Vec<Field> {
    let line = |parts: &[(Words, u32)]| {
        joined(parts.iter().map(|(name, count)| name.clone().then(words!(" {count}", " {count}"))))
    };
    let calls =
        [(words!("来电", "calls"), numbers.contacts.calls), (words!("来访", "visits"), numbers.contacts.visits)];
    let contacts = calls.into_iter().chain(numbers.contacts.topics.iter().map(|it| (it.topic.words(), it.count)));
    let (orders, complaints, rounds) = (&numbers.orders, &numbers.complaints, &numbers.rounds);
    let closing = numbers.closing.iter().map(|it| {
        let (title, visited, owed, abnormal) = (&it.title, it.visited, it.owed, it.abnormal);
        let done = if it.done { words!("已完成", "done") } else { words!("未完成", "not done") };
        words!("{title} ", "{title} ")
            .then(done)
            .then(words!(" {visited}/{owed} 点,异常 {abnormal}", " {visited} of {owed}, {abnormal} abnormal"))
    });
    let mentions = |all: &[super::numbers::Mention]| {
        joined(all.iter().map(|it| {
            let (number, title) = (it.number.as_deref().unwrap_or_default(), &it.title);
            words!("{number} {title} ", "{number} {title} ").then(it.state.clone())
        }))
    };
    let attendance = numbers.attendance.iter().map(|it| {
        let count = it.count;
        it.state.clone().then(words!(" {count}", " {count}"))
    });
    vec![
        Field::new(12, words!("①来电/来访", "Calls and visits"), line(&contacts.collect::<Vec<_>>())),
        Field::new(
            6,
            words!("②派工", "Work orders"),
            line(&[
                (words!("新增", "new"), orders.new),
                (words!("完成", "done"), orders.done),
                (words!("未完成", "open"), orders.open),
                (words!("超时", "overdue"), orders.overdue),
            ]),
        ),
        Field::new(
            6,
            words!("③投诉", "Complaints"),
            line(&[
                (words!("新增", "new"), complaints.new),
                (words!("在办", "open"), complaints.open),
                (words!("办结", "settled"), complaints.settled),
            ]),
        ),
        Field::new(
            12,
            words!("④巡视", "Rounds"),
            line(&[
                (words!("应巡", "owed"), rounds.owed),
                (words!("实巡", "visited"), rounds.visited),
                (words!("迟", "late"), rounds.late),
                (words!("漏", "missed"), rounds.missed),
                (words!("异常", "abnormal"), rounds.abnormal),
            ]),
        ),
        Field::new(12, words!("⑤下班前巡检结果", "Inspection before closing"), joined(closing)),
        Field::new(12, words!("⑥突发事件", "Incidents"), mentions(&numbers.incidents)),
        Field::new(12, words!("⑦上级指示与落实", "Instructions"), mentions(&numbers.instructions)),
        Field::new(12, words!("⑧出勤", "Attendance"), joined(attendance)),
    ]
}

fn carried(numbers: &DayNumbers) -> Part {
    let columns = vec![
        Column::text(180, words!("事项", "What")),
        Column::mark(80, words!("责任人", "Responsible")),
        Column::mark(80, words!("时限", "Due")),
        Column::text(90, words!("下一步", "Next step")),
    ];
    let rows = numbers.carried_over.iter().map(|it| {
        let title = format!("{} {}", it.number.as_deref().unwrap_or_default(), it.title);
        Row::from(vec![
            Cell::typed(title.trim()),
            names(&it.responsible),
            Cell::moment(it.due),
            it.next.clone().map_or(Cell::Empty, Cell::Text),
        ])
    });
    Part::Table {
        title: Some(words!("⑨遗留事项", "Carried over")),
        columns,
        rows: rows.collect(),
        blank: Blank::UpTo(4),
    }
}

fn notes(view: &DailyReportView, source: &Source<'_>) -> Vec<Words> {
    let Some((newest, before)) = view.versions.split_last() else {
        return vec![words!("还没有签名,数字签名时定。", "Not signed yet; the numbers are fixed with the signature.")];
    };
    let at = newest.signed.numbers.as_of.local(source.zone()).format("%Y-%m-%d %H:%M").to_string();
    let mut notes = vec![words!("数字截至 {at}。", "Numbers as of {at}.")];
    for version in before {
        let number = version.number;
        let changes = differences(&version.signed.numbers, &newest.signed.numbers);
        let head = words!("与第 {number} 版不同:", "Different from version {number}: ");
        match joined(changes) {
            Cell::Text(changes) => notes.push(head.then(changes)),
            _ => notes.push(words!("与第 {number} 版数字相同。", "The numbers are those of version {number}.")),
        }
    }
    if let Some(opinion) = view.reviewed.as_ref().map(|it| &it.opinion).filter(|it| !it.is_empty()) {
        notes.push(words!("主管意见:{opinion}", "The supervisor's opinion: {opinion}"));
    }
    notes
}
