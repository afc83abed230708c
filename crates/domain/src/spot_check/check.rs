//! One spot check: 《值班抽查记录表》, a result for every item, signed by both.

use serde::{Deserialize, Serialize};

use super::draw::Nonce;
use super::plan::{SpotPlan, SpotPlanFact, SpotPlanView, label};
use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone, Weight};
use crate::ids::{FactId, RecordId};
use crate::record::Story;
use crate::role::{PersonRef, Signer};
use crate::site::{Settings, Site};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{Stamp, listed};

/// The kind.
pub struct SpotCheck;

/// 结果 of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 合格.
    Good,
    /// 不合格.
    Poor,
    /// 不适用.
    NotApplicable,
}

impl Verdict {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Good => words!("合格", "in order"),
            Self::Poor => words!("不合格", "not in order"),
            Self::NotApplicable => words!("不适用", "not applicable"),
        }
    }
}

/// One item looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Looked {
    /// 项目.
    pub item: String,
    /// 结果.
    pub verdict: Verdict,
    /// 问题: what was wrong.
    #[serde(default)]
    pub note: String,
}

/// Which time drawn by lot a check was made at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DrawnFrom {
    /// The plan.
    pub plan: RecordId,
    /// The draw.
    pub draw: FactId,
    /// Which of its checks, from 0.
    pub slot: u16,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Checked {
    /// The time drawn by lot; none for a check that was not planned.
    #[serde(default)]
    pub drawn: Option<DrawnFrom>,
    /// 被查人.
    pub person: PersonRef,
    /// 班次.
    #[serde(default)]
    pub shift: String,
    /// 项目, 结果, 问题.
    pub items: Vec<Looked>,
    /// 整改时限.
    #[serde(default)]
    pub rectify_by: Option<Timestamp>,
}

/// Facts of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SpotCheckFact {
    /// 抽查.
    Checked(Checked),
    /// 签名 by whoever signs the fact.
    Signed {
        /// What was drawn on the glass.
        #[serde(default)]
        signature: String,
        /// 意见, 申辩.
        #[serde(default)]
        opinion: String,
    },
    /// The person checked signed on the supervisor's device.
    SignedHere {
        /// What was drawn on the glass.
        signature: String,
        /// 意见, 申辩.
        #[serde(default)]
        opinion: String,
    },
    /// 整改.
    Rectified {
        /// What was done.
        result: String,
    },
}

/// What people can do with a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum SpotCheckAction {
    /// Writes down what was found; the supervisor signs with it.
    Check(Checked),
    /// 签名.
    Sign {
        /// What was drawn on the glass.
        #[serde(default)]
        signature: Option<String>,
        /// 意见, 申辩.
        #[serde(default)]
        opinion: String,
    },
    /// The person checked signs on the supervisor's device.
    SignHere {
        /// What was drawn on the glass.
        signature: Option<String>,
        /// 意见, 申辩.
        #[serde(default)]
        opinion: String,
    },
    /// 整改完成.
    Rectify {
        /// What was done.
        result: String,
    },
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CheckSignature {
    /// Whose fact it is, and when.
    pub stamp: Stamp,
    /// What was drawn on the glass; empty where somebody signed as themselves.
    pub drawn: String,
    /// 意见, 申辩.
    pub opinion: String,
    /// Whether it was given on the supervisor's device.
    pub here: bool,
}

/// A check as its facts say: one row of 《值班抽查记录表》.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SpotCheckView {
    /// Its number.
    pub number: Option<String>,
    /// Who checked, and 抽查时间.
    pub checker: Option<Stamp>,
    /// The time drawn by lot.
    pub drawn: Option<DrawnFrom>,
    /// 被查人.
    pub person: Option<PersonRef>,
    /// 班次.
    pub shift: String,
    /// 项目, 结果, 问题.
    pub items: Vec<Looked>,
    /// 整改时限.
    pub rectify_by: Option<Timestamp>,
    /// 被查人签名.
    pub signed: Option<CheckSignature>,
    /// 抽查人签名.
    pub countersigned: Option<CheckSignature>,
    /// 整改.
    pub rectified: Option<String>,
    /// Who said that it was put right, and when.
    pub rectified_by: Option<Stamp>,
    /// When it was born.
    pub born: Timestamp,
}

/// Where a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Signing,
    Rectifying,
    Closed,
}

impl SpotCheckView {
    fn state(&self) -> State {
        if self.signed.is_none() || self.countersigned.is_none() {
            State::Signing
        } else if self.poor() > 0 && self.rectified.is_none() {
            State::Rectifying
        } else {
            State::Closed
        }
    }

    fn poor(&self) -> usize {
        self.items.iter().filter(|looked| looked.verdict == Verdict::Poor).count()
    }

    fn state_words(&self) -> Words {
        match self.state() {
            State::Signing if self.signed.is_none() => words!("待被查人签名", "to be signed by the person checked"),
            State::Signing => words!("待抽查人签名", "to be signed by the checker"),
            State::Rectifying => words!("待整改", "to be put right"),
            State::Closed => words!("已双签", "signed by both"),
        }
    }

    fn is_checked(&self, who: &Signer) -> bool {
        self.person.as_ref().is_some_and(|person| person.person == who.person)
    }

    fn is_checker(&self, who: &Signer) -> bool {
        self.checker.as_ref().is_some_and(|stamp| stamp.by.person == who.person)
    }

    /// What may be done: the one table of offers, acts and folds.
    fn may(&self, event: &str, who: &Signer) -> bool {
        self.checker.is_some()
            && match event {
                "sign" => {
                    (self.is_checked(who) && self.signed.is_none())
                        || (self.is_checker(who) && self.countersigned.is_none())
                }
                "sign_here" => self.is_checker(who) && self.signed.is_none(),
                "rectify" => self.state() == State::Rectifying && (self.is_checked(who) || who.role.supervises()),
                _ => false,
            }
    }
}

fn check(checked: Checked, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    let mut checked = checked;
    checked.items.retain(|looked| !looked.item.trim().is_empty());
    if checked.items.is_empty() {
        return Err(Refusal::missing(&words!("抽查项目", "what was looked at")));
    }
    if checked.person.person == cx.who.person {
        return Err(Refusal::new("itself", words!("不能抽查自己。", "Nobody checks themselves.")));
    }
    if let Some(looked) =
        checked.items.iter().find(|looked| looked.verdict == Verdict::Poor && looked.note.trim().is_empty())
    {
        let item = &looked.item;
        return Err(Refusal::missing(&words!("「{item}」的问题", "what was wrong with “{item}”")));
    }
    let poor = checked.items.iter().any(|looked| looked.verdict == Verdict::Poor);
    if poor && checked.rectify_by.is_none() {
        return Err(Refusal::missing(&words!("整改时限", "by when it is put right")));
    }
    let mut steps = Vec::new();
    if let Some(drawn) = &checked.drawn {
        steps.push(reveal(drawn, cx)?);
    }
    let day = cx.today();
    let number = cx.names.number(day);
    let mut step = cx.step::<SpotCheck>(&[])?;
    step.writes = cx.birth::<SpotCheck>(Some(&number));
    step.writes.push(cx.fact(&SpotCheckFact::Checked(checked))?.1);
    steps.insert(0, step);
    Ok(steps)
}

/// Writes down the nonce of a time that has come.
fn reveal(drawn: &DrawnFrom, cx: &mut Acting<'_>) -> Result<Step, Refusal> {
    let missing = || Refusal::new("no_such_draw", words!("没有这次抽取。", "There is no such draw."));
    let view: SpotPlanView =
        cx.book.view(drawn.plan).and_then(|view| serde_json::from_value(view).ok()).ok_or_else(missing)?;
    let draw = view.draws.iter().find(|draw| draw.stamp.fact == drawn.draw).ok_or_else(missing)?;
    let slot = draw.slots.get(usize::from(drawn.slot)).ok_or_else(missing)?;
    if slot.nonce.is_some() {
        return Err(Refusal::new("already_made", words!("这一次已经抽查过了。", "This check has been made.")));
    }
    let nonce = Nonce(cx.names.secret(&label(drawn.plan, draw.serial, usize::from(drawn.slot))));
    if nonce.commitment() != slot.commitment {
        return Err(Refusal::new(
            "other_device",
            words!(
                "这次抽查是在另一台设备上抽取的,请在那台设备上办。",
                "This check was drawn on another device; make it there."
            ),
        ));
    }
    if nonce.time(slot.part, &draw.urn).is_none_or(|at| at > cx.now) {
        return Err(Refusal::new("too_early", words!("时间还没有到。", "Its time has not come.")));
    }
    let check = cx.record;
    let fact = SpotPlanFact::Revealed { draw: drawn.draw, slot: drawn.slot, nonce: nonce.hex(), check };
    cx.step_on::<SpotPlan>(drawn.plan, &[fact])
}

impl Kind for SpotCheck {
    const NAME: &'static str = "spot_check";
    const CLASS: Class = Class::Personnel;
    type Fact = SpotCheckFact;
    type Action = SpotCheckAction;
    type View = SpotCheckView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let mut view = SpotCheckView { number: story.doc.number().map(Into::into), ..SpotCheckView::default() };
        let mut anomalies = Vec::new();
        for (raw, fact) in story.in_force() {
            let may = match fact {
                SpotCheckFact::Checked(_) => raw.by.role.supervises() && view.checker.is_none(),
                SpotCheckFact::Signed { .. } => {
                    view.checker.is_some() && (view.is_checked(&raw.by) || view.is_checker(&raw.by))
                }
                SpotCheckFact::SignedHere { .. } => view.is_checker(&raw.by),
                SpotCheckFact::Rectified { .. } => {
                    view.checker.is_some() && (view.is_checked(&raw.by) || raw.by.role.supervises())
                }
            };
            if !may {
                let name = &raw.by.name;
                anomalies.push(Anomaly::of(
                    raw,
                    "not_legal_here",
                    words!("{name}写的这一项未生效,请核实。", "What {name} wrote is not in force; please check."),
                ));
                continue;
            }
            let signature = |drawn: &str, opinion: &str, here| {
                Some(CheckSignature { stamp: raw.into(), drawn: drawn.into(), opinion: opinion.into(), here })
            };
            match fact {
                SpotCheckFact::Checked(checked) => {
                    let checked = checked.clone();
                    view.checker = Some(raw.into());
                    view.born = raw.at;
                    view.drawn = checked.drawn;
                    view.person = Some(checked.person);
                    view.shift = checked.shift;
                    view.items = checked.items;
                    view.rectify_by = checked.rectify_by;
                }
                // Their own hand counts before one that was given on somebody else's device.
                SpotCheckFact::Signed { signature: drawn, opinion } if view.is_checked(&raw.by) => {
                    if view.signed.as_ref().is_none_or(|signed| signed.here) {
                        view.signed = signature(drawn, opinion, false);
                    }
                }
                SpotCheckFact::Signed { signature: drawn, opinion } => {
                    view.countersigned = view.countersigned.take().or_else(|| signature(drawn, opinion, false));
                }
                SpotCheckFact::SignedHere { signature: drawn, opinion } => {
                    view.signed = view.signed.take().or_else(|| signature(drawn, opinion, true));
                }
                SpotCheckFact::Rectified { result } => {
                    if view.rectified.is_none() {
                        view.rectified = Some(result.clone());
                        view.rectified_by = Some(raw.into());
                    }
                }
            }
        }
        (view, anomalies)
    }

    fn card(view: &Self::View) -> Card {
        let (state, tone) = match view.state() {
            _ if view.checker.is_none() => ("void", Tone::Off),
            State::Signing => ("signing", Tone::Waiting),
            State::Rectifying => ("rectifying", Tone::Active),
            State::Closed => ("closed", Tone::Done),
        };
        let (good, all) = (view.items.len() - view.poor(), view.items.len());
        let name = view.person.as_ref().map(|person| person.name.as_str()).unwrap_or_default();
        let waits_for_checker = view.state() == State::Signing && view.signed.is_some();
        let checker = view.checker.iter().map(|stamp| PersonRef::from(&stamp.by));
        Card {
            number: view.number.clone(),
            title: format!("{name} {good}/{all}").trim().into(),
            place: None,
            state: state.into(),
            state_words: view.state_words(),
            tone,
            open: view.checker.is_some() && view.state() != State::Closed,
            urgency: None,
            responsible: if waits_for_checker { checker.collect() } else { view.person.iter().cloned().collect() },
            next: match view.state() {
                State::Signing => Some(words!("签名", "sign")),
                State::Rectifying => Some(words!("整改", "put right")),
                State::Closed => None,
            },
            born: view.born,
        }
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        let Some(view) = view else {
            let offer = Offer::new("check", Weight::Primary, words!("抽查登记", "write down a check"));
            return who.role.supervises().then_some(offer).into_iter().collect();
        };
        [
            ("sign", Weight::Primary, words!("签名", "sign")),
            ("sign_here", Weight::Normal, words!("请被查人在此签名", "let them sign here")),
            ("rectify", Weight::Primary, words!("整改完成", "put right")),
        ]
        .into_iter()
        .filter(|(event, _, _)| view.may(event, who))
        .map(|(event, weight, words)| Offer::new(event, weight, words))
        .collect()
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        let Some(view) = view else {
            let SpotCheckAction::Check(checked) = action else {
                return Err(Refusal::new("no_such_record", words!("没有这条记录。", "There is no such record.")));
            };
            if !cx.who.role.supervises() {
                return Err(Refusal::new(
                    "no_role",
                    words!("抽查由客服主任安排。", "Spot checks are the supervisor's to make."),
                ));
            }
            return check(checked, cx);
        };
        let event = match &action {
            SpotCheckAction::Check(_) => "check",
            SpotCheckAction::Sign { .. } => "sign",
            SpotCheckAction::SignHere { .. } => "sign_here",
            SpotCheckAction::Rectify { .. } => "rectify",
        };
        if !view.may(event, &cx.who) {
            return Err(Refusal::not_offered(&view.state_words()));
        }
        let fact = match action {
            SpotCheckAction::Check(_) => return Err(Refusal::not_offered(&view.state_words())),
            SpotCheckAction::Sign { signature, opinion } => {
                SpotCheckFact::Signed { signature: signature.unwrap_or_default(), opinion: opinion.trim().into() }
            }
            SpotCheckAction::SignHere { signature, opinion } => {
                let signature = signature.unwrap_or_default();
                if signature.trim().is_empty() {
                    return Err(Refusal::missing(&words!("被查人签名", "the signature of the person checked")));
                }
                SpotCheckFact::SignedHere { signature, opinion: opinion.trim().into() }
            }
            SpotCheckAction::Rectify { result } => {
                if result.trim().is_empty() {
                    return Err(Refusal::missing(&words!("整改情况", "what was done")));
                }
                SpotCheckFact::Rectified { result: result.trim().into() }
            }
        };
        Ok(vec![cx.step::<Self>(&[fact])?])
    }

    fn deadlines(view: &Self::View, _: &Settings) -> Vec<Deadline> {
        let due = view.rectify_by.filter(|_| view.checker.is_some() && view.rectified.is_none());
        due.map(|due| Deadline {
            code: "rectify".into(),
            words: words!("整改", "putting it right"),
            since: view.born,
            due,
            rings: false,
        })
        .into_iter()
        .collect()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(match fact {
            SpotCheckFact::Checked(checked) => {
                let items = checked.items.iter().map(|looked| {
                    let item = Words::same(format!("{} ", looked.item)).then(looked.verdict.words());
                    if looked.note.is_empty() { item } else { item.then(Words::same(format!(" {}", looked.note))) }
                });
                let person = [Words::same(checked.person.name.clone()), Words::same(checked.shift.clone())];
                LineText {
                    subject: words!("值班抽查", "spot check"), detail: listed(person.into_iter().chain(items))
                }
            }
            SpotCheckFact::Signed { opinion, .. } => LineText {
                subject: words!("抽查 签名", "spot check: signed"),
                detail: Words::same(opinion.clone()),
            },
            SpotCheckFact::SignedHere { opinion, .. } => LineText {
                subject: words!("抽查 被查人当面签名", "spot check: signed on the spot"),
                detail: Words::same(opinion.clone()),
            },
            SpotCheckFact::Rectified { result } => LineText {
                subject: words!("抽查 整改", "spot check: put right"),
                detail: Words::same(result.clone()),
            },
        })
    }
}
