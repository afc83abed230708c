//! 《临时工作登记表》 (D3.10 其他工作): what somebody is asked to do besides.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Column, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct AdHocTask;

impl Register for AdHocTask {
    const SHEET: &'static Sheet = &SHEET;
}

const OWNER: Column = needed("owner", Pair("经办人", "done by"), Holds::People);

static SHEET: Sheet = Sheet {
    kind: "ad_hoc_task",
    class: Class::Duty,
    heading: Pair("临时工作登记表", "Other work"),
    spine: Pair("临时工作", "Other work"),
    about: Pair("领导交办的其他工作", "whatever else has to be done"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("时间", "time"), Holds::Moment, Origin::WrittenAt),
        needed("content", Pair("内容", "what"), Holds::Long),
        asked("place", Pair("地点", "where"), Holds::Place),
        OWNER,
        asked("due", Pair("时限", "due"), Holds::Moment),
        follows("result", Pair("完成情况", "what was done"), Holds::Long, Origin::Step("complete")),
        follows("done_at", Pair("完成时间", "done"), Holds::Moment, Origin::StepAt("complete")),
        follows("giver_name", Pair("登记人", "written by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Desk, By::Head],
    write: Pair("登记工作", "write down work"),
    title: "content",
    place: Some("place"),
    owner: Some("owner"),
    giver: None,
    readers: None,
    judged: &["owner"],
    decides: &[By::Writer, By::Supervisor],
    states: &[
        State {
            name: "waiting",
            words: Pair("待办", "to be done"),
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
            name: "done",
            words: Pair("完成", "done"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
        State {
            name: "withdrawn",
            words: Pair("取消", "called off"),
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
            late: &["taken", "done", "withdrawn"],
            by: &[By::Owner],
            ..STEP
        },
        Step {
            name: "complete",
            words: Pair("完成", "done"),
            moves: &[("waiting", "done"), ("taken", "done")],
            late: &["done"],
            by: &[By::Owner],
            asks: &[needed("result", Pair("完成情况", "what was done"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "redirect",
            words: Pair("改派", "give it to somebody else"),
            moves: &[("waiting", "waiting"), ("taken", "waiting")],
            late: &["done"],
            by: &[By::Writer, By::Desk],
            asks: &[OWNER, needed("reason", Pair("原因", "why"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "withdraw",
            words: Pair("取消", "call off"),
            moves: &[("waiting", "withdrawn"), ("taken", "withdrawn")],
            late: &["withdrawn"],
            by: &[By::Writer, By::Supervisor],
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
            rings: false,
            back_to_giver: false,
        },
        Clock {
            code: "due",
            words: Pair("时限", "due"),
            runs_in: &["waiting", "taken"],
            until: Until::Column("due"),
            rings: true,
            back_to_giver: true,
        },
    ],
};
