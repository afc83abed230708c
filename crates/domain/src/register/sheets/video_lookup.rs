//! 《监控调阅登记表》 (D2.8.2, D1.2.8): who looked at which recording, why, and who allowed it.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, OneOf, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct VideoLookup;

impl Register for VideoLookup {
    const SHEET: &'static Sheet = &SHEET;
}

const COPIES: &[OneOf] = &[
    OneOf("none", Pair("未拷贝", "not copied")),
    OneOf("copied", Pair("已拷贝", "copied")),
    OneOf("police", Pair("交公安机关", "given to the police")),
];

static SHEET: Sheet = Sheet {
    kind: "video_lookup",
    class: Class::Duty,
    heading: Pair("监控调阅登记表", "Recordings looked at"),
    spine: Pair("监控调阅", "Recordings"),
    about: Pair("谁、为何、看了哪一段、谁批准", "who, why, which one, allowed by whom"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("登记时间", "time"), Holds::Moment, Origin::WrittenAt),
        needed("applicant", Pair("调阅人(单位)", "asked for by"), Holds::Text),
        asked("phone", Pair("联系电话", "telephone"), Holds::Phone),
        needed("reason", Pair("事由", "why"), Holds::Text),
        needed("camera", Pair("摄像机/部位", "camera"), Holds::Place),
        needed("from", Pair("录像起", "from"), Holds::Moment),
        needed("to", Pair("录像止", "to"), Holds::Moment),
        follows("allowed_by", Pair("批准人", "allowed by"), Holds::Person, Origin::StepBy("allow")),
        follows("result", Pair("调阅情况", "what was seen"), Holds::Long, Origin::Step("looked")),
        follows("copied", Pair("拷贝", "copies"), Holds::Choice(COPIES), Origin::Step("looked")),
        follows("by", Pair("经办", "handled by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Desk],
    write: Pair("登记调阅", "write down a request"),
    title: "reason",
    place: Some("camera"),
    owner: None,
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "asked",
            words: Pair("待批准", "to be allowed"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Supervisor),
            next: Some("allow"),
        },
        State {
            name: "allowed",
            words: Pair("已批准", "allowed"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Writer),
            next: Some("looked"),
        },
        State {
            name: "looked",
            words: Pair("已调阅", "looked at"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
        State {
            name: "declined",
            words: Pair("不批准", "not allowed"),
            tone: Tone::Off,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "allow",
            words: Pair("批准", "allow"),
            moves: &[("asked", "allowed")],
            late: &["allowed", "looked"],
            by: &[By::Supervisor],
            ..STEP
        },
        Step {
            name: "looked",
            words: Pair("调阅完成", "looked at"),
            moves: &[("allowed", "looked")],
            late: &["looked"],
            asks: &[
                needed("result", Pair("调阅情况", "what was seen"), Holds::Long),
                needed("copied", Pair("拷贝", "copies"), Holds::Choice(COPIES)),
            ],
            ..STEP
        },
        Step {
            name: "decline",
            words: Pair("不批准", "do not allow"),
            moves: &[("asked", "declined"), ("allowed", "declined")],
            late: &["declined"],
            by: &[By::Supervisor],
            asks: &[needed("why", Pair("原因", "why"), Holds::Text)],
            grave: true,
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "allow",
        words: Pair("批准", "allowing"),
        runs_in: &["asked"],
        until: Until::AfterWriting(|timers| timers.video_allow_min),
        rings: false,
        back_to_giver: false,
    }],
};
