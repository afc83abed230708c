//! 《回访记录表》: every follow-up of orders, calls and complaints as one list (D1.1.4). Nothing is written for it; it is read
//! out of the records that were followed up.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::complaint::{Complaint, ComplaintView};
use crate::contact_record::{ContactRecord, ContactView};
use crate::engine::Kind;
use crate::ids::RecordId;
use crate::time::Timestamp;
use crate::words::Words;
use crate::work_order::{FollowUp, FollowUpMethod, Opinion, Stamp, WorkOrder, WorkOrderView};

/// Kinds of records that are followed up.
pub const KINDS: [&str; 3] = [WorkOrder::NAME, ContactRecord::NAME, Complaint::NAME];

/// States in which a record waits to be followed up.
pub const DUE: [(&str, &[&str]); 2] =
    [(WorkOrder::NAME, &["finished", "awaiting_followup"]), (Complaint::NAME, &["answered"])];

/// One line of 《回访记录表》; 序号 is made when it is printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct FollowUpRow {
    /// The record that was followed up.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// 回访人, 回访时间.
    pub stamp: Stamp,
    /// 回访方式.
    pub method: FollowUpMethod,
    /// 对象.
    pub name: String,
    /// 房号.
    pub unit_label: String,
    /// 对应单号.
    pub number: String,
    /// 服务态度; none where it was not asked.
    pub attitude: Option<Opinion>,
    /// 及时性.
    pub timeliness: Option<Opinion>,
    /// 质量.
    pub quality: Option<Opinion>,
    /// 意见建议.
    pub opinion: String,
    /// 后续处理: whether nothing is left to do; none where it was not asked.
    pub satisfied: Option<bool>,
    /// 后续处理: where the record stands now.
    pub then: Words,
}

/// The follow-ups of one record from `from` until before `to`.
#[must_use]
pub fn rows(record: RecordId, kind: &str, view: &Value, from: Timestamp, to: Timestamp) -> Vec<FollowUpRow> {
    let mut rows = match kind {
        WorkOrder::NAME => serde_json::from_value(view.clone()).map(|view| of_order(record, view)),
        ContactRecord::NAME => serde_json::from_value(view.clone()).map(|view| of_contact(record, view)),
        Complaint::NAME => serde_json::from_value(view.clone()).map(|view| of_complaint(record, view)),
        _ => Ok(Vec::new()),
    }
    .unwrap_or_default();
    rows.retain(|row| (from..to).contains(&row.stamp.at));
    rows
}

fn graded(row: FollowUpRow, said: FollowUp) -> FollowUpRow {
    FollowUpRow {
        method: said.method,
        attitude: Some(said.attitude),
        timeliness: Some(said.timeliness),
        quality: Some(said.quality),
        opinion: said.opinion,
        satisfied: Some(said.satisfied),
        ..row
    }
}

fn empty(record: RecordId, kind: &str, stamp: Stamp) -> FollowUpRow {
    FollowUpRow {
        record,
        kind: kind.into(),
        stamp,
        method: FollowUpMethod::default(),
        name: String::new(),
        unit_label: String::new(),
        number: String::new(),
        attitude: None,
        timeliness: None,
        quality: None,
        opinion: String::new(),
        satisfied: None,
        then: Words::default(),
    }
}

fn of_order(record: RecordId, view: WorkOrderView) -> Vec<FollowUpRow> {
    let row = |stamp: Stamp, said: FollowUp| FollowUpRow {
        name: view.reporter_name.clone(),
        unit_label: view.where_(),
        number: view.number.clone().unwrap_or_default(),
        then: view.state_words.clone(),
        ..graded(empty(record, WorkOrder::NAME, stamp), said)
    };
    view.follow_ups.iter().cloned().map(|it| row(it.stamp, it.said)).collect()
}

fn of_complaint(record: RecordId, view: ComplaintView) -> Vec<FollowUpRow> {
    let row = |stamp: Stamp, said: FollowUp| FollowUpRow {
        name: view.name.clone(),
        unit_label: view.unit_label.clone(),
        number: view.number.clone().unwrap_or_default(),
        then: view.state_words.clone(),
        ..graded(empty(record, Complaint::NAME, stamp), said)
    };
    view.follow_ups.iter().cloned().map(|it| row(it.stamp, it.said)).collect()
}

/// A call's own ones; what was asked about its order or its complaint stands there.
fn of_contact(record: RecordId, view: ContactView) -> Vec<FollowUpRow> {
    let own = view.follow_ups.iter().filter(|it| it.of.is_none()).cloned();
    own.map(|it| FollowUpRow {
        method: it.method,
        opinion: it.opinion,
        name: view.name.clone(),
        unit_label: view.unit_label.clone(),
        number: view.number.clone().unwrap_or_default(),
        then: view.state_words.clone(),
        ..empty(record, ContactRecord::NAME, it.stamp)
    })
    .collect()
}
