//! Free entries of 《客服工作台帐》 (台账记事, D2.5.5, D2.8.5): what happened on duty and is no record of another kind.
//!
//! Invariants
//! - An entry is never altered: what came of it later is a further line (续记), what was wrong a correction.
//! - An entry stays open exactly as long as somebody is named to follow it up and nobody has said what came of it.

mod facts;
mod rules;
mod view;

pub use facts::{Entry, JournalAction, JournalFact};
pub use view::{Continuation, JournalState, JournalView};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct Journal;

impl Kind for Journal {
    const NAME: &'static str = "journal";
    const CLASS: Class = Class::Duty;
    type Fact = JournalFact;
    type Action = JournalAction;
    type View = JournalView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        view::fold(story)
    }

    fn card(view: &Self::View) -> Card {
        view.card()
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        rules::offers(view, who)
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        rules::act(view, action, cx)
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(fact))
    }
}
