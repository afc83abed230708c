//! The engine that all record kinds share: facts → view with anomalies → legal next actions → deadlines → ledger lines.
//!
//! A kind says what its facts are and how they fold into a view; everything else (ordering, corrections, voidings,
//! unknown facts, projections, the ledger) is done here once. A new kind is a folder of the same shape and one line in
//! [`crate::kinds`].
//!
//! Invariants
//! - A view depends on the record alone: not on the clock, the site's data or who asks. So it can be stored and rebuilt.
//! - Views never fail. What cannot be in force becomes an [`Anomaly`], in calm words.
//! - What [`Kind::offers`] does not offer, [`Kind::act`] refuses: the two share one table of each kind.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::acting::{Acting, Book, Found, Names, Step};
use crate::escalation::{self, Escalation, EscalationFact, Level};
use crate::ids::{FactId, RecordId};
use crate::postponed;
use crate::record::{Amendment, RawFact, RecordDoc, Said, Story, Told, Voiding};
use crate::role::{PersonRef, Signer};
use crate::site::{Settings, Site};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// The class of volume a kind's records live in; decides who may see them and when a new volume begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Long-lived: people, posts, places, routes, contacts. No month.
    Standing,
    /// Daily work.
    Duty,
    /// Discipline, spot checks, leave decisions.
    Personnel,
}

/// One kind of record.
pub trait Kind: 'static {
    /// Stable word for the kind, as it stands in `meta/kind`.
    const NAME: &'static str;
    /// Which volumes its records live in.
    const CLASS: Class;
    /// Its facts, tagged by `type` in snake case.
    type Fact: Serialize + DeserializeOwned;
    /// What a person can do with it, tagged by `do` in snake case.
    type Action: Serialize + DeserializeOwned + specta::Type;
    /// What the facts amount to.
    type View: Serialize + DeserializeOwned + specta::Type;

    /// Folds the facts. Total: see the module's invariants.
    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>);
    /// What lists show.
    fn card(view: &Self::View) -> Card;
    /// What `who` may do next, most likely first; `None` for a record nobody has written to yet.
    fn offers(view: Option<&Self::View>, who: &Signer, site: &Site) -> Vec<Offer>;
    /// What `action` writes.
    ///
    /// # Errors
    /// [`Refusal`] in words that say what to do instead; nothing is written then.
    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal>;
    /// The clocks that run on it.
    fn deadlines(view: &Self::View, settings: &Settings) -> Vec<Deadline>;
    /// What the ledger (台账) says of one fact: the event and how it went. `None` keeps a fact out of the ledger.
    fn line(fact: &Self::Fact) -> Option<LineText>;
    /// Whether a fact was signed as a whole and stands as it is: it can be neither corrected nor voided, only followed
    /// by another.
    #[must_use]
    fn stands(_fact: &Self::Fact) -> bool {
        false
    }
    /// Records of this kind that are owed on `day` whether or not anybody has written to them, as they look untouched:
    /// they are listed, opened and ring like any other, on every replica alike, with no job on a server that makes
    /// them. Their ids are [`RecordId::derived`] from plan, day and slot.
    #[must_use]
    fn planned(_site: &Site, _day: Day) -> Vec<(RecordId, Self::View)> {
        Vec::new()
    }
}

/// Today, the days before it whose planned records may still matter, and tomorrow.
#[must_use]
pub fn days_around(today: Day) -> [Day; 4] {
    [today, today.before(), today.before().before(), today.after()]
}

/// The planned record with this id, looked for in the days around `today`.
#[must_use]
pub fn planned_near<K: Kind>(record: RecordId, site: &Site, today: Day) -> Option<K::View> {
    let near = days_around(today).into_iter().flat_map(|day| K::planned(site, day));
    near.filter(|(id, _)| *id == record).map(|(_, view)| view).next()
}

/// A planned record as it looks before anybody has written to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its record.
    pub record: RecordId,
    /// What lists show.
    pub card: Card,
    /// The view as JSON.
    pub view: Value,
}

/// Something in a record that is not in force or not clear, in calm words (待核实, never 可疑).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Anomaly {
    /// The fact it is about, where there is one.
    pub fact: Option<FactId>,
    /// Stable word for tests and lists, such as `not_legal_here`.
    pub code: String,
    /// What a person reads.
    pub words: Words,
}

impl Anomaly {
    /// An anomaly about one fact.
    #[must_use]
    pub fn of(fact: &RawFact, code: &str, words: Words) -> Self {
        Self { fact: Some(fact.id), code: code.into(), words }
    }

    /// A fact by somebody whose role does not write it.
    #[must_use]
    pub fn no_role(fact: &RawFact, what: &Words) -> Self {
        let (name, role, zh, en) = (&fact.by.name, fact.by.role.words(), &what.zh, &what.en);
        let (role_zh, role_en) = (role.zh, role.en);
        Self::of(
            fact,
            "no_role",
            words!(
                "{name}({role_zh})的「{zh}」不在其岗位之内,未生效。",
                "“{en}” by {name} ({role_en}) is not in that role; not in force."
            ),
        )
    }

    /// Corrections and voidings of what was signed as a whole, which stays as it was signed.
    #[must_use]
    pub fn signed_stays<F>(story: &Story<'_, F>, stands: impl Fn(&F) -> bool) -> Vec<Self> {
        let touched = story.told.iter().filter(|told| told.voided.is_some() || !told.amended.is_empty());
        touched
            .filter(|told| matches!(&told.said, Said::Known(fact) if stands(fact)))
            .map(|told| {
                Self::of(
                    &told.raw,
                    "signed_stays",
                    words!(
                        "签名或封存过的内容被更正或作废:未生效,原样保留。",
                        "What was signed or sealed was corrected or voided: not in force, it stays as it was."
                    ),
                )
            })
            .collect()
    }

    /// A fact that its record's state has no place for.
    #[must_use]
    pub fn not_legal_here(fact: &RawFact, what: &Words, state: &Words) -> Self {
        let (name, zh, en, state_zh, state_en) = (&fact.by.name, &what.zh, &what.en, &state.zh, &state.en);
        Self::of(
            fact,
            "not_legal_here",
            words!(
                "{name}的「{zh}」到时已是「{state_zh}」,未生效。",
                "“{en}” by {name} came when it was already “{state_en}”; not in force."
            ),
        )
    }
}

/// Urgency of work and calls (D1.1.4: 轻重缓急), most urgent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 特急.
    Critical,
    /// 紧急.
    Urgent,
    /// 一般.
    #[default]
    Normal,
    /// 计划.
    Planned,
}

impl Urgency {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Critical => ("特急", "critical"),
            Self::Urgent => ("紧急", "urgent"),
            Self::Normal => ("一般", "normal"),
            Self::Planned => ("计划", "planned"),
        };
        Words { zh: zh.into(), en: en.into() }
    }
}

/// How a state is to be coloured and shaped; the word always stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing is wrong, nobody has to act.
    Calm,
    /// Somebody has to act.
    Waiting,
    /// Being worked on.
    Active,
    /// Late or dangerous.
    Alert,
    /// Finished well.
    Done,
    /// No longer in force.
    Off,
}

/// What every list shows of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Card {
    /// The number (单号).
    pub number: Option<String>,
    /// One line: what it is about.
    pub title: String,
    /// Where, as written.
    pub place: Option<String>,
    /// Stable word of the state.
    pub state: String,
    /// The state as read.
    pub state_words: Words,
    /// How the state looks.
    pub tone: Tone,
    /// Whether anybody still has to do something.
    pub open: bool,
    /// Urgency, where the kind has one.
    pub urgency: Option<Urgency>,
    /// Who is responsible: more than one while two values stand side by side.
    pub responsible: Vec<PersonRef>,
    /// The one next step.
    pub next: Option<Words>,
    /// When it was born, by its creator's clock.
    pub born: Timestamp,
}

/// One thing somebody may do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Offer {
    /// The action's tag (`do`).
    pub action: String,
    /// The button's words.
    pub words: Words,
    /// How prominent.
    pub weight: Weight,
}

/// How prominent an offered action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The expected next step.
    Primary,
    /// Possible.
    Normal,
    /// Possible, and not to be pressed by mistake.
    Grave,
}

impl Offer {
    /// An offer from its parts.
    #[must_use]
    pub fn new(action: &str, weight: Weight, words: Words) -> Self {
        Self { action: action.into(), words, weight }
    }
}

/// A clock that runs on a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Deadline {
    /// Stable word, such as `accept`.
    pub code: String,
    /// What is due.
    pub words: Words,
    /// Since when.
    pub since: Timestamp,
    /// By when.
    pub due: Timestamp,
    /// Whether passing it rings at the desk (D1.1.5, A8h) or is only shown.
    pub rings: bool,
}

/// What a fact says in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct LineText {
    /// 事项.
    pub subject: Words,
    /// 处理过程 / 结果.
    pub detail: Words,
}

/// One line of the ledger 《客服工作台帐》. Lines are facts, so they are never changed: a correction is another line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LedgerLine {
    /// The fact.
    pub fact: FactId,
    /// When, by its writer's clock.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// 事项.
    pub subject: Words,
    /// 处理过程 / 结果.
    pub detail: Words,
    /// The fact this line corrects or voids.
    pub about: Option<FactId>,
    /// Set when a later line voids this one.
    pub voided: bool,
}

/// All that is derived from one record, ready to be stored and searched.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The kind's word, or what stood in the document when this program does not know it.
    pub kind: String,
    /// Whether this program knows the kind.
    pub known: bool,
    /// What lists show.
    pub card: Card,
    /// The view as JSON.
    pub view: Value,
    /// What is not in force or not clear.
    pub anomalies: Vec<Anomaly>,
    /// Ledger lines in causal order.
    pub lines: Vec<LedgerLine>,
    /// When something last happened, by its writer's clock.
    pub touched: Timestamp,
    /// Everything searchable, one string.
    pub search: String,
}

/// Why an action is not possible, in the worker's words, with what to do instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error, specta::Type)]
#[error("{}", words.en)]
pub struct Refusal {
    /// Stable word, such as `not_offered` or `reason_missing`.
    pub code: String,
    /// What a person reads.
    pub words: Words,
}

impl Refusal {
    /// A refusal from its parts.
    #[must_use]
    pub fn new(code: &str, words: Words) -> Self {
        Self { code: code.into(), words }
    }

    /// The action is not among what is offered now.
    #[must_use]
    pub fn not_offered(state: &Words) -> Self {
        let (zh, en) = (&state.zh, &state.en);
        Self::new(
            "not_offered",
            words!(
                "现在是「{zh}」,不能这样做。请刷新后看可办的下一步。",
                "This is not possible while it is “{en}”, or not in your role. Look at the next steps offered."
            ),
        )
    }

    /// The action is not in the role of whoever is signed in.
    #[must_use]
    pub fn no_role() -> Self {
        Self::new(
            "no_role",
            words!("您的岗位不办这一项,请交有权的人办理。", "This is not in your role; ask somebody who may do it."),
        )
    }

    /// Nobody has begun the record that is meant.
    #[must_use]
    pub fn no_such_record() -> Self {
        Self::new("no_such_record", words!("没有这条记录。", "There is no such record."))
    }

    /// Refuses when `text` is empty.
    ///
    /// # Errors
    /// [`Refusal::missing`].
    pub fn unless_given(text: &str, what: &Words) -> Result<(), Self> {
        if text.trim().is_empty() { Err(Self::missing(what)) } else { Ok(()) }
    }

    /// A required value was left empty.
    #[must_use]
    pub fn missing(what: &Words) -> Self {
        let (zh, en) = (&what.zh, &what.en);
        Self::new("missing", words!("请填写{zh}。", "Please give {en}."))
    }
}

/// One fact of a record's history, as read by a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HistoryFact {
    /// The fact.
    pub fact: FactId,
    /// Its word.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// What it says.
    pub words: Words,
    /// Its own fields as they stand.
    #[specta(type = specta_typescript::Unknown)]
    pub body: Value,
    /// Corrections.
    pub amended: Vec<Amendment>,
    /// Set when it was voided.
    pub voided: Option<Voiding>,
    /// Whether this program understands it.
    pub known: bool,
}

/// [`Kind`] without its types: what the store, the client and the command line work with.
pub trait AnyKind: Sync {
    /// [`Kind::NAME`].
    fn name(&self) -> &'static str;
    /// [`Kind::CLASS`].
    fn class(&self) -> Class;
    /// All that is derived from the record.
    fn project(&self, doc: &RecordDoc) -> Projection;
    /// [`Kind::offers`] on a stored view.
    fn offers(&self, view: Option<&Value>, who: &Signer, site: &Site) -> Vec<Offer>;
    /// [`Kind::act`] on a document as it stands and an action as JSON.
    ///
    /// # Errors
    /// [`Refusal`], also when the action does not read as one of the kind's.
    fn act(&self, doc: Option<&RecordDoc>, action: Value, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal>;
    /// [`Kind::deadlines`] on a stored view.
    fn deadlines(&self, view: &Value, settings: &Settings) -> Vec<Deadline>;
    /// Every fact with who and when, corrected and voided ones too.
    fn history(&self, doc: &RecordDoc) -> Vec<HistoryFact>;
    /// [`Kind::planned`].
    fn planned(&self, site: &Site, day: Day) -> Vec<Planned>;
}

/// Makes an [`AnyKind`] of a [`Kind`].
pub struct Erased<K>(std::marker::PhantomData<fn() -> K>);

impl<K> Erased<K> {
    /// The only value there is.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<K> Default for Erased<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn class(&self) -> Class {
        K::CLASS
    }

    fn project(&self, doc: &RecordDoc) -> Projection {
        let story = Story::<K::Fact>::read(doc);
        let (view, mut anomalies) = K::view(&story);
        anomalies.extend(common_anomalies(&story));
        let mut card = K::card(&view);
        let mut view = serde_json::to_value(&view).unwrap_or(Value::Null);
        let (escalations, unclear) = escalation::fold(doc);
        anomalies.extend(unclear);
        // Somebody still has to acknowledge, or is on the way: something to do, whatever else became of the record.
        card.open |= escalations.iter().any(|report| report.waiting() || report.returning().next().is_some());
        if let Value::Object(members) = &mut view {
            if !escalations.is_empty() {
                members.insert(escalation::MEMBER.into(), serde_json::to_value(&escalations).unwrap_or_default());
            }
            if let Some(postponed) = postponed::fold(doc) {
                members.insert(postponed::MEMBER.into(), serde_json::to_value(postponed).unwrap_or_default());
            }
        }
        // 《客服工作台帐》 is about duty work, and everybody at the desk reads it. What stands in the standing volume has its
        // history, and does not bury it; what is personal is read by whom it concerns.
        let lines = if K::CLASS == Class::Duty { lines::<K>(&story) } else { Vec::new() };
        let search = search_text(&card, &lines, doc);
        Projection {
            kind: K::NAME.into(),
            known: true,
            touched: doc.facts.iter().map(|fact| fact.at).max().unwrap_or(card.born),
            card,
            view,
            anomalies,
            lines,
            search,
        }
    }

    fn offers(&self, view: Option<&Value>, who: &Signer, site: &Site) -> Vec<Offer> {
        let view = view.and_then(|view| serde_json::from_value(view.clone()).ok());
        K::offers(view.as_ref(), who, site)
    }

    fn act(&self, doc: Option<&RecordDoc>, action: Value, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        if let Some(steps) = common_action::<K>(doc, &action, cx)? {
            return Ok(steps);
        }
        let action: K::Action = serde_json::from_value(action).map_err(|error| {
            let kind = K::NAME;
            Refusal::new(
                "unreadable_action",
                words!("看不懂的操作({kind}):{error}", "This is not an action of {kind}: {error}"),
            )
        })?;
        let view = doc.map(|doc| K::view(&Story::read(doc)).0);
        K::act(view.as_ref(), action, cx)
    }

    fn deadlines(&self, view: &Value, settings: &Settings) -> Vec<Deadline> {
        let mut clocks: Vec<Deadline> =
            serde_json::from_value(view.clone()).map_or_else(|_| Vec::new(), |view| K::deadlines(&view, settings));
        if let Some(postponed) = postponed::stored(view) {
            clocks.iter_mut().for_each(|clock| postponed.applies(clock));
        }
        // Who is called rings by itself; the clock is for everybody else to see.
        let reports = escalation::stored(view);
        clocks.extend(reports.iter().filter(|report| report.waiting()).map(|report| Deadline {
            code: "escalation".into(),
            words: words!("上报确认", "acknowledgement of the report"),
            since: report.at,
            due: report.at.plus_minutes(i64::from(report.repeat_min)),
            rings: false,
        }));
        clocks.extend(reports.iter().flat_map(Escalation::returning).map(|(called, way)| {
            let (id, name) = (called.person.person, &called.person.name);
            Deadline {
                code: format!("return/{id}"),
                words: words!("{name}返场", "{name} back at the site"),
                since: way.since,
                due: way.due(),
                rings: true,
            }
        }));
        clocks
    }

    fn history(&self, doc: &RecordDoc) -> Vec<HistoryFact> {
        history::<K>(doc)
    }

    fn planned(&self, site: &Site, day: Day) -> Vec<Planned> {
        let planned = |(record, view): (RecordId, K::View)| Planned {
            record,
            card: K::card(&view),
            view: serde_json::to_value(&view).unwrap_or(Value::Null),
        };
        K::planned(site, day).into_iter().map(planned).collect()
    }
}

/// What can be done with every kind of record (更正, 作废, 说明, 上报).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CommonAction {
    /// A remark.
    Note {
        /// The remark.
        text: String,
    },
    /// Corrects one field of a fact.
    Amend {
        /// The fact.
        of: FactId,
        /// Its field.
        field: String,
        /// The right value.
        #[specta(type = specta_typescript::Unknown)]
        value: Value,
        /// Why.
        reason: String,
    },
    /// Voids a fact.
    VoidFact {
        /// The fact.
        of: FactId,
        /// Why.
        reason: String,
    },
    /// 上报 (D1.2.5).
    Escalate {
        /// How grave; decides whom it goes to.
        level: Level,
        /// What is reported.
        #[serde(default)]
        words: String,
    },
    /// 已送达: the device shows a report to whom it calls.
    ReceiveEscalation {
        /// The report.
        of: FactId,
    },
    /// 确认收到.
    AcknowledgeEscalation {
        /// The report.
        of: FactId,
        /// What they say or order.
        #[serde(default)]
        words: String,
        /// 返场: minutes until they are at the site, where they set out for it.
        #[serde(default)]
        eta_min: Option<u16>,
    },
    /// 已电话通知.
    PhoneEscalation {
        /// The report.
        of: FactId,
        /// Who was telephoned.
        person: crate::PersonId,
        /// Whether they were reached and know it now.
        reached: bool,
        /// How it went.
        #[serde(default)]
        note: String,
        /// 返场: minutes until they are at the site, where they set out for it.
        #[serde(default)]
        eta_min: Option<u16>,
    },
    /// 返场到场, or that they need not come.
    EndReturn {
        /// The report.
        of: FactId,
        /// Who had set out.
        person: crate::PersonId,
        /// Whether they are there.
        arrived: bool,
        /// Where they were met, or why they need not come.
        #[serde(default)]
        note: String,
    },
}

fn common_action<K: Kind>(
    doc: Option<&RecordDoc>,
    action: &Value,
    cx: &mut Acting<'_>,
) -> Result<Option<Vec<Step>>, Refusal> {
    use crate::record::Common;
    let Ok(action) = serde_json::from_value::<CommonAction>(action.clone()) else {
        return Ok(None);
    };
    let Some(doc) = doc else {
        return Err(Refusal::new("no_such_record", words!("没有这条记录。", "There is no such record.")));
    };
    if let Some(write) = escalation::act(doc, &action, cx)? {
        return Ok(Some(vec![Step { record: cx.record, kind: K::NAME, writes: vec![write] }]));
    }
    let reason_words = words!("原因", "a reason");
    let fact = match action {
        CommonAction::Note { text } if text.trim().is_empty() => {
            return Err(Refusal::missing(&words!("说明", "the remark")));
        }
        CommonAction::Note { text } => Common::Noted { text },
        CommonAction::Amend { reason, .. } | CommonAction::VoidFact { reason, .. } if reason.trim().is_empty() => {
            return Err(Refusal::missing(&reason_words));
        }
        CommonAction::Amend { of, field, value, reason } => {
            may_correct(doc, of, &cx.who)?;
            does_not_stand::<K>(doc, of)?;
            Common::Amended { of, field, value, reason }
        }
        CommonAction::VoidFact { of, reason } => {
            may_correct(doc, of, &cx.who)?;
            does_not_stand::<K>(doc, of)?;
            Common::FactVoided { of, reason }
        }
        // Taken care of above.
        CommonAction::Escalate { .. }
        | CommonAction::ReceiveEscalation { .. }
        | CommonAction::AcknowledgeEscalation { .. }
        | CommonAction::PhoneEscalation { .. }
        | CommonAction::EndReturn { .. } => return Ok(None),
    };
    let (_, write) = cx.fact(&fact)?;
    Ok(Some(vec![Step { record: cx.record, kind: K::NAME, writes: vec![write] }]))
}

fn may_correct(doc: &RecordDoc, of: FactId, who: &Signer) -> Result<(), Refusal> {
    let fact = doc.facts.iter().find(|fact| fact.id == of).ok_or_else(|| {
        Refusal::new("no_such_fact", words!("没有这条事实。", "There is no such fact in this record."))
    })?;
    if fact.by.person == who.person || who.role.supervises() {
        return Ok(());
    }
    let name = &fact.by.name;
    Err(Refusal::new(
        "not_yours",
        words!(
            "这是{name}记的,只有本人或主管可以更正。",
            "{name} wrote this; only they or a supervisor can correct it."
        ),
    ))
}

fn does_not_stand<K: Kind>(doc: &RecordDoc, of: FactId) -> Result<(), Refusal> {
    let fact = doc.facts.iter().find(|fact| fact.id == of);
    let stands = fact
        .and_then(|fact| crate::record::parse::<K::Fact>(&fact.kind, &fact.body))
        .is_some_and(|fact| K::stands(&fact));
    if !stands {
        return Ok(());
    }
    Err(Refusal::new(
        "signed_stays",
        words!(
            "签过名、封存过的内容不更正也不作废;有变化请签新版或写说明。",
            "What was signed or sealed is neither corrected nor voided; sign a new version or add a remark."
        ),
    ))
}

fn common_anomalies<F>(story: &Story<'_, F>) -> Vec<Anomaly> {
    let mut anomalies = Vec::new();
    for told in &story.told {
        if matches!(told.said, Said::Unknown) {
            let kind = &told.raw.kind;
            anomalies.push(Anomaly::of(
                &told.raw,
                "unknown_fact",
                words!(
                    "「{kind}」来自更新的版本,已保存,升级后可读。",
                    "“{kind}” comes from a newer version; it is kept and readable after an update."
                ),
            ));
        }
    }
    for id in &story.stray {
        anomalies.push(Anomaly {
            fact: Some(*id),
            code: "stray_correction".into(),
            words: words!(
                "一条更正没有生效:找不到所指的记录,或更正人无权。",
                "A correction is not in force: what it points at is missing, or its writer may not correct it."
            ),
        });
    }
    for (key, reason) in &story.doc.unknown {
        anomalies.push(Anomaly {
            fact: None,
            code: "unknown_part".into(),
            words: words!(
                "记录里有看不懂的部分({key}:{reason}),已原样保存。",
                "A part of this record is not understood ({key}: {reason}); it is kept as it is."
            ),
        });
    }
    anomalies
}

/// A line says what was written, also after it was corrected: the correction is a line of its own.
fn fact_words<K: Kind>(told: &Told<K::Fact>) -> Option<LineText> {
    match crate::record::parse::<K::Fact>(&told.raw.kind, &told.raw.body) {
        Some(fact) => K::line(&fact),
        None => {
            let kind = &told.raw.kind;
            Some(LineText { subject: words!("未识别({kind})", "unknown ({kind})"), detail: Words::default() })
        }
    }
}

fn lines<K: Kind>(story: &Story<'_, K::Fact>) -> Vec<LedgerLine> {
    use crate::record::{Common, parse};
    let told: std::collections::HashMap<FactId, &Told<K::Fact>> =
        story.told.iter().map(|told| (told.raw.id, told)).collect();
    story
        .doc
        .facts
        .iter()
        .filter_map(|raw| {
            let report = parse::<EscalationFact>(&raw.kind, &raw.body);
            let (text, about) = match told.get(&raw.id) {
                _ if let Some(fact) = &report => (escalation::line(fact), None),
                Some(told) => (fact_words::<K>(told)?, None),
                None => match parse::<Common>(&raw.kind, &raw.body)? {
                    Common::Noted { text } => {
                        (LineText { subject: words!("说明", "remark"), detail: Words::same(text) }, None)
                    }
                    Common::Postponed { until, reason } => {
                        let minutes = until.minutes_since(raw.at).max(0);
                        let (hours, minutes) = (minutes / 60, minutes % 60);
                        let detail =
                            words!("延后 {hours} 小时 {minutes} 分;{reason}", "by {hours} h {minutes} min; {reason}");
                        (LineText { subject: words!("改期", "put off"), detail }, None)
                    }
                    Common::Amended { of, field, value, reason } => {
                        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        let detail = words!("{field} 改为 {value};{reason}", "{field} is {value}; {reason}");
                        (LineText { subject: words!("更正", "correction"), detail }, Some(of))
                    }
                    Common::FactVoided { of, reason } => {
                        (LineText { subject: words!("作废", "voided"), detail: Words::same(reason) }, Some(of))
                    }
                },
            };
            Some(LedgerLine {
                fact: raw.id,
                at: raw.at,
                by: raw.by.clone(),
                subject: text.subject,
                detail: text.detail,
                about,
                voided: told.get(&raw.id).is_some_and(|told| told.voided.is_some()),
            })
        })
        .collect()
}

fn history<K: Kind>(doc: &RecordDoc) -> Vec<HistoryFact> {
    let story = Story::<K::Fact>::read(doc);
    let lines = lines::<K>(&story);
    doc.facts
        .iter()
        .map(|raw| {
            let told = story.told.iter().find(|told| told.raw.id == raw.id);
            let words = lines.iter().find(|line| line.fact == raw.id).map_or_else(
                || Words::same(raw.kind.clone()),
                |line| line.subject.clone().then(Words::same(" ")).then(line.detail.clone()),
            );
            HistoryFact {
                fact: raw.id,
                kind: raw.kind.clone(),
                at: raw.at,
                by: raw.by.clone(),
                words,
                body: Value::Object(raw.body.clone()),
                amended: told.map(|told| told.amended.clone()).unwrap_or_default(),
                voided: told.and_then(|told| told.voided.clone()),
                known: told.is_none_or(|told| matches!(told.said, Said::Known(_))),
            }
        })
        .collect()
}

fn search_text(card: &Card, lines: &[LedgerLine], doc: &RecordDoc) -> String {
    let mut parts: Vec<&str> = vec![&card.title];
    parts.extend(card.number.as_deref());
    parts.extend(card.place.as_deref());
    parts.extend(card.responsible.iter().map(|person| person.name.as_str()));
    parts.extend(lines.iter().map(|line| line.detail.zh.as_str()));
    parts.extend(doc.texts.values().map(String::as_str));
    parts.join("\n")
}
