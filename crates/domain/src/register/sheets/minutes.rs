//! 《会议纪要》 (D3.9): what was talked about and resolved; a resolution becomes an instruction with one tap.

use super::instruction;
use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    Begins, By, Clock, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct Minutes;

impl Register for Minutes {
    const SHEET: &'static Sheet = &SHEET;
}

static RESOLUTION: Begins = Begins {
    sheet: &instruction::SHEET,
    carry: &[("content", "content"), ("owner", "owner"), ("due", "due"), ("giver", "giver")],
};

static SHEET: Sheet = Sheet {
    kind: "minutes",
    class: Class::Duty,
    heading: Pair("会议纪要", "Minutes"),
    spine: Pair("会议纪要", "Minutes"),
    about: Pair("议题、决议,决议一键转督办", "topics and resolutions; a resolution becomes an instruction"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        needed("at", Pair("会议时间", "held"), Holds::Moment),
        needed("place", Pair("地点", "where"), Holds::Place),
        needed("chair", Pair("主持", "chair"), Holds::Person),
        follows("by", Pair("记录", "taken down by"), Holds::Person, Origin::Writer),
        needed("people", Pair("参会", "present"), Holds::People),
        needed("topic", Pair("议题", "topics"), Holds::Long),
        needed("resolution", Pair("决议", "resolved"), Holds::Long),
        follows("signed", Pair("会签", "signed"), Holds::People, Origin::Signed),
    ],
    writers: &[By::Desk, By::Head],
    write: Pair("写纪要", "write minutes"),
    title: "topic",
    place: Some("place"),
    owner: None,
    giver: Some("chair"),
    readers: Some("people"),
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "signing",
            words: Pair("会签中", "being signed"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Reader),
            next: Some("sign"),
        },
        State {
            name: "signed",
            words: Pair("已会签", "signed by all"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "sign",
            words: Pair("会签", "sign"),
            moves: &[("signing", "signed")],
            late: &["signed"],
            by: &[By::Reader],
            asks: &[asked("opinion", Pair("意见", "opinion"), Holds::Text)],
            signs: true,
            ..STEP
        },
        Step {
            name: "resolve",
            words: Pair("决议转督办", "make it an instruction"),
            moves: &[("signing", "signing"), ("signed", "signed")],
            by: &[By::Desk, By::Writer, By::Giver],
            asks: &[
                needed("content", Pair("决议内容", "what"), Holds::Long),
                needed("owner", Pair("责任人", "given to"), Holds::People),
                needed("due", Pair("时限", "due"), Holds::Moment),
                asked("giver", Pair("指示人", "given by"), Holds::Person),
            ],
            begins: Some(&RESOLUTION),
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "sign",
        words: Pair("会签", "signing"),
        runs_in: &["signing"],
        until: Until::AfterWriting(|timers| timers.document_sign_min),
        rings: false,
        back_to_giver: false,
    }],
};
