//! What can happen to a report, whatever the record.

use serde::{Deserialize, Serialize};

use crate::ids::FactId;
use crate::role::{PersonRef, Role};
use crate::words;
use crate::words::Words;

/// How grave it is, and thereby how far up it goes (A6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 一般: the desk.
    #[default]
    Ordinary,
    /// 疑难: the first level above (D2.7.2).
    Difficult,
    /// 重大: the first and second levels together (D2.7.2, D3.4).
    Major,
    /// 突发: the duty manager and the company's executive together (D1.1.8).
    Sudden,
}

impl Level {
    /// All of them, the least grave first.
    pub const ALL: [Self; 4] = [Self::Ordinary, Self::Difficult, Self::Major, Self::Sudden];

    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Ordinary => words!("一般", "ordinary"),
            Self::Difficult => words!("疑难", "difficult"),
            Self::Major => words!("重大", "major"),
            Self::Sudden => words!("突发", "emergency"),
        }
    }
}

/// One line that a report goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Line {
    /// The roles it was made from, the first one called first.
    pub roles: Vec<Role>,
    /// The people in calling order, as they were then. Empty where the site has nobody of these roles.
    pub people: Vec<PersonRef>,
}

/// Facts of a report; like corrections they can stand in a record of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EscalationFact {
    /// 上报.
    Escalated {
        /// How grave.
        level: Level,
        /// What is reported.
        #[serde(default)]
        words: String,
        /// Whom it goes to.
        lines: Vec<Line>,
        /// Rings again after so many minutes.
        repeat_min: u16,
        /// Calls the next one as well after so many minutes.
        next_min: u16,
    },
    /// 已送达: a device showed it to this person.
    EscalationReceived {
        /// The report.
        of: FactId,
    },
    /// 已电话通知.
    EscalationPhoned {
        /// The report.
        of: FactId,
        /// Who was telephoned.
        person: PersonRef,
        /// Whether they were reached and know it now; that acknowledges in their name.
        reached: bool,
        /// How it went.
        #[serde(default)]
        note: String,
        /// 返场: minutes until they are at the site, where they set out for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta_min: Option<u16>,
    },
    /// 已确认.
    EscalationAcknowledged {
        /// The report.
        of: FactId,
        /// What they said or ordered.
        #[serde(default)]
        words: String,
        /// 返场: minutes until they are at the site, where they set out for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta_min: Option<u16>,
    },
    /// 返场 has ended: they are at the site (到场), or were told that they need not come.
    EscalationReturnEnded {
        /// The report.
        of: FactId,
        /// Who had set out.
        person: PersonRef,
        /// Whether they are there.
        arrived: bool,
        /// Where they were met, or why they need not come.
        #[serde(default)]
        note: String,
    },
}
