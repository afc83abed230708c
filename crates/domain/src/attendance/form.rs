//! 《考勤表》 (D3.5) and 《临时离岗登记表》 (D1.2.4).

use super::{Attendance, AttendanceView, month_sheet};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::roster::CalendarMonth;
use crate::words;

pub(crate) const MONTH: Sheet = Sheet {
    name: "attendance",
    heading: || words!("考勤表", "Attendance"),
    of: Of::Records(Attendance::NAME),
    fits: |_| true,
    make: month,
};

pub(crate) const AWAY: Sheet = Sheet {
    name: "leaving_post",
    heading: || words!("临时离岗登记表", "Leaving the post"),
    of: Of::Records(Attendance::NAME),
    fits: |_| true,
    make: away,
};

fn month(source: &Source<'_>) -> Form {
    let of = CalendarMonth::of(source.span.from);
    let views = source.records.iter().filter_map(|record| Some((record.id, record.as_view::<AttendanceView>()?)));
    let sheet = month_sheet(source.site, of, source.now, &views.collect());
    let mut columns = vec![Column::text(64, words!("姓名", "Name"))];
    columns.extend((1..=of.length()).map(|day| Column::mark(15, words!("{day}", "{day}"))));
    let sums = [
        words!("应出勤", "owed"),
        words!("出勤", "there"),
        words!("迟到", "late"),
        words!("早退", "early"),
        words!("旷工", "absent"),
        words!("请假", "leave"),
        words!("待核实", "to verify"),
    ];
    columns.extend(sums.map(|heading| Column::mark(20, heading)));
    let rows = sheet.rows.iter().map(|row| {
        let sums = &row.sums;
        let sums = [sums.owed, sums.present, sums.late, sums.early, sums.absent, sums.leave, sums.to_verify];
        let mut cells = vec![Cell::typed(&row.person.name)];
        cells.extend(row.cells.iter().map(|cell| Cell::typed(&cell.mark)));
        cells.extend(sums.map(|sum| Cell::Count(i64::from(sum))));
        Row::from(cells)
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("月份", "Month"), Cell::Code(of.to_string()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::None }],
        signatures: vec![
            SignatureBox::open(words!("考勤员", "Kept by")),
            SignatureBox::open(words!("审核", "Checked by")),
        ],
        notes: vec![words!(
            "√ 出勤,调 调班或顶岗,迟 迟到,早 早退,旷 旷工,脱 脱岗,假 请假,休 休息,核 待核实。",
            "√ there, 调 swapped or covering, 迟 late, 早 left early, 旷 absent, 脱 left the post, 假 leave, 休 day off, 核 to be verified."
        )],
        ..Form::default()
    }
}

fn away(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(24, words!("序号", "No.")),
        Column::mark(60, words!("离岗人", "Who left")),
        Column::text(100, words!("事由", "Reason")),
        Column::mark(84, words!("离岗时间", "Left at")),
        Column::mark(84, words!("预计返回", "Expected back")),
        Column::mark(84, words!("实际返回", "Back at")),
        Column::mark(60, words!("顶岗人", "Covered by")),
        Column::mark(60, words!("批准人", "Approved by")),
        Column::mark(50, words!("状态", "State")),
    ];
    let views = source.records.iter().filter_map(crate::form::Copied::as_view::<AttendanceView>);
    let mut all: Vec<_> = views.flat_map(|view| view.away).collect();
    all.sort_by_key(|away| away.stamp.at);
    let rows = all.iter().zip(1..).map(|(it, number)| {
        Row::from(vec![
            Cell::Count(number),
            Cell::typed(&it.stamp.by.name),
            Cell::typed(&it.said.reason),
            Cell::moment(it.out_at),
            Cell::Moment(it.said.back_at),
            Cell::moment(it.returned.as_ref().map(|it| it.at)),
            Cell::typed(&it.said.cover.name),
            Cell::typed(it.approved.as_ref().map_or("", |it| it.by.name.as_str())),
            Cell::Text(it.state_words.clone()),
        ])
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![SignatureBox::open(words!("审核", "Checked by"))],
        ..Form::default()
    }
}
