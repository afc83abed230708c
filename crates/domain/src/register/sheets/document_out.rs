//! 《发文登记簿》 (D3.9): what went out, who signed for it, where the file copy lies.

use super::document_in::SECRECY;
use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{By, Holds, Origin, Pair, STEP, Sheet, State, Step, asked, follows, needed};

/// The register.
pub struct DocumentOut;

impl Register for DocumentOut {
    const SHEET: &'static Sheet = &SHEET;
}

static SHEET: Sheet = Sheet {
    kind: "document_out",
    class: Class::Duty,
    heading: Pair("发文登记簿", "Documents sent"),
    spine: Pair("发文", "Documents out"),
    about: Pair("发文登记、对方签收、存底", "registered, signed for, file copy kept"),
    columns: &[
        follows("number", Pair("序号", "no."), Holds::Text, Origin::Number),
        needed("day", Pair("日期", "date"), Holds::Day),
        asked("reference", Pair("文号", "reference"), Holds::Text),
        needed("title", Pair("标题", "title"), Holds::Text),
        needed("receiver", Pair("发往单位", "to"), Holds::Text),
        asked("copies", Pair("份数", "copies"), Holds::Count(Pair("份", "copies"))),
        asked("secrecy", Pair("密级", "secrecy"), Holds::Choice(SECRECY)),
        follows("by", Pair("经办", "handled by"), Holds::Person, Origin::Writer),
        follows("signed_by", Pair("签收", "signed for by"), Holds::Text, Origin::Step("delivered")),
        follows("kept", Pair("存放", "kept at"), Holds::Text, Origin::Step("archive")),
    ],
    writers: &[By::Desk],
    write: Pair("登记发文", "register a document"),
    title: "title",
    place: None,
    owner: None,
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "sent",
            words: Pair("待签收", "to be signed for"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Writer),
            next: Some("delivered"),
        },
        State {
            name: "delivered",
            words: Pair("已签收待归档", "signed for, to be put away"),
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
            name: "delivered",
            words: Pair("对方已签收", "signed for"),
            moves: &[("sent", "delivered")],
            late: &["delivered", "archived"],
            asks: &[
                needed("signed_by", Pair("签收人", "signed for by"), Holds::Text),
                asked("signed_at", Pair("签收时间", "when"), Holds::Moment),
            ],
            ..STEP
        },
        Step {
            name: "archive",
            words: Pair("归档", "put away"),
            moves: &[("delivered", "archived")],
            late: &["archived"],
            asks: &[needed("kept", Pair("存放位置", "kept at"), Holds::Text)],
            ..STEP
        },
    ],
    clocks: &[],
};
