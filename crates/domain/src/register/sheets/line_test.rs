//! 《线路测试登记表》 (D2.7.3): once on every shift of the desk both lines are tried, so that the telephone is known to
//! work before somebody needs it.

use crate::engine::{Class, Kind, Tone};
use crate::ids::{Home, RecordId};
use crate::register::sheet::{By, Holds, OneOf, Origin, Pair, STEP, Sheet, State, Step, asked, follows, needed};
use crate::register::{Entry, Owed, Register};
use crate::role::Role;
use crate::roster::assigned;
use crate::site::Site;
use crate::time::Day;
use crate::words;

/// The register.
pub struct LineTest;

impl Register for LineTest {
    const SHEET: &'static Sheet = &SHEET;

    /// One on every shift that somebody of the desk works, named by the day and the minute the shift begins.
    fn owed(site: &Site, day: Day) -> Vec<Owed> {
        let minutes = i64::from(site.settings.timers.line_test_min);
        let at_the_desk = |person: &RecordId| {
            site.people.get(person).is_some_and(|person| person.roles.first() == Some(&Role::DutyOfficer))
        };
        let mut owed: Vec<Owed> = Vec::new();
        for shift in assigned(site, day).into_iter().filter(|it| it.known && at_the_desk(&it.person.person)) {
            let home = Home { class: Entry::<Self>::CLASS, day, kind: Entry::<Self>::NAME };
            let record = RecordId::derived(&home, &[&day.to_string(), &shift.from.0.to_string()]);
            if owed.iter().any(|other| other.record == record) {
                continue;
            }
            let name = &shift.shift_name;
            owed.push(Owed {
                record,
                words: words!("线路测试 {name}", "line test, {name}"),
                since: shift.from,
                due: shift.from.plus_minutes(minutes),
                until: shift.to,
            });
        }
        owed
    }
}

const RESULTS: &[OneOf] = &[
    OneOf("fine", Pair("正常", "fine")),
    OneOf("noisy", Pair("有杂音", "noisy")),
    OneOf("dead", Pair("不通", "dead")),
];

static SHEET: Sheet = Sheet {
    kind: "line_test",
    class: Class::Duty,
    heading: Pair("值班电话线路测试登记表", "Tests of the telephone lines"),
    spine: Pair("线路测试", "Line tests"),
    about: Pair("每班一次,保证值班电话畅通", "once on every shift, so that the telephone works"),
    columns: &[
        follows("number", Pair("编号", "no."), Holds::Text, Origin::Number),
        follows("at", Pair("时间", "time"), Holds::Moment, Origin::WrittenAt),
        needed("hotline", Pair("值班热线(呼入)", "hotline, incoming"), Holds::Choice(RESULTS)),
        needed("second", Pair("回访专线(呼出)", "second line, outgoing"), Holds::Choice(RESULTS)),
        asked("handling", Pair("故障处理", "what was done about a fault"), Holds::Text),
        follows("by", Pair("测试人", "tested by"), Holds::Person, Origin::Writer),
        follows("restored", Pair("恢复情况", "restored"), Holds::Text, Origin::Step("restored")),
        follows("restored_at", Pair("恢复时间", "restored at"), Holds::Moment, Origin::StepAt("restored")),
    ],
    writers: &[By::Desk],
    write: Pair("登记测试", "write down a test"),
    title: "hotline",
    place: None,
    owner: None,
    giver: None,
    readers: None,
    judged: &[],
    decides: &[],
    states: &[
        State {
            name: "tested",
            words: Pair("已测试", "tested"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
        State {
            name: "restored",
            words: Pair("已恢复", "restored"),
            tone: Tone::Done,
            open: false,
            waits_for: None,
            next: None,
        },
    ],
    steps: &[Step {
        name: "restored",
        words: Pair("故障已恢复", "the fault is gone"),
        moves: &[("tested", "restored")],
        late: &["restored"],
        by: &[By::Desk],
        asks: &[needed("restored", Pair("恢复情况", "how"), Holds::Text)],
        ..STEP
    }],
    clocks: &[],
};
