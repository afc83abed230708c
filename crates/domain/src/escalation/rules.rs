//! Whom a report goes to, what can be done with it, and what the ledger says of it.

use serde::Serialize;

use super::facts::{EscalationFact, Level, Line};
use super::view::{Escalation, fold};
use crate::engine::{Acting, CommonAction, LineText, Refusal};
use crate::ids::{FactId, PersonId};
use crate::record::{RecordDoc, Write};
use crate::role::{PersonRef, Role};
use crate::site::{EscalationRoute, Site};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::listed;

/// Whether somebody in this role reports, and notes telephone calls about a report. A device acts by itself for SOS
/// alone.
#[must_use]
pub fn may_report(role: Role) -> bool {
    role.works_orders() || role == Role::Device
}

/// A report by whoever acts, to be written into the record at hand with what else happens: how other kinds call up the
/// chain of command.
///
/// # Errors
/// [`Refusal`] when this role does not report, or nobody is above.
pub fn raise(cx: &mut Acting<'_>, level: Level, said: &str) -> Result<Write, Refusal> {
    if !may_report(cx.who.role) {
        return Err(Refusal::new(
            "no_role",
            words!("此角色不能上报,请告诉前台。", "This role does not report; tell the desk."),
        ));
    }
    let route = cx.site.escalation_route(level);
    let lines: Vec<Line> = route
        .lines
        .iter()
        .map(|roles| line_of(cx.site, roles, cx.now))
        // Who reports knows it already.
        .filter(|line| line.people.iter().all(|one| one.person != cx.who.person))
        .collect();
    if lines.is_empty() {
        return Err(Refusal::new(
            "nobody_above",
            words!(
                "这一级别的上报对象就是您本人,请直接处理,或选更高级别。",
                "A report of this level goes to yourself; act on it, or choose a higher level."
            ),
        ));
    }
    let EscalationRoute { repeat_min, next_min, .. } = route;
    let words = said.trim().to_owned();
    Ok(cx.fact(&EscalationFact::Escalated { level, words, lines, repeat_min, next_min })?.1)
}

/// The people of a line: role by role; within a role who is on shift first, then by the managers' call list, then by
/// name.
fn line_of(site: &Site, roles: &[Role], now: Timestamp) -> Line {
    let mut people: Vec<PersonRef> = Vec::new();
    for role in roles {
        let mut of_role: Vec<_> = site
            .people
            .iter()
            .filter(|(_, person)| person.roles.contains(role))
            .map(|(id, person)| (!site.on_shift(*id, now), site.call_order(*id), person.name.as_str(), *id))
            .collect();
        of_role.sort();
        // Of those who work in shifts only who is on shift is asked for ordinary things, when anybody is.
        if *role == Role::DutyOfficer && of_role.iter().any(|(off, ..)| !off) {
            of_role.retain(|(off, ..)| !off);
        }
        for (_, _, name, person) in of_role {
            if !people.iter().any(|one| one.person == person) {
                people.push(PersonRef { person, name: name.to_owned() });
            }
        }
    }
    Line { roles: roles.to_vec(), people }
}

/// What an action about reports writes; `None` for another action.
pub(crate) fn act(doc: &RecordDoc, action: &CommonAction, cx: &mut Acting<'_>) -> Result<Option<Write>, Refusal> {
    let write = match action {
        CommonAction::Escalate { level, words } => raise(cx, *level, words)?,
        CommonAction::ReceiveEscalation { of } => {
            let report = find(doc, *of)?;
            let already = called(&report, cx.who.person).ok_or_else(not_called)?;
            if already {
                return Err(Refusal::new("nothing", words!("已经送达。", "It has been delivered already.")));
            }
            fact(cx, &EscalationFact::EscalationReceived { of: *of })?
        }
        CommonAction::AcknowledgeEscalation { of, words, eta_min } => {
            if !find(doc, *of)?.awaits(cx.who.person) {
                return Err(not_called());
            }
            let (words, eta_min) = (words.trim().to_owned(), sets_out(*eta_min)?);
            fact(cx, &EscalationFact::EscalationAcknowledged { of: *of, words, eta_min })?
        }
        CommonAction::EndReturn { of, person, arrived, note } => end_return(doc, *of, *person, *arrived, note, cx)?,
        CommonAction::PhoneEscalation { of, person, reached, note, eta_min } => {
            let report = find(doc, *of)?;
            if !may_report(cx.who.role) {
                return Err(Refusal::new(
                    "no_role",
                    words!("此角色不登记电话通知。", "This role does not note telephone calls."),
                ));
            }
            let line = report.lines.iter().flat_map(|line| &line.people).find(|one| one.person.person == *person);
            let person = line.ok_or_else(not_called)?.person.clone();
            if report.withdrawn.is_some() {
                return Err(withdrawn());
            }
            if !reached && note.trim().is_empty() {
                return Err(Refusal::missing(&words!("未接通的情况(无人接、关机……)", "why they were not reached")));
            }
            let (note, eta_min) = (note.trim().to_owned(), sets_out(eta_min.filter(|_| *reached))?);
            fact(cx, &EscalationFact::EscalationPhoned { of: *of, person, reached: *reached, note, eta_min })?
        }
        CommonAction::Note { .. } | CommonAction::Amend { .. } | CommonAction::VoidFact { .. } => return Ok(None),
    };
    Ok(Some(write))
}

/// The longest way back to the site that is believed.
const FARTHEST_MIN: u16 = 24 * 60;

fn sets_out(eta_min: Option<u16>) -> Result<Option<u16>, Refusal> {
    if eta_min.is_some_and(|minutes| minutes > FARTHEST_MIN) {
        return Err(Refusal::new(
            "too_far",
            words!("返场时间最多写 24 小时。", "The way back to the site takes at most 24 hours."),
        ));
    }
    Ok(eta_min)
}

/// D2.8.4: whoever came back is noted as there, by themselves or by the desk that meets them.
fn end_return(
    doc: &RecordDoc,
    of: FactId,
    person: PersonId,
    arrived: bool,
    note: &str,
    cx: &mut Acting<'_>,
) -> Result<Write, Refusal> {
    let report = find(doc, of)?;
    if person != cx.who.person && !may_report(cx.who.role) {
        return Err(Refusal::new("no_role", words!("此角色不登记返场。", "This role does not note who came back.")));
    }
    let coming = report.returning().find(|(called, _)| called.person.person == person);
    let Some((called, _)) = coming else {
        return Err(Refusal::new(
            "not_coming",
            words!("此人没有在返场途中,或已登记。", "They are not on the way back, or it was noted already."),
        ));
    };
    if !arrived && note.trim().is_empty() {
        return Err(Refusal::missing(&words!("不用返场的原因", "why they need not come")));
    }
    let (person, note) = (called.person.clone(), note.trim().to_owned());
    fact(cx, &EscalationFact::EscalationReturnEnded { of, person, arrived, note })
}

fn fact<F: Serialize>(cx: &mut Acting<'_>, fact: &F) -> Result<Write, Refusal> {
    Ok(cx.fact(fact)?.1)
}

fn find(doc: &RecordDoc, of: FactId) -> Result<Escalation, Refusal> {
    let found = fold(doc).0.into_iter().find(|report| report.fact == of);
    found.ok_or_else(|| Refusal::new("no_such_fact", words!("没有这次上报。", "There is no such report.")))
}

/// Whether it was delivered to them already; `None` when it does not call them.
fn called(report: &Escalation, person: PersonId) -> Option<bool> {
    let mut lines = report.lines.iter().flat_map(|line| &line.people).filter(|one| one.person.person == person);
    let first = lines.next()?;
    Some(first.received.is_some())
}

fn not_called() -> Refusal {
    Refusal::new(
        "not_called",
        words!(
            "这次上报没有等您确认,或已有人确认。",
            "This report does not wait for you, or somebody has acknowledged it."
        ),
    )
}

fn withdrawn() -> Refusal {
    Refusal::new("withdrawn", words!("这次上报已作废。", "This report was taken back."))
}

fn coming(eta_min: Option<u16>) -> Words {
    eta_min.map(|minutes| words!("返场,约 {minutes} 分钟", "coming back, about {minutes} min")).unwrap_or_default()
}

/// What the ledger says.
pub(crate) fn line(fact: &EscalationFact) -> LineText {
    let same = |text: &str| Words::same(text);
    match fact {
        EscalationFact::Escalated { level, words, lines, .. } => {
            let first: Vec<&str> =
                lines.iter().filter_map(|line| line.people.first()).map(|one| one.name.as_str()).collect();
            let to = first.join("、");
            let to = if to.is_empty() {
                words!("本站点无此职务的人员", "nobody of that role")
            } else {
                words!("呼叫{to}", "calling {to}")
            };
            LineText { subject: words!("上报", "reported up"), detail: listed([level.words(), to, same(words)]) }
        }
        EscalationFact::EscalationReceived { .. } => {
            LineText { subject: words!("上报已送达", "report delivered"), detail: Words::default() }
        }
        EscalationFact::EscalationPhoned { person, reached, note, eta_min, .. } => {
            let name = &person.name;
            let how = if *reached {
                words!("{name}:已接通", "{name}: reached")
            } else {
                words!("{name}:未接通", "{name}: not reached")
            };
            LineText {
                subject: words!("上报电话通知", "report by telephone"),
                detail: listed([how, coming(*eta_min), same(note)]),
            }
        }
        EscalationFact::EscalationAcknowledged { words, eta_min, .. } => LineText {
            subject: words!("上报已确认", "report acknowledged"),
            detail: listed([coming(*eta_min), same(words)]),
        },
        EscalationFact::EscalationReturnEnded { person, arrived, note, .. } => {
            let subject = if *arrived {
                words!("返场到场", "back at the site")
            } else {
                words!("不用返场", "need not come back")
            };
            LineText { subject, detail: listed([same(&person.name), same(note)]) }
        }
    }
}
