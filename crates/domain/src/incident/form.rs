//! 《突发事件记录表》 (D1.1.8, D2.6): what happened, who was told and came, what was done, the evidence with its hashes.

use super::{Incident, IncidentView, Presence};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, joined, to_be_verified,
};
use crate::words;
use crate::words::Words;

pub(crate) const RECORD: Sheet = Sheet {
    name: "incident",
    heading: || words!("突发事件记录表", "Record of an incident"),
    of: Of::Record(Incident::NAME),
    fits: |_| true,
    make: record,
};

fn record(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<IncidentView>() else { return Form::default() };
    let found = view.found.as_ref();
    let reporter = if view.reporter.is_empty() { found.map_or("", |it| it.by.name.as_str()) } else { &view.reporter };
    let said = view.written.last().map(|it| it.said.clone());
    let (course, cause, result, improvement) =
        said.map(|it| (it.course, it.cause, it.result, it.improvement)).unwrap_or_default();
    let texts = |noted: &[super::Noted]| joined(noted.iter().map(|it| Words::same(&it.text)));
    let what = vec![
        Field::new(4, words!("发生时间", "Happened at"), Cell::moment(view.happened_at)),
        Field::new(4, words!("发现时间", "Found at"), Cell::moment(found.map(|it| it.at))),
        Field::new(4, words!("地点", "Place"), Cell::typed(&view.place)),
        Field::new(4, words!("类别", "Category"), Cell::Text(view.category.words())),
        Field::new(4, words!("级别", "Grade"), Cell::Text(view.grade.words())),
        Field::new(4, words!("报告人", "Reported by"), Cell::typed(reporter)),
        Field::new(12, words!("经过", "Course"), Cell::typed(if course.is_empty() { &view.words } else { &course }))
            .lines(3),
        Field::new(12, words!("原因", "Cause"), Cell::typed(&cause)),
        Field::new(12, words!("已采取措施", "Measures taken"), texts(&view.measures)).lines(2),
        Field::new(6, words!("启动预案", "Response plans"), joined(view.plans.iter().map(plan))),
        Field::new(6, words!("派工单号", "Work orders"), joined(view.orders.iter().map(|it| Words::same(&it.number)))),
    ];
    let end = vec![
        Field::new(12, words!("损失", "Losses"), losses(&view)),
        Field::new(12, words!("处理结果", "Result"), Cell::typed(&result)).lines(2),
        Field::new(12, words!("改进", "What is done better"), Cell::typed(&improvement)),
    ];
    let course_of_it = Part::Table {
        title: Some(words!("各环节时间与人员", "Who did what when")),
        columns: vec![
            Column::mark(84, words!("时间", "Time")),
            Column::text(250, words!("事项", "What happened")),
            Column::mark(70, words!("人员", "By")),
        ],
        rows: record
            .facts
            .iter()
            .map(|fact| Row {
                cells: vec![
                    Cell::Moment(fact.at),
                    Cell::Text(fact.words.clone()),
                    Cell::Text(Words::same(&fact.by.name)),
                ],
                struck: fact.voided.is_some(),
            })
            .collect(),
        blank: Blank::None,
    };
    Form {
        number: view.number.clone(),
        parts: vec![
            Part::Fields { title: None, fields: what },
            told(&view),
            came(&view),
            tasks(&view),
            evidence(&view),
            Part::Fields { title: None, fields: end },
            course_of_it,
        ],
        signatures: vec![
            SignatureBox::signed(words!("填写人", "Written by"), view.written.last().map(|it| &it.stamp)),
            SignatureBox::signed(words!("总值班员", "Duty manager"), view.reviewed.last().map(|it| &it.stamp)),
            SignatureBox::open(words!("公司值班领导", "Company on call")),
        ],
        notes: view.gaps.iter().cloned().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn plan(run: &super::PlanRun) -> Words {
    let (name, done, all) = (&run.name, run.steps.iter().filter(|step| step.done.is_some()).count(), run.steps.len());
    words!("{name}({done}/{all} 步)", "{name} ({done} of {all} steps)")
}

fn losses(view: &IncidentView) -> Cell {
    joined(view.losses.iter().map(|it| {
        let (injured, dead, note) = (it.said.injured, it.said.dead, &it.said.note);
        let (yuan, fen) = (it.said.damage_fen / 100, it.said.damage_fen % 100);
        words!(
            "伤 {injured} 人,亡 {dead} 人,财产 {yuan}.{fen:02} 元 {note}",
            "{injured} injured, {dead} dead, damage {yuan}.{fen:02} yuan {note}"
        )
    }))
}

/// 通知对象及时间 outside of the centre; those inside stand with their acknowledgements in the course of it.
fn told(view: &IncidentView) -> Part {
    let columns = vec![
        Column::text(120, words!("通知对象", "Told")),
        Column::mark(80, words!("电话", "Telephone")),
        Column::mark(80, words!("时间", "Time")),
        Column::mark(48, words!("结果", "Reached")),
        Column::text(120, words!("说明", "Remarks")),
    ];
    let rows = view.outside.iter().map(|it| {
        Row::from(vec![
            Cell::typed(&it.said.whom),
            Cell::code(&it.said.phone),
            Cell::Moment(it.stamp.at),
            Cell::Text(if it.said.reached { words!("已通", "reached") } else { words!("未通", "not reached") }),
            Cell::typed(&it.said.note),
        ])
    });
    Part::Table {
        title: Some(words!("外部通知", "Told outside")),
        columns,
        rows: rows.collect(),
        blank: Blank::UpTo(2),
    }
}

fn came(view: &IncidentView) -> Part {
    let columns = vec![
        Column::text(110, words!("到场人员", "Who came")),
        Column::mark(60, words!("情况", "Presence")),
        Column::mark(84, words!("到场时间", "There at")),
    ];
    let rows = view.responders.iter().map(|it| {
        let presence = match it.presence {
            Presence::Coming => words!("途中", "on the way"),
            Presence::There => words!("在场", "there"),
            Presence::Left => words!("已离开", "left"),
        };
        Row::from(vec![Cell::typed(&it.person.name), Cell::Text(presence), Cell::moment(it.arrived_at)])
    });
    Part::Table { title: Some(words!("到场", "Responders")), columns, rows: rows.collect(), blank: Blank::UpTo(2) }
}

fn tasks(view: &IncidentView) -> Part {
    let columns = vec![
        Column::mark(70, words!("部门", "Department")),
        Column::text(150, words!("任务", "Task")),
        Column::mark(80, words!("下达", "Given")),
        Column::mark(80, words!("确认", "Acknowledged")),
        Column::mark(80, words!("完成", "Done")),
    ];
    let rows = view.tasks.iter().map(|it| {
        Row::from(vec![
            Cell::typed(&it.task.department),
            Cell::typed(&it.task.what),
            Cell::Moment(it.stamp.at),
            Cell::moment(it.acknowledged.as_ref().map(|it| it.stamp.at)),
            Cell::moment(it.done.as_ref().map(|it| it.stamp.at)),
        ])
    });
    Part::Table { title: Some(words!("部门任务", "Tasks")), columns, rows: rows.collect(), blank: Blank::UpTo(2) }
}

fn evidence(view: &IncidentView) -> Part {
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::mark(48, words!("种类", "Sort")),
        Column::text(110, words!("说明", "What")),
        Column::text(70, words!("存放", "Kept")),
        Column::text(80, words!("文件", "File")),
        Column::text(130, words!("SHA-256", "SHA-256")),
    ];
    let rows = view.evidence.iter().zip(1..).map(|(it, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::Text(it.said.sort.words()),
            Cell::typed(&it.said.note),
            Cell::typed(&it.said.kept),
            Cell::code(&it.said.file_name),
            Cell::code(&it.said.sha256),
        ])
    });
    Part::Table {
        title: Some(words!("证据清单", "Evidence")), columns, rows: rows.collect(), blank: Blank::UpTo(2)
    }
}
