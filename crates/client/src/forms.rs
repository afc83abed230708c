//! Printed forms: what the book says, gathered for one form. Setting it on paper is somebody else's work.

use std::borrow::Cow;

use dutybook_domain::form::{self, Copied, Entered, Form, Of, Source, Span};
use dutybook_domain::kinds;
use dutybook_domain::{Day, RecordId, Words, words};
use dutybook_store::{LedgerFilter, RecordRow};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;

/// Which form, of what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct FormAsked {
    /// Its word (`contact_log`, `work_order` …).
    pub form: String,
    /// The record, for the forms of one record.
    pub record: Option<RecordId>,
    /// The kind, for the list that fits any.
    pub kind: Option<String>,
    /// The first day; today when left out.
    pub from: Option<Day>,
    /// The last day; the first when left out.
    pub to: Option<Day>,
}

/// A form that can be printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct FormName {
    /// Its word.
    pub form: String,
    /// Its heading.
    pub heading: Words,
}

impl Client {
    /// The forms that a record prints as, the usual one first.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn forms_of(&self, record: RecordId) -> Result<Vec<FormName>, Error> {
        let row = self.row(record)?;
        let sheets = form::for_record(&row.kind, &row.view);
        Ok(sheets.map(|sheet| FormName { form: sheet.name.into(), heading: (sheet.heading)() }).collect())
    }

    /// A form, filled with what this device knows now.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such form or record, or when the form needs a record and none was named.
    pub fn form(&self, asked: &FormAsked) -> Result<Form, Error> {
        let sheet = form::find(&asked.form).ok_or_else(|| Error::Missing(asked.form.clone()))?;
        let from = asked.from.unwrap_or_else(|| self.today());
        let span = Span { from, to: asked.to.unwrap_or(from).max(from) };
        let now = self.site_now();
        let mut site = Cow::Borrowed(&now.site);
        let mut records = Vec::new();
        let mut lines = Vec::new();
        match sheet.of {
            Of::Record(_) | Of::AnyRecord => {
                let id = asked.record.ok_or_else(|| no_record(sheet))?;
                let row = self.row(id)?;
                if !form::for_record(&row.kind, &row.view).any(|fits| fits.name == sheet.name) {
                    return Err(no_record(sheet));
                }
                let facts = match self.store().doc(id)? {
                    Some(doc) => kinds::find(&row.kind).map(|kind| kind.history(&doc)).unwrap_or_default(),
                    None => Vec::new(),
                };
                records.push(Copied { facts, ..copied(row) });
            }
            Of::Records(kind) => records = self.born_in(kind, span)?,
            Of::AnyRecords => {
                let kind = asked.kind.as_deref().unwrap_or_default();
                records = self.born_in(kind, span)?;
            }
            Of::Ledger => lines = self.entered_in(span)?,
            Of::Site => site.to_mut().contacts = self.verified_contacts(),
        }
        let source = Source { site: &site, span, records: &records, lines: &lines, now: self.now() };
        Ok(source.form(sheet))
    }

    fn born_in(&self, kind: &str, span: Span) -> Result<Vec<Copied>, Error> {
        let kind = kinds::find(kind).ok_or_else(|| Error::Missing(kind.into()))?;
        let mut days = vec![span.from];
        while days.last().is_some_and(|day| *day < span.to) {
            days.extend(days.last().map(|day| day.after()));
        }
        Ok(self.around(kind, &days)?.into_iter().map(copied).collect())
    }

    fn entered_in(&self, span: Span) -> Result<Vec<Entered>, Error> {
        let zone = self.site_now().site.settings.zone;
        let (from, to) = (span.from.at(0, zone), span.to.after().at(0, zone));
        let filter = LedgerFilter { from: Some(from), to: Some(to), ..LedgerFilter::default() };
        let mut cards = std::collections::HashMap::new();
        let mut lines = Vec::new();
        for row in self.store().ledger(&filter)? {
            let card = match cards.get(&row.record) {
                Some(card) => Clone::clone(card),
                None => {
                    let card = self.store().record(row.record)?.map(|row| row.card);
                    cards.insert(row.record, card.clone());
                    card
                }
            };
            lines.push(Entered { record: row.record, number: row.number, title: row.title, card, line: row.line });
        }
        lines.reverse();
        Ok(lines)
    }
}

fn copied(row: RecordRow) -> Copied {
    Copied { id: row.id, kind: row.kind, card: row.card, view: row.view, anomalies: row.anomalies, facts: Vec::new() }
}

fn no_record(sheet: &form::Sheet) -> Error {
    let Words { zh, en } = (sheet.heading)();
    Error::Refused(dutybook_domain::engine::Refusal::new(
        "form_needs_record",
        words!("《{zh}》要指明是哪一条记录。", "“{en}” is the form of one record; say which."),
    ))
}
