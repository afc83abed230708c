//! 《收文登记簿》 (D3.9): what came in, who has seen it, where it lies.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, OneOf, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct DocumentIn;

impl Register for DocumentIn {
    const SHEET: &'static Sheet = &SHEET;
}

/// 密级.
pub(super) const SECRECY: &[OneOf] = &[
    OneOf("open", Pair("公开", "open")),
    OneOf("internal", Pair("内部", "internal")),
    OneOf("confidential", Pair("保密", "confidential")),
];

static SHEET: Sheet = Sheet {
    kind: "document_in",
    class: Class::Duty,
    heading: Pair("收文登记簿", "Documents received"),
    spine: Pair("收文", "Documents in"),
    about: Pair("来文登记、传阅签收、存放", "registered, passed round, put away"),
    columns: &[
        follows("number", Pair("序号", "no."), Holds::Text, Origin::Number),
        needed("day", Pair("日期", "date"), Holds::Day),
        asked("reference", Pair("文号", "reference"), Holds::Text),
        needed("title", Pair("标题", "title"), Holds::Text),
        needed("sender", Pair("来文单位", "from"), Holds::Text),
        asked("copies", Pair("份数", "copies"), Holds::Count(Pair("份", "copies"))),
        asked("secrecy", Pair("密级", "secrecy"), Holds::Choice(SECRECY)),
        follows("by", Pair("经办", "handled by"), Holds::Person, Origin::Writer),
        needed("readers", Pair("传阅", "to be seen by"), Holds::People),
        follows("signed", Pair("签收", "signed"), Holds::People, Origin::Signed),
        follows("kept", Pair("存放", "kept at"), Holds::Text, Origin::Step("archive")),
    ],
    writers: &[By::Desk],
    write: Pair("登记收文", "register a document"),
    title: "title",
    place: None,
    owner: None,
    giver: None,
    readers: Some("readers"),
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "circulating",
            words: Pair("传阅中", "being passed round"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Reader),
            next: Some("sign"),
        },
        State {
            name: "seen",
            words: Pair("已阅待归档", "seen, to be put away"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Writer),
            next: Some("archive"),
        },
        State {
            name: "archived",
            words: Pair("已归档", "put away"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "sign",
            words: Pair("签收已阅", "seen"),
            moves: &[("circulating", "seen")],
            late: &["seen", "archived"],
            by: &[By::Reader],
            signs: true,
            ..STEP
        },
        Step {
            name: "archive",
            words: Pair("归档", "put away"),
            moves: &[("seen", "archived")],
            late: &["archived"],
            by: &[By::Desk],
            asks: &[needed("kept", Pair("存放位置", "kept at"), Holds::Text)],
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "sign",
        words: Pair("传阅签收", "passing round"),
        runs_in: &["circulating"],
        until: Until::AfterWriting(|timers| timers.document_sign_min),
        rings: false,
        back_to_giver: true,
    }],
};
