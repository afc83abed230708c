//! What the facts of a contact record amount to: one line of 《来电/来访记录表》.

use serde::{Deserialize, Serialize};

use super::facts::{Completed, ContactFact, ContactTopic, Received, Way};
use super::rules::{Event, rule};
use crate::chase::{self, Chasing};
use crate::engine::{Anomaly, Card, Tone, Urgency};
use crate::ids::{FactId, RecordId};
use crate::record::{RawFact, Story};
use crate::role::PersonRef;
use crate::telephone::Outgoing;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{FollowUpMethod, OrderRef, Stamp};

/// Where a contact record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// 待处理.
    #[default]
    Open,
    /// 已转派工单.
    Converted,
    /// 已答复.
    Answered,
    /// 办结.
    Closed,
}

impl ContactState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Open, Self::Converted, Self::Answered, Self::Closed];

    /// The stable word, as on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Converted => "converted",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Open => words!("待处理", "to be handled"),
            Self::Converted => words!("已转派工单", "work order made"),
            Self::Answered => words!("已答复", "answered"),
            Self::Closed => words!("办结", "closed"),
        }
    }
}

/// An answer (处理结果).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Answer {
    /// Who and when.
    pub stamp: Stamp,
    /// What was answered.
    pub result: String,
}

/// The complaint a call is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MadeComplaint {
    /// Who and when.
    pub stamp: Stamp,
    /// The complaint.
    pub complaint: RecordId,
}

/// A call back (回拨).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CallBack {
    /// Who and when.
    pub stamp: Stamp,
    /// Which line, and why when it was the hotline.
    pub outgoing: Outgoing,
    /// Whether they answered.
    pub reached: bool,
}

/// A follow-up (回访).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ContactFollowUp {
    /// Who, and 时间.
    pub stamp: Stamp,
    /// 方式.
    pub method: FollowUpMethod,
    /// 意见.
    pub opinion: String,
    /// The order or the complaint they were asked about; none where it was the call itself.
    #[serde(default)]
    pub of: Option<RecordId>,
}

/// The earlier record of the same matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RepeatOf {
    /// The record.
    pub record: RecordId,
    /// Its number.
    pub number: String,
}

/// A contact record as its facts say. The fields up to `remarks` follow the columns of 《来电/来访记录表》; 序号 and 日期
/// are made when it is printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ContactView {
    /// Its own number.
    pub number: Option<String>,
    /// 日期, 时间: when it began.
    pub at: Timestamp,
    /// 方式.
    pub way: Way,
    /// 业户姓名.
    pub name: String,
    /// The unit.
    pub unit: Option<RecordId>,
    /// 房号/单位.
    pub unit_label: String,
    /// 联系电话.
    pub phone: String,
    /// 事项类别.
    pub category: ContactTopic,
    /// 内容摘要.
    pub summary: String,
    /// 紧急程度.
    pub urgency: Urgency,
    /// 处理情况(转办部门).
    pub handling: String,
    /// 派工单号: usually one.
    pub orders: Vec<OrderRef>,
    /// 投诉: the complaint it is, under the same number.
    pub complaint: Option<MadeComplaint>,
    /// 处理结果: the latest answer counts.
    pub answers: Vec<Answer>,
    /// 回访.
    pub follow_ups: Vec<ContactFollowUp>,
    /// 接待人, and when it was written down.
    pub received: Option<Stamp>,
    /// 备注: the earlier record of the same matter.
    pub repeat_of: Option<RepeatOf>,
    /// 铃响次数; 4 stands for more than three.
    pub rings: Option<u8>,
    /// Whether it was answered within three rings (D2.7.2); none for visits and where nobody counted.
    pub within_three_rings: Option<bool>,
    /// Which line.
    pub line: String,
    /// 未接: nobody answered.
    pub missed: bool,
    /// Calls back.
    pub call_backs: Vec<CallBack>,
    /// 下次联系时间, where somebody said when.
    pub next_contact: Option<Timestamp>,
    /// 催办 / 询办.
    pub chases: Vec<Chasing>,
    /// What is still to be written down (待补全).
    pub missing: Vec<Words>,
    /// Where it stands.
    pub state: ContactState,
    /// Where it stands, as read.
    pub state_words: Words,
    /// Since when it has stood there.
    pub state_since: Timestamp,
    /// Who closed it, and when.
    pub closed: Option<Stamp>,
    /// Why it was opened again, the latest reason.
    pub reopened_reason: Option<String>,
    /// When it was born.
    pub born: Timestamp,
}

/// Folds the facts of a call or visit.
pub(super) fn fold(story: &Story<'_, ContactFact>) -> (ContactView, Vec<Anomaly>) {
    let mut view = ContactView { number: story.doc.number().map(Into::into), ..ContactView::default() };
    let mut anomalies = Vec::new();
    for (raw, fact) in story.in_force() {
        let event = fact.event();
        if !event.role_may(raw.by.role) {
            anomalies.push(no_role(raw, event));
            continue;
        }
        let rule = rule(view.state, event).filter(|_| !view.leaves_open(event));
        match (fact, rule, view.received.is_some()) {
            (ContactFact::Received(received), _, false) => view.receive(raw, received),
            (_, Some(rule), true) => {
                if let ContactFact::Completed(completed) = fact {
                    anomalies.extend(view.clashes(completed).into_iter().map(|what| already_given(raw, &what)));
                }
                view.apply(raw, fact);
                if rule.then != view.state {
                    view.state = rule.then;
                    view.state_since = raw.at;
                }
            }
            _ => anomalies.push(not_legal(raw, event, &view)),
        }
    }
    let orders: Vec<FactId> = view.orders.iter().map(|order| order.stamp.fact).collect();
    if story.doc.latest_of(&orders).len() > 1 {
        let numbers = view.orders.iter().map(|order| order.number.as_str()).collect::<Vec<_>>().join("、");
        anomalies.push(Anomaly {
            fact: orders.last().copied(),
            code: "two_orders".into(),
            words: words!(
                "两处同时开了派工单({numbers}),请作废多余的一张。",
                "Work orders were made in two places at once ({numbers}); please void the one too many."
            ),
        });
    }
    view.finish();
    (view, anomalies)
}

fn no_role(raw: &RawFact, event: Event) -> Anomaly {
    let (name, role, event) = (&raw.by.name, raw.by.role.words(), event.past());
    let (zh, en, role_zh, role_en) = (event.zh, event.en, role.zh, role.en);
    Anomaly::of(
        raw,
        "no_role",
        words!(
            "{name}({role_zh})不办「{zh}」,此项未生效,请主管核实。",
            "“{en}” is not in the role of {name} ({role_en}); it is not in force, a supervisor checks."
        ),
    )
}

fn not_legal(raw: &RawFact, event: Event, view: &ContactView) -> Anomaly {
    let (event, state) = (event.past(), view.state.words());
    let (zh, en, state_zh, state_en) = (event.zh, event.en, state.zh, state.en);
    Anomaly::of(
        raw,
        "not_legal_here",
        words!(
            "「{zh}」时记录是「{state_zh}」,此项未生效,请核实。",
            "“{en}” does not follow “{state_en}”; it is not in force, please check."
        ),
    )
}

fn already_given(raw: &RawFact, what: &Words) -> Anomaly {
    let (zh, en) = (&what.zh, &what.en);
    Anomaly::of(
        raw,
        "already_given",
        words!(
            "{zh}两处都填了,先填的有效;要改请用「更正」。",
            "Given twice: {en}. The first one stands; use a correction to change it."
        ),
    )
}

/// Fills what is still empty.
fn fill(slot: &mut String, value: Option<&String>) {
    if let Some(value) = value
        && slot.trim().is_empty()
    {
        slot.clone_from(value);
    }
}

impl ContactView {
    fn receive(&mut self, raw: &RawFact, received: &Received) {
        let received = received.clone();
        self.at = received.at_start.unwrap_or(raw.at);
        self.way = received.way;
        self.name = received.name;
        self.unit = received.unit;
        self.unit_label = received.unit_label;
        self.phone = received.phone;
        self.category = received.category;
        self.summary = received.summary;
        self.urgency = received.urgency;
        self.handling = received.handling;
        self.rings = received.rings;
        self.line = received.line;
        self.missed = received.missed;
        self.next_contact = received.next_contact;
        self.received = Some(raw.into());
        self.state_since = raw.at;
        self.born = raw.at;
    }

    fn apply(&mut self, raw: &RawFact, fact: &ContactFact) {
        match fact {
            ContactFact::Received(_) => {}
            ContactFact::Completed(completed) => {
                self.rings = self.rings.or(completed.rings);
                self.unit = self.unit.or(completed.unit);
                fill(&mut self.line, completed.line.as_ref());
                fill(&mut self.unit_label, completed.unit_label.as_ref());
                fill(&mut self.name, completed.name.as_ref());
                fill(&mut self.phone, completed.phone.as_ref());
                fill(&mut self.summary, completed.summary.as_ref());
                fill(&mut self.handling, completed.handling.as_ref());
            }
            ContactFact::Converted { order, number } => {
                self.orders.push(OrderRef { stamp: raw.into(), order: *order, number: number.clone() });
            }
            ContactFact::Complained { complaint } => {
                self.complaint.get_or_insert(MadeComplaint { stamp: raw.into(), complaint: *complaint });
            }
            ContactFact::CalledBack(called) => {
                // What they said first is what the call was about.
                if called.reached && self.wants_call_back() {
                    self.category = called.category.unwrap_or(self.category);
                    self.urgency = called.urgency.unwrap_or(self.urgency);
                    fill(&mut self.summary, Some(&called.summary));
                }
                let (outgoing, reached) = (called.outgoing.clone(), called.reached);
                self.call_backs.push(CallBack { stamp: raw.into(), outgoing, reached });
            }
            ContactFact::NextContactSet { next_contact, .. } => self.next_contact = Some(*next_contact),
            ContactFact::Chased { department, text } => self.chases.push(Chasing::new(raw, text, department)),
            ContactFact::ChaseAnswered { chase, text } => {
                chase::answered(&mut self.chases, raw, *chase, text);
            }
            ContactFact::Answered { result } => {
                self.answers.push(Answer { stamp: raw.into(), result: result.clone() });
            }
            ContactFact::FollowedUp { method, opinion, of, .. } => {
                let opinion = opinion.clone();
                self.follow_ups.push(ContactFollowUp { stamp: raw.into(), method: *method, opinion, of: *of });
            }
            ContactFact::Closed => {
                self.closed.get_or_insert_with(|| raw.into());
            }
            ContactFact::Reopened { reason } => {
                self.closed = None;
                self.reopened_reason = Some(reason.clone());
            }
            ContactFact::RepeatOf { record, number } => {
                self.repeat_of = Some(RepeatOf { record: *record, number: number.clone() });
            }
        }
    }

    /// Whether an event is none for this record though the state has it: only a missed call that nobody answers is
    /// closed without anything.
    fn leaves_open(&self, event: Event) -> bool {
        event == Event::Closed && self.state == ContactState::Open && !self.given_up()
    }

    /// What `completed` says otherwise than what is written down already.
    pub(super) fn clashes(&self, completed: &Completed) -> Vec<Words> {
        let differs = |here: &str, there: Option<&String>| {
            !here.trim().is_empty() && there.is_some_and(|there| there.trim() != here.trim())
        };
        [
            (
                self.rings.is_some() && completed.rings.is_some_and(|rings| Some(rings) != self.rings),
                words!("铃响次数", "the rings"),
            ),
            (
                self.unit.is_some() && completed.unit.is_some_and(|unit| Some(unit) != self.unit),
                words!("房号", "the unit"),
            ),
            (differs(&self.unit_label, completed.unit_label.as_ref()), words!("房号", "the unit")),
            (differs(&self.name, completed.name.as_ref()), words!("姓名", "the name")),
            (differs(&self.phone, completed.phone.as_ref()), words!("电话", "the telephone")),
            (differs(&self.summary, completed.summary.as_ref()), words!("内容摘要", "the summary")),
            (differs(&self.handling, completed.handling.as_ref()), words!("处理情况", "how it was handled")),
            (differs(&self.line, completed.line.as_ref()), words!("线路", "the line")),
        ]
        .into_iter()
        .filter_map(|(clash, what)| clash.then_some(what))
        .collect()
    }

    fn finish(&mut self) {
        self.within_three_rings = self.rings.filter(|_| self.way == Way::Call).map(|rings| rings <= 3);
        self.missing = [
            (self.unit_label.is_empty() && self.unit.is_none(), words!("房号/单位", "unit")),
            (self.name.is_empty(), words!("业户姓名", "name")),
            (self.phone.is_empty(), words!("联系电话", "telephone")),
            (self.summary.is_empty(), words!("内容摘要", "summary")),
        ]
        .into_iter()
        .filter_map(|(empty, what)| empty.then_some(what))
        .collect();
        self.state_words = match self.state {
            ContactState::Converted if self.complaint.is_some() && self.orders.is_empty() => {
                words!("已转投诉处理", "handled as a complaint")
            }
            ContactState::Open if self.wants_call_back() => words!("未接,待回拨", "missed, to be called back"),
            state => state.words(),
        };
    }

    pub(super) fn card(&self) -> Card {
        let topic = self.category.words().zh;
        let title = match self.summary.as_str() {
            "" if self.wants_call_back() => "未接来电".to_owned(),
            "" => topic,
            summary => format!("{topic}:{summary}"),
        };
        let waits = self.state == ContactState::Open;
        Card {
            number: self.number.clone(),
            title,
            place: Some(self.unit_label.clone()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state_words.clone(),
            // A registration that was voided as a fact leaves nothing to do.
            tone: match self.state {
                _ if self.received.is_none() => Tone::Off,
                ContactState::Open if self.urgency == Urgency::Critical || self.wants_call_back() => Tone::Alert,
                ContactState::Open => Tone::Waiting,
                ContactState::Converted => Tone::Active,
                ContactState::Answered => Tone::Calm,
                ContactState::Closed => Tone::Done,
            },
            open: self.received.is_some() && self.state != ContactState::Closed,
            urgency: Some(self.urgency),
            responsible: self.received.iter().filter(|_| waits).map(|stamp| PersonRef::from(&stamp.by)).collect(),
            next: match self.expected().filter(|_| self.received.is_some()) {
                Some(Event::FollowedUp) if self.orders.is_empty() => {
                    Some(words!("投诉关闭时一并办结", "closed with its complaint"))
                }
                Some(Event::FollowedUp) => Some(words!("派工单办结后回访", "follow up once the order is done")),
                next => next.map(Event::words),
            },
            born: self.born,
        }
    }
}
