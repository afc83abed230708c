//! What is read before a shift and at its handover, across records. Nothing here writes.

use dutybook_domain::carried::{CarriedItem, carried};
use dutybook_domain::contact_record::ContactRecord;
use dutybook_domain::engine::Kind;
use dutybook_domain::handover::{HandoverSheet, HandoverView, compose};
use dutybook_domain::kinds::{self, AnyView};
use dutybook_domain::{Day, RecordId};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::reading::Reading;
use crate::shown::RecordShown;

/// What is read before a shift (班前必读, D1.1.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct BeforeShift {
    /// Whose day is read: the one before the shift's.
    pub day: Day,
    /// That day's daily report; more than one where it was made anew.
    pub reports: Vec<RecordShown>,
    /// That day's calls and visits.
    pub contacts: Vec<RecordShown>,
    /// What goes on.
    pub carried: Vec<CarriedItem>,
}

impl Client {
    /// Everything that is open in the daily work, with person, next step and the time it is due (D2.9.3).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn carried_over(&self) -> Result<Vec<CarriedItem>, Error> {
        let now = self.site_now();
        Reading::ask(self.store(), |book| carried(book, &now.site.settings))
    }

    /// What the shift of this handover reads before it begins.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such handover.
    pub fn before_shift(&self, handover: RecordId) -> Result<BeforeShift, Error> {
        let day = self.handover_view(handover)?.plan.day.before();
        // The report is a kind of its own; a program without it has calls and visits to read.
        let reports = match kinds::find("daily_report") {
            Some(kind) => self.on_day(kind.name(), day)?,
            None => Vec::new(),
        };
        let contacts = self.on_day(ContactRecord::NAME, day)?;
        Ok(BeforeShift { day, reports, contacts, carried: self.carried_over()? })
    }

    /// 《交接班记录表》 as it reads now, with what still stands before a plain signature.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such handover.
    pub fn handover_sheet(&self, handover: RecordId) -> Result<HandoverSheet, Error> {
        let view = self.handover_view(handover)?;
        let now = self.site_now();
        Reading::ask(self.store(), |book| compose(&view, &now.site, self.now(), book))
    }

    fn handover_view(&self, handover: RecordId) -> Result<HandoverView, Error> {
        match self.record(handover)?.view {
            Some(AnyView::Handover(view)) => Ok(*view),
            _ => Err(Error::Missing(handover.to_string())),
        }
    }
}
