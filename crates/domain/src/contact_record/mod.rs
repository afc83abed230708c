//! Calls and visits (来电/来访): the ten-second record, and what becomes of it (D1.1.3, D2.5, D2.7.2, D3.1).
//!
//! Invariants
//! - What was written down first stays: later additions (补全) only fill what was empty; anything else is a correction.
//! - A call that is a complaint is a complaint from its first moment, under the same number.
//! - When its orders or its complaint are closed, it is closed with the last of them.
//! - A call that becomes a work order is written once; the order takes its values from here, in the same transaction.

mod facts;
pub(crate) mod form;
mod repeats;
mod rules;
mod view;

pub use facts::{
    CalledBack, ComplaintTaken, Completed, ContactAction, ContactFact, ContactTopic, Earlier, Received, Registration,
    Way,
};
pub use repeats::{Repeat, repeats};
pub(crate) use rules::{Afterwards, afterwards};
pub use view::{Answer, CallBack, ContactFollowUp, ContactState, ContactView, MadeComplaint, RepeatOf};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct ContactRecord;

impl Kind for ContactRecord {
    const NAME: &'static str = "contact_record";
    const CLASS: Class = Class::Duty;
    type Fact = ContactFact;
    type Action = ContactAction;
    type View = ContactView;

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

    fn deadlines(view: &Self::View, settings: &Settings) -> Vec<Deadline> {
        rules::deadlines(view, &settings.timers)
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(rules::line(fact))
    }
}
