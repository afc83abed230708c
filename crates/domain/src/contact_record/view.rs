//! What the facts of a contact record amount to: one line of 《来电/来访记录表》.

use serde::{Deserialize, Serialize};

use super::facts::{ContactFact, ContactTopic, Way};
use crate::engine::{Anomaly, Card, Tone, Urgency};
use crate::ids::RecordId;
use crate::record::Story;
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;
use crate::work_order::{FollowUpMethod, Stamp};

/// Where a contact record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// 待处理.
    #[default]
    Open,
    /// 已转派工单.
    Converted,
    /// 已答复.
    Answered,
    /// 办结.
    Closed,
}

impl ContactState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Open, Self::Converted, Self::Answered, Self::Closed];

    /// The stable word, as on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Converted => "converted",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The state as read.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Open => words!("待处理", "to be handled"),
            Self::Converted => words!("已转派工单", "work order made"),
            Self::Answered => words!("已答复", "answered"),
            Self::Closed => words!("办结", "closed"),
        }
    }
}

/// A work order made from the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OrderRef {
    /// Who and when.
    pub stamp: Stamp,
    /// The order.
    pub order: RecordId,
    /// 派工单号.
    pub number: String,
}

/// An answer (处理结果).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Answer {
    /// Who and when.
    pub stamp: Stamp,
    /// What was answered.
    pub result: String,
}

/// A follow-up (回访).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ContactFollowUp {
    /// Who, and 时间.
    pub stamp: Stamp,
    /// 方式.
    pub method: FollowUpMethod,
    /// 意见.
    pub opinion: String,
}

/// The earlier record of the same matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RepeatOf {
    /// The record.
    pub record: RecordId,
    /// Its number.
    pub number: String,
}

/// A contact record as its facts say. The fields up to `remarks` follow the columns of 《来电/来访记录表》; 序号 and 日期
/// are made when it is printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ContactView {
    /// Its own number.
    pub number: Option<String>,
    /// 日期, 时间: when it began.
    pub at: Timestamp,
    /// 方式.
    pub way: Way,
    /// 业户姓名.
    pub name: String,
    /// The unit.
    pub unit: Option<RecordId>,
    /// 房号/单位.
    pub unit_label: String,
    /// 联系电话.
    pub phone: String,
    /// 事项类别.
    pub category: ContactTopic,
    /// 内容摘要.
    pub summary: String,
    /// 紧急程度.
    pub urgency: Urgency,
    /// 处理情况(转办部门).
    pub handling: String,
    /// 派工单号: usually one.
    pub orders: Vec<OrderRef>,
    /// 处理结果: the latest answer counts.
    pub answers: Vec<Answer>,
    /// 回访.
    pub follow_ups: Vec<ContactFollowUp>,
    /// 接待人, and when it was written down.
    pub received: Option<Stamp>,
    /// 备注: the earlier record of the same matter.
    pub repeat_of: Option<RepeatOf>,
    /// 铃响次数; 4 stands for more than three.
    pub rings: Option<u8>,
    /// Whether it was answered within three rings (D2.7.2); none for visits and where nobody counted.
    pub within_three_rings: Option<bool>,
    /// Which line.
    pub line: String,
    /// What is still to be written down (待补全).
    pub missing: Vec<Words>,
    /// Where it stands.
    pub state: ContactState,
    /// Where it stands, as read.
    pub state_words: Words,
    /// Since when it has stood there.
    pub state_since: Timestamp,
    /// Who closed it, and when.
    pub closed: Option<Stamp>,
    /// Why it was opened again, the latest reason.
    pub reopened_reason: Option<String>,
    /// When it was born.
    pub born: Timestamp,
}

pub(super) fn fold(story: &Story<'_, ContactFact>) -> (ContactView, Vec<Anomaly>) {
    (ContactView { number: story.doc.number().map(Into::into), ..ContactView::default() }, Vec::new())
}

impl ContactView {
    pub(super) fn card(&self) -> Card {
        Card {
            number: self.number.clone(),
            title: self.summary.clone(),
            place: Some(self.unit_label.clone()).filter(|place| !place.is_empty()),
            state: self.state.name().into(),
            state_words: self.state.words(),
            tone: Tone::Waiting,
            open: self.state != ContactState::Closed,
            urgency: Some(self.urgency),
            responsible: Vec::new(),
            next: None,
            born: self.born,
        }
    }
}
