//! The record kind that every standing item shares: defined, defined anew, retired.
//!
//! A definition is one fact that holds it whole, and `field/definition` points at the fact in force. Two people who
//! define an item anew without seeing each other leave two facts in force: both are shown until somebody decides.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::items::Definition;
use super::{Settings, Site};
use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone, Weight};
use crate::ids::FactId;
use crate::record::{Story, Write};
use crate::role::{Role, Signer};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// The kind of a standing item defined by a `T`.
pub struct Item<T>(std::marker::PhantomData<fn() -> T>);

/// Facts of a standing item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", bound(deserialize = "T: DeserializeOwned"))]
pub enum ItemFact<T> {
    /// What it is, whole.
    Defined {
        /// The definition.
        definition: T,
    },
    /// No longer in use.
    Retired {
        /// Why.
        reason: String,
    },
}

/// What can be done with a standing item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case", bound(deserialize = "T: DeserializeOwned"))]
pub enum ItemAction<T> {
    /// Says what it is, whole; also decides between two definitions.
    Define {
        /// The definition.
        definition: T,
    },
    /// Takes it out of use.
    Retire {
        /// Why.
        reason: String,
    },
}

/// A standing item as its facts say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub struct ItemView<T> {
    /// The definition in force; with two side by side, the one whose fact comes last in causal order.
    pub current: Option<T>,
    /// Definitions set without seeing each other, the current one among them; empty when there is only one.
    pub side_by_side: Vec<ItemVersion<T>>,
    /// Whether it was taken out of use.
    pub retired: bool,
    /// When it was first defined.
    pub born: Timestamp,
}

/// One of several definitions that stand side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub struct ItemVersion<T> {
    /// The fact.
    pub fact: FactId,
    /// Who.
    pub by: Signer,
    /// When.
    pub at: Timestamp,
    /// What.
    pub definition: T,
}

fn keeps_the_site(role: Role) -> bool {
    role == Role::Admin || role.supervises()
}

impl<T: Definition> Kind for Item<T> {
    const NAME: &'static str = T::KIND;
    const CLASS: Class = Class::Standing;
    type Fact = ItemFact<T>;
    type Action = ItemAction<T>;
    type View = ItemView<T>;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let pointed = story.doc.field_facts("definition");
        let mut anomalies = Vec::new();
        let mut versions = Vec::new();
        let mut retired = false;
        for (raw, fact) in story.in_force() {
            if !keeps_the_site(raw.by.role) {
                let name = &raw.by.name;
                anomalies.push(Anomaly::of(
                    raw,
                    "no_role",
                    words!("{name}无权修改站点资料,此项未生效。", "{name} may not change site data; not in force."),
                ));
                continue;
            }
            match fact {
                ItemFact::Defined { definition } => {
                    retired = false;
                    versions.push(ItemVersion {
                        fact: raw.id,
                        by: raw.by.clone(),
                        at: raw.at,
                        definition: definition.clone(),
                    });
                }
                ItemFact::Retired { .. } => retired = true,
            }
        }
        let born = versions.first().map_or_else(Timestamp::default, |version| version.at);
        let mut in_force: Vec<_> = versions.iter().filter(|version| pointed.contains(&version.fact)).cloned().collect();
        if in_force.is_empty() {
            in_force = versions.last().cloned().into_iter().collect();
        }
        in_force.dedup_by(|a, b| a.definition == b.definition);
        let current = in_force.last().map(|version| version.definition.clone());
        let side_by_side = if in_force.len() > 1 { in_force } else { Vec::new() };
        if !side_by_side.is_empty() {
            let title = current.as_ref().map(Definition::title).unwrap_or_default();
            anomalies.push(Anomaly {
                fact: None,
                code: "side_by_side".into(),
                words: words!(
                    "「{title}」有两处同时修改,请主管选定。",
                    "“{title}” was changed in two places at once; a supervisor decides."
                ),
            });
        }
        (ItemView { current, side_by_side, retired, born }, anomalies)
    }

    fn card(view: &Self::View) -> Card {
        let (state, state_words, tone) = match (view.retired, view.side_by_side.is_empty()) {
            (true, _) => ("retired", words!("停用", "out of use"), Tone::Off),
            (false, true) => ("in_use", words!("在用", "in use"), Tone::Calm),
            (false, false) => ("side_by_side", words!("待选定", "to be decided"), Tone::Waiting),
        };
        Card {
            number: None,
            title: view.current.as_ref().map(Definition::title).unwrap_or_default(),
            place: None,
            state: state.into(),
            state_words,
            tone,
            open: !view.side_by_side.is_empty(),
            urgency: None,
            responsible: Vec::new(),
            next: None,
            born: view.born,
        }
    }

    fn offers(_: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        if !keeps_the_site(who.role) {
            return Vec::new();
        }
        vec![
            Offer::new("define", Weight::Primary, words!("修改", "change")),
            Offer::new("retire", Weight::Grave, words!("停用", "take out of use")),
        ]
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        if !keeps_the_site(cx.who.role) {
            return Err(Refusal::new(
                "no_role",
                words!(
                    "只有主管或系统管理员可以修改站点资料。",
                    "Only supervisors and administrators change site data."
                ),
            ));
        }
        let mut step = cx.step::<Self>(&[])?;
        match action {
            ItemAction::Define { definition } => {
                if view.is_none() {
                    step.writes = cx.birth::<Self>(None);
                }
                let (fact, write) = cx.fact(&ItemFact::Defined { definition })?;
                step.writes.extend([write, Write::Field { name: "definition", fact }]);
            }
            ItemAction::Retire { reason } => {
                if reason.trim().is_empty() {
                    return Err(Refusal::missing(&words!("原因", "a reason")));
                }
                step.writes.push(cx.fact(&ItemFact::<T>::Retired { reason })?.1);
            }
        }
        Ok(vec![step])
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        let Words { zh, en } = T::kind_words();
        let (subject, detail) = match fact {
            ItemFact::Defined { definition } => (words!("{zh}登记", "{en} defined"), Words::same(definition.title())),
            ItemFact::Retired { reason } => (words!("{zh}停用", "{en} retired"), Words::same(reason.clone())),
        };
        Some(LineText { subject, detail })
    }
}
