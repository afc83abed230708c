//! 制度库 (D2.1, D2.2): a regulation's text by version, and who has confirmed that they read it (阅签表).
//!
//! It stands in the standing volume: a regulation is in force for years.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct Regulation;

impl Register for Regulation {
    const SHEET: &'static Sheet = &SHEET;
}

static SHEET: Sheet = Sheet {
    kind: "regulation",
    class: Class::Standing,
    heading: Pair("规章制度阅签表", "Regulations and who has read them"),
    spine: Pair("规章制度", "Regulations"),
    about: Pair("制度正文、版本,逐人阅签", "texts by version, read and signed by everybody"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        needed("name", Pair("制度名称", "regulation"), Holds::Text),
        needed("version", Pair("版本", "version"), Holds::Text),
        asked("valid_from", Pair("施行日期", "in force from"), Holds::Day),
        asked("scope", Pair("适用范围", "applies to"), Holds::Text),
        needed("body", Pair("正文", "text"), Holds::Long),
        needed("readers", Pair("应阅人员", "to be read by"), Holds::People),
        follows("read_by", Pair("已阅签", "read by"), Holds::People, Origin::Signed),
        follows("at", Pair("发布时间", "published"), Holds::Moment, Origin::WrittenAt),
        follows("by", Pair("发布人", "published by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Supervisor],
    write: Pair("发布制度", "publish a regulation"),
    title: "name",
    place: None,
    owner: None,
    giver: None,
    readers: Some("readers"),
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "reading",
            words: Pair("阅签中", "being read"),
            tone: Tone::Waiting,
            open: true,
            waits_for: Some(By::Reader),
            next: Some("read"),
        },
        State {
            name: "read",
            words: Pair("全员已阅", "read by all"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
        State {
            name: "replaced",
            words: Pair("已废止", "no longer in force"),
            tone: Tone::Off,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[
        Step {
            name: "read",
            words: Pair("已阅并遵守", "read, and I will keep to it"),
            moves: &[("reading", "read")],
            late: &["read", "replaced"],
            by: &[By::Reader],
            signs: true,
            ..STEP
        },
        Step {
            name: "replace",
            words: Pair("废止", "take out of force"),
            moves: &[("reading", "replaced"), ("read", "replaced")],
            late: &["replaced"],
            by: &[By::Supervisor],
            asks: &[needed("reason", Pair("原因(新版本)", "why, or the newer version"), Holds::Text)],
            grave: true,
            ..STEP
        },
    ],
    clocks: &[Clock {
        code: "read",
        words: Pair("阅签", "reading"),
        runs_in: &["reading"],
        until: Until::AfterWriting(|timers| timers.regulation_read_min),
        rings: false,
        back_to_giver: true,
    }],
};
