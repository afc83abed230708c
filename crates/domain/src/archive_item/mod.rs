//! The archive: what of a month is kept, where, until when, and how it is destroyed (《归档清单》, 《销毁清册》, D2.8.5).
//!
//! Invariants
//! - A month's items are listed by its seal, under ids that every replica computes alike: nothing is typed twice, and two
//!   people who seal the same month leave one list.
//! - Destruction takes two people's signatures, never before the retention has ended, and never of what is kept for ever.
//!   Nothing is deleted by it: it is a register.

mod facts;
pub(crate) mod form;
mod rules;
mod view;

pub use facts::{ArchiveAction, ArchiveFact, Listing};
pub(crate) use rules::list_of;
pub use view::{ArchiveItemView, ArchiveState, Destruction};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct ArchiveItem;

impl Kind for ArchiveItem {
    const NAME: &'static str = "archive_item";
    const CLASS: Class = Class::Duty;
    type Fact = ArchiveFact;
    type Action = ArchiveAction;
    type View = ArchiveItemView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        view::fold(story)
    }

    fn card(view: &Self::View) -> Card {
        view.card()
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        view.map(|view| rules::offers(view, who)).unwrap_or_default()
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
