//! What may be done with an application: offers, actions, clocks, lines.

use std::collections::BTreeMap;

use super::Absence;
use super::facts::{AbsenceAction, AbsenceFact, AbsenceForm, Application, DayChange};
use super::view::{AbsenceState, AbsenceView, Event, person_may, then};
use crate::acting::FARTHEST_DAYS;
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Weight};
use crate::role::{PersonRef, Role, Signer};
use crate::roster::{
    CalendarMonth, LEAVE, OFF, RosterCause, RosterCell, UNSET, changed_step, in_force, mark_meant, mark_of,
    shift_by_mark,
};
use crate::site::Site;
use crate::time::Day;
use crate::words;
use crate::words::Words;

/// A leave that is longer is two.
const MOST_DAYS: i64 = 92;

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::CoverAccepted => "accept_cover",
            Self::CoverDeclined => "decline_cover",
            Self::Approved => "approve",
            Self::Rejected => "reject",
            Self::Withdrawn => "withdraw",
            Self::Ended => "end",
        }
    }

    fn words(self) -> Words {
        match self {
            Self::CoverAccepted => words!("接受代班", "accept"),
            Self::CoverDeclined => words!("不能代班", "cannot"),
            Self::Approved => words!("批准", "approve"),
            Self::Rejected => words!("驳回", "reject"),
            Self::Withdrawn => words!("撤回", "withdraw"),
            Self::Ended => words!("销假", "end it"),
        }
    }

    fn weight(self) -> Weight {
        match self {
            Self::CoverAccepted | Self::Approved => Weight::Primary,
            Self::Ended => Weight::Normal,
            Self::CoverDeclined | Self::Rejected | Self::Withdrawn => Weight::Grave,
        }
    }
}

fn may(view: &AbsenceView, event: Event, who: &Signer) -> bool {
    view.said.is_some() && then(view.state, event).is_some() && person_may(view, event, who)
}

pub(super) fn offers(view: Option<&AbsenceView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        return vec![Offer::new("apply", Weight::Primary, words!("申请", "apply"))];
    };
    Event::ALL
        .into_iter()
        .filter(|event| may(view, *event, who))
        .map(|event| Offer::new(event.action(), event.weight(), event.words()))
        .collect()
}

pub(super) fn act(
    view: Option<&AbsenceView>,
    action: AbsenceAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let Some(view) = view else {
        let AbsenceAction::Apply { form, cover, reason } = action else {
            return Err(Refusal::new("no_such_record", words!("没有这张申请单。", "There is no such application.")));
        };
        return apply(form, cover, &reason, cx);
    };
    let event = match &action {
        AbsenceAction::Apply { .. } => return Err(Refusal::not_offered(&view.state_words)),
        AbsenceAction::AcceptCover => Event::CoverAccepted,
        AbsenceAction::DeclineCover { .. } => Event::CoverDeclined,
        AbsenceAction::Approve { .. } => Event::Approved,
        AbsenceAction::Reject { .. } => Event::Rejected,
        AbsenceAction::Withdraw { .. } => Event::Withdrawn,
        AbsenceAction::End { .. } => Event::Ended,
    };
    if !may(view, event, &cx.who) {
        return Err(refused(view, event, &cx.who));
    }
    let Some(said) = &view.said else { return Err(Refusal::not_offered(&view.state_words)) };
    let number = view.number.clone().unwrap_or_default();
    let record = cx.record;
    let reason_words = words!("原因", "a reason");
    let mut steps = Vec::new();
    let fact = match action {
        AbsenceAction::AcceptCover => AbsenceFact::CoverAccepted,
        AbsenceAction::DeclineCover { reason } => AbsenceFact::CoverDeclined { reason: given(&reason, &reason_words)? },
        AbsenceAction::Withdraw { reason } => AbsenceFact::Withdrawn { reason: reason.trim().into() },
        AbsenceAction::Reject { reason } => {
            let reason = given(&reason, &reason_words)?;
            if view.state == AbsenceState::TwoDecisions {
                steps = undo(said, None, &RosterCause::Returned { record, number }, cx)?;
            }
            AbsenceFact::Rejected { reason }
        }
        AbsenceAction::Approve { opinion } => {
            if view.state == AbsenceState::AwaitingApproval {
                steps = roster_steps(said, &RosterCause::Absence { record, number }, cx)?;
            }
            AbsenceFact::Approved { opinion: opinion.trim().into() }
        }
        AbsenceAction::End { from } => {
            steps = undo(said, Some(from), &RosterCause::Returned { record, number }, cx)?;
            AbsenceFact::Ended { from }
        }
        AbsenceAction::Apply { .. } => return Err(Refusal::not_offered(&view.state_words)),
    };
    steps.insert(0, cx.step::<Absence>(&[fact])?);
    Ok(steps)
}

fn given(text: &str, what: &Words) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() { Err(Refusal::missing(what)) } else { Ok(text.into()) }
}

fn apply(form: AbsenceForm, cover: Option<PersonRef>, reason: &str, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let Some(person) = cx.site.people.get(&cx.who.person) else {
        return Err(Refusal::new(
            "no_role",
            words!("您不在本站点的人员中。", "You are not among the people of this site."),
        ));
    };
    let who = PersonRef { person: cx.who.person, name: person.name.clone() };
    let role = person.roles.first().copied();
    let reason = given(reason, &words!("事由", "why"))?;
    if let Some(cover) = &cover
        && (cover.person == who.person || !cx.site.people.contains_key(&cover.person))
    {
        return Err(Refusal::missing(&words!("代班人(不能是本人)", "who covers (not yourself)")));
    }
    let (first, changes) = match &form {
        AbsenceForm::Leave { from, to, .. } => (*from, leave(cx, &who, role, *from, *to, cover.as_ref())?),
        AbsenceForm::Swap { day, back } => {
            let Some(cover) = &cover else {
                return Err(Refusal::missing(&words!("和谁调班", "with whom")));
            };
            (back.map_or(*day, |back| back.min(*day)), swap(cx, &who, cover, *day, *back)?)
        }
    };
    let today = cx.today();
    if first < today {
        return Err(Refusal::new(
            "past",
            words!("已经过去的日子不能申请。", "Days that are over cannot be applied for."),
        ));
    }
    let begins = first.at(0, cx.site.settings.zone);
    let number = cx.names.number(today);
    let said = Application { form, cover, reason, changes, begins };
    let step = cx.step::<Absence>(&[AbsenceFact::Applied(said)])?;
    Ok(vec![step.born_with(cx.birth::<Absence>(Some(&number)))])
}

fn is_shift(site: &Site, mark: char) -> bool {
    shift_by_mark(site, mark).is_some()
}

fn text(mark: char) -> String {
    if mark == UNSET { String::new() } else { mark.to_string() }
}

fn leave(
    cx: &Acting<'_>,
    who: &PersonRef,
    role: Option<Role>,
    from: Day,
    to: Day,
    cover: Option<&PersonRef>,
) -> Result<Vec<DayChange>, Refusal> {
    let length = (to.0 - from.0).num_days() + 1;
    let far = (from.0 - cx.today().0).num_days() > FARTHEST_DAYS;
    if far || !(1..=MOST_DAYS).contains(&length) {
        return Err(Refusal::new(
            "wrong_days",
            words!(
                "请核对起止日期(最多 {MOST_DAYS} 天)。",
                "Check the first and the last day ({MOST_DAYS} days at most)."
            ),
        ));
    }
    let (mut changes, mut shifts) = (Vec::new(), false);
    let mut day = from;
    while day <= to {
        let mark = mark_meant(cx.site, who.person, day).unwrap_or(UNSET);
        let shift = is_shift(cx.site, mark);
        // On a day that is not drawn up yet the leave waits for whoever draws it up.
        if shift || mark == UNSET {
            changes.push(DayChange { person: who.clone(), day, was: text(mark), mark: LEAVE.into() });
        }
        if shift {
            shifts = true;
            if let Some(cover) = cover {
                let theirs = mark_meant(cx.site, cover.person, day).unwrap_or(UNSET);
                if ![OFF, UNSET].contains(&theirs) {
                    return Err(busy(cover, day));
                }
                changes.push(DayChange { person: cover.clone(), day, was: text(theirs), mark: text(mark) });
            }
        }
        day = day.after();
    }
    // Whoever keeps a post names who takes it (D1.2.3).
    let keeps_a_post = matches!(role, Some(Role::DutyOfficer | Role::Guard));
    if shifts && cover.is_none() && keeps_a_post {
        return Err(Refusal::missing(&words!("代班人", "who covers")));
    }
    Ok(changes)
}

fn busy(cover: &PersonRef, day: Day) -> Refusal {
    let name = &cover.name;
    Refusal::new(
        "cover_busy",
        words!(
            "{name} {day} 自己有班或请假,请换一位代班人。",
            "{name} has a shift or leave on {day}; name somebody else."
        ),
    )
}

fn swap(
    cx: &Acting<'_>,
    who: &PersonRef,
    cover: &PersonRef,
    day: Day,
    back: Option<Day>,
) -> Result<Vec<DayChange>, Refusal> {
    let site = cx.site;
    for wanted in [Some(day), back].into_iter().flatten() {
        if in_force(site, CalendarMonth::of(wanted)).is_none() {
            return Err(Refusal::new(
                "not_published",
                words!("{wanted} 的排班表还未发布。", "The roster of {wanted} is not published yet."),
            ));
        }
    }
    if back == Some(day) {
        return Err(Refusal::new(
            "wrong_days",
            words!("换回的日子不能是同一天。", "The day in return is another one."),
        ));
    }
    let mark = |person: &PersonRef, day: Day| mark_of(site, person.person, day).unwrap_or(UNSET);
    if !is_shift(site, mark(who, day)) {
        return Err(Refusal::new("no_shift", words!("您 {day} 没有班。", "You have no shift on {day}.")));
    }
    if let Some(back) = back.filter(|back| !is_shift(site, mark(cover, *back))) {
        let name = &cover.name;
        return Err(Refusal::new("no_shift", words!("{name} {back} 没有班。", "{name} has no shift on {back}.")));
    }
    if mark(cover, day) == LEAVE {
        return Err(busy(cover, day));
    }
    if let Some(back) = back.filter(|back| mark(who, *back) == LEAVE) {
        return Err(busy(who, back));
    }
    let rests = |mark: char| if mark == UNSET { OFF } else { mark };
    let mut changes = Vec::new();
    for day in [Some(day), back].into_iter().flatten() {
        let (mine, theirs) = (mark(who, day), mark(cover, day));
        changes.push(DayChange { person: who.clone(), day, was: text(mine), mark: text(rests(theirs)) });
        changes.push(DayChange { person: cover.clone(), day, was: text(theirs), mark: text(rests(mine)) });
    }
    Ok(changes)
}

/// What approving writes into the rosters, month by month; refused when they say something else by now.
fn roster_steps(said: &Application, cause: &RosterCause, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    for change in &said.changes {
        let now = mark_meant(cx.site, change.person.person, change.day).map(text).unwrap_or_default();
        if now != change.was {
            let (name, day) = (&change.person.name, change.day);
            return Err(Refusal::new(
                "roster_changed",
                words!(
                    "{name} {day} 的排班已改,请驳回后按新排班重新申请。",
                    "The roster of {name} on {day} has changed; reject this and have it applied for anew."
                ),
            ));
        }
    }
    let cells = said.changes.iter().map(|change| (change.day, change.person.clone(), change.mark.clone()));
    by_month(cells.collect(), cause, cx)
}

/// What ending writes: from that day on, the cells that still read as approved read as before.
fn undo(said: &Application, from: Option<Day>, cause: &RosterCause, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let still = |change: &&DayChange| {
        from.is_none_or(|from| change.day >= from)
            && mark_meant(cx.site, change.person.person, change.day).map(text).as_deref() == Some(change.mark.as_str())
    };
    let cells = said.changes.iter().filter(still).map(|change| (change.day, change.person.clone(), change.was.clone()));
    let cells = cells.collect();
    by_month(cells, cause, cx)
}

fn by_month(
    cells: Vec<(Day, PersonRef, String)>,
    cause: &RosterCause,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    use chrono::Datelike;
    let mut months: BTreeMap<CalendarMonth, Vec<RosterCell>> = BTreeMap::new();
    for (day, person, mark) in cells {
        let number = u8::try_from(day.0.day()).unwrap_or_default();
        months.entry(CalendarMonth::of(day)).or_default().push(RosterCell { person, day: number, mark });
    }
    months.into_iter().map(|(month, cells)| changed_step(cx, month, cells, cause.clone())).collect()
}

fn refused(view: &AbsenceView, event: Event, who: &Signer) -> Refusal {
    if then(view.state, event).is_none() || view.said.is_none() {
        return Refusal::not_offered(&view.state_words);
    }
    match event {
        Event::Approved | Event::Rejected | Event::Ended if who.role.supervises() => Refusal::new(
            "own",
            words!(
                "不能审批自己参与的申请,请上一级办理。",
                "Nobody decides what they take part in; ask the level above."
            ),
        ),
        Event::Approved | Event::Rejected | Event::Ended => {
            Refusal::new("no_role", words!("由客服主任审批。", "The supervisor decides this."))
        }
        Event::CoverAccepted | Event::CoverDeclined => {
            let name = view.cover.as_ref().map(|cover| cover.name.as_str()).unwrap_or_default();
            Refusal::new(
                "not_yours",
                words!("代班人是{name},须由其本人办理。", "{name} was named; only they can answer."),
            )
        }
        Event::Withdrawn => {
            Refusal::new("not_yours", words!("只有申请人可以撤回。", "Only the applicant can withdraw it."))
        }
    }
}

pub(super) fn deadlines(view: &AbsenceView) -> Vec<Deadline> {
    let Some(said) = view.said.as_ref().filter(|_| view.state.waits()) else { return Vec::new() };
    let (code, words, rings) = match view.state {
        AbsenceState::AwaitingCover => ("cover", words!("代班人答复", "answer of the cover"), false),
        AbsenceState::TwoDecisions => {
            ("settle", words!("批准与驳回并存,请选定", "approved and rejected, to be settled"), true)
        }
        _ => ("approve", words!("审批", "decision"), true),
    };
    let due = if view.state == AbsenceState::TwoDecisions { view.born } else { said.begins };
    vec![Deadline { code: code.into(), words, since: view.born, due, rings }]
}

pub(super) fn line(fact: &AbsenceFact) -> LineText {
    let (subject, detail) = match fact {
        AbsenceFact::Applied(said) => {
            let (Words { zh, en }, days, reason) = (said.form.words(), said.form.days(), &said.reason);
            let cover = said.cover.as_ref().map(|cover| {
                let name = &cover.name;
                words!(";代班:{name}", "; cover: {name}")
            });
            let subject = match said.form {
                AbsenceForm::Leave { .. } => words!("请假申请", "leave applied for"),
                AbsenceForm::Swap { .. } => words!("调班申请", "swap applied for"),
            };
            (subject, words!("{zh} {days},{reason}", "{en} {days}, {reason}").then(cover.unwrap_or_default()))
        }
        AbsenceFact::CoverAccepted => (words!("代班人接受", "cover accepted"), Words::default()),
        AbsenceFact::CoverDeclined { reason } => {
            (words!("代班人不能接", "cover declined"), Words::same(reason.clone()))
        }
        AbsenceFact::Approved { opinion } => {
            (words!("批准,排班生效", "approved, in force"), Words::same(opinion.clone()))
        }
        AbsenceFact::Rejected { reason } => (words!("驳回", "rejected"), Words::same(reason.clone())),
        AbsenceFact::Withdrawn { reason } => (words!("撤回申请", "withdrawn"), Words::same(reason.clone())),
        AbsenceFact::Ended { from } => (words!("销假", "leave ended"), words!("{from} 起", "from {from}")),
    };
    LineText { subject, detail }
}
