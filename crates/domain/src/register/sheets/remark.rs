//! 《监督意见簿》 (D3.0): department managers read along and say what they think; they do not change what is written.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct SupervisionRemark;

impl Register for SupervisionRemark {
    const SHEET: &'static Sheet = &SHEET;
}

static SHEET: Sheet = Sheet {
    kind: "supervision_remark",
    class: Class::Duty,
    heading: Pair("监督意见簿", "Remarks of department heads"),
    spine: Pair("监督意见", "Remarks"),
    about: Pair("各部门经理监督工作、提出意见", "what department heads think of the work"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("时间", "time"), Holds::Moment, Origin::WrittenAt),
        follows("by", Pair("提出人", "by"), Holds::Person, Origin::Writer),
        needed("content", Pair("意见", "remark"), Holds::Long),
        asked("about", Pair("所指单号", "about no."), Holds::Text),
        follows("answer", Pair("答复", "answer"), Holds::Long, Origin::Step("answer")),
        follows("answered_by", Pair("答复人", "answered by"), Holds::Person, Origin::StepBy("answer")),
        follows("answered_at", Pair("答复时间", "answered"), Holds::Moment, Origin::StepAt("answer")),
    ],
    writers: &[By::Head],
    write: Pair("提意见", "write a remark"),
    title: "content",
    place: None,
    owner: None,
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "open",
            words: Pair("待答复", "to be answered"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Supervisor),
            next: Some("answer"),
        },
        State {
            name: "answered",
            words: Pair("已答复", "answered"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "answer",
            words: Pair("答复", "answer"),
            moves: &[("open", "answered")],
            late: &["answered"],
            by: &[By::Supervisor],
            asks: &[needed("answer", Pair("答复", "answer"), Holds::Long)],
            ..STEP
        },
        Step {
            name: "again",
            words: Pair("再提", "raise it again"),
            moves: &[("answered", "open")],
            by: &[By::Writer],
            asks: &[needed("reason", Pair("原因", "why"), Holds::Long)],
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "answer",
        words: Pair("答复", "answering"),
        runs_in: &["open"],
        until: Until::AfterState(|timers| timers.remark_answer_min),
        rings: false,
        back_to_giver: false,
    }],
};
