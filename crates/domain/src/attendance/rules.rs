//! What may be done about a shift: one table for offers and actions, clocks, ledger lines.

use super::Attendance;
use super::facts::{AttendanceAction, AttendanceFact, DutyPlan, Leaving};
use super::plan::{plan_of, planned_lately, shift_around, shifts_of};
use super::view::{AttendanceView, AwayState, DutyPresence, may_decide};
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step, Weight};
use crate::record::Write;
use crate::role::{PersonRef, Signer};
use crate::roster::Assigned;
use crate::site::Timers;
use crate::words;
use crate::words::Words;

/// What can be done, in the order it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    SignIn,
    AcceptCover,
    ApproveAway,
    Return,
    Decide,
    SignOut,
    ConfirmPresence,
    LeavePost,
    Explain,
    WithdrawAway,
    DeclineCover,
    RefuseAway,
}

const OFFERED: [Verb; 12] = [
    Verb::SignIn,
    Verb::AcceptCover,
    Verb::ApproveAway,
    Verb::Return,
    Verb::Decide,
    Verb::SignOut,
    Verb::ConfirmPresence,
    Verb::LeavePost,
    Verb::Explain,
    Verb::WithdrawAway,
    Verb::DeclineCover,
    Verb::RefuseAway,
];

impl Verb {
    fn action(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::AcceptCover => "accept_cover",
            Self::ApproveAway => "approve_away",
            Self::Return => "return",
            Self::Decide => "decide",
            Self::SignOut => "sign_out",
            Self::ConfirmPresence => "confirm_presence",
            Self::LeavePost => "leave_post",
            Self::Explain => "explain",
            Self::WithdrawAway => "withdraw_away",
            Self::DeclineCover => "decline_cover",
            Self::RefuseAway => "refuse_away",
        }
    }

    fn words(self) -> Words {
        match self {
            Self::SignIn => words!("签到", "sign in"),
            Self::AcceptCover => words!("接受顶岗", "take the post"),
            Self::ApproveAway => words!("准予离岗", "approve"),
            Self::Return => words!("回岗", "return"),
            Self::Decide => words!("认定", "decide"),
            Self::SignOut => words!("签退", "sign out"),
            Self::ConfirmPresence => words!("在岗确认", "I am here"),
            Self::LeavePost => words!("离岗", "leave the post"),
            Self::Explain => words!("说明", "explain"),
            Self::WithdrawAway => words!("不离岗了", "stay after all"),
            Self::DeclineCover => words!("不能顶岗", "cannot take it"),
            Self::RefuseAway => words!("不准离岗", "refuse"),
        }
    }

    fn weight(self, view: &AttendanceView) -> Weight {
        match self {
            Self::SignIn | Self::AcceptCover | Self::ApproveAway | Self::Return => Weight::Primary,
            Self::Decide if view.to_verify() => Weight::Primary,
            Self::SignOut if view.away_now().is_none() => Weight::Primary,
            Self::DeclineCover | Self::RefuseAway => Weight::Grave,
            _ => Weight::Normal,
        }
    }
}

/// The table: who may do what, and when.
fn may(view: &AttendanceView, verb: Verb, who: &Signer) -> bool {
    let own = view.is_of(who.person);
    let away = view.away_now();
    let away_is = |state: AwayState| away.is_some_and(|away| away.state == state);
    let covers = away.is_some_and(|away| away.said.cover.person == who.person);
    view.plan.is_some()
        && match verb {
            Verb::SignIn => own && view.presence == DutyPresence::Expected && view.verdicts.is_empty(),
            Verb::SignOut | Verb::ConfirmPresence => own && view.presence == DutyPresence::OnDuty,
            Verb::LeavePost => own && view.presence == DutyPresence::OnDuty && away.is_none(),
            Verb::Return => own && away_is(AwayState::Out),
            Verb::WithdrawAway => own && (away_is(AwayState::Asked) || away_is(AwayState::AwaitingApproval)),
            Verb::AcceptCover | Verb::DeclineCover => covers && away_is(AwayState::Asked),
            Verb::ApproveAway | Verb::RefuseAway => may_decide(view, who) && away_is(AwayState::AwaitingApproval),
            Verb::Explain => own,
            Verb::Decide => {
                may_decide(view, who)
                    && (!view.findings.is_empty()
                        || view.presence == DutyPresence::Expected
                        || !view.verdicts.is_empty())
            }
        }
}

pub(super) fn offers(view: Option<&AttendanceView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        return vec![Offer::new("sign_in", Weight::Normal, words!("签到(未排班)", "sign in (not rostered)"))];
    };
    let mut offers: Vec<Offer> = OFFERED
        .into_iter()
        .filter(|verb| may(view, *verb, who))
        .map(|verb| Offer::new(verb.action(), verb.weight(view), verb.words()))
        .collect();
    offers.sort_by_key(|offer| match offer.weight {
        Weight::Primary => 0,
        Weight::Normal => 1,
        Weight::Grave => 2,
    });
    offers
}

fn verb_of(action: &AttendanceAction) -> Verb {
    match action {
        AttendanceAction::SignIn { .. } => Verb::SignIn,
        AttendanceAction::SignOut { .. } => Verb::SignOut,
        AttendanceAction::Explain { .. } => Verb::Explain,
        AttendanceAction::Decide { .. } => Verb::Decide,
        AttendanceAction::ConfirmPresence => Verb::ConfirmPresence,
        AttendanceAction::LeavePost { .. } => Verb::LeavePost,
        AttendanceAction::AcceptCover => Verb::AcceptCover,
        AttendanceAction::DeclineCover { .. } => Verb::DeclineCover,
        AttendanceAction::ApproveAway => Verb::ApproveAway,
        AttendanceAction::RefuseAway { .. } => Verb::RefuseAway,
        AttendanceAction::WithdrawAway => Verb::WithdrawAway,
        AttendanceAction::Return => Verb::Return,
    }
}

pub(super) fn act(
    view: Option<&AttendanceView>,
    action: AttendanceAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let known = view.filter(|view| view.plan.is_some());
    let planned = known.is_none().then(|| planned_lately(cx.site, cx.record, cx.today())).flatten();
    let (shift, plan) = match known.or(planned.as_ref()) {
        Some(shift) => (shift.clone(), shift.plan.clone()),
        None => return unrostered(view, action, cx),
    };
    let Some(plan) = plan else { return Err(no_such_shift()) };
    let verb = verb_of(&action);
    if !may(&shift, verb, &cx.who) {
        return Err(refused(&shift, verb, &cx.who));
    }
    let facts = facts(&shift, &plan, action, cx)?;
    let mut all = Vec::new();
    if known.is_none() && verb != Verb::SignIn {
        all.push(AttendanceFact::Planned { plan: plan.clone() });
    }
    all.extend(facts);
    let mut step = cx.step::<Attendance>(&all)?;
    if view.is_none() {
        step = step.born_with(birth(&plan, cx));
    }
    Ok(vec![step])
}

fn facts(
    shift: &AttendanceView,
    plan: &DutyPlan,
    action: AttendanceAction,
    cx: &Acting<'_>,
) -> Result<Vec<AttendanceFact>, Refusal> {
    let zone = cx.site.settings.zone;
    let left = shift.away_now().map(|away| away.stamp.fact);
    let asked = || left.ok_or_else(|| Refusal::not_offered(&shift.presence.words()));
    let reason_words = words!("原因", "a reason");
    Ok(vec![match action {
        AttendanceAction::SignIn { uniform, badge, note, .. } => {
            let opens = plan.from.plus_minutes(-i64::from(cx.site.settings.timers.shift_sign_in_min));
            if cx.now < opens {
                let (from, opens) = (plan.from.clock(zone), opens.clock(zone));
                return Err(Refusal::new(
                    "too_early",
                    words!("{from} 的班,{opens} 起可以签到。", "One can sign in from {opens} for the shift at {from}."),
                ));
            }
            if cx.now >= plan.to {
                return Err(Refusal::new(
                    "shift_over",
                    words!(
                        "这一班已经结束。请写说明,由客服主任认定。",
                        "This shift is over. Explain it; the supervisor decides."
                    ),
                ));
            }
            AttendanceFact::SignedIn { plan: plan.clone(), uniform, badge, note: note.trim().into() }
        }
        AttendanceAction::SignOut { note } => AttendanceFact::SignedOut { note: note.trim().into() },
        AttendanceAction::Explain { text } => {
            given(&text, &words!("说明", "the explanation"))?;
            AttendanceFact::Explained { text: text.trim().into() }
        }
        AttendanceAction::Decide { verdict, reason } => {
            given(&reason, &reason_words)?;
            if shift.presence == DutyPresence::Expected && cx.now < plan.from {
                return Err(Refusal::new(
                    "not_begun",
                    words!("这一班还没有开始,不能认定。", "This shift has not begun; nothing can be decided yet."),
                ));
            }
            AttendanceFact::Decided { verdict, reason: reason.trim().into() }
        }
        AttendanceAction::ConfirmPresence => AttendanceFact::PresenceConfirmed,
        AttendanceAction::LeavePost { reason, cover, back_at } => {
            given(&reason, &words!("离岗事由", "why"))?;
            leaving(cover, &reason, back_at, cx)?
        }
        AttendanceAction::AcceptCover => AttendanceFact::CoverAccepted { left: asked()? },
        AttendanceAction::DeclineCover { reason } => {
            given(&reason, &reason_words)?;
            AttendanceFact::CoverDeclined { left: asked()?, reason }
        }
        AttendanceAction::ApproveAway => AttendanceFact::AwayApproved { left: asked()? },
        AttendanceAction::RefuseAway { reason } => {
            given(&reason, &reason_words)?;
            AttendanceFact::AwayRefused { left: asked()?, reason }
        }
        AttendanceAction::WithdrawAway => AttendanceFact::AwayWithdrawn { left: asked()? },
        AttendanceAction::Return => AttendanceFact::Returned { left: asked()? },
    }])
}

fn leaving(
    cover: PersonRef,
    reason: &str,
    back_at: crate::time::Timestamp,
    cx: &Acting<'_>,
) -> Result<AttendanceFact, Refusal> {
    if cover.person == cx.who.person || !cx.site.people.contains_key(&cover.person) {
        return Err(Refusal::missing(&words!("顶岗人(不能是本人)", "who takes the post (not yourself)")));
    }
    if back_at <= cx.now {
        return Err(Refusal::missing(&words!("预计返回时间(在现在之后)", "when you will be back (after now)")));
    }
    let minutes = back_at.minutes_since(cx.now);
    let needs_approval = minutes > i64::from(cx.site.settings.timers.away_free_min);
    Ok(AttendanceFact::LeaveAsked(Leaving { reason: reason.trim().into(), cover, back_at, needs_approval }))
}

/// 签到 by somebody who is not on the roster: a record of its own, and the desk is told at once (D1.2.3, A8 f).
fn unrostered(
    view: Option<&AttendanceView>,
    action: AttendanceAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let AttendanceAction::SignIn { uniform, badge, note, shift } = action else { return Err(no_such_shift()) };
    // A derived id belongs to the roster; only a record of its own can be begun beside it.
    if view.is_some() || cx.record.is_derived() {
        return Err(no_such_shift());
    }
    let Some(person) = cx.site.people.get(&cx.who.person) else { return Err(no_such_shift()) };
    let person = PersonRef { person: cx.who.person, name: person.name.clone() };
    let now = cx.now;
    let on_now = cx.book.open(<Attendance as crate::engine::Kind>::NAME).into_iter().any(|found| {
        found.read::<Attendance>().is_some_and(|view| {
            view.is_of(person.person)
                && matches!(view.presence, DutyPresence::OnDuty | DutyPresence::Away)
                && view.plan.is_some_and(|plan| now < plan.to)
        })
    });
    if on_now {
        return Err(Refusal::new("on_duty", words!("您已签到,正在班上。", "You have signed in already.")));
    }
    let today = cx.today();
    let opens = -i64::from(cx.site.settings.timers.shift_sign_in_min);
    let rostered = [today, today.before(), today.after()]
        .into_iter()
        .flat_map(|day| shifts_of(cx.site, day))
        .filter_map(|(id, view)| Some((id, view.plan?)))
        .find(|(id, plan)| {
            let theirs = plan.person.person == person.person && (plan.from.plus_minutes(opens)..plan.to).contains(&now);
            theirs && cx.book.view(*id).is_none()
        });
    if let Some((_, plan)) = rostered {
        let shift = plan.shift_name;
        return Err(Refusal::new(
            "rostered",
            words!("您今天排了{shift},请在该班签到。", "You are rostered for {shift}; sign in there."),
        ));
    }
    let Some((shift_id, day)) = shift_around(cx.site, now, shift) else {
        return Err(Refusal::new(
            "no_shift_now",
            words!("现在没有可签到的班次。", "There is no shift to sign in for now."),
        ));
    };
    let Some(shift) = cx.site.shifts.get(&shift_id) else { return Err(no_such_shift()) };
    let zone = cx.site.settings.zone;
    let it = Assigned {
        person,
        day,
        shift: shift_id,
        shift_name: shift.name.clone(),
        mark: shift.mark.clone(),
        from: day.at(i64::from(shift.from.0), zone),
        to: day.at(i64::from(shift.to.0), zone),
        known: true,
    };
    let plan = plan_of(cx.site, it, false);
    let mut writes = cx.birth::<Attendance>(None);
    writes.push(cx.fact(&AttendanceFact::SignedIn { plan, uniform, badge, note: note.trim().into() })?.1);
    let mut step = cx.step::<Attendance>(&[])?;
    step.writes = writes;
    Ok(vec![step])
}

/// The creator's values: whoever creates the record, the shift was born when it was to begin.
fn birth(plan: &DutyPlan, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<Attendance>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = plan.from.0.into();
        }
    }
    writes
}

fn given(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

fn no_such_shift() -> Refusal {
    Refusal::new(
        "no_such_shift",
        words!(
            "排班表里没有这一班,可能排班已改。请刷新后再选。",
            "The roster has no such shift; it may have changed. Refresh and choose again."
        ),
    )
}

fn refused(view: &AttendanceView, verb: Verb, who: &Signer) -> Refusal {
    let name = view.plan.as_ref().map(|plan| plan.person.name.as_str()).unwrap_or_default();
    match verb {
        Verb::SignIn
        | Verb::SignOut
        | Verb::ConfirmPresence
        | Verb::LeavePost
        | Verb::Return
        | Verb::WithdrawAway
        | Verb::Explain
            if !view.is_of(who.person) =>
        {
            Refusal::new(
                "not_yours",
                words!("这是{name}的班,须由本人办理。", "This is {name}'s shift; only they can do this."),
            )
        }
        Verb::Decide | Verb::ApproveAway | Verb::RefuseAway if view.is_of(who.person) => Refusal::new(
            "own",
            words!("不能认定自己的考勤,请上一级办理。", "Nobody decides on their own shift; ask the level above."),
        ),
        Verb::Decide | Verb::ApproveAway | Verb::RefuseAway if !who.role.supervises() => {
            Refusal::new("no_role", words!("由客服主任认定。", "The supervisor decides this."))
        }
        Verb::AcceptCover | Verb::DeclineCover
            if view.away_now().is_some_and(|away| away.said.cover.person != who.person) =>
        {
            let cover = view.away_now().map(|away| away.said.cover.name.as_str()).unwrap_or_default();
            Refusal::new(
                "not_yours",
                words!("顶岗人是{cover},须由其本人接受。", "{cover} was named; only they can accept."),
            )
        }
        _ => Refusal::not_offered(&view.card().state_words),
    }
}

pub(super) fn deadlines(view: &AttendanceView, timers: &Timers) -> Vec<Deadline> {
    let Some(plan) = &view.plan else { return Vec::new() };
    let mut clocks = Vec::new();
    let mut clock = |code: &str, words: Words, since, due, rings| {
        clocks.push(Deadline { code: code.into(), words, since, due, rings });
    };
    let after = |minutes: u16| plan.from.plus_minutes(i64::from(minutes));
    if view.unapproved_cover() {
        let at = view.signed_in.as_ref().map(|sign| sign.stamp.at).unwrap_or_default();
        clock("unrostered", words!("未批准顶岗", "on duty without being rostered"), at, at, true);
    }
    if view.presence == DutyPresence::Expected && view.verdicts.is_empty() && plan.timed {
        let since = plan.from.plus_minutes(-i64::from(timers.shift_remind_min));
        clock("sign_in", words!("签到", "sign in"), since, plan.from, false);
        if plan.watched && timers.shift_call_min > 0 {
            let words = words!("未签到,请致电;上一班坚守岗位", "not signed in: call them; the shift before stays");
            clock("call", words, plan.from, after(timers.shift_call_min), true);
        }
        if plan.watched && timers.shift_cover_min > 0 {
            let words = words!("未到岗,请客服主任安排顶岗", "not there: the supervisor picks a cover");
            clock("cover", words, plan.from, after(timers.shift_cover_min), true);
        }
    }
    if let Some(away) = view.away_now() {
        let back = |minutes: u16| away.said.back_at.plus_minutes(i64::from(minutes));
        match away.state {
            AwayState::Out => {
                let since = away.out_at.unwrap_or(away.stamp.at);
                clock("back", words!("预计回岗", "back by"), since, away.said.back_at, false);
                let words = words!("离岗未回,请联系", "not back at the post: call them");
                clock("back_desk", words, away.said.back_at, back(timers.away_desk_min), true);
                let words = words!("离岗未回,请客服主任处理", "not back at the post: for the supervisor");
                clock("back_supervisor", words, away.said.back_at, back(timers.away_supervisor_min), true);
            }
            AwayState::AwaitingApproval => {
                let since = away.stamp.at;
                clock(
                    "approve",
                    words!("待准离岗", "leaving the post to be approved"),
                    since,
                    since.plus_minutes(5),
                    false,
                );
            }
            _ => {}
        }
    }
    clocks
}

pub(super) fn line(fact: &AttendanceFact) -> LineText {
    let (subject, detail) = match fact {
        AttendanceFact::Planned { plan } => {
            let (name, shift, day) = (&plan.person.name, &plan.shift_name, plan.day);
            (words!("当值计划", "shift planned"), words!("{day} {shift} {name}", "{day} {shift} {name}"))
        }
        AttendanceFact::SignedIn { plan, uniform, badge, note } => {
            let shift = &plan.shift_name;
            let subject = if plan.rostered {
                words!("签到", "signed in")
            } else {
                words!("签到(未排班)", "signed in, not rostered")
            };
            let (yes, no) = ("√", "×");
            let (uniform, badge) = (if *uniform { yes } else { no }, if *badge { yes } else { no });
            let detail = words!("{shift};工装{uniform} 工作牌{badge}", "{shift}; uniform {uniform} badge {badge}");
            (subject, with(detail, note))
        }
        AttendanceFact::SignedOut { note } => (words!("签退", "signed out"), Words::same(note.clone())),
        AttendanceFact::Explained { text } => (words!("考勤说明", "explanation"), Words::same(text.clone())),
        AttendanceFact::Decided { verdict, reason } => {
            (words!("考勤认定", "attendance decided"), with(verdict.words(), reason))
        }
        AttendanceFact::PresenceConfirmed => (words!("在岗确认", "confirmed to be here"), Words::default()),
        AttendanceFact::LeaveAsked(it) => {
            let (cover, reason) = (&it.cover.name, &it.reason);
            let approval = if it.needs_approval { words!(",须批准", ", to be approved") } else { Words::default() };
            (
                words!("离岗登记", "leaving the post"),
                words!("{reason};顶岗:{cover}", "{reason}; cover: {cover}").then(approval),
            )
        }
        AttendanceFact::CoverAccepted { .. } => (words!("接受顶岗", "cover accepted"), Words::default()),
        AttendanceFact::CoverDeclined { reason, .. } => {
            (words!("不能顶岗", "cover declined"), Words::same(reason.clone()))
        }
        AttendanceFact::AwayApproved { .. } => (words!("准予离岗", "leaving approved"), Words::default()),
        AttendanceFact::AwayRefused { reason, .. } => {
            (words!("不准离岗", "leaving refused"), Words::same(reason.clone()))
        }
        AttendanceFact::AwayWithdrawn { .. } => (words!("不离岗了", "stayed after all"), Words::default()),
        AttendanceFact::Returned { .. } => (words!("回岗", "back at the post"), Words::default()),
    };
    LineText { subject, detail }
}

fn with(words: Words, note: &str) -> Words {
    if note.is_empty() { words } else { words.then(words!(";{note}", "; {note}")) }
}
