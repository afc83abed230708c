//! The fold over an order's facts: what each does to the state, to who is on it, and to what is printed.
//!
//! Invariants: total, and the same for the same facts; what is not in force becomes an anomaly, never silence.

use super::facts::{Dispatch, Finish, Material, Report, WorkOrderFact};
use super::line::yuan;
use super::rules::precautions;
use super::table::{Event, Move, rule};
use super::view::{
    Closing, Confirmation, CrewMember, Dispatched, FollowedUp, MaterialLine, Pausing, PhotoNote, Refused, State,
    StepMark, Transferred, UrgencyVersion, Version, Voided, WorkOrderView,
};
use crate::chase::{self, Chasing};
use crate::engine::{Anomaly, Urgency};
use crate::ids::FactId;
use crate::record::{RawFact, RecordDoc, Story};
use crate::role::PersonRef;
use crate::words;
use crate::words::Words;

/// Folds the facts of an order.
pub(super) fn fold(story: &Story<'_, WorkOrderFact>) -> (WorkOrderView, Vec<Anomaly>) {
    let mut fold = Fold {
        doc: story.doc,
        view: WorkOrderView { number: story.doc.number().map(Into::into), ..WorkOrderView::default() },
        anomalies: Vec::new(),
        named: Vec::new(),
        responsible: Vec::new(),
        urgency: Vec::new(),
    };
    for (raw, fact) in story.in_force() {
        fold.take(raw, fact);
    }
    fold.end()
}

/// The order while its facts are read in causal order.
struct Fold<'a> {
    doc: &'a RecordDoc,
    view: WorkOrderView,
    anomalies: Vec<Anomaly>,
    /// Everybody the dispatches in force ask for, whether they have answered or not.
    named: Vec<PersonRef>,
    responsible: Vec<Candidate>,
    urgency: Vec<UrgencyVersion>,
}

/// A fact that says who is responsible.
struct Candidate {
    version: Version,
    /// Set when they refused: then they are responsible no more.
    refused: bool,
}

impl Fold<'_> {
    fn take(&mut self, raw: &RawFact, fact: &WorkOrderFact) {
        let event = fact.event();
        if let WorkOrderFact::Reported(report) = fact {
            if self.view.reported.is_some() {
                self.not_legal(raw, event);
            } else if raw.by.role.works_orders() {
                self.reported(raw, report);
                self.mark(raw, event);
            } else {
                self.no_role(raw, event);
            }
            return;
        }
        let cell = rule(self.view.state, event).filter(|_| self.view.reported.is_some());
        let usual = State::ALL.iter().find_map(|state| rule(*state, event));
        let Some(right) = cell.or(usual).map(|rule| rule.right) else {
            return self.not_legal(raw, event);
        };
        if !right.role_may(raw.by.role) {
            return self.no_role(raw, event);
        }
        let relieved = self.member(raw).is_some_and(|member| member.left);
        match cell {
            Some(cell) if event == Event::Accepted => self.accepted(raw, cell.then),
            Some(cell) if !(event.own_work() && relieved) => self.apply(raw, fact, cell.then),
            _ if event.own_work() => self.hours(raw, fact),
            _ => self.not_legal(raw, event),
        }
    }

    fn reported(&mut self, raw: &RawFact, report: &Report) {
        let view = &mut self.view;
        let report = report.clone();
        let home = if report.unit_label.is_empty() { String::new() } else { format!("入户 {}", report.unit_label) };
        view.suggested_precautions = precautions(
            &format!("{} {} {}", report.category, report.title, report.description),
            &format!("{} {home}", report.place),
        );
        view.source_words = report.source.words();
        view.source = report.source;
        view.reporter_name = report.reporter_name;
        view.unit = report.unit;
        view.unit_label = report.unit_label;
        view.reporter_phone = report.reporter_phone;
        view.appointment = report.appointment;
        view.place = report.place;
        view.title = report.title;
        view.description = report.description;
        view.category = report.category;
        view.urgency = report.urgency;
        view.reported = Some(raw.into());
        view.state_since = raw.at;
        view.born = raw.at;
    }

    /// A fact that is legal for the order, by somebody with the right.
    fn apply(&mut self, raw: &RawFact, fact: &WorkOrderFact, then: Move) {
        let event = fact.event();
        match fact {
            WorkOrderFact::Dispatched(dispatch) => self.dispatched(raw, dispatch),
            WorkOrderFact::Refused { reason } => {
                if !self.refused(raw, reason) {
                    return self.not_asked(raw, event);
                }
            }
            WorkOrderFact::Departed | WorkOrderFact::Arrived | WorkOrderFact::Started | WorkOrderFact::Finished(_) => {
                self.worked(raw, fact, then);
            }
            WorkOrderFact::Paused { why, note } => {
                self.view.pauses.push(Pausing { stamp: raw.into(), why: *why, note: note.clone(), until: None });
                self.everybody(State::Working, State::Paused);
                self.everybody(State::Arrived, State::Paused);
            }
            WorkOrderFact::Resumed => self.everybody(State::Paused, State::Working),
            WorkOrderFact::Transferred { to, reason } => self.transferred(raw, to, reason),
            WorkOrderFact::MaterialUsed(material) => self.used(raw, material),
            WorkOrderFact::Confirmed(said) => {
                // The signature under this completion is there already; a second one does not replace it.
                if then == Move::Stay && self.view.confirmation.is_some() {
                    return self.not_legal(raw, event);
                }
                self.view.confirmation = Some(Confirmation { stamp: raw.into(), said: said.clone() });
            }
            WorkOrderFact::FollowedUp(said) => {
                self.view.follow_ups.push(FollowedUp { stamp: raw.into(), said: said.clone() });
            }
            WorkOrderFact::Closed { without_followup_reason } => {
                let reason = without_followup_reason.clone().filter(|reason| !reason.trim().is_empty());
                if reason.is_none() && self.view.state != State::FollowedUp {
                    return self.anomalies.push(Anomaly::of(
                        raw,
                        "reason_missing",
                        words!(
                            "未回访而关闭要写原因;此次关闭未生效,请核实。",
                            "Closing without a follow-up needs a reason; this closing is not in force, please check."
                        ),
                    ));
                }
                self.view.closed = Some(Closing { stamp: raw.into(), without_followup_reason: reason });
            }
            WorkOrderFact::Voided { reason } => {
                self.view.voided = Some(Voided { stamp: raw.into(), reason: reason.clone() });
            }
            WorkOrderFact::UrgencySet { urgency, reason } => {
                self.urgency.push(UrgencyVersion {
                    fact: raw.id,
                    urgency: *urgency,
                    by: raw.by.clone(),
                    at: raw.at,
                    reason: reason.clone(),
                });
            }
            WorkOrderFact::ResponsibleSet { person, reason, decided } => {
                if *decided && !raw.by.role.supervises() && self.urgency_now().0 == Urgency::Critical {
                    return self.no_role(raw, event);
                }
                self.candidate(raw, person, reason);
            }
            WorkOrderFact::Chased { text, department } => {
                self.view.chases.push(Chasing::new(raw, text, department));
            }
            WorkOrderFact::ChaseAnswered { chase, text } => {
                if !chase::answered(&mut self.view.chases, raw, *chase, text) {
                    return self.not_legal(raw, event);
                }
            }
            WorkOrderFact::PhotoPlaceholder { phase, caption, photo, original } => {
                let caption = caption.clone();
                self.view.photos.push(PhotoNote {
                    stamp: raw.into(),
                    phase: *phase,
                    caption,
                    photo: *photo,
                    original: *original,
                });
            }
            WorkOrderFact::Reported(_) | WorkOrderFact::Accepted => {}
        }
        self.go(raw, then);
        self.mark(raw, event);
    }

    fn go(&mut self, raw: &RawFact, then: Move) {
        let next = match then {
            Move::To(state) => state,
            Move::Stay => return,
            Move::Back if self.view.taken() => return,
            Move::Back if !self.view.awaited.is_empty() => State::Dispatched,
            Move::Back => State::Pending,
        };
        if self.view.state == State::Paused
            && let Some(pause) = self.view.pauses.last_mut()
        {
            pause.until.get_or_insert(raw.at);
        }
        if matches!(next, State::Pending | State::Dispatched) {
            // A new round begins: what the last people did stays in the steps and in their hours.
            let view = &mut self.view;
            (view.accepted, view.departed, view.arrived, view.started) = (None, None, None, None);
        }
        self.view.state = next;
        self.view.state_since = raw.at;
    }

    fn dispatched(&mut self, raw: &RawFact, dispatch: &Dispatch) {
        let reopened = matches!(self.view.state, State::Finished | State::AwaitingFollowup | State::FollowedUp);
        if reopened {
            self.relieve();
        }
        if reopened || self.view.state == State::Pending {
            self.named.clear();
            self.view.awaited.clear();
        }
        for person in &dispatch.to {
            let on_it = self.view.on_it(person.person);
            push_once(&mut self.named, person);
            if !on_it {
                push_once(&mut self.view.awaited, person);
            }
        }
        // People added to work that goes on (加派) do not change who is responsible, unless the desk that sent them did
        // not know that it goes on: then its field points here, or did until somebody who saw it set it anew. What the
        // field says was never said by a dispatch that nobody there has seen.
        let field = self.doc.field_facts("responsible");
        let overwritten = || !self.doc.latest_of(&[field.as_slice(), &[raw.id]].concat()).contains(&raw.id);
        let takes_over = field.contains(&raw.id) || !self.view.going_on() && (field.is_empty() || overwritten());
        if let Some(lead) = dispatch.to.first()
            && takes_over
        {
            self.candidate(raw, lead, "");
        }
        for mind in &dispatch.precautions {
            if !self.view.precautions.contains(mind) {
                self.view.precautions.push(mind.clone());
            }
        }
        if !dispatch.team.is_empty() {
            self.view.team.clone_from(&dispatch.team);
        }
        self.view.dispatched = Some(Dispatched {
            stamp: raw.into(),
            to: dispatch.to.clone(),
            team: dispatch.team.clone(),
            precautions: dispatch.precautions.clone(),
        });
    }

    fn transferred(&mut self, raw: &RawFact, to: &[PersonRef], reason: &str) {
        self.relieve();
        self.named.clear();
        self.view.awaited.clear();
        for person in to {
            push_once(&mut self.named, person);
            push_once(&mut self.view.awaited, person);
        }
        if let Some(lead) = to.first() {
            self.candidate(raw, lead, reason);
        }
        let earlier = self.view.dispatched.take();
        self.view.dispatched = Some(Dispatched {
            stamp: raw.into(),
            to: to.to_vec(),
            team: earlier.as_ref().map(|earlier| earlier.team.clone()).unwrap_or_default(),
            precautions: earlier.map(|earlier| earlier.precautions).unwrap_or_default(),
        });
        self.view.transfers.push(Transferred { stamp: raw.into(), to: to.to_vec(), reason: reason.to_owned() });
    }

    /// Everybody on it goes; their hours stay.
    fn relieve(&mut self) {
        for member in &mut self.view.crew {
            member.left = true;
        }
    }

    fn refused(&mut self, raw: &RawFact, reason: &str) -> bool {
        let person = raw.by.person;
        if !self.view.asked(person) && !self.view.on_it(person) {
            return false;
        }
        self.view.awaited.retain(|asked| asked.person != person);
        self.named.retain(|named| named.person != person);
        for member in self.view.crew.iter_mut().filter(|member| member.person.person == person) {
            member.left = true;
        }
        for candidate in self.responsible.iter_mut().filter(|it| it.version.person.person == person) {
            candidate.refused = true;
        }
        self.view.refusals.push(Refused { stamp: raw.into(), reason: reason.to_owned() });
        true
    }

    /// 接单, by the person themselves or by the desk for those who called in.
    fn accepted(&mut self, raw: &RawFact, then: Move) {
        let signer = PersonRef::from(&raw.by);
        let by_desk = raw.by.role.runs_the_desk() && !self.view.asked(signer.person) && !self.view.awaited.is_empty();
        let takers = if by_desk { self.view.awaited.clone() } else { vec![signer] };
        if takers.iter().all(|taker| self.view.on_it(taker.person)) {
            return self.not_legal(raw, Event::Accepted);
        }
        for taker in takers {
            let name = &taker.name;
            let named = self.named.iter().any(|named| named.person == taker.person);
            let leader = self.view.crew.iter().find(|member| !member.left && member.person.person != taker.person);
            match leader.map(|leader| leader.person.name.as_str()) {
                Some(first) if !named => self.anomalies.push(Anomaly::of(
                    raw,
                    "two_accepted",
                    words!(
                        "{first}和{name}都接了这张单:{first}为主,{name}协助,两人工时都记。",
                        "{first} and {name} both took this order: {first} leads, {name} assists; both hours count."
                    ),
                )),
                None if !named && !self.view.awaited.is_empty() => {
                    let asked =
                        self.view.awaited.iter().map(|asked| asked.name.as_str()).collect::<Vec<_>>().join("、");
                    self.anomalies.push(Anomaly::of(
                        raw,
                        "accepted_by_other",
                        words!(
                            "派给{asked},{name}接了单;请值班员确认责任人。",
                            "{asked} was sent and {name} took it; the duty officer confirms who is responsible."
                        ),
                    ));
                }
                _ => {}
            }
            self.view.awaited.retain(|asked| asked.person != taker.person);
            let member = self.join(&taker);
            member.left = false;
            member.state = State::Accepted;
            member.accepted_at.get_or_insert(raw.at);
        }
        self.view.accepted.get_or_insert_with(|| raw.into());
        self.go(raw, then);
        self.mark(raw, Event::Accepted);
    }

    fn member(&self, raw: &RawFact) -> Option<&CrewMember> {
        self.view.crew.iter().find(|member| member.person.person == raw.by.person)
    }

    fn join(&mut self, person: &PersonRef) -> &mut CrewMember {
        let crew = &mut self.view.crew;
        let at = crew.iter().position(|member| member.person.person == person.person).unwrap_or_else(|| {
            crew.push(CrewMember {
                person: person.clone(),
                lead: false,
                state: State::Pending,
                accepted_at: None,
                arrived_at: None,
                started_at: None,
                finished_at: None,
                minutes: 0,
                process: String::new(),
                left: false,
            });
            crew.len() - 1
        });
        &mut crew[at]
    }

    fn everybody(&mut self, from: State, to: State) {
        for member in self.view.crew.iter_mut().filter(|member| !member.left && member.state == from) {
            member.state = to;
        }
    }

    /// A step of work that moves the order: signed by one of the crew, by the desk for them, or by somebody who came
    /// along unasked.
    fn worked(&mut self, raw: &RawFact, fact: &WorkOrderFact, then: Move) {
        let person = raw.by.person;
        let crew: Vec<PersonRef> =
            self.view.crew.iter().filter(|member| !member.left).map(|member| member.person.clone()).collect();
        if self.view.on_it(person) {
            self.stamp(raw, fact, &PersonRef::from(&raw.by), then);
        } else if raw.by.role.runs_the_desk() && !crew.is_empty() {
            for member in &crew {
                self.stamp(raw, fact, member, then);
            }
        } else {
            let name = &raw.by.name;
            self.anomalies.push(Anomaly::of(
                raw,
                "came_along",
                words!("{name}不在派工名单,已记为协助。", "{name} was not sent; recorded as assisting."),
            ));
            self.stamp(raw, fact, &PersonRef::from(&raw.by), then);
        }
        let view = &mut self.view;
        match fact {
            WorkOrderFact::Departed => view.departed = Some(raw.into()),
            WorkOrderFact::Arrived => view.arrived = Some(raw.into()),
            WorkOrderFact::Started => view.started = Some(raw.into()),
            WorkOrderFact::Finished(finish) => {
                view.finished = Some(raw.into());
                view.charge = finish.charge;
                view.labour_fen = view.labour_fen.saturating_add(finish.labour_fen);
                self.finished(raw, finish);
            }
            _ => {}
        }
    }

    /// What was done and used, whoever finished.
    fn finished(&mut self, raw: &RawFact, finish: &Finish) {
        let process = finish.process.trim();
        if !process.is_empty() {
            if !self.view.process.is_empty() {
                self.view.process.push('\n');
            }
            self.view.process.push_str(process);
        }
        for material in &finish.materials {
            self.used(raw, material);
        }
    }

    fn used(&mut self, raw: &RawFact, material: &Material) {
        let amount_fen = material.amount_fen();
        self.view.materials_fen = self.view.materials_fen.saturating_add(amount_fen);
        self.view.materials.push(MaterialLine { stamp: raw.into(), material: material.clone(), amount_fen });
    }

    /// A step in one person's own hours.
    fn stamp(&mut self, raw: &RawFact, fact: &WorkOrderFact, person: &PersonRef, then: Move) {
        let own = raw.by.person == person.person;
        let member = self.join(person);
        if let Move::To(state) = then {
            member.state = state;
        }
        match fact {
            WorkOrderFact::Accepted => member.accepted_at = member.accepted_at.or(Some(raw.at)),
            WorkOrderFact::Arrived => member.arrived_at = member.arrived_at.or(Some(raw.at)),
            WorkOrderFact::Started => member.started_at = member.started_at.or(Some(raw.at)),
            WorkOrderFact::Finished(finish) => {
                member.finished_at = Some(raw.at);
                member.minutes = member.minutes.saturating_add(finish.minutes);
                if own {
                    member.process.clone_from(&finish.process);
                }
            }
            _ => {}
        }
    }

    /// A step of somebody's own work that is not legal for the order, because others were quicker or it ended
    /// meanwhile: it counts in their hours when it follows their own last step.
    fn hours(&mut self, raw: &RawFact, fact: &WorkOrderFact) {
        let event = fact.event();
        let own = match (event, self.member(raw)) {
            (_, _) if self.view.reported.is_none() => None,
            (Event::Accepted, None) => Some(Move::To(State::Accepted)),
            (Event::Accepted, Some(_)) | (_, None) => None,
            (_, Some(member)) => rule(member.state, event).map(|rule| rule.then),
        };
        let Some(own) = own else {
            return self.not_legal(raw, event);
        };
        let on_it = self.view.on_it(raw.by.person);
        self.stamp(raw, fact, &PersonRef::from(&raw.by), own);
        if !on_it {
            self.join(&PersonRef::from(&raw.by)).left = true;
        }
        if let WorkOrderFact::Finished(finish) = fact {
            self.finished(raw, finish);
            if finish.labour_fen > 0 {
                let (name, fee) = (&raw.by.name, yuan(finish.labour_fen));
                self.anomalies.push(Anomaly::of(
                    raw,
                    "labour_twice",
                    words!(
                        "{name}另报人工费{fee}元,未计入合计,请核实。",
                        "{name} named a labour fee of ¥{fee} too; it is not in the sum, please check."
                    ),
                ));
            }
        }
        if !on_it || !self.view.state.open() {
            let (name, event, state) = (&raw.by.name, event.past(), self.view.state.words());
            let (zh, en, state_zh, state_en) = (event.zh, event.en, state.zh, state.en);
            self.anomalies.push(Anomaly::of(
                raw,
                "hours_only",
                words!(
                    "{name}的「{zh}」与「{state_zh}」同时发生:工时已记,工单状态不变,请核实。",
                    "{name}’s “{en}” met an order that is “{state_en}”: the hours count, the order stays, please check."
                ),
            ));
        }
        self.mark(raw, event);
    }

    fn candidate(&mut self, raw: &RawFact, person: &PersonRef, reason: &str) {
        self.responsible.push(Candidate {
            version: Version {
                fact: raw.id,
                person: person.clone(),
                by: raw.by.clone(),
                at: raw.at,
                reason: reason.to_owned(),
            },
            refused: false,
        });
    }

    /// The urgency that counts, and the values side by side when there are several.
    fn urgency_now(&self) -> (Urgency, Vec<UrgencyVersion>) {
        let ids: Vec<FactId> = self.urgency.iter().map(|version| version.fact).collect();
        let latest = self.doc.latest_of(&ids);
        let mut standing: Vec<UrgencyVersion> = Vec::new();
        for version in self.urgency.iter().filter(|version| latest.contains(&version.fact)) {
            if standing.iter().all(|other| other.urgency != version.urgency) {
                standing.push(version.clone());
            }
        }
        let urgency = standing.iter().map(|version| version.urgency).min().unwrap_or(self.view.urgency);
        (urgency, if standing.len() > 1 { standing } else { Vec::new() })
    }

    fn mark(&mut self, raw: &RawFact, event: Event) {
        let (step, state) = (event.fact().to_owned(), self.view.state);
        self.view.steps.push(StepMark { stamp: raw.into(), step, words: event.past(), state });
    }

    fn not_legal(&mut self, raw: &RawFact, event: Event) {
        let (event, state) = (event.past(), self.view.state.words());
        let (zh, en, state_zh, state_en) = (event.zh, event.en, state.zh, state.en);
        self.anomalies.push(if self.view.reported.is_some() {
            Anomaly::of(
                raw,
                "not_legal_here",
                words!(
                    "「{zh}」时工单已是「{state_zh}」,此项未生效,请核实。",
                    "“{en}” does not follow “{state_en}”; it is not in force, please check."
                ),
            )
        } else {
            Anomaly::of(
                raw,
                "not_legal_here",
                words!(
                    "「{zh}」之前没有报修记录,此项未生效,请核实。",
                    "“{en}” has no report before it; it is not in force, please check."
                ),
            )
        });
    }

    fn no_role(&mut self, raw: &RawFact, event: Event) {
        let (name, role, event) = (&raw.by.name, raw.by.role.words(), event.past());
        let (zh, en, role_zh, role_en) = (event.zh, event.en, role.zh, role.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "no_role",
            words!(
                "{name}({role_zh})不办「{zh}」,此项未生效,请主管核实。",
                "“{en}” is not in the role of {name} ({role_en}); it is not in force, a supervisor checks."
            ),
        ));
    }

    fn not_asked(&mut self, raw: &RawFact, event: Event) {
        let (name, event) = (&raw.by.name, event.past());
        let (zh, en) = (event.zh, event.en);
        self.anomalies.push(Anomaly::of(
            raw,
            "not_asked",
            words!("{name}不在派工名单,「{zh}」未生效。", "{name} was not sent, so “{en}” is not in force."),
        ));
    }

    fn end(mut self) -> (WorkOrderView, Vec<Anomaly>) {
        let (urgency, side_by_side) = self.urgency_now();
        self.view.urgency = urgency;
        self.view.urgency_side_by_side = side_by_side;
        let ids: Vec<FactId> = self.responsible.iter().map(|candidate| candidate.version.fact).collect();
        let latest = self.doc.latest_of(&ids);
        let mut standing: Vec<Version> = Vec::new();
        for candidate in self.responsible.iter().filter(|it| latest.contains(&it.version.fact) && !it.refused) {
            if standing.iter().all(|other| other.person.person != candidate.version.person.person) {
                standing.push(candidate.version.clone());
            }
        }
        let view = &mut self.view;
        let lead = match standing.as_slice() {
            [only] if view.on_it(only.person.person) => Some(only.person.person),
            _ => view.crew.iter().find(|member| !member.left).or(view.crew.first()).map(|member| member.person.person),
        };
        for member in &mut view.crew {
            member.lead = Some(member.person.person) == lead;
        }
        view.crew.sort_by_key(|member| !member.lead);
        view.minutes = view.crew.iter().fold(0, |sum, member| sum.saturating_add(member.minutes));
        if standing.is_empty()
            && let Some(stamp) = &view.accepted
            && let Some(member) = view.crew.iter().find(|member| member.lead && !member.left)
        {
            // 抢单: whoever took it is responsible until somebody says otherwise.
            standing.push(Version {
                fact: stamp.fact,
                person: member.person.clone(),
                by: stamp.by.clone(),
                at: stamp.at,
                reason: String::new(),
            });
        }
        view.responsible = standing;
        view.total_fen = view.materials_fen.saturating_add(view.labour_fen);
        view.state_words = view.state.words();
        if let (State::Paused, Some(pause)) = (view.state, view.pauses.last()) {
            let why = pause.why.words();
            let (zh, en) = (why.zh, why.en);
            view.state_words = words!("暂停({zh})", "paused ({en})");
        }
        self.side_by_side();
        (self.view, self.anomalies)
    }

    fn side_by_side(&mut self) {
        if self.view.responsible.len() > 1 {
            let people: Vec<&str> = self.view.responsible.iter().map(|it| it.person.name.as_str()).collect();
            let (zh, en) = (people.join("、"), people.join(", "));
            let (decides_zh, decides_en) = if self.view.urgency == Urgency::Critical {
                ("主管", "a supervisor")
            } else {
                ("值班员", "the duty officer")
            };
            self.anomalies.push(Anomaly {
                fact: None,
                code: "side_by_side".into(),
                words: words!(
                    "责任人有两个说法({zh}),请{decides_zh}选定。",
                    "Two people were named responsible ({en}) at the same time; {decides_en} decides."
                ),
            });
        }
        if !self.view.urgency_side_by_side.is_empty() {
            let words: Vec<Words> = self.view.urgency_side_by_side.iter().map(|it| it.urgency.words()).collect();
            let zh = words.iter().map(|it| it.zh.as_str()).collect::<Vec<_>>().join("、");
            let en = words.iter().map(|it| it.en.as_str()).collect::<Vec<_>>().join(", ");
            let counts = self.view.urgency.words();
            let (counts_zh, counts_en) = (counts.zh, counts.en);
            self.anomalies.push(Anomaly {
                fact: None,
                code: "side_by_side".into(),
                words: words!(
                    "紧急程度有两个说法({zh}),选定前按{counts_zh}计时。",
                    "The urgency was set twice at the same time ({en}); until one is chosen, {counts_en} counts."
                ),
            });
        }
    }
}

fn push_once(people: &mut Vec<PersonRef>, person: &PersonRef) {
    if people.iter().all(|other| other.person != person.person) {
        people.push(person.clone());
    }
}
