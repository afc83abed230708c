//! 《临时防护措施登记表》 (D2.8.2): a barrier, a guard, a closed valve: who ordered it, from when to when, and that it was
//! taken away again.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Column, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct ProtectiveMeasure;

impl Register for ProtectiveMeasure {
    const SHEET: &'static Sheet = &SHEET;
}

const UNTIL: Column = needed("until", Pair("预计解除", "until"), Holds::Moment);

static SHEET: Sheet = Sheet {
    kind: "protective_measure",
    class: Class::Duty,
    heading: Pair("临时防护措施登记表", "Temporary protective measures"),
    spine: Pair("临时措施", "Measures"),
    about: Pair("警戒、围挡、关停:谁批准、何时解除", "barriers and closures: who ordered them, until when"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        needed("place", Pair("部位", "where"), Holds::Place),
        needed("measure", Pair("措施", "measure"), Holds::Long),
        needed("reason", Pair("原因", "why"), Holds::Text),
        needed("ordered_by", Pair("批准人", "ordered by"), Holds::Person),
        asked("since", Pair("开始", "from"), Holds::Moment),
        UNTIL,
        asked("people", Pair("看护人", "watched by"), Holds::People),
        follows("ended_at", Pair("解除时间", "taken away"), Holds::Moment, Origin::StepAt("end")),
        follows("outcome", Pair("解除情况", "how it ended"), Holds::Text, Origin::Step("end")),
        follows("by", Pair("登记人", "written by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Anybody],
    write: Pair("登记措施", "write down a measure"),
    title: "measure",
    place: Some("place"),
    owner: Some("people"),
    giver: Some("ordered_by"),
    readers: None,
    judged: &["until"],
    decides: &[By::Supervisor, By::Giver],
    states: &[
        State {
            name: "in_force",
            words: Pair("生效中", "in force"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Owner),
            next: Some("end"),
        },
        State {
            name: "ended",
            words: Pair("已解除", "taken away"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "end",
            words: Pair("解除", "take it away"),
            moves: &[("in_force", "ended")],
            late: &["ended"],
            by: &[By::Desk, By::Owner, By::Writer],
            asks: &[needed("outcome", Pair("解除情况", "how it ended"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "checked",
            words: Pair("查看", "look after it"),
            moves: &[("in_force", "in_force")],
            late: &["ended"],
            by: &[By::Anybody],
            asks: &[needed("seen", Pair("情况", "how it is"), Holds::Text)],
            ..STEP
        },
        Step {
            name: "extend",
            words: Pair("延期", "go on with it"),
            moves: &[("in_force", "in_force")],
            late: &["ended"],
            by: &[By::Desk, By::Giver],
            asks: &[UNTIL, needed("why", Pair("原因", "why"), Holds::Text)],
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "until",
        words: Pair("到期,解除或延期", "ends; take it away or go on"),
        runs_in: &["in_force"],
        until: Until::Column("until"),
        rings: true,
        back_to_giver: true,
    }],
};
