//! 《外来人员登记表》 (D1.2.6): who came into the centre or the site, to whom, and that they left again.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{
    By, Clock, Holds, Origin, Pair, STEP, Sheet, State, Step, Until, asked, follows, needed,
};

/// The register.
pub struct Visitor;

impl Register for Visitor {
    const SHEET: &'static Sheet = &SHEET;
}

static SHEET: Sheet = Sheet {
    kind: "visitor",
    class: Class::Duty,
    heading: Pair("外来人员登记表", "Outsiders on the site"),
    spine: Pair("外来人员", "Outsiders"),
    about: Pair("进出登记;服务中心不得带外人", "in and out; nobody brings outsiders into the centre"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("in_at", Pair("进入时间", "in"), Holds::Moment, Origin::WrittenAt),
        needed("name", Pair("姓名", "name"), Holds::Text),
        asked("company", Pair("单位", "company"), Holds::Text),
        asked("phone", Pair("联系电话", "telephone"), Holds::Phone),
        asked("count", Pair("人数", "how many"), Holds::Count(Pair("人", "people"))),
        needed("reason", Pair("事由", "why"), Holds::Text),
        needed("place", Pair("去往", "going to"), Holds::Place),
        asked("host", Pair("接待人", "received by"), Holds::Person),
        follows("out_at", Pair("离开时间", "out"), Holds::Moment, Origin::StepAt("leave")),
        follows("by", Pair("登记人", "written by"), Holds::Person, Origin::Writer),
    ],
    writers: &[By::Anybody],
    write: Pair("登记来人", "write somebody in"),
    title: "name",
    place: Some("place"),
    owner: None,
    giver: Some("host"),
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "inside",
            words: Pair("未离开", "still here"),
            tone: Tone::Active,
            open: true,
            waits_for: Some(By::Writer),
            next: Some("leave"),
        },
        State {
            name: "left",
            words: Pair("已离开", "gone"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[Step {
        name: "leave",
        words: Pair("离开", "gone"),
        moves: &[("inside", "left")],
        late: &["left"],
        by: &[By::Anybody],
        ..STEP
    }],
    clocks: &[Clock {
        code: "leave",
        words: Pair("离开", "leaving"),
        runs_in: &["inside"],
        until: Until::AfterState(|timers| timers.visitor_stay_min),
        rings: false,
        back_to_giver: false,
    }],
};
