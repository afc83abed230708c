//! Where a manager looks: what the last days amount to, and how things stand on the plans of the site.

use dutybook_domain::Day;
use dutybook_domain::overview::{self, Overview};
use dutybook_domain::site::{PlanNow, plans_now};

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
        let site = self.site_now();
        Reading::ask(self.store(), |book| overview::overview(book, &site.site, (from, to), self.now()))
    }

    /// The plans of the site with what stands at each point and building now.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn floor_plans(&self) -> Result<Vec<PlanNow>, Error> {
        let site = self.site_now();
        Reading::ask(self.store(), |book| plans_now(book, &site.site, self.now()))
    }
}
