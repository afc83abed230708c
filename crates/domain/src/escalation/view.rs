//! What the facts of a report amount to, and who is called at a moment.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::{EscalationFact, Level};
use super::rules::may_report;
use crate::engine::Anomaly;
use crate::ids::FactId;
use crate::record::{Common, RawFact, RecordDoc, Voiding, may_touch, parse};
use crate::role::{PersonRef, Role, Signer};
use crate::time::Timestamp;
use crate::words;

/// The member of a stored view in which a record's reports stand, beside the kind's own fields.
pub const MEMBER: &str = "escalations";

/// A report with everything that came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Escalation {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who reported.
    pub by: Signer,
    /// How grave.
    pub level: Level,
    /// What is reported.
    pub words: String,
    /// Whom it goes to.
    pub lines: Vec<LineView>,
    /// Rings again after so many minutes.
    pub repeat_min: u16,
    /// Calls the next one as well after so many minutes.
    pub next_min: u16,
    /// Set when whoever reported, or a supervisor, took it back (作废).
    pub withdrawn: Option<Voiding>,
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LineView {
    /// The roles it was made from.
    pub roles: Vec<Role>,
    /// The people in calling order.
    pub people: Vec<Called>,
    /// Who ended it.
    pub acknowledged: Option<Acknowledged>,
}

/// Somebody on a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Called {
    /// Who.
    pub person: PersonRef,
    /// When a device in their hands first showed it (已送达).
    pub received: Option<Timestamp>,
    /// Telephone calls, in causal order.
    pub phoned: Vec<CallMade>,
    /// 返场, where they set out for the site.
    #[serde(default)]
    pub returning: Option<Returning>,
}

/// Somebody on the way back to the site (返场, D2.8.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Returning {
    /// When they said so.
    pub since: Timestamp,
    /// Minutes until they are there, from then on.
    pub eta_min: u16,
    /// How it ended.
    pub ended: Option<ReturnEnded>,
}

impl Returning {
    /// When they are to be there.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.since.plus_minutes(i64::from(self.eta_min))
    }
}

/// How a way back ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ReturnEnded {
    /// When.
    pub at: Timestamp,
    /// Who noted it.
    pub by: Signer,
    /// Whether they are there (到场); otherwise they need not come.
    pub arrived: bool,
    /// Where they were met, or why they need not come.
    pub note: String,
}

/// A telephone call somebody made (已电话通知).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CallMade {
    /// When.
    pub at: Timestamp,
    /// Who telephoned.
    pub by: Signer,
    /// Whether they were reached.
    pub reached: bool,
    /// How it went.
    pub note: String,
}

/// How a line ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Acknowledged {
    /// Who knows it now.
    pub person: PersonRef,
    /// Since when.
    pub at: Timestamp,
    /// Who telephoned, where it was by telephone.
    pub by_telephone: Option<Signer>,
    /// What they said or ordered.
    pub words: String,
}

/// How a line stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct LineNow {
    /// How many of its people, from the first on, have been called.
    pub called: u16,
    /// How often it has rung, from 1; stands still once acknowledged.
    pub round: u16,
    /// When it rings again.
    pub again_at: Option<Timestamp>,
    /// When the next one is called as well; none when nobody is left.
    pub next_at: Option<Timestamp>,
    /// Everybody was called and nobody has acknowledged.
    pub exhausted: bool,
}

impl LineView {
    /// How the line of a report stands at `now`.
    #[must_use]
    pub fn at(&self, report: &Escalation, now: Timestamp) -> LineNow {
        let until = self.acknowledged.as_ref().map_or(now, |end| end.at.min(now));
        let minutes = until.minutes_since(report.at).max(0);
        let (repeat, next) = (i64::from(report.repeat_min.max(1)), i64::from(report.next_min.max(1)));
        let people = i64::try_from(self.people.len()).unwrap_or(i64::MAX);
        let called = (1 + minutes / next).min(people);
        let waiting = self.acknowledged.is_none() && report.withdrawn.is_none() && people > 0;
        let small = |count: i64| u16::try_from(count).unwrap_or(u16::MAX);
        LineNow {
            called: small(called),
            round: small(1 + minutes / repeat),
            again_at: waiting.then(|| report.at.plus_minutes((1 + minutes / repeat).saturating_mul(repeat))),
            next_at: (waiting && called < people).then(|| report.at.plus_minutes(called.saturating_mul(next))),
            exhausted: waiting && called == people && minutes / next >= people,
        }
    }

    /// Whether somebody still has to acknowledge.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.acknowledged.is_none() && !self.people.is_empty()
    }
}

impl Escalation {
    /// Whether somebody still has to acknowledge.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.withdrawn.is_none() && self.lines.iter().any(LineView::waiting)
    }

    /// Who is on the way back to the site and not there, in the order of the lines; each once.
    pub fn returning(&self) -> impl Iterator<Item = (&Called, &Returning)> {
        let mut seen = Vec::new();
        let called = self.lines.iter().filter(|_| self.withdrawn.is_none()).flat_map(|line| &line.people);
        called.filter_map(move |one| {
            let way = one.returning.as_ref().filter(|way| way.ended.is_none())?;
            let first = !seen.contains(&one.person.person);
            seen.push(one.person.person);
            first.then_some((one, way))
        })
    }

    /// Whether every line that has people was acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        self.withdrawn.is_none() && !self.waiting()
    }

    /// Whether this person is on a line that nobody has acknowledged.
    #[must_use]
    pub fn awaits(&self, person: crate::PersonId) -> bool {
        self.withdrawn.is_none() && self.lines.iter().any(|line| line.waiting() && line.has(person))
    }

    /// Who is called at `now` and has not acknowledged, in the order of the lines.
    #[must_use]
    pub fn called_now(&self, now: Timestamp) -> Vec<&Called> {
        let lines = self.lines.iter().filter(|line| self.withdrawn.is_none() && line.waiting());
        lines.flat_map(|line| line.people.iter().take(usize::from(line.at(self, now).called))).collect()
    }

    /// The latest round of a line that still waits: a new round rings anew.
    #[must_use]
    pub fn round(&self, now: Timestamp) -> u16 {
        self.lines.iter().filter(|line| line.waiting()).map(|line| line.at(self, now).round).max().unwrap_or(0)
    }
}

impl LineView {
    /// Whether this person is on it.
    #[must_use]
    pub fn has(&self, person: crate::PersonId) -> bool {
        self.people.iter().any(|one| one.person.person == person)
    }
}

/// The reports that stand in a stored view of any kind.
#[must_use]
pub fn stored(view: &Value) -> Vec<Escalation> {
    view.get(MEMBER).and_then(|all| serde_json::from_value(all.clone()).ok()).unwrap_or_default()
}

/// Folds a record's reports, in causal order.
pub(crate) fn fold(doc: &RecordDoc) -> (Vec<Escalation>, Vec<Anomaly>) {
    let mut reports: Vec<Escalation> = Vec::new();
    let mut anomalies = Vec::new();
    for raw in &doc.facts {
        if let Some(fact) = parse::<EscalationFact>(&raw.kind, &raw.body) {
            take(&mut reports, &mut anomalies, raw, fact);
        } else if let Some(Common::FactVoided { of, reason }) = parse(&raw.kind, &raw.body)
            && let Some(report) = reports.iter_mut().find(|report| report.fact == of)
            && doc.facts.iter().any(|fact| fact.id == of && may_touch(&raw.by, fact))
        {
            report.withdrawn.get_or_insert(Voiding { by_fact: raw.id, by: raw.by.clone(), at: raw.at, reason });
        }
    }
    (reports, anomalies)
}

fn take(reports: &mut Vec<Escalation>, anomalies: &mut Vec<Anomaly>, raw: &RawFact, fact: EscalationFact) {
    let name = &raw.by.name;
    let (of, event) = match fact {
        EscalationFact::Escalated { level, words, lines, repeat_min, next_min } => {
            if !may_report(raw.by.role) {
                let text = words!("{name}的上报未生效:此角色不上报。", "A report by {name} is not in force.");
                anomalies.push(Anomaly::of(raw, "no_role", text));
                return;
            }
            let lines = lines.into_iter().map(|line| LineView {
                roles: line.roles,
                people: line
                    .people
                    .into_iter()
                    .map(|person| Called { person, received: None, phoned: Vec::new(), returning: None })
                    .collect(),
                acknowledged: None,
            });
            reports.push(Escalation {
                fact: raw.id,
                at: raw.at,
                by: raw.by.clone(),
                level,
                words,
                lines: lines.collect(),
                repeat_min,
                next_min,
                withdrawn: None,
            });
            return;
        }
        EscalationFact::EscalationReceived { of } => (of, Event::Received),
        EscalationFact::EscalationPhoned { of, person, reached, note, eta_min } => {
            (of, Event::Phoned { person, reached, note, eta_min: eta_min.filter(|_| reached) })
        }
        EscalationFact::EscalationAcknowledged { of, words, eta_min } => (of, Event::Acknowledged { words, eta_min }),
        EscalationFact::EscalationReturnEnded { of, person, arrived, note } => {
            (of, Event::ReturnEnded { person, arrived, note })
        }
    };
    let took = reports.iter_mut().find(|report| report.fact == of).is_some_and(|report| event.happen(report, raw));
    if !took {
        let text = words!(
            "{name}的一条上报回执没有对应的呼叫,未生效。",
            "An answer by {name} to a report that did not call them is not in force."
        );
        anomalies.push(Anomaly::of(raw, "not_called", text));
    }
}

enum Event {
    Received,
    Phoned { person: PersonRef, reached: bool, note: String, eta_min: Option<u16> },
    Acknowledged { words: String, eta_min: Option<u16> },
    ReturnEnded { person: PersonRef, arrived: bool, note: String },
}

impl Event {
    /// Works it in; `false` when it concerns nobody on the report's lines.
    fn happen(self, report: &mut Escalation, raw: &RawFact) -> bool {
        let who = match &self {
            Self::Phoned { person, .. } | Self::ReturnEnded { person, .. } => person.person,
            _ => raw.by.person,
        };
        if who != raw.by.person && !may_report(raw.by.role) {
            return false;
        }
        let mut concerned = false;
        for line in report.lines.iter_mut().filter(|line| line.has(who)) {
            concerned = true;
            let Some(called) = line.people.iter_mut().find(|one| one.person.person == who) else { continue };
            let person = called.person.clone();
            let known = |by_telephone: Option<Signer>, words: &str| Acknowledged {
                person: person.clone(),
                at: raw.at,
                by_telephone,
                words: words.to_owned(),
            };
            match &self {
                Self::Received => {
                    called.received.get_or_insert(raw.at);
                }
                Self::Phoned { reached, note, eta_min, .. } => {
                    called.sets_out(raw, *eta_min);
                    if *reached {
                        line.acknowledged.get_or_insert(known(Some(raw.by.clone()), note));
                    }
                    called.phoned.push(CallMade {
                        at: raw.at,
                        by: raw.by.clone(),
                        reached: *reached,
                        note: note.clone(),
                    });
                }
                Self::Acknowledged { words, eta_min } => {
                    called.sets_out(raw, *eta_min);
                    line.acknowledged.get_or_insert(known(None, words));
                }
                Self::ReturnEnded { arrived, note, .. } => {
                    let Some(way) = &mut called.returning else { return false };
                    way.ended.get_or_insert(ReturnEnded {
                        at: raw.at,
                        by: raw.by.clone(),
                        arrived: *arrived,
                        note: note.clone(),
                    });
                }
            }
        }
        concerned
    }
}

impl Called {
    /// They set out; a later estimate replaces an earlier one until they are there.
    fn sets_out(&mut self, raw: &RawFact, eta_min: Option<u16>) {
        if let Some(eta_min) = eta_min
            && self.returning.as_ref().is_none_or(|way| way.ended.is_none())
        {
            self.returning = Some(Returning { since: raw.at, eta_min, ended: None });
        }
    }
}
