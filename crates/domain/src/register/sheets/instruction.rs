//! 《工作指示登记(督办)表》 (D3.7): a manager's instruction in their own words, passed on, watched, and reported back.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Column, Holds, OneOf, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct Instruction;

impl Register for Instruction {
    const SHEET: &'static Sheet = &SHEET;
}

const SOURCES: &[OneOf] = &[
    OneOf("spoken", Pair("当面", "in person")),
    OneOf("phone", Pair("电话", "by telephone")),
    OneOf("written", Pair("书面", "in writing")),
    OneOf("meeting", Pair("会议", "at a meeting")),
];

const OWNER: Column = needed("owner", Pair("领受人", "given to"), Holds::People);
const DUE: Column = needed("due", Pair("时限", "due"), Holds::Moment);

/// What the register is; minutes begin entries in it.
pub(super) static SHEET: Sheet = Sheet {
    kind: "instruction",
    class: Class::Duty,
    heading: Pair("工作指示登记(督办)表", "Instructions and their follow-through"),
    spine: Pair("工作指示", "Instructions"),
    about: Pair("转达指示、监督进度、反馈结果", "passed on, watched, reported back"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("时间", "time"), Holds::Moment, Origin::WrittenAt),
        asked("giver", Pair("指示人", "given by"), Holds::Person),
        asked("source", Pair("来源", "how"), Holds::Choice(SOURCES)),
        needed("content", Pair("内容(原话)", "what, in their words"), Holds::Long),
        OWNER,
        DUE,
        follows("progress", Pair("进度", "progress"), Holds::Long, Origin::Step("progress")),
        follows("done_at", Pair("完成时间", "done"), Holds::Moment, Origin::StepAt("complete")),
        follows("answer", Pair("反馈", "reported back"), Holds::Long, Origin::Step("report")),
        asked("remark", Pair("备注", "remarks"), Holds::Text),
    ],
    writers: &[By::Desk, By::Head],
    write: Pair("登记指示", "write down an instruction"),
    title: "content",
    place: None,
    owner: Some("owner"),
    giver: Some("giver"),
    readers: None,
    judged: &["owner", "due"],
    decides: &[By::Giver, By::Supervisor],
    states: &[
        State {
            name: "waiting",
            words: Pair("待领受", "to be taken on"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Owner),
            next: Some("acknowledge"),
        },
        State {
            name: "taken",
            words: Pair("在办", "in hand"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Owner),
            next: Some("complete"),
        },
        State {
            name: "back",
            words: Pair("退回指示人", "back with who gave it"),
            tone: Tone::Alert,
            open: true,
            waits_for: Some(By::Giver),
            next: Some("redirect"),
        },
        State {
            name: "done",
            words: Pair("完成待反馈", "done, to be reported"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Desk),
            next: Some("report"),
        },
        State {
            name: "closed",
            words: Pair("已反馈", "reported back"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
        State {
            name: "withdrawn",
            words: Pair("已撤销", "withdrawn"),
            tone: Tone::Off,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "acknowledge",
            words: Pair("领受", "take it on"),
            moves: &[("waiting", "taken")],
            // Several are given it together; or it was moved on meanwhile.
            late: &["taken", "back", "done", "closed", "withdrawn"],
            by: &[By::Owner],
            ..STEP
        },
        Step {
            name: "progress",
            words: Pair("进度", "say how far"),
            moves: &[("taken", "taken")],
            late: &["waiting", "back", "done", "closed"],
            by: &[By::Owner, By::Desk],
            asks: &[needed("progress", Pair("进度", "progress"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "complete",
            words: Pair("完成", "done"),
            moves: &[("taken", "done"), ("back", "done")],
            late: &["done", "closed"],
            by: &[By::Owner],
            asks: &[needed("result", Pair("完成情况", "what was done"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "report",
            words: Pair("反馈指示人", "report back"),
            moves: &[("done", "closed")],
            late: &["closed"],
            by: &[By::Desk, By::Giver],
            asks: &[needed("answer", Pair("反馈", "reported back"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "not_yet",
            words: Pair("未达要求,续办", "not yet, go on"),
            moves: &[("done", "taken"), ("closed", "taken")],
            by: &[By::Giver, By::Supervisor],
            asks: &[needed("reason", Pair("原因", "why"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "hand_back",
            words: Pair("退回指示人", "give it back"),
            moves: &[("waiting", "back"), ("taken", "back")],
            late: &["back", "done"],
            by: &[By::Owner, By::Desk],
            asks: &[needed("reason", Pair("原因", "why"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "redirect",
            words: Pair("改派", "give it to somebody else"),
            moves: &[("waiting", "waiting"), ("taken", "waiting"), ("back", "waiting")],
            late: &["done"],
            by: &[By::Giver, By::Supervisor],
            asks: &[OWNER, needed("reason", Pair("原因", "why"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "extend",
            words: Pair("改时限", "set another time"),
            moves: &[("waiting", "waiting"), ("taken", "taken"), ("back", "waiting")],
            late: &["done"],
            by: &[By::Giver, By::Supervisor],
            asks: &[DUE, needed("reason", Pair("原因", "why"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "withdraw",
            words: Pair("撤销", "withdraw"),
            moves: &[("waiting", "withdrawn"), ("taken", "withdrawn"), ("back", "withdrawn")],
            late: &["withdrawn"],
            by: &[By::Giver, By::Supervisor],
            asks: &[needed("reason", Pair("原因", "why"), Holds::Text)],
            grave: true,
            ..STEP
        },
    ],
    clocks: &[
        Clock {
            code: "acknowledge",
            words: Pair("领受", "taking it on"),
            runs_in: &["waiting"],
            until: Until::AfterState(|timers| timers.instruction_ack_min),
            rings: true,
            back_to_giver: false,
        },
        Clock {
            code: "due",
            words: Pair("时限,逾期报指示人", "due; overdue goes back to who gave it"),
            runs_in: &["waiting", "taken"],
            until: Until::Column("due"),
            rings: true,
            back_to_giver: true,
        },
    ],
};
