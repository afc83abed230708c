//! 《来电/来访记录表》 and 《服务申请登记表》 (D1.1.3, D3.1): one line for each record.

use super::{ContactTopic, ContactView};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source, joined};
use crate::words;

pub(crate) const LOG: Sheet = Sheet {
    name: "contact_log",
    heading: || words!("来电/来访记录表", "Record of calls and visits"),
    of: Of::Records(super::ContactRecord::NAME),
    fits: |_| true,
    make: log,
};

pub(crate) const REQUESTS: Sheet = Sheet {
    name: "service_requests",
    heading: || words!("服务申请登记表", "Register of service requests"),
    of: Of::Records(super::ContactRecord::NAME),
    fits: |_| true,
    make: requests,
};

fn views(source: &Source<'_>) -> Vec<ContactView> {
    source.records.iter().filter_map(crate::form::Copied::as_view).collect()
}

fn log(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(20, words!("序号", "No.")),
        Column::mark(46, words!("日期", "Date")),
        Column::mark(28, words!("时间", "Time")),
        Column::mark(26, words!("方式", "Way")),
        Column::mark(38, words!("业户姓名", "Occupant")),
        Column::mark(46, words!("房号/单位", "Unit")),
        Column::mark(52, words!("联系电话", "Telephone")),
        Column::mark(32, words!("事项类别", "Category")),
        Column::text(84, words!("内容摘要", "Summary")),
        Column::mark(32, words!("紧急程度", "Urgency")),
        Column::text(48, words!("处理情况(转办部门)", "Handling (passed to)")),
        Column::mark(54, words!("派工单号", "Order No.")),
        Column::text(60, words!("处理结果", "Result")),
        Column::text(60, words!("回访(时间/方式/意见)", "Follow-up (time, way, opinion)")),
        Column::mark(38, words!("接待人", "Received by")),
        Column::text(46, words!("备注", "Remarks")),
    ];
    let rows = views(source).into_iter().zip(1_i64..).map(|(view, number)| {
        let follow_ups = view.follow_ups.iter().map(|it| {
            let at = it.stamp.at.local(source.zone()).format("%m-%d %H:%M").to_string();
            let (method, opinion) = (it.method.words(), &it.opinion);
            words!("{at} ", "{at} ").then(method).then(words!(" {opinion}", " {opinion}"))
        });
        let remarks = [
            view.number.as_ref().map(|number| words!("{number}", "{number}")),
            view.repeat_of.as_ref().map(|repeat| {
                let number = &repeat.number;
                words!("重复,同{number}", "repeat of {number}")
            }),
            view.within_three_rings.filter(|within| !within).map(|_| words!("逾三声", "after three rings")),
        ];
        Row::from(vec![
            Cell::Count(number),
            Cell::Day(view.at.day(source.zone())),
            Cell::Clock(view.at),
            Cell::Text(view.way.words()),
            Cell::typed(&view.name),
            Cell::code(&view.unit_label),
            Cell::code(&view.phone),
            Cell::Text(view.category.words()),
            Cell::typed(&view.summary),
            Cell::Text(view.urgency.words()),
            Cell::typed(&view.handling),
            Cell::code(&view.orders.iter().map(|order| order.number.as_str()).collect::<Vec<_>>().join("、")),
            match view.answers.last() {
                Some(answer) => Cell::typed(&answer.result),
                None => Cell::Text(view.state_words.clone()),
            },
            joined(follow_ups),
            Cell::typed(view.received.as_ref().map(|stamp| stamp.by.name.as_str()).unwrap_or_default()),
            joined(remarks.into_iter().flatten()),
        ])
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

fn requests(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(22, words!("序号", "No.")),
        Column::mark(70, words!("申请时间", "Requested")),
        Column::mark(44, words!("业户", "Occupant")),
        Column::mark(50, words!("房号", "Unit")),
        Column::mark(58, words!("电话", "Telephone")),
        Column::text(130, words!("申请事项", "Request")),
        Column::mark(70, words!("要求时间", "Wanted for")),
        Column::mark(46, words!("受理人", "Taken by")),
        Column::text(64, words!("转派", "Passed on as")),
        Column::mark(70, words!("完成时间", "Completed")),
        Column::text(60, words!("备注", "Remarks")),
    ];
    let asks = |view: &ContactView| {
        !view.orders.is_empty() || matches!(view.category, ContactTopic::Repair | ContactTopic::Help)
    };
    let rows = views(source).into_iter().filter(asks).zip(1_i64..).map(|(view, number)| {
        let orders = view.orders.iter().map(|order| order.number.as_str()).collect::<Vec<_>>().join("、");
        Row::from(vec![
            Cell::Count(number),
            Cell::Moment(view.at),
            Cell::typed(&view.name),
            Cell::code(&view.unit_label),
            Cell::code(&view.phone),
            Cell::typed(&view.summary),
            Cell::Text(view.urgency.words()),
            Cell::typed(view.received.as_ref().map(|stamp| stamp.by.name.as_str()).unwrap_or_default()),
            if orders.is_empty() { Cell::typed(&view.handling) } else { Cell::Code(orders) },
            Cell::moment(view.closed.as_ref().map(|stamp| stamp.at)),
            Cell::Text(view.state_words.clone()),
        ])
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![
            SignatureBox::open(words!("受理人", "Taken by")),
            SignatureBox::open(words!("主管审阅", "Read by the supervisor")),
        ],
        ..Form::default()
    }
}
