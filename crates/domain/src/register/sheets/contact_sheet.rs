//! 《内部工作联系单》 (D2.8.1): a matter is told to the department it concerns, which is asked to solve it.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct ContactSheet;

impl Register for ContactSheet {
    const SHEET: &'static Sheet = &SHEET;
}

static SHEET: Sheet = Sheet {
    kind: "contact_sheet",
    class: Class::Duty,
    heading: Pair("内部工作联系单", "Internal contact sheets"),
    spine: Pair("工作联系单", "Contact sheets"),
    about: Pair("反馈相关部门,要求解决", "told to a department, to be solved"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("发出时间", "sent"), Holds::Moment, Origin::WrittenAt),
        needed("team", Pair("收件部门", "department"), Holds::Team),
        needed("receivers", Pair("收件人", "to"), Holds::People),
        needed("subject", Pair("事由", "about"), Holds::Text),
        asked("place", Pair("地点", "where"), Holds::Place),
        asked("content", Pair("内容与要求", "what is asked for"), Holds::Long),
        follows("taken_by", Pair("签收人", "received by"), Holds::Person, Origin::StepBy("acknowledge")),
        follows("taken_at", Pair("签收时间", "received"), Holds::Moment, Origin::StepAt("acknowledge")),
        follows("reply", Pair("回复", "reply"), Holds::Long, Origin::Step("reply")),
        follows("sender", Pair("发件人", "sent by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Desk, By::Head],
    write: Pair("开联系单", "write a contact sheet"),
    title: "subject",
    place: Some("place"),
    owner: Some("receivers"),
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "sent",
            words: Pair("待签收", "to be received"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Owner),
            next: Some("acknowledge"),
        },
        State {
            name: "received",
            words: Pair("已签收,待回复", "received, to be replied to"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Owner),
            next: Some("reply"),
        },
        State {
            name: "replied",
            words: Pair("已回复", "replied to"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Writer),
            next: Some("close"),
        },
        State {
            name: "closed",
            words: Pair("办结", "closed"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "acknowledge",
            words: Pair("签收", "receive"),
            moves: &[("sent", "received")],
            late: &["received", "replied", "closed"],
            by: &[By::Owner],
            ..STEP
        },
        Step {
            name: "reply",
            words: Pair("回复", "reply"),
            moves: &[("sent", "replied"), ("received", "replied")],
            late: &["replied", "closed"],
            by: &[By::Owner],
            asks: &[needed("reply", Pair("回复", "reply"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "chase",
            words: Pair("催办", "chase"),
            moves: &[("sent", "sent"), ("received", "received")],
            late: &["replied", "closed"],
            by: &[By::Desk, By::Writer],
            asks: &[asked("said", Pair("催办情况", "what was said"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "close",
            words: Pair("办结", "close"),
            moves: &[("replied", "closed")],
            late: &["closed"],
            by: &[By::Desk, By::Writer],
            ..STEP
        },
        Step {
            name: "not_yet",
            words: Pair("未解决,再办", "not solved, go on"),
            moves: &[("replied", "received"), ("closed", "received")],
            by: &[By::Desk, By::Writer],
            asks: &[needed("reason", Pair("原因", "why"), Holds::Long)],
            ..STEP
        },
    ],
    clocks: &[
        Clock {
            code: "acknowledge",
            words: Pair("签收", "receiving"),
            runs_in: &["sent"],
            until: Until::AfterState(|timers| timers.contact_sheet_ack_min),
            rings: true,
            back_to_giver: true,
        },
        Clock {
            code: "reply",
            words: Pair("回复", "replying"),
            runs_in: &["sent", "received"],
            until: Until::AfterWriting(|timers| timers.contact_sheet_reply_min),
            rings: true,
            back_to_giver: true,
        },
    ],
};
