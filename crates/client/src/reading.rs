//! The book as questions across records read it: outside of any transaction, and never writing.

use std::cell::RefCell;

use dutybook_domain::engine::{Book, Class, Found};
use dutybook_domain::known::Known;
use dutybook_domain::{RecordId, Timestamp};
use dutybook_store::{Order, RecordFilter, RecordRow, Store};
use serde_json::Value;

use crate::error::Error;

/// The book as the screens read it, for what the domain computes across records outside of an action. The first error
/// is kept, and makes the answer an error.
pub(crate) struct Reading<'a> {
    store: &'a Store,
    failed: RefCell<Option<dutybook_store::Error>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn ask<T>(store: &'a Store, question: impl FnOnce(&Self) -> T) -> Result<T, Error> {
        let reading = Self { store, failed: RefCell::new(None) };
        let answer = question(&reading);
        match reading.failed.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(answer),
        }
    }

    fn kept<T: Default>(&self, answer: Result<T, dutybook_store::Error>) -> T {
        answer.unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            T::default()
        })
    }

    fn found(&self, filter: &RecordFilter<'_>) -> Vec<Found> {
        let mut rows = self.kept(self.store.records(filter));
        rows.sort_by_key(|row| (row.card.born, row.id));
        rows.into_iter().map(|RecordRow { id, card, view, .. }| Found { record: id, card, view }).collect()
    }
}

impl Book for Reading<'_> {
    fn view(&self, record: RecordId) -> Option<Value> {
        self.kept(self.store.record(record)).map(|row| row.view)
    }

    fn open(&self, kind: &str) -> Vec<Found> {
        self.found(&RecordFilter { kind: Some(kind), open: Some(true), order: Order::Born, ..RecordFilter::default() })
    }

    fn born(&self, kind: &str, from: Timestamp, to: Timestamp) -> Vec<Found> {
        let (born_from, born_to) = (Some(from), Some(to));
        self.found(&RecordFilter {
            kind: Some(kind),
            born_from,
            born_to,
            order: Order::Born,
            ..RecordFilter::default()
        })
    }

    fn touched(&self, kind: &str, since: Timestamp) -> Vec<Found> {
        self.found(&RecordFilter { kind: Some(kind), touched_from: Some(since), ..RecordFilter::default() })
    }

    /// A frontier is taken only where it is signed, inside the action that signs it.
    fn known(&self, _: Class) -> Known {
        Known::default()
    }
}
