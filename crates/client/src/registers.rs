//! The bound registers, what waits for whom in them, and spot checks whose time has come.

use dutybook_domain::kinds;
use dutybook_domain::register::{self, EntryView, SHEETS};
use dutybook_domain::spot_check::{SpotDue, SpotPlanView, due, plan_of};
use dutybook_domain::{RecordId, words};
use dutybook_store::{Order, RecordFilter, RecordRow};

use crate::client::Client;
use crate::error::Error;
use crate::shown::{Alarm, AlarmWhat, EntryShown, RegisterShown};

/// Rows of a register shown at once when nothing else is asked for.
const PAGE: u32 = 100;

impl Client {
    /// The registers on the shelf, each with how much is open in it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn registers(&self) -> Result<Vec<RegisterShown>, Error> {
        let role = self.signer().map(|who| who.role);
        let mut shelf = Vec::new();
        for sheet in SHEETS {
            let open = self.entry_rows(sheet.kind, Some(true), None, 0)?;
            let (mut mine, mut late) = (0, 0);
            for (row, view) in &open {
                let (waits, _) = self.stands(sheet, view);
                mine += u32::from(waits);
                late += u32::from(self.is_late(row));
            }
            let open = u32::try_from(open.len()).unwrap_or(u32::MAX);
            shelf.push(RegisterShown { sheet: sheet.shown(role), open, mine, late });
        }
        Ok(shelf)
    }

    /// The rows of a register, the newest first.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such register.
    pub fn entries(&self, kind: &str, text: Option<&str>, limit: u32) -> Result<Vec<EntryShown>, Error> {
        let sheet = register::find(kind).ok_or_else(|| Error::Missing(kind.into()))?;
        let text = text.filter(|text| !text.trim().is_empty());
        let rows = self.entry_rows(sheet.kind, None, text, if limit == 0 { PAGE } else { limit })?;
        self.shown_entries(rows)
    }

    /// Everything in the registers that waits for the person signed in: theirs to take on, to sign, to answer, or back
    /// with them because its time ran out (D3.7).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn my_entries(&self) -> Result<Vec<EntryShown>, Error> {
        let mut rows = Vec::new();
        for sheet in SHEETS {
            let open = self.entry_rows(sheet.kind, Some(true), None, 0)?;
            rows.extend(open.into_iter().filter(|(_, view)| self.stands(sheet, view).0));
        }
        let mut mine = self.shown_entries(rows)?;
        mine.sort_by_key(|entry| {
            let due = entry.shown.deadline.as_ref().map(|deadline| deadline.due);
            (due.is_none(), due, entry.shown.card.born)
        });
        Ok(mine)
    }

    fn entry_rows(
        &self,
        kind: &str,
        open: Option<bool>,
        text: Option<&str>,
        limit: u32,
    ) -> Result<Vec<(RecordRow, EntryView)>, Error> {
        let filter = RecordFilter {
            kind: Some(kind),
            open,
            text,
            order: Order::Born,
            limit: limit as usize,
            ..RecordFilter::default()
        };
        let read = |row: RecordRow| Some((serde_json::from_value::<EntryView>(row.view.clone()).ok()?, row));
        Ok(self.rows(&filter)?.into_iter().filter_map(read).map(|(view, row)| (row, view)).collect())
    }

    fn shown_entries(&self, rows: Vec<(RecordRow, EntryView)>) -> Result<Vec<EntryShown>, Error> {
        let undelivered = self.undelivered_records()?;
        let now = self.site_now();
        let shown = |(row, view): (RecordRow, EntryView)| {
            let (mine, back_with_giver) =
                register::find(&row.kind).map(|sheet| self.stands(sheet, &view)).unwrap_or_default();
            EntryShown { shown: self.shown(row, &now, &undelivered), view, mine, back_with_giver }
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Whether an entry waits for the person signed in, and whether it is back with whoever gave it.
    fn stands(&self, sheet: &register::Sheet, view: &EntryView) -> (bool, bool) {
        let now = self.site_now();
        let settings = &now.site.settings;
        let mine = self.signer().is_some_and(|who| sheet.waits_for(view, settings, &who, self.now()));
        (mine, sheet.back_with_giver(view, settings, self.now()))
    }

    fn is_late(&self, row: &RecordRow) -> bool {
        let now = self.site_now();
        let clocks = kinds::find(&row.kind).map(|kind| kind.deadlines(&row.view, &now.site.settings));
        clocks.unwrap_or_default().iter().any(|clock| clock.due <= self.now())
    }

    /// Spot checks that this device drew, whose time has come, for the supervisor signed in. What is still to come is
    /// told to nobody, the supervisor included (D2.3.1).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn spot_due(&self) -> Result<Vec<SpotDue>, Error> {
        if !self.signer().is_some_and(|who| who.role.supervises()) {
            return Ok(Vec::new());
        }
        let today = self.today();
        let last_month = a_day_of_last_month(today);
        let mut found = Vec::new();
        for plan in [plan_of(last_month), plan_of(today)] {
            let Some(row) = self.inner.store.record(plan)? else { continue };
            let Ok(view) = serde_json::from_value::<SpotPlanView>(row.view) else { continue };
            found.extend(due(plan, &view, &|label| self.inner.store.secret_for(label), self.now()));
        }
        Ok(found)
    }

    pub(crate) fn spot_alarms(&self) -> Result<Vec<Alarm>, Error> {
        let due = self.spot_due()?.into_iter();
        Ok(due
            .map(|due| {
                let part = due.part.clone();
                let (zh, en) = (part.zh, part.en);
                Alarm {
                    id: format!("{}/{}/{}", due.plan, due.draw, due.slot),
                    record: due.plan,
                    kind: "spot_plan".into(),
                    words: words!("值班抽查时间到({zh})", "a spot check is due ({en})"),
                    at_once: true,
                    delivered: true,
                    since: due.at,
                    seen: false,
                    what: AlarmWhat::Called,
                    report: None,
                    for_me: false,
                }
            })
            .collect())
    }

    /// What a spot check looks at, as the site wants it.
    #[must_use]
    pub fn spot_items(&self) -> Vec<String> {
        self.site_now().site.settings.spot_checks.items.clone()
    }

    /// The record of the month's plan of spot checks.
    #[must_use]
    pub fn spot_plan(&self) -> RecordId {
        plan_of(self.today())
    }
}

/// A day of the month before.
fn a_day_of_last_month(today: dutybook_domain::Day) -> dutybook_domain::Day {
    let month = today.month();
    std::iter::successors(Some(today), |day| Some(day.before())).find(|day| day.month() != month).unwrap_or(today)
}
