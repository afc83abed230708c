//! The centre's telephone lines (D2.7.3): people call the hotline, and nobody is called from it.

use serde::{Deserialize, Serialize};

use crate::engine::Refusal;
use crate::site::Settings;
use crate::words;
use crate::words::Words;

/// How somebody was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct Outgoing {
    /// Which line; empty where it was not the telephone, or nobody said.
    pub line: String,
    /// Why it was the hotline, where it was.
    pub hotline_reason: String,
}

impl Outgoing {
    /// Whether the call was in order: one on a line that is only to be answered says why.
    ///
    /// # Errors
    /// [`Refusal`] when the reason is missing.
    pub fn permit(&self, settings: &Settings) -> Result<(), Refusal> {
        let answers_only = settings.lines.0.iter().any(|line| line.inbound_only && line.name == self.line);
        if !answers_only || !self.hotline_reason.trim().is_empty() {
            return Ok(());
        }
        let line = &self.line;
        let other = settings.lines.0.iter().find(|line| !line.inbound_only).map_or("", |line| line.name.as_str());
        Err(Refusal::new(
            "hotline_reason_missing",
            words!(
                "{line}只接不拨,请用{other}回拨;确需用{line}拨出,请写原因。",
                "{line} is for incoming calls; call from {other}, or say why it had to be {line}."
            ),
        ))
    }

    /// For the ledger: only what is worth saying.
    pub(crate) fn words(&self) -> Words {
        let (line, reason) = (&self.line, &self.hotline_reason);
        match (line.is_empty(), reason.trim().is_empty()) {
            (true, _) => Words::default(),
            (false, true) => Words::same(line.as_str()),
            (false, false) => words!("{line}拨出:{reason}", "called from {line}: {reason}"),
        }
    }
}

/// One line of the centre.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(default)]
pub struct PhoneLine {
    /// What people call it.
    pub name: String,
    /// Its number.
    pub phone: String,
    /// Whether it is only answered, and nobody is called from it (热线只接不拨).
    pub inbound_only: bool,
}

/// The lines of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct PhoneLines(pub Vec<PhoneLine>);

impl Default for PhoneLines {
    /// What a site has that has not said otherwise: the hotline, and another line to call back from.
    fn default() -> Self {
        let line = |name: &str, inbound_only| PhoneLine { name: name.into(), phone: String::new(), inbound_only };
        Self(vec![line("值班热线", true), line("回访专线", false)])
    }
}
