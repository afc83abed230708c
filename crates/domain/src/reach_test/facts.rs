//! What can happen to a reachability test.

use serde::{Deserialize, Serialize};

use crate::ids::RecordId;
use crate::role::PersonRef;

/// What is tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    /// A line of 《应急联系电话表》.
    Contact {
        /// The contact.
        contact: RecordId,
        /// Its name then.
        name: String,
    },
    /// Somebody of 《管理人员值班联络表》.
    Person {
        /// Who.
        person: PersonRef,
    },
}

impl Subject {
    /// The name as read.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Contact { name, .. } => name,
            Self::Person { person } => &person.name,
        }
    }
}

/// Facts of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ReachTestFact {
    /// 发起: the person's devices ask, until they answer.
    Asked {
        /// Who.
        subject: Subject,
    },
    /// 应答: on their own device.
    Answered,
    /// 拨打: somebody telephoned.
    Telephoned {
        /// What was tested.
        subject: Subject,
        /// The number.
        phone: String,
        /// Whether somebody answered.
        reached: bool,
        /// How it went.
        #[serde(default)]
        note: String,
    },
}

/// What people can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ReachTestAction {
    /// 核验: an emergency number was called.
    Verify {
        /// The contact.
        contact: RecordId,
        /// The number.
        phone: String,
        /// Whether somebody answered.
        reached: bool,
        /// How it went.
        #[serde(default)]
        note: String,
    },
    /// 发起通联测试.
    Ask {
        /// Whom; left out for a planned test, which names them.
        #[serde(default)]
        person: Option<RecordId>,
    },
    /// 应答.
    Answer,
    /// 电话测试.
    Telephone {
        /// Whether somebody answered.
        reached: bool,
        /// How it went.
        #[serde(default)]
        note: String,
    },
}
