//! 《投诉处理记录》 (D3.4).

use super::{Complaint, ComplaintView, ComplaintWay, Grade, Validity};
use crate::engine::Kind;
use crate::form::{
    Blank, Cell, Column, Field, Form, Of, Part, Row, Sheet, SignatureBox, Source, joined, to_be_verified,
};
use crate::words;
use crate::words::Words;
use crate::work_order::{Opinion, Stamp};

pub(crate) const RECORD: Sheet = Sheet {
    name: "complaint",
    heading: || words!("投诉处理记录", "Handling of a complaint"),
    of: Of::Record(Complaint::NAME),
    fits: |_| true,
    make: record,
};

fn record(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<ComplaintView>() else { return Form::default() };
    let ways = [ComplaintWay::Call, ComplaintWay::Visit, ComplaintWay::Letter, ComplaintWay::Other];
    let lodged = view.lodged.as_ref();
    let validity = view.validity.last().map(|it| it.value);
    let complaint = vec![
        Field::new(4, words!("投诉时间", "Time"), Cell::Moment(view.at)),
        Field::new(8, words!("方式", "Way"), Cell::choice(&ways, ComplaintWay::words, Some(view.way))),
        Field::new(4, words!("投诉人", "Complainant"), Cell::typed(&view.name)),
        Field::new(4, words!("房号", "Unit"), Cell::code(&view.unit_label)),
        Field::new(4, words!("电话", "Telephone"), Cell::code(&view.phone)),
        Field::new(12, words!("投诉内容", "Complaint"), Cell::typed(&view.summary)).lines(3),
        Field::new(4, words!("类别", "Category"), Cell::typed(&view.topic)),
        Field::new(
            3,
            words!("性质", "Nature"),
            Cell::choice(&[Validity::Valid, Validity::Invalid], Validity::words, validity),
        ),
        Field::new(
            5,
            words!("等级", "Grade"),
            Cell::choice(&[Grade::General, Grade::Important, Grade::Major], Grade::words, Some(view.grade)),
        ),
        Field::new(4, words!("受理人", "Received by"), person(lodged)),
        Field::new(4, words!("通知客服经理时间", "Manager told at"), moment(view.manager.as_ref().map(|it| &it.stamp))),
        Field::new(
            4,
            words!("报项目经理时间", "Project manager"),
            moment(view.project_manager.as_ref().map(|it| &it.stamp)),
        ),
        Field::new(12, words!("责任部门/人", "Who answers for it"), duty(&view)),
    ];
    let handling = vec![
        Field::new(9, words!("处理方案", "Plan"), joined(view.plans.iter().map(|it| Words::same(&it.plan)))).lines(2),
        Field::new(3, words!("方案时间", "Planned at"), moment(view.plans.last().map(|it| &it.stamp))),
        Field::new(9, words!("反馈投诉人", "Told back"), joined(view.told_back.iter().map(|it| Words::same(&it.said))))
            .lines(2),
        Field::new(3, words!("反馈时间", "Told back at"), moment(view.told_back.last().map(|it| &it.stamp))),
        Field::new(9, words!("处理结果", "Result"), joined(view.results.iter().map(|it| Words::same(&it.text))))
            .lines(2),
        Field::new(3, words!("完成时间", "Done at"), moment(view.results.last().map(|it| &it.stamp))),
    ];
    let opinion = view.opinions.last();
    let said = match (opinion, view.not_reached.last()) {
        (Some(opinion), _) => Cell::typed(&opinion.words),
        (None, Some(why)) => {
            let reason = &why.text;
            Cell::Text(words!("无法联系:{reason}", "not to be reached: {reason}"))
        }
        (None, None) => Cell::typed(""),
    };
    let opinions = [Opinion::Satisfied, Opinion::Basically, Opinion::Unsatisfied];
    let afterwards = vec![
        Field::new(
            6,
            words!("投诉人意见", "Complainant's opinion"),
            Cell::choice(&opinions, Opinion::words, opinion.map(|it| it.opinion)),
        ),
        Field::new(6, words!("意见", "In their words"), said),
        Field::new(12, words!("回访", "Follow-up"), follow_ups(&view, source)),
        Field::new(
            12,
            words!("经理意见", "Manager's opinion"),
            joined(view.comments.iter().map(|it| Words::same(&it.text))),
        )
        .lines(2),
    ];
    let work = Part::Table {
        title: Some(words!("处理过程", "Handling")),
        columns: vec![
            Column::mark(80, words!("时间", "Time")),
            Column::text(260, words!("经过", "What was done")),
            Column::mark(70, words!("经办", "By")),
        ],
        rows: work(&view),
        blank: Blank::UpTo(3),
    };
    Form {
        number: view.number.clone(),
        parts: vec![
            Part::Fields { title: None, fields: complaint },
            Part::Fields { title: None, fields: handling },
            work,
            Part::Fields { title: None, fields: afterwards },
        ],
        signatures: vec![
            SignatureBox::signed(words!("关闭人", "Closed by"), view.closed.as_ref().map(|it| &it.stamp)),
            SignatureBox::open(words!("客服部经理", "Customer-service manager")),
        ],
        notes: notes(&view).into_iter().chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn person(stamp: Option<&Stamp>) -> Cell {
    Cell::typed(stamp.map_or("", |stamp| stamp.by.name.as_str()))
}

fn moment(stamp: Option<&Stamp>) -> Cell {
    Cell::moment(stamp.map(|stamp| stamp.at))
}

fn duty(view: &ComplaintView) -> Cell {
    let named = view.duty.iter().map(|it| {
        let person = it.value.person.as_ref().map(|person| person.name.as_str()).unwrap_or_default();
        Words::same(format!("{} {person}", it.value.department).trim())
    });
    joined(named)
}

/// What was done, in the order it was done, with what was asked of departments meanwhile.
fn work(view: &ComplaintView) -> Vec<Row> {
    let mut rows: Vec<_> =
        view.work.iter().map(|it| (it.stamp.at, Words::same(&it.text), it.stamp.by.name.clone())).collect();
    rows.extend(view.reopened.iter().map(|it| {
        let reason = &it.reason;
        (it.stamp.at, words!("重新处理:{reason}", "Reopened: {reason}"), it.stamp.by.name.clone())
    }));
    rows.sort_by_key(|(at, ..)| *at);
    let cells = |(at, what, by)| Row::from(vec![Cell::Moment(at), Cell::Text(what), Cell::Text(Words::same(by))]);
    rows.into_iter().map(cells).collect()
}

fn follow_ups(view: &ComplaintView, source: &Source<'_>) -> Cell {
    joined(view.follow_ups.iter().map(|it| {
        let at = it.stamp.at.local(source.zone()).format("%m-%d %H:%M").to_string();
        let (method, opinion, by) = (it.said.method.words(), &it.said.opinion, &it.stamp.by.name);
        words!("{at} ", "{at} ").then(method).then(words!(" {opinion}({by})", " {opinion} ({by})"))
    }))
}

fn notes(view: &ComplaintView) -> Vec<Words> {
    let unasked = view.closed.as_ref().and_then(|it| it.without_followup_reason.as_ref());
    unasked.map(|why| words!("未回访而关闭:{why}", "Closed without a follow-up: {why}")).into_iter().collect()
}
