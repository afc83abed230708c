//! 《值班热线外拨登记》 (D2.7.3): the hotline only takes calls; whoever dials out on it says why.

use crate::engine::{Class, Tone};
use crate::register::Register;
use crate::register::sheet::{By, Holds, OneOf, Origin, Pair, STEP, Sheet, State, Step, asked, follows, needed};

/// The register.
pub struct HotlineCall;

impl Register for HotlineCall {
    const SHEET: &'static Sheet = &SHEET;
}

const REASONS: &[OneOf] = &[
    OneOf("emergency", Pair("突发事件", "incident")),
    OneOf("other_line_down", Pair("其他线路故障", "other lines down")),
    OneOf("line_test", Pair("线路测试", "line test")),
    OneOf("other", Pair("其他", "other")),
];

static SHEET: Sheet = Sheet {
    kind: "hotline_call",
    class: Class::Duty,
    heading: Pair("值班热线外拨登记表", "Calls made on the hotline"),
    spine: Pair("热线外拨", "Hotline calls"),
    about: Pair("热线只接不拨,外拨须说明", "the hotline only takes calls; dialling out needs a reason"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("时间", "time"), Holds::Moment, Origin::WrittenAt),
        needed("phone", Pair("拨往", "dialled"), Holds::Phone),
        needed("kind", Pair("原因", "reason"), Holds::Choice(REASONS)),
        needed("why", Pair("说明", "why"), Holds::Text),
        follows("by", Pair("外拨人", "dialled by"), Holds::Person, Origin::Writer),
        follows("opinion", Pair("主管意见", "supervisor"), Holds::Text, Origin::Step("reviewed")),
        asked("remark", Pair("备注", "remarks"), Holds::Text),
    ],
    writers: &[By::Desk],
    write: Pair("登记外拨", "write down a call"),
    title: "why",
    place: None,
    owner: None,
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "written",
            words: Pair("已登记", "written down"),
            tone: Tone::Calm,
            open: false,
            waits_for: None,
            next: Some("reviewed"),
        },
        State {
            name: "reviewed",
            words: Pair("已审阅", "reviewed"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[Step {
        name: "reviewed",
        words: Pair("审阅", "review"),
        moves: &[("written", "reviewed")],
        late: &["reviewed"],
        by: &[By::Supervisor],
        asks: &[asked("opinion", Pair("意见", "opinion"), Holds::Text)],
        ..STEP
    }],
    clocks: &[],
};
