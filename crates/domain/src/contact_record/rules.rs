//! What may be done with a contact record: the table, offers, actions, clocks, ledger lines.

use super::facts::{ContactAction, ContactFact};
use super::view::ContactView;
use crate::engine::{Acting, Deadline, LineText, Offer, Refusal, Step};
use crate::role::Signer;
use crate::site::Timers;
use crate::words;

pub(super) fn offers(_: Option<&ContactView>, _: &Signer) -> Vec<Offer> {
    Vec::new()
}

pub(super) fn act(_: Option<&ContactView>, _: ContactAction, _: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
    Err(Refusal::new("no_role", words!("您的岗位不办这一项。", "This is not in your role.")))
}

pub(super) fn deadlines(_: &ContactView, _: &Timers) -> Vec<Deadline> {
    Vec::new()
}

pub(super) fn line(_: &ContactFact) -> Option<LineText> {
    None
}
