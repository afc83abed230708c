//! 《服务派工单》 in three copies (客服存根, 施工, 业户), and 《回访记录表》 (D1.1.4, D3.2).

use super::{Charge, Opinion, WorkOrder, WorkOrderView};
use crate::engine::{Kind, Urgency};
use crate::form::{
    Blank, Cell, Column, Field, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source, joined, names, to_be_verified,
};
use crate::words;
use crate::words::Words;

pub(crate) const ORDER: Sheet = Sheet {
    name: "work_order",
    heading: || words!("服务派工单", "Service dispatch order"),
    of: Of::Record(WorkOrder::NAME),
    fits: |_| true,
    make: order,
};

pub(crate) const FOLLOW_UPS: Sheet = Sheet {
    name: "follow_ups",
    heading: || words!("回访记录表", "Record of follow-ups"),
    of: Of::Records(WorkOrder::NAME),
    fits: |_| true,
    make: follow_ups,
};

const URGENCIES: [Urgency; 4] = [Urgency::Critical, Urgency::Urgent, Urgency::Normal, Urgency::Planned];
const CHARGES: [Charge; 4] = [Charge::Free, Charge::Cash, Charge::Transfer, Charge::Account];
const OPINIONS: [Opinion; 3] = [Opinion::Satisfied, Opinion::Basically, Opinion::Unsatisfied];

fn order(source: &Source<'_>) -> Form {
    let Some(record) = source.records.first() else { return Form::default() };
    let Some(view) = record.as_view::<WorkOrderView>() else { return Form::default() };
    let done = view.finished.is_some();
    let mut signatures = vec![
        SignatureBox::open(words!("业户签名", "Occupant's signature")),
        SignatureBox::open(words!("施工人签名", "Worker's signature")),
    ];
    if let Some(confirmed) = &view.confirmation {
        signatures[0].name = confirmed.said.signer_name.clone();
        signatures[0].at = Some(confirmed.stamp.at);
        signatures[0].strokes = confirmed.said.signature.clone();
    }
    if let Some(finished) = &view.finished {
        signatures[1].name = finished.by.name.clone();
        signatures[1].at = Some(finished.at);
    }
    Form {
        paper: Paper::A5Wide,
        copies: vec![
            words!("第一联 客服存根", "Copy 1: service centre"),
            words!("第二联 施工", "Copy 2: worker"),
            words!("第三联 业户", "Copy 3: occupant"),
        ],
        number: view.number.clone(),
        head: vec![(words!("来源", "Source"), Cell::Text(view.source.words()))],
        parts: vec![
            Part::Fields { title: None, fields: reported(&view) },
            Part::Fields { title: None, fields: dispatched(&view) },
            Part::Fields {
                title: None,
                fields: vec![Field::new(12, words!("处理过程", "What was done"), Cell::typed(&view.process)).lines(2)],
            },
            materials(&view),
            Part::Fields {
                title: None,
                fields: vec![
                    Field::new(3, words!("人工费", "Labour"), money(done, view.labour_fen)),
                    Field::new(3, words!("合计", "Total"), money(done, view.total_fen)),
                    Field::new(6, words!("收费方式", "Paid by"), {
                        Cell::choice(&CHARGES, Charge::words, done.then_some(view.charge))
                    }),
                    Field::new(6, words!("完成时间", "Completed"), {
                        Cell::moment(view.finished.as_ref().map(|stamp| stamp.at))
                    }),
                    Field::new(6, words!("业户意见", "Occupant's opinion"), {
                        let opinion = view.confirmation.as_ref().map(|it| it.said.opinion);
                        Cell::choice(&OPINIONS, Opinion::words, opinion)
                    }),
                ],
            },
            Part::Fields { title: None, fields: followed_up(&view) },
        ],
        signatures,
        notes: view.voided.iter().map(voided).chain(to_be_verified(&record.anomalies)).collect(),
        record: Some(record.id),
        ..Form::default()
    }
}

fn voided(voided: &super::view::Voided) -> Words {
    let (name, reason) = (&voided.stamp.by.name, &voided.reason);
    words!("本单已作废({name}:{reason})", "This order is void ({name}: {reason})")
}

fn reported(view: &WorkOrderView) -> Vec<Field> {
    let description = match view.description.is_empty() {
        true => view.title.clone(),
        false => format!("{};{}", view.title, view.description),
    };
    vec![
        Field::new(4, words!("报修人", "Reported by"), Cell::typed(&view.reporter_name)),
        Field::new(4, words!("房号", "Unit"), Cell::code(&view.unit_label)),
        Field::new(4, words!("电话", "Telephone"), Cell::code(&view.reporter_phone)),
        Field::new(4, words!("报修时间", "Reported at"), Cell::moment(view.reported.as_ref().map(|it| it.at))),
        Field::new(4, words!("预约时间", "Appointment"), Cell::moment(view.appointment)),
        Field::new(4, words!("地点部位", "Place"), Cell::typed(&view.place)),
        Field::new(12, words!("服务内容/故障描述", "Service or fault"), Cell::typed(&description)).lines(2),
        Field::new(5, words!("紧急程度", "Urgency"), {
            Cell::choice(&URGENCIES, Urgency::words, Some(view.urgency))
        }),
        Field::new(7, words!("注意事项", "Mind"), {
            joined(view.precautions.iter().map(|text| Words::same(text.as_str())))
        }),
    ]
}

fn dispatched(view: &WorkOrderView) -> Vec<Field> {
    let sent = view.dispatched.as_ref();
    let crew = view.crew.iter().filter(|member| !member.left).map(|member| &member.person);
    let taken = match names(crew) {
        Cell::Empty => sent.map_or(Cell::Empty, |sent| names(&sent.to)),
        names => names,
    };
    let taken = match (taken, view.team.is_empty()) {
        (Cell::Empty, _) => Cell::typed(&view.team),
        (Cell::Text(names), false) => Cell::Text(names.then(Words::same(format!(" / {}", view.team)))),
        (taken, _) => taken,
    };
    vec![
        Field::new(4, words!("派工人", "Dispatched by"), {
            Cell::typed(sent.map(|sent| sent.stamp.by.name.as_str()).unwrap_or_default())
        }),
        Field::new(4, words!("派工时间", "Dispatched at"), Cell::moment(sent.map(|sent| sent.stamp.at))),
        Field::new(4, words!("接单人/班组", "Taken by, team"), taken),
        Field::new(4, words!("接单时间", "Accepted at"), Cell::moment(view.accepted.as_ref().map(|stamp| stamp.at))),
        Field::new(8, words!("到场时间", "On site at"), Cell::moment(view.arrived.as_ref().map(|stamp| stamp.at))),
    ]
}

fn materials(view: &WorkOrderView) -> Part {
    let columns = vec![
        Column::text(120, words!("材料名称", "Material")),
        Column::text(90, words!("规格", "Specification")),
        Column::mark(50, words!("数量", "Quantity")),
        Column::mark(50, words!("单价", "Price")),
        Column::mark(60, words!("金额", "Amount")),
    ];
    let rows = view.materials.iter().map(|line| {
        let material = &line.material;
        Row::from(vec![
            Cell::typed(&material.name),
            Cell::code(&material.spec),
            match material.unit.is_empty() {
                true => Cell::Quantity(i64::from(material.quantity_milli)),
                false => Cell::typed(&format!("{}{}", material.quantity(), material.unit)),
            },
            Cell::Money(i64::from(material.price_fen)),
            Cell::Money(i64::from(line.amount_fen)),
        ])
    });
    let title = Some(words!("使用材料", "Material used"));
    Part::Table { title, columns, rows: rows.collect(), blank: Blank::UpTo(2) }
}

fn followed_up(view: &WorkOrderView) -> Vec<Field> {
    let last = view.follow_ups.last();
    let opinion = last.map(|it| opinion(&it.said)).map_or(Cell::Empty, Cell::Text);
    vec![
        Field::new(4, words!("回访人", "Followed up by"), {
            Cell::typed(last.map(|it| it.stamp.by.name.as_str()).unwrap_or_default())
        }),
        Field::new(8, words!("回访时间", "Followed up at"), Cell::moment(last.map(|it| it.stamp.at))),
        Field::new(12, words!("回访意见", "What was said"), opinion),
    ]
}

fn opinion(said: &super::FollowUp) -> Words {
    let (method, attitude, timeliness, quality) =
        (said.method.words(), said.attitude.words(), said.timeliness.words(), said.quality.words());
    let (zh, en) = (&method.zh, &method.en);
    let words = words!("{zh}:态度", "{en}: attitude ")
        .then(attitude)
        .then(words!(",及时性", ", timeliness "))
        .then(timeliness)
        .then(words!(",质量", ", quality "))
        .then(quality);
    let text = &said.opinion;
    if text.is_empty() { words } else { words.then(words!(";{text}", "; {text}")) }
}

fn money(known: bool, fen: u32) -> Cell {
    if known { Cell::Money(i64::from(fen)) } else { Cell::Empty }
}

fn follow_ups(source: &Source<'_>) -> Form {
    let columns = vec![
        Column::mark(22, words!("序号", "No.")),
        Column::mark(76, words!("回访时间", "Time")),
        Column::mark(46, words!("回访方式", "Way")),
        Column::text(80, words!("对象/房号", "Occupant, unit")),
        Column::mark(66, words!("对应单号", "Order No.")),
        Column::mark(44, words!("服务态度", "Attitude")),
        Column::mark(44, words!("及时性", "Timeliness")),
        Column::mark(44, words!("质量", "Quality")),
        Column::text(110, words!("意见建议", "Opinion and advice")),
        Column::text(60, words!("后续处理", "What follows")),
        Column::mark(54, words!("回访人", "Followed up by")),
    ];
    let views = source.records.iter().filter_map(|record| record.as_view::<WorkOrderView>());
    let mut all: Vec<_> =
        views.flat_map(|view| view.follow_ups.clone().into_iter().map(move |it| (view.clone(), it))).collect();
    all.sort_by_key(|(_, it)| (it.stamp.at, it.stamp.fact));
    let rows = all.iter().zip(1_i64..).map(|((view, it), number)| {
        let said = &it.said;
        Row::from(vec![
            Cell::Count(number),
            Cell::Moment(it.stamp.at),
            Cell::Text(said.method.words()),
            Cell::code([view.reporter_name.as_str(), view.unit_label.as_str()].join(" ").trim()),
            Cell::code(view.number.as_deref().unwrap_or_default()),
            Cell::Text(said.attitude.words()),
            Cell::Text(said.timeliness.words()),
            Cell::Text(said.quality.words()),
            Cell::typed(&said.opinion),
            Cell::Text(match said.satisfied {
                true => words!("无遗留", "nothing left to do"),
                false => words!("继续跟进", "to be followed up"),
            }),
            Cell::typed(&it.stamp.by.name),
        ])
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![SignatureBox::open(words!("主管审阅", "Read by the supervisor"))],
        ..Form::default()
    }
}
