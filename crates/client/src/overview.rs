//! The overview page: what the last days amount to.

use dutybook_domain::overview::{self, Overview};
use dutybook_domain::{Day, Timestamp};
use dutybook_store::RecordFilter;

use crate::client::Client;
use crate::error::Error;
use crate::reading::Reading;

/// More days than these are a matter for the ledger.
const MOST_DAYS: u16 = 92;

impl Client {
    /// The last so many days, today among them, in figures; at least one and at most 92.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn overview(&self, days: u16) -> Result<Overview, Error> {
        let to = self.today();
        let from = (1..days.clamp(1, MOST_DAYS)).fold(to, |day: Day, _| day.before());
        let (began, site) = (self.began()?, self.site_now());
        Reading::ask(self.store(), |book| overview::overview(book, &site.site, (from, to), began, self.now()))
    }

    /// When the book began: the birth of its site.
    fn began(&self) -> Result<Timestamp, Error> {
        let filter = RecordFilter { kind: Some("settings"), ..RecordFilter::default() };
        let born = self.rows(&filter)?.into_iter().map(|row| row.card.born).min();
        Ok(born.unwrap_or_else(|| self.now()))
    }
}
