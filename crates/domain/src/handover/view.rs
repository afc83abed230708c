//! What the facts of a handover amount to.
//!
//! Invariants
//! - A seal stands as its writer saw it: facts that its writer had not seen, earlier ones among them, change neither
//!   the sheet nor the view beside it. They are named, and the ledger shows them as 补录.
//! - An answer holds for the count it answers, a signature for the sheet it was put under: what is counted, taken or
//!   written anew afterwards asks for it again.
//! - Two counts made without seeing each other never replace one another: if they differ, the thing is counted again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::facts::{
    DifferenceExplanation, HandoverFact, HandoverPreparation, HandoverRefusalReason, ItemCondition, ItemCount,
    TakenItem,
};
use super::plan::{PlannedHandover, record_of};
use super::sheet::{HandoverGap, HandoverSheet, HandoverStep, stands_at_a_post};
use crate::engine::{Anomaly, Card, Tone};
use crate::ids::{FactId, RecordId};
use crate::known::Known;
use crate::record::{RawFact, RecordDoc, Said, Story};
use crate::role::{PersonRef, Signer};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;

/// Where a handover stands (A4 交接班).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HandoverState {
    /// 待交接.
    Planned,
    /// 交班准备.
    Prepared,
    /// 接班到岗, 清点, 检阅, 遗留确认.
    UnderWay,
    /// 交班人已签.
    HalfSigned,
    /// 拒接.
    Refused,
    /// 双签封存.
    Sealed,
    /// 主管已审阅.
    Reviewed,
}

impl HandoverState {
    /// The stable word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Prepared => "prepared",
            Self::UnderWay => "under_way",
            Self::HalfSigned => "half_signed",
            Self::Refused => "refused",
            Self::Sealed => "sealed",
            Self::Reviewed => "reviewed",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Planned => words!("待交接", "to be handed over"),
            Self::Prepared => words!("交班准备", "prepared"),
            Self::UnderWay => words!("交接中", "under way"),
            Self::HalfSigned => words!("交班人已签", "signed by one"),
            Self::Refused => words!("拒接", "refused"),
            Self::Sealed => words!("已交接", "handed over"),
            Self::Reviewed => words!("已审阅", "reviewed"),
        }
    }

    /// Whether the sheet is sealed.
    #[must_use]
    pub fn sealed(self) -> bool {
        matches!(self, Self::Sealed | Self::Reviewed)
    }

    fn tone(self) -> Tone {
        match self {
            Self::Planned => Tone::Calm,
            Self::Prepared | Self::HalfSigned => Tone::Waiting,
            Self::UnderWay => Tone::Active,
            Self::Refused => Tone::Alert,
            Self::Sealed | Self::Reviewed => Tone::Done,
        }
    }
}

/// How an arrival stands to the rule of five minutes (D2.9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalPunctuality {
    /// 提前到岗.
    Early,
    /// 未提前.
    NotEarly,
    /// 迟到.
    Late,
}

impl ArrivalPunctuality {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Early => words!("提前到岗", "early enough"),
            Self::NotEarly => words!("未提前", "not early"),
            Self::Late => words!("迟到", "late"),
        }
    }
}

/// Who did something when, with what they said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SaidBy {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// What they said; empty where the act says it all.
    pub text: String,
}

impl SaidBy {
    fn of(raw: &RawFact, text: &str) -> Self {
        Self { fact: raw.id, at: raw.at, by: raw.by.clone(), text: text.into() }
    }
}

/// 交班准备.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverPrepared {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// 交班人.
    pub by: Signer,
    /// What is left in writing.
    pub preparation: HandoverPreparation,
}

/// 接班到岗.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverArrival {
    /// The fact.
    pub fact: FactId,
    /// 接班到岗时间.
    pub at: Timestamp,
    /// 接班人.
    pub by: Signer,
    /// How that stands to the rule.
    pub punctuality: ArrivalPunctuality,
}

/// 班前阅读.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShiftReading {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// Whose day was read.
    pub day: Day,
    /// How many daily reports.
    pub reports: u16,
    /// How many calls and visits.
    pub contacts: u16,
}

/// A thing of the post as it was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CountedItem {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// 实有.
    pub actual: u16,
    /// 状态.
    pub condition: ItemCondition,
}

/// Who answers for a difference, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DifferenceAnswer {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// 去向, 原因, 责任.
    pub explanation: DifferenceExplanation,
}

/// One thing of the post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CountLine {
    /// 品名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// 应有.
    pub expected: u16,
    /// As it was counted; none while it is not, or while two counts differ.
    pub counted: Option<CountedItem>,
    /// Counts made without seeing each other that differ.
    pub side_by_side: Vec<CountedItem>,
    /// Whether it is not as it should be.
    pub differs: bool,
    /// What the outgoing person says to that.
    pub answer: Option<DifferenceAnswer>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverRefusal {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// Why.
    pub reason: HandoverRefusalReason,
    /// As read.
    pub words: Words,
    /// More about it.
    pub note: String,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverSignature {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Signer,
    /// The strokes.
    pub strokes: Option<String>,
}

/// The sealed sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverSeal {
    /// 接班人签名; the instant responsibility passes.
    pub incoming: HandoverSignature,
    /// 交班人签名.
    pub outgoing: Option<HandoverSignature>,
    /// The sheet as both saw it.
    pub sheet: HandoverSheet,
    /// The frontier that was signed.
    pub known: Known,
    /// Its short form, for paper.
    pub digest: String,
}

/// A handover as its facts say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HandoverView {
    /// The plan it was begun with.
    pub plan: PlannedHandover,
    /// Where it stands.
    pub state: HandoverState,
    /// As read.
    pub state_words: Words,
    /// 交班准备.
    pub prepared: Option<HandoverPrepared>,
    /// 接班到岗.
    pub arrival: Option<HandoverArrival>,
    /// 班前阅读.
    pub reading: Option<ShiftReading>,
    /// 遗留确认, by record.
    pub taken: Vec<TakenItem>,
    /// 公物.
    pub counts: Vec<CountLine>,
    /// 通知与指示已阅.
    pub instructions: Option<SaidBy>,
    /// 缺检说明.
    pub inspection_explained: Option<SaidBy>,
    /// 准予交接.
    pub released: Option<SaidBy>,
    /// 拒接, in causal order.
    pub refusals: Vec<HandoverRefusal>,
    /// 交班人签名, while nothing was changed after it.
    pub signed: Option<HandoverSignature>,
    /// Sealed sheets: one, or two when it was sealed on two devices that did not see each other.
    pub seals: Vec<HandoverSeal>,
    /// 主管审阅.
    pub reviews: Vec<SaidBy>,
    /// What of this record's own still stands before a plain signature, in the order of the steps.
    pub gaps: Vec<HandoverGap>,
}

impl HandoverView {
    /// What was said about an item.
    #[must_use]
    pub fn taken_item(&self, record: RecordId) -> Option<&TakenItem> {
        self.taken.iter().find(|taken| taken.record == record)
    }

    /// Whether that person hands over.
    #[must_use]
    pub fn is_outgoing(&self, who: &Signer) -> bool {
        self.prepared.as_ref().is_some_and(|prepared| prepared.by.person == who.person)
    }

    /// Whether that person takes over.
    #[must_use]
    pub fn is_incoming(&self, who: &Signer) -> bool {
        self.arrival.as_ref().is_some_and(|arrival| arrival.by.person == who.person)
    }

    pub(super) fn card(&self) -> Card {
        let plan = &self.plan;
        let person = |signer: &Signer| PersonRef::from(signer);
        let outgoing = self.prepared.as_ref().map(|prepared| person(&prepared.by));
        let incoming = self.arrival.as_ref().map(|arrival| person(&arrival.by));
        let (next, responsible) = match self.state {
            HandoverState::Planned => (Some(words!("交班人做交班准备", "the outgoing person prepares")), incoming),
            HandoverState::Prepared => (Some(words!("接班人到岗", "the incoming person arrives")), outgoing),
            HandoverState::UnderWay => match self.gaps.first() {
                Some(gap) => (Some(gap.words.clone()), incoming),
                None => (Some(words!("交班人签名", "the outgoing person signs")), outgoing),
            },
            HandoverState::HalfSigned => (Some(words!("接班人签名", "the incoming person signs")), incoming),
            HandoverState::Refused => (
                Some(words!("当值人坚守并上报,条件具备后再交接", "whoever is on duty stays, reports, and tries again")),
                outgoing,
            ),
            HandoverState::Sealed => (Some(words!("主管审阅", "a supervisor reviews")), None),
            HandoverState::Reviewed => (None, None),
        };
        let (from, to) = (&plan.outgoing_shift, &plan.incoming_shift);
        Card {
            number: None,
            title: if from.is_empty() {
                format!("{} {to}", plan.post_name)
            } else {
                format!("{} {from}→{to}", plan.post_name)
            },
            place: None,
            state: self.state.name().into(),
            state_words: self.state_words.clone(),
            tone: self.state.tone(),
            open: !self.state.sealed(),
            urgency: None,
            responsible: responsible.into_iter().collect(),
            next,
            born: plan.at,
        }
    }
}

/// A handover nobody has written to.
#[must_use]
pub fn planned_view(plan: &PlannedHandover) -> HandoverView {
    let counts = plan
        .inventory
        .iter()
        .map(|item| CountLine {
            name: item.name.clone(),
            unit: item.unit.clone(),
            expected: item.expected,
            counted: None,
            side_by_side: Vec::new(),
            differs: false,
            answer: None,
        })
        .collect();
    let mut view = HandoverView {
        plan: plan.clone(),
        state: HandoverState::Planned,
        state_words: HandoverState::Planned.words(),
        prepared: None,
        arrival: None,
        reading: None,
        taken: Vec::new(),
        counts,
        instructions: None,
        inspection_explained: None,
        released: None,
        refusals: Vec::new(),
        signed: None,
        seals: Vec::new(),
        reviews: Vec::new(),
        gaps: Vec::new(),
    };
    view.gaps = gaps(&view);
    view
}

/// A record whose plan cannot be read.
fn unplanned(record: RecordId) -> PlannedHandover {
    PlannedHandover {
        record,
        post: record,
        post_name: String::new(),
        day: Day::default(),
        slot: 0,
        at: Timestamp::default(),
        since: Timestamp::default(),
        outgoing_shift: String::new(),
        incoming_shift: String::new(),
        inventory: Vec::new(),
        early_until: Timestamp::default(),
        read_until: Timestamp::default(),
        prepare_from: Timestamp::default(),
    }
}

/// Folds the facts of a handover.
pub(super) fn fold(story: &Story<'_, HandoverFact>) -> (HandoverView, Vec<Anomaly>) {
    let record = story.doc.id;
    let plans = story.told.iter().filter_map(|told| match &told.said {
        Said::Known(HandoverFact::Planned { plan }) if record_of(plan.post, plan.day, plan.slot) == record => {
            Some(plan)
        }
        _ => None,
    });
    let view = plans.clone().next().map_or_else(|| planned_view(&unplanned(record)), planned_view);
    let mut fold = Fold { view, doc: story.doc, anomalies: Vec::new(), counts: BTreeMap::new(), answers: Vec::new() };
    let sealed = story.in_force().find(|(_, fact)| matches!(fact, HandoverFact::Sealed { .. })).map(|(raw, _)| raw.id);
    // What the sealed sheet's writers had seen, or everything while there is none.
    let seen = sealed.map(|seal| ancestors(story.doc, seal));
    for (raw, fact) in story.in_force() {
        if !may(fact, &raw.by) {
            let name = &raw.by.name;
            fold.anomalies.push(Anomaly::of(
                raw,
                "no_role",
                words!("{name}的岗位不办这一步,未生效。", "This is not in {name}'s role; not in force."),
            ));
            continue;
        }
        let late = seen.as_ref().is_some_and(|seen| !seen.contains(&raw.id));
        match fact {
            HandoverFact::Sealed { signature, outgoing, sheet, known } => {
                fold.seal(story, raw, signature.as_ref(), *outgoing, sheet, known);
            }
            HandoverFact::Reviewed { opinion } => fold.view.reviews.push(SaidBy::of(raw, opinion)),
            HandoverFact::Planned { .. } => {}
            _ if late => fold.anomalies.push(Anomaly::of(
                raw,
                "after_seal",
                words!(
                    "封存后补录,交接单保持签名时的样子。",
                    "Recorded or arrived after the seal; the signed sheet stays as it was."
                ),
            )),
            _ => fold.take(raw, fact),
        }
    }
    fold.close()
}

/// Whether somebody in that role may make such a fact at all. Who of the two it is for is asked when it is made.
fn may(fact: &HandoverFact, by: &Signer) -> bool {
    match fact {
        HandoverFact::Released { .. } | HandoverFact::Reviewed { .. } => by.role.supervises(),
        _ => stands_at_a_post(by.role),
    }
}

/// Every fact that `fact` comes after.
fn ancestors(doc: &RecordDoc, fact: FactId) -> BTreeSet<FactId> {
    let after: BTreeMap<FactId, &[FactId]> = doc.facts.iter().map(|fact| (fact.id, fact.after.as_slice())).collect();
    let mut seen = BTreeSet::new();
    let mut open: Vec<FactId> = after.get(&fact).copied().unwrap_or_default().to_vec();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend_from_slice(after.get(&id).copied().unwrap_or_default());
        }
    }
    seen
}

struct Fold<'a> {
    view: HandoverView,
    doc: &'a RecordDoc,
    anomalies: Vec<Anomaly>,
    counts: BTreeMap<String, Vec<CountedItem>>,
    answers: Vec<(ItemCount, DifferenceAnswer)>,
}

impl Fold<'_> {
    fn take(&mut self, raw: &RawFact, fact: &HandoverFact) {
        let view = &mut self.view;
        match fact {
            HandoverFact::Prepared { preparation } => {
                let (fact, at, by) = (raw.id, raw.at, raw.by.clone());
                view.prepared = Some(HandoverPrepared { fact, at, by, preparation: preparation.clone() });
                view.instructions = None;
            }
            HandoverFact::Arrived => {
                // Whoever comes again after a refusal was there when they first came.
                let again = view.arrival.as_ref().is_some_and(|arrival| arrival.by.person == raw.by.person);
                if !again {
                    let punctuality = match raw.at {
                        at if at <= view.plan.early_until => ArrivalPunctuality::Early,
                        at if at < view.plan.at => ArrivalPunctuality::NotEarly,
                        _ => ArrivalPunctuality::Late,
                    };
                    view.arrival = Some(HandoverArrival { fact: raw.id, at: raw.at, by: raw.by.clone(), punctuality });
                    // What somebody else read and took is theirs.
                    (view.reading, view.instructions) = (None, None);
                    view.taken.clear();
                }
                view.state = HandoverState::UnderWay;
            }
            HandoverFact::Read { day, reports, contacts } => {
                let (at, by) = (raw.at, raw.by.clone());
                view.reading = Some(ShiftReading { at, by, day: *day, reports: *reports, contacts: *contacts });
                return;
            }
            HandoverFact::Took { items } => {
                for item in items {
                    view.taken.retain(|taken| taken.record != item.record);
                    view.taken.push(item.clone());
                }
            }
            HandoverFact::Counted { counts } => {
                for count in counts {
                    self.counts.entry(count.name.clone()).or_default().push(CountedItem {
                        fact: raw.id,
                        at: raw.at,
                        by: raw.by.clone(),
                        actual: count.actual,
                        condition: count.condition,
                    });
                }
            }
            HandoverFact::Answered { count, explanation } => {
                let answer = DifferenceAnswer { at: raw.at, by: raw.by.clone(), explanation: explanation.clone() };
                self.answers.push((count.clone(), answer));
            }
            HandoverFact::InstructionsRead => {
                view.instructions = Some(SaidBy::of(raw, ""));
                return;
            }
            HandoverFact::InspectionExplained { reason } => view.inspection_explained = Some(SaidBy::of(raw, reason)),
            HandoverFact::Released { reason } => view.released = Some(SaidBy::of(raw, reason)),
            HandoverFact::Refused { reason, note } => {
                let (at, by) = (raw.at, raw.by.clone());
                view.refusals.push(HandoverRefusal {
                    at,
                    by,
                    reason: *reason,
                    words: reason.words(),
                    note: note.clone(),
                });
                view.state = HandoverState::Refused;
            }
            HandoverFact::Signed { signature } => {
                let (fact, at, by) = (raw.id, raw.at, raw.by.clone());
                view.signed = Some(HandoverSignature { fact, at, by, strokes: signature.clone() });
                return;
            }
            HandoverFact::Planned { .. } | HandoverFact::Sealed { .. } | HandoverFact::Reviewed { .. } => return,
        }
        // What was written after the first signature is not what was signed.
        view.signed = None;
    }

    fn seal(
        &mut self,
        story: &Story<'_, HandoverFact>,
        raw: &RawFact,
        signature: Option<&String>,
        outgoing: FactId,
        sheet: &HandoverSheet,
        known: &Known,
    ) {
        let first = story.in_force().find_map(|(first, fact)| match fact {
            HandoverFact::Signed { signature } if first.id == outgoing => Some(HandoverSignature {
                fact: first.id,
                at: first.at,
                by: first.by.clone(),
                strokes: signature.clone(),
            }),
            _ => None,
        });
        if first.as_ref().is_none_or(|first| first.by.person == raw.by.person) {
            self.anomalies.push(Anomaly::of(
                raw,
                "one_signature",
                words!("这张交接单只有一个人的签名,请主管核实。", "Only one person signed this sheet; to be verified."),
            ));
        }
        if !self.view.seals.is_empty() {
            self.anomalies.push(Anomaly::of(
                raw,
                "sealed_twice",
                words!(
                    "两台设备各封存了一张交接单,都保留,请主管核实以哪张为准。",
                    "The sheet was sealed on two devices; both are kept, a supervisor says which one counts."
                ),
            ));
        }
        self.view.seals.push(HandoverSeal {
            incoming: HandoverSignature { fact: raw.id, at: raw.at, by: raw.by.clone(), strokes: signature.cloned() },
            outgoing: first,
            sheet: sheet.clone(),
            known: known.clone(),
            digest: known.digest(),
        });
    }

    fn close(self) -> (HandoverView, Vec<Anomaly>) {
        let Self { mut view, doc, mut anomalies, counts: all_counts, answers } = self;
        for line in &mut view.counts {
            let Some(counts) = all_counts.get(&line.name) else { continue };
            let ids: Vec<FactId> = counts.iter().map(|counted| counted.fact).collect();
            let latest = doc.latest_of(&ids);
            let mut standing: Vec<CountedItem> =
                counts.iter().filter(|counted| latest.contains(&counted.fact)).cloned().collect();
            standing.dedup_by_key(|counted| (counted.actual, counted.condition));
            if standing.len() > 1 {
                let name = &line.name;
                anomalies.push(Anomaly {
                    fact: standing.last().map(|counted| counted.fact),
                    code: "counts_differ".into(),
                    words: words!(
                        "「{name}」两处清点的结果不同,请再点一次。",
                        "“{name}” was counted twice with different results; please count again."
                    ),
                });
                line.side_by_side = standing;
                continue;
            }
            line.counted = standing.pop();
            let Some(counted) = &line.counted else { continue };
            let count = ItemCount {
                name: line.name.clone(),
                expected: line.expected,
                actual: counted.actual,
                condition: counted.condition,
            };
            line.differs = count.differs();
            line.answer = answers
                .iter()
                .rfind(|(answered, _)| {
                    (&answered.name, answered.actual, answered.condition)
                        == (&count.name, count.actual, count.condition)
                })
                .map(|(_, answer)| answer.clone())
                .filter(|_| line.differs);
        }
        view.state = match view.state {
            _ if !view.reviews.is_empty() && !view.seals.is_empty() => HandoverState::Reviewed,
            _ if !view.seals.is_empty() => HandoverState::Sealed,
            HandoverState::UnderWay if view.signed.is_some() => HandoverState::HalfSigned,
            HandoverState::Planned if view.prepared.is_some() => HandoverState::Prepared,
            state => state,
        };
        view.state_words = view.state.words();
        view.gaps = gaps(&view);
        (view, anomalies)
    }
}

/// What of the record's own facts still stands before a plain signature.
fn gaps(view: &HandoverView) -> Vec<HandoverGap> {
    let mut gaps = Vec::new();
    let mut gap = |missing: bool, code, step, words| {
        if missing {
            gaps.push(HandoverGap::new(code, step, words));
        }
    };
    gap(
        view.prepared.is_none(),
        "not_prepared",
        HandoverStep::Forms,
        words!("交班人还没有做交班准备。", "The outgoing person has not prepared the handover."),
    );
    gap(
        view.arrival.is_none(),
        "not_arrived",
        HandoverStep::Forms,
        words!("接班人还没有到岗确认。", "The incoming person has not confirmed their arrival."),
    );
    gap(
        view.reading.is_none(),
        "not_read",
        HandoverStep::Forms,
        words!(
            "接班人还没有阅看三表和上一日日报。",
            "The incoming person has not read the forms and yesterday's report."
        ),
    );
    let uncounted = view.counts.iter().filter(|line| line.counted.is_none()).count();
    gap(
        uncounted > 0,
        "not_counted",
        HandoverStep::Inventory,
        words!("还有{uncounted}样公物没有清点。", "{uncounted} things of the post are not counted."),
    );
    for line in view.counts.iter().filter(|line| line.differs && line.answer.is_none()) {
        let (name, expected) = (&line.name, line.expected);
        let actual = line.counted.as_ref().map(|counted| counted.actual).unwrap_or_default();
        gap(
            true,
            "difference_unanswered",
            HandoverStep::Inventory,
            words!(
                "{name}应有{expected}、实有{actual},或有损坏:请交班人说明去向后再签名。",
                "{name}: {actual} of {expected}, or damaged. The outgoing person explains before anybody signs."
            ),
        );
    }
    gap(
        view.instructions.is_none(),
        "instructions_unread",
        HandoverStep::Instructions,
        words!("接班人还没有阅看通知与指示。", "The incoming person has not read the notices and instructions."),
    );
    gaps
}
