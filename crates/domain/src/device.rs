//! Devices of the site: written by the server when it enrols one, so that every replica knows whose signatures count.

use serde::{Deserialize, Serialize};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone};
use crate::ids::{Home, RecordId};
use crate::record::Story;
use crate::role::{Role, Signer};
use crate::site::{Settings, Site};
use crate::time::Timestamp;
use crate::words;
use crate::words::Words;

/// What a device is used as; fixed when it is enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AppRole {
    /// On patrol rounds.
    Tablet,
    /// At the duty desk.
    Desk,
    /// The command line of an administrator.
    Admin,
}

impl AppRole {
    /// The stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tablet => "tablet",
            Self::Desk => "desk",
            Self::Admin => "admin",
        }
    }

    /// The letter that numbers (单号) of such devices begin with.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Tablet => 'T',
            Self::Desk => 'D',
            Self::Admin => 'A',
        }
    }
}

impl std::str::FromStr for AppRole {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Tablet, Self::Desk, Self::Admin]
            .into_iter()
            .find(|role| role.word() == text)
            .ok_or_else(|| format!("“{text}” is no role of a device; write tablet, desk or admin"))
    }
}

/// The kind.
pub struct Device;

/// Facts of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeviceFact {
    /// The server took it in.
    Enrolled {
        /// Ed25519 public key, hex.
        key: String,
        /// What people call it.
        label: String,
        /// The prefix of its numbers, unique in the site.
        prefix: String,
        /// What it is used as.
        role: AppRole,
    },
    /// It no longer belongs to the site.
    Revoked {
        /// Why.
        reason: String,
    },
}

/// What the server does with a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum DeviceAction {
    /// Takes it in.
    Enrol {
        /// Ed25519 public key, hex.
        key: String,
        /// What people call it.
        label: String,
        /// The prefix of its numbers.
        prefix: String,
        /// What it is used as.
        role: AppRole,
    },
    /// Sends it away.
    Revoke {
        /// Why.
        reason: String,
    },
}

/// A device as its facts say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DeviceView {
    /// Ed25519 public key, hex.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The prefix of its numbers.
    pub prefix: String,
    /// What it is used as.
    pub role: Option<AppRole>,
    /// Whether it still belongs to the site.
    pub revoked: bool,
    /// When it was taken in.
    pub born: Timestamp,
}

/// The record of the device with this public key.
#[must_use]
pub fn record_of(site: &str, key_hex: &str) -> RecordId {
    RecordId::derived(&Home::standing(Device::NAME), &[site, key_hex])
}

impl Kind for Device {
    const NAME: &'static str = "device";
    const CLASS: Class = Class::Standing;
    type Fact = DeviceFact;
    type Action = DeviceAction;
    type View = DeviceView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let mut view = DeviceView {
            key: String::new(),
            label: String::new(),
            prefix: String::new(),
            role: None,
            revoked: false,
            born: Timestamp::default(),
        };
        for (raw, fact) in story.in_force() {
            match fact {
                DeviceFact::Enrolled { key, label, prefix, role } => {
                    view = DeviceView {
                        key: key.clone(),
                        label: label.clone(),
                        prefix: prefix.clone(),
                        role: Some(*role),
                        revoked: false,
                        born: raw.at,
                    };
                }
                DeviceFact::Revoked { .. } => view.revoked = true,
            }
        }
        (view, Vec::new())
    }

    fn card(view: &Self::View) -> Card {
        let (state, state_words, tone) = if view.revoked {
            ("revoked", words!("已停用", "revoked"), Tone::Off)
        } else {
            ("enrolled", words!("在用", "in use"), Tone::Calm)
        };
        Card {
            number: Some(view.prefix.clone()),
            title: view.label.clone(),
            place: None,
            state: state.into(),
            state_words,
            tone,
            open: false,
            urgency: None,
            responsible: Vec::new(),
            next: None,
            born: view.born,
        }
    }

    fn offers(_: Option<&Self::View>, _: &Signer, _: &Site) -> Vec<Offer> {
        Vec::new()
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        if cx.who.role != Role::Admin {
            return Err(Refusal::new("no_role", words!("设备由服务器登记。", "Devices are enrolled by the server.")));
        }
        let (fact, birth) = match action {
            DeviceAction::Enrol { key, label, prefix, role } => {
                (DeviceFact::Enrolled { key, label, prefix, role }, view.is_none())
            }
            DeviceAction::Revoke { reason } => (DeviceFact::Revoked { reason }, false),
        };
        let mut step = cx.step::<Self>(&[])?;
        if birth {
            step.writes = cx.birth::<Self>(None);
        }
        step.writes.push(cx.fact(&fact)?.1);
        Ok(vec![step])
    }

    fn deadlines(_: &Self::View, _: &Settings) -> Vec<Deadline> {
        Vec::new()
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        Some(match fact {
            DeviceFact::Enrolled { label, prefix, .. } => LineText {
                subject: words!("设备入网", "device enrolled"),
                detail: words!("{label}(单号前缀 {prefix})", "{label} (number prefix {prefix})"),
            },
            DeviceFact::Revoked { reason } => {
                LineText { subject: words!("设备停用", "device revoked"), detail: Words::same(reason.clone()) }
            }
        })
    }
}
