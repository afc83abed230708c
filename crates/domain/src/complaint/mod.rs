//! Complaints (投诉): from the registration to the opinion of whoever complained (D3.4, 《投诉处理记录》).
//!
//! Invariants
//! - One table, `table::rule`, says which fact is legal in which state and what state follows; the fold and the offers
//!   both read it.
//! - Nothing is closed without the complainant's own opinion, and 不满意 opens it again. The number stays.
//! - What it is (性质, 有效/无效) and who answers for it are judgements: values set without seeing each other stand side
//!   by side until the customer-service manager decides. Until then the graver one counts.
//! - A major complaint is the project manager's from the moment it is one, whatever else has happened to it.

mod facts;
mod fold;
pub(crate) mod form;
mod line;
mod rules;
mod table;
mod view;

pub use facts::{
    ComplaintAction, ComplaintContact, ComplaintDuty, ComplaintFact, ComplaintTopics, ComplaintWay, Grade, Lodged,
    NoticeMethod, Validity,
};
pub(crate) use rules::lodged_step;
pub use view::{
    ComplaintClosing, ComplaintComment, ComplaintFollowUp, ComplaintInformed, ComplaintPlan, ComplaintReopening,
    ComplaintSaid, ComplaintState, ComplaintView, Judgement, OpinionOf, ToldBack,
};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::record::Story;
use crate::role::Signer;
use crate::site::{Settings, Site};

/// The kind.
pub struct Complaint;

impl Kind for Complaint {
    const NAME: &'static str = "complaint";
    const CLASS: Class = Class::Duty;
    type Fact = ComplaintFact;
    type Action = ComplaintAction;
    type View = ComplaintView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        fold::fold(story)
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
        Some(line::line(fact))
    }
}
