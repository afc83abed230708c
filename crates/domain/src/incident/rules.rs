//! What may be done with an incident: the table, offers, actions, clocks.

use super::Incident;
use super::facts::{Discovery, IncidentAction, IncidentFact, Presence};
use super::view::{IncidentState, IncidentView};
use crate::engine::{Acting, Deadline, Kind, Offer, Refusal, Step, Weight};
use crate::escalation::{Level, raise};
use crate::ids::FactId;
use crate::record::Write;
use crate::role::{PersonRef, Role, Signer};
use crate::site::Timers;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{Report, Source, made};

/// What can happen, without its details: the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Start,
    Sos,
    Respond,
    Control,
    Report,
    StartPlan,
    Tick,
    CallOutside,
    GiveTask,
    AcknowledgeTask,
    FinishTask,
    MakeOrder,
    KeepEvidence,
    Describe,
    NoteLosses,
    SetGrade,
    Clear,
    WriteUp,
    Review,
    Archive,
    FalseAlarm,
}

/// Events in the order they are offered: control, report, evidence, paper (D1.1.8).
const OFFERED: [Event; 19] = [
    Event::Respond,
    Event::Control,
    Event::Report,
    Event::StartPlan,
    Event::Tick,
    Event::CallOutside,
    Event::GiveTask,
    Event::AcknowledgeTask,
    Event::FinishTask,
    Event::MakeOrder,
    Event::KeepEvidence,
    Event::Describe,
    Event::NoteLosses,
    Event::SetGrade,
    Event::Clear,
    Event::WriteUp,
    Event::Review,
    Event::Archive,
    Event::FalseAlarm,
];

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// Whoever is on duty; SOS by the device itself too.
    Anybody,
    /// The desk.
    Desk,
    /// Who supervises.
    Supervisor,
}

impl Event {
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Sos => "sos",
            Self::Respond => "respond",
            Self::Control => "control",
            Self::Report => "report",
            Self::StartPlan => "start_plan",
            Self::Tick => "tick",
            Self::CallOutside => "call_outside",
            Self::GiveTask => "give_task",
            Self::AcknowledgeTask => "acknowledge_task",
            Self::FinishTask => "finish_task",
            Self::MakeOrder => "make_order",
            Self::KeepEvidence => "keep_evidence",
            Self::Describe => "describe",
            Self::NoteLosses => "note_losses",
            Self::SetGrade => "set_grade",
            Self::Clear => "clear",
            Self::WriteUp => "write_up",
            Self::Review => "review",
            Self::Archive => "archive",
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// The button.
    pub(super) fn words(self) -> Words {
        match self {
            Self::Start => words!("突发事件", "incident"),
            Self::Sos => words!("SOS", "SOS"),
            Self::Respond => words!("我来处理", "I take it"),
            Self::Control => words!("已采取控制措施", "control measure taken"),
            Self::Report => words!("上报", "report up"),
            Self::StartPlan => words!("启动预案", "start a response plan"),
            Self::Tick => words!("处置卡打勾", "tick a step"),
            Self::CallOutside => words!("外部通知", "call outside"),
            Self::GiveTask => words!("派部门任务", "give a task"),
            Self::AcknowledgeTask => words!("任务确认", "take the task"),
            Self::FinishTask => words!("任务完成", "task done"),
            Self::MakeOrder => words!("派工", "make a work order"),
            Self::KeepEvidence => words!("取证", "keep evidence"),
            Self::Describe => words!("补全", "complete"),
            Self::NoteLosses => words!("伤亡损失", "casualties and losses"),
            Self::SetGrade => words!("定级", "set the grade"),
            Self::Clear => words!("解除", "clear"),
            Self::WriteUp => words!("书面报告", "written report"),
            Self::Review => words!("复盘", "review"),
            Self::Archive => words!("归档", "file"),
            Self::FalseAlarm => words!("误报", "false alarm"),
        }
    }

    fn right(self) -> Right {
        match self {
            Self::GiveTask | Self::MakeOrder | Self::SetGrade | Self::Clear | Self::FalseAlarm | Self::WriteUp => {
                Right::Desk
            }
            Self::Review | Self::Archive => Right::Supervisor,
            _ => Right::Anybody,
        }
    }

    pub(super) fn role_may(self, role: Role) -> bool {
        match self.right() {
            Right::Anybody => role.works_orders() || (self == Self::Sos && role == Role::Device),
            Right::Desk => role.runs_the_desk(),
            Right::Supervisor => role.supervises(),
        }
    }

    /// The table: whether it is offered in a state. What was written down apart is in force all the same.
    fn offered_in(self, state: IncidentState) -> bool {
        use IncidentState::{Archived, FalseAlarm, Reviewed, Written};
        let shut = matches!(state, Archived | FalseAlarm);
        match self {
            Self::Start | Self::Sos => false,
            Self::Respond
            | Self::Report
            | Self::StartPlan
            | Self::Tick
            | Self::GiveTask
            | Self::AcknowledgeTask
            | Self::Clear
            | Self::FalseAlarm => state.live(),
            // Paper may follow to the end.
            Self::Control
            | Self::CallOutside
            | Self::FinishTask
            | Self::MakeOrder
            | Self::KeepEvidence
            | Self::Describe
            | Self::NoteLosses
            | Self::SetGrade => !shut,
            Self::WriteUp => !shut && !state.live(),
            Self::Review => matches!(state, Written | Reviewed),
            Self::Archive => matches!(state, Written | Reviewed),
        }
    }
}

impl IncidentAction {
    fn event(&self) -> Event {
        match self {
            Self::Start(_) => Event::Start,
            Self::Sos { .. } => Event::Sos,
            Self::Describe(_) => Event::Describe,
            Self::Respond { .. } => Event::Respond,
            Self::Control { .. } => Event::Control,
            Self::Report { .. } => Event::Report,
            Self::StartPlan { .. } => Event::StartPlan,
            Self::Tick { .. } => Event::Tick,
            Self::GiveTask(_) => Event::GiveTask,
            Self::AcknowledgeTask { .. } => Event::AcknowledgeTask,
            Self::FinishTask { .. } => Event::FinishTask,
            Self::MakeOrder { .. } => Event::MakeOrder,
            Self::KeepEvidence(_) => Event::KeepEvidence,
            Self::CallOutside(_) => Event::CallOutside,
            Self::NoteLosses(_) => Event::NoteLosses,
            Self::SetGrade { .. } => Event::SetGrade,
            Self::Clear { .. } => Event::Clear,
            Self::FalseAlarm { .. } => Event::FalseAlarm,
            Self::WriteUp(_) => Event::WriteUp,
            Self::Review { .. } => Event::Review,
            Self::Archive => Event::Archive,
        }
    }
}

impl IncidentFact {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Found(_) => Event::Start,
            Self::SosHeld { .. } => Event::Sos,
            Self::Described(_) => Event::Describe,
            Self::Responded { .. } => Event::Respond,
            Self::Controlled { .. } => Event::Control,
            Self::PlanStarted { .. } => Event::StartPlan,
            Self::StepDone { .. } => Event::Tick,
            Self::TaskGiven(_) => Event::GiveTask,
            Self::TaskAcknowledged { .. } => Event::AcknowledgeTask,
            Self::TaskDone { .. } => Event::FinishTask,
            Self::OrderMade { .. } => Event::MakeOrder,
            Self::EvidenceKept(_) => Event::KeepEvidence,
            Self::OutsideCalled(_) => Event::CallOutside,
            Self::LossesNoted(_) => Event::NoteLosses,
            Self::GradeSet { .. } => Event::SetGrade,
            Self::Cleared { .. } => Event::Clear,
            Self::FalseAlarm { .. } => Event::FalseAlarm,
            Self::WrittenUp(_) => Event::WriteUp,
            Self::Reviewed { .. } => Event::Review,
            Self::Archived => Event::Archive,
        }
    }
}

impl IncidentView {
    fn offers_event(&self, event: Event, who: &Signer) -> bool {
        self.found.is_some()
            && event.role_may(who.role)
            && event.offered_in(self.state)
            && match event {
                Event::Archive => self.gaps.is_empty(),
                Event::Tick => self.plans.iter().flat_map(|plan| &plan.steps).any(|step| step.done.is_none()),
                Event::AcknowledgeTask => {
                    self.tasks.iter().any(|task| task.acknowledged.is_none() && task.done.is_none())
                }
                Event::FinishTask => self.tasks.iter().any(|task| task.done.is_none()),
                // Two values: somebody who supervises decides.
                Event::SetGrade => self.grade_side_by_side.is_empty() || who.role.supervises(),
                _ => true,
            }
    }

    /// The expected next step: control, report, plan; then the paper.
    pub(super) fn next(&self) -> Option<Event> {
        self.found.as_ref()?;
        match self.state {
            state if state.live() => Some(if self.calls_for_help() {
                Event::Respond
            } else if self.measures.is_empty() {
                Event::Control
            } else if !self.reported {
                Event::Report
            } else if self.plans.is_empty() {
                Event::StartPlan
            } else {
                Event::Clear
            }),
            IncidentState::Cleared => Some(Event::WriteUp),
            IncidentState::Written => Some(Event::Review),
            IncidentState::Reviewed if self.gaps.is_empty() => Some(Event::Archive),
            IncidentState::Reviewed if self.measures.is_empty() => Some(Event::Control),
            _ => None,
        }
    }

    /// The departments that have tasks: several want more time for the report.
    fn departments(&self) -> usize {
        let mut names: Vec<&str> = self.tasks.iter().map(|task| task.task.department.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }
}

pub(super) fn offers(view: Option<&IncidentView>, who: &Signer) -> Vec<Offer> {
    let Some(view) = view else {
        let events = [(Event::Start, Weight::Primary), (Event::Sos, Weight::Grave)];
        let mine = events.into_iter().filter(|(event, _)| event.role_may(who.role));
        return mine.map(|(event, weight)| Offer::new(event.action(), weight, event.words())).collect();
    };
    let next = view.next();
    let mut offers: Vec<Offer> = OFFERED
        .into_iter()
        .filter(|event| view.offers_event(*event, who))
        .map(|event| {
            let weight = match event {
                _ if next == Some(event) => Weight::Primary,
                Event::FalseAlarm => Weight::Grave,
                _ => Weight::Normal,
            };
            let words = match event {
                Event::Respond if view.taken.is_some() || !view.sos => words!("到场登记", "roll-call"),
                Event::Report if view.reported => words!("再次上报", "report again"),
                Event::Control if !view.measures.is_empty() => words!("再记控制措施", "another control measure"),
                _ => event.words(),
            };
            Offer::new(event.action(), weight, words)
        })
        .collect();
    offers.sort_by_key(|offer| offer.weight != Weight::Primary);
    offers
}

pub(super) fn act(
    view: Option<&IncidentView>,
    action: IncidentAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let event = action.event();
    let Some(view) = view else { return begin(action, event, cx) };
    if event == Event::Archive && event.role_may(cx.who.role) && event.offered_in(view.state) && !view.gaps.is_empty() {
        return Err(not_closable(&view.gaps));
    }
    if !view.offers_event(event, &cx.who) {
        return Err(Refusal::not_offered(&view.state.words()));
    }
    let fact = match action {
        IncidentAction::Start(_) | IncidentAction::Sos { .. } => return Err(Refusal::not_offered(&view.state.words())),
        IncidentAction::Report { words } => {
            let said = if words.trim().is_empty() { view.summary() } else { words };
            let write = raise(cx, Level::Sudden, &said)?;
            return Ok(vec![Step { record: cx.record, kind: Incident::NAME, writes: vec![write] }]);
        }
        IncidentAction::SetGrade { grade, reason } => {
            let (fact, write) = cx.fact(&IncidentFact::GradeSet { grade, reason: trimmed(&reason) })?;
            let writes = vec![write, Write::Field { name: "grade", fact }];
            return Ok(vec![Step { record: cx.record, kind: Incident::NAME, writes }]);
        }
        IncidentAction::Describe(said) => described(view, said)?,
        IncidentAction::Respond { presence, eta_min, person } => IncidentFact::Responded {
            person: person.unwrap_or_else(|| PersonRef::from(&cx.who)),
            presence,
            eta_min: eta_min.filter(|_| presence == Presence::Coming),
        },
        IncidentAction::Control { measure } => {
            IncidentFact::Controlled { measure: given(&measure, &words!("采取了什么措施", "what was done"))? }
        }
        IncidentAction::StartPlan { plan } => {
            let found = cx.site.plans.get(&plan).ok_or_else(|| {
                Refusal::new("no_such_plan", words!("站点没有这个预案。", "The site has no such plan."))
            })?;
            let (name, steps, never) = (found.name.clone(), found.steps.clone(), found.never.clone());
            IncidentFact::PlanStarted { plan, name, steps, never }
        }
        IncidentAction::Tick { card, step, note } => {
            let run = view.plans.iter().find(|run| run.stamp.fact == card);
            match run.and_then(|run| run.steps.get(usize::from(step))) {
                Some(found) if found.done.is_none() => IncidentFact::StepDone { card, step, note: trimmed(&note) },
                Some(_) => {
                    return Err(Refusal::new("done", words!("这一步已经打过勾。", "This step was ticked already.")));
                }
                None => return Err(Refusal::new("no_such_step", words!("没有这一步。", "There is no such step."))),
            }
        }
        IncidentAction::GiveTask(mut task) => {
            task.department = given(&task.department, &words!("部门", "a department"))?;
            task.what = given(&task.what, &words!("任务", "the task"))?;
            IncidentFact::TaskGiven(task)
        }
        IncidentAction::AcknowledgeTask { task, note } => {
            let found = task_of(view, task, |it| it.acknowledged.is_none() && it.done.is_none())?;
            let named = &found.task.to;
            let mine = named.is_empty() || named.iter().any(|one| one.person == cx.who.person);
            if !mine && !cx.who.role.runs_the_desk() {
                return Err(Refusal::new(
                    "not_yours",
                    words!("这项任务派给了别人。", "This task was given to somebody else."),
                ));
            }
            IncidentFact::TaskAcknowledged { task, note: trimmed(&note) }
        }
        IncidentAction::FinishTask { task, result } => {
            task_of(view, task, |it| it.done.is_none())?;
            IncidentFact::TaskDone { task, result: trimmed(&result) }
        }
        IncidentAction::MakeOrder { title, place, urgency, dispatch_to } => {
            let title = given(&title, &words!("服务内容", "what is to be done"))?;
            let place = Some(trimmed(&place)).filter(|place| !place.is_empty());
            let report = Report {
                source: Source::Incident { record: cx.record, number: view.number.clone().unwrap_or_default() },
                title: title.clone(),
                place: place.unwrap_or_else(|| view.place.clone()),
                reporter_name: cx.who.name.clone(),
                urgency,
                ..Report::default()
            };
            let order = made(cx, report, dispatch_to)?;
            let fact = IncidentFact::OrderMade { order: order.record, number: order.number, title };
            return Ok(vec![cx.step::<Incident>(&[fact])?, order.step]);
        }
        IncidentAction::KeepEvidence(mut evidence) => {
            evidence.note = given(&evidence.note, &words!("证据说明", "what the evidence shows"))?;
            let hex = |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
            evidence.sha256 = evidence.sha256.trim().to_lowercase();
            if !evidence.sha256.is_empty() && !hex(&evidence.sha256) {
                return Err(Refusal::new("bad_hash", words!("文件校验值不对。", "This is no SHA-256.")));
            }
            IncidentFact::EvidenceKept(evidence)
        }
        IncidentAction::CallOutside(mut call) => {
            call.whom = given(&call.whom, &words!("打给谁", "who was called"))?;
            IncidentFact::OutsideCalled(call)
        }
        IncidentAction::NoteLosses(losses) => IncidentFact::LossesNoted(losses),
        IncidentAction::Clear { words } => {
            IncidentFact::Cleared { words: given(&words, &words!("怎样解除的", "how it ended"))? }
        }
        IncidentAction::FalseAlarm { reason } => {
            IncidentFact::FalseAlarm { reason: given(&reason, &words!("现场情况", "what was found"))? }
        }
        IncidentAction::WriteUp(mut written) => {
            written.course = given(&written.course, &words!("经过", "the course of events"))?;
            written.result = given(&written.result, &words!("处理结果", "the result"))?;
            IncidentFact::WrittenUp(written)
        }
        IncidentAction::Review { words } => {
            IncidentFact::Reviewed { words: given(&words, &words!("复盘结论", "what is to change"))? }
        }
        IncidentAction::Archive => IncidentFact::Archived,
    };
    Ok(vec![cx.step::<Incident>(&[fact])?])
}

/// The first tap.
fn begin(action: IncidentAction, event: Event, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    if !event.role_may(cx.who.role) {
        return Err(Refusal::new(
            "no_role",
            words!("此角色不能登记突发事件,请告诉前台。", "This role does not start incidents; tell the desk."),
        ));
    }
    let (fact, report) = match action {
        IncidentAction::Start(discovery) => (IncidentFact::Found(discovery), None),
        IncidentAction::Sos { place, scanned_at } => {
            let by = &cx.who.name;
            let said = format!("SOS {place}({by})");
            (IncidentFact::SosHeld { place, scanned_at }, Some(said))
        }
        _ => return Err(Refusal::new("no_such_record", words!("没有这条记录。", "There is no such record."))),
    };
    let today = cx.today();
    let number = cx.names.number(today);
    let mut writes = cx.birth::<Incident>(Some(&number));
    writes.push(cx.fact(&fact)?.1);
    if let Some(said) = report {
        match raise(cx, Level::Sudden, &said) {
            Ok(write) => writes.push(write),
            // Whoever is at the end of the chain calls for help all the same.
            Err(refusal) if refusal.code == "nobody_above" => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(vec![Step { record: cx.record, kind: Incident::NAME, writes }])
}

/// Only what is given and differs; what was said first stays in the history.
fn described(view: &IncidentView, mut said: Discovery) -> Result<IncidentFact, Refusal> {
    said.place = trimmed(&said.place);
    said.words = trimmed(&said.words);
    said.reporter = trimmed(&said.reporter);
    let new = (said.place != view.place && !said.place.is_empty())
        || (said.words != view.words && !said.words.is_empty())
        || (said.reporter != view.reporter && !said.reporter.is_empty())
        || said.category != view.category
        || (said.happened_at.is_some() && said.happened_at != view.happened_at);
    if new {
        Ok(IncidentFact::Described(said))
    } else {
        Err(Refusal::missing(&words!("要补全的内容", "what is new")))
    }
}

fn task_of(
    view: &IncidentView,
    task: FactId,
    wanted: impl Fn(&super::view::TaskView) -> bool,
) -> Result<&super::view::TaskView, Refusal> {
    let found = view.tasks.iter().find(|one| one.stamp.fact == task);
    found.filter(|one| wanted(one)).ok_or_else(|| {
        Refusal::new(
            "no_such_task",
            words!("没有这项任务,或已有人办过。", "There is no such task, or it was dealt with."),
        )
    })
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

fn given(text: &str, what: &Words) -> Result<String, Refusal> {
    let text = trimmed(text);
    if text.is_empty() { Err(Refusal::missing(what)) } else { Ok(text) }
}

fn not_closable(gaps: &[Words]) -> Refusal {
    let zh = gaps.iter().map(|gap| gap.zh.as_str()).collect::<Vec<_>>().join("、");
    let en = gaps.iter().map(|gap| gap.en.as_str()).collect::<Vec<_>>().join(", ");
    Refusal::new(
        "not_closable",
        words!("还不能归档:{zh}。已写的都保存着。", "It cannot be filed yet: {en}. What was written is saved."),
    )
}

impl IncidentView {
    /// What a report says when nothing else is given.
    fn summary(&self) -> String {
        let parts =
            [self.place.clone(), self.title(), self.measures.last().map(|it| it.text.clone()).unwrap_or_default()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(";")
    }
}

/// The clocks (A4).
pub(super) fn deadlines(view: &IncidentView, timers: &Timers) -> Vec<Deadline> {
    let Some(found) = &view.found else { return Vec::new() };
    let mut clocks = Vec::new();
    let mut clock = |code: String, words: Words, since: Timestamp, minutes: u16| {
        let due = since.plus_minutes(i64::from(minutes));
        clocks.push(Deadline { code, words, since, due, rings: true });
    };
    if view.calls_for_help() {
        clock("sos".into(), words!("有人接应", "somebody to take it"), found.at, 0);
    }
    if view.state.live() {
        if !view.reported {
            clock("report".into(), Event::Report.words(), found.at, timers.incident_report_min);
        }
        for task in view.tasks.iter().filter(|task| task.acknowledged.is_none() && task.done.is_none()) {
            let department = &task.task.department;
            let words = words!("{department}任务确认", "{department}: to take the task");
            clock(format!("task/{}", task.stamp.fact), words, task.stamp.at, timers.incident_task_ack_min);
        }
    }
    if view.written.is_empty() && view.state < IncidentState::Archived {
        let several = view.departments() > 1;
        let minutes = if several { timers.incident_written_many_min } else { timers.incident_written_one_min };
        clock("written".into(), Event::WriteUp.words(), found.at, minutes);
    }
    clocks
}
