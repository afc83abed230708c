//! 《管理人员值班联络表》 (D2.8.4) and 《管理人员去向表》 (D3.6).

use super::{Whereabouts, WhereaboutsView};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Copied, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::words;

pub(crate) const ONCALL: Sheet = Sheet {
    name: "oncall",
    heading: || words!("管理人员值班联络表", "Managers on call"),
    of: Of::Site,
    fits: |_| true,
    make: oncall,
};

pub(crate) const BOARD: Sheet = Sheet {
    name: "whereabouts",
    heading: || words!("管理人员去向表", "Where the managers are"),
    of: Of::Records(Whereabouts::NAME),
    fits: |_| true,
    make: board,
};

fn oncall(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(40, words!("呼叫顺序", "Call order")),
        Column::text(90, words!("职务", "Post")),
        Column::text(80, words!("姓名", "Name")),
        Column::mark(80, words!("手机", "Telephone")),
        Column::mark(80, words!("备用", "Second")),
        Column::text(150, words!("分管事项", "For")),
    ];
    let mut all: Vec<_> = source.site.oncall.values().collect();
    all.sort_by(|a, b| (a.order, &a.post).cmp(&(b.order, &b.post)));
    let rows = all.into_iter().map(|it| {
        let person = source.site.people.get(&it.person);
        Row::from(vec![
            Cell::Count(i64::from(it.order)),
            Cell::typed(&it.post),
            Cell::typed(person.map_or("", |person| person.name.as_str())),
            Cell::code(person.map_or("", |person| person.phone.as_str())),
            Cell::code(&it.backup),
            Cell::typed(&it.topics),
        ])
    });
    Form {
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![SignatureBox::open(words!("审核", "Checked by"))],
        ..Form::default()
    }
}

fn board(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(84, words!("申报时间", "Said at")),
        Column::text(80, words!("职务", "Post")),
        Column::text(80, words!("姓名", "Name")),
        Column::mark(50, words!("状态", "State")),
        Column::text(100, words!("地点", "Place")),
        Column::text(120, words!("事由", "Reason")),
        Column::mark(84, words!("预计返回", "Expected back")),
    ];
    let views = source.records.iter().filter_map(Copied::as_view::<WhereaboutsView>);
    let rows = views.flat_map(|view| {
        let (title, name) = (view.title, view.manager.map(|it| it.name).unwrap_or_default());
        view.declared.into_iter().map(move |it| {
            Row::from(vec![
                Cell::Moment(it.stamp.at),
                Cell::Text(title.clone()),
                Cell::typed(&name),
                Cell::Text(it.said.presence.words()),
                Cell::typed(&it.said.place),
                Cell::typed(&it.said.reason),
                Cell::moment(it.said.back_at),
            ])
        })
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        ..Form::default()
    }
}
