//! The list of record kinds. Adding one is one line here.

use serde_json::Value;

use crate::engine::{AnyKind, Card, Erased, Projection, Tone};
use crate::record::RecordDoc;
use crate::time::Timestamp;
use crate::words;

/// Raised when a projection would come out differently than before; stored projections are then rebuilt.
pub const PROJECTION_VERSION: u32 = 2;

macro_rules! kinds {
    ($($name:ident => $kind:ty),+ $(,)?) => {
        /// All kinds, in the order lists show them.
        pub static ALL: &[&dyn AnyKind] = &[$(&Erased::<$kind>::new()),+];

        /// Any kind's action; only there to give the apps one typed list of what can be done.
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, specta::Type)]
        #[serde(tag = "kind", content = "action", rename_all = "snake_case")]
        pub enum AnyAction {
            $(
                #[doc = concat!("An action of ", stringify!($name), ".")]
                $name(<$kind as crate::engine::Kind>::Action),
            )+
        }

        /// Any kind's view, likewise.
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, specta::Type)]
        #[serde(tag = "kind", content = "view", rename_all = "snake_case")]
        pub enum AnyView {
            $(
                #[doc = concat!("A view of ", stringify!($name), ".")]
                $name(Box<<$kind as crate::engine::Kind>::View>),
            )+
        }
    };
}

kinds! {
    Settings => crate::site::Item<crate::site::Settings>,
    Person => crate::site::Item<crate::site::Person>,
    Post => crate::site::Item<crate::site::Post>,
    Place => crate::site::Item<crate::site::Place>,
    Checklist => crate::site::Item<crate::site::Checklist>,
    Checkpoint => crate::site::Item<crate::site::Checkpoint>,
    Route => crate::site::Item<crate::site::Route>,
    Unit => crate::site::Item<crate::site::Unit>,
    EmergencyContact => crate::site::Item<crate::site::EmergencyContact>,
    EscalationRoute => crate::site::Item<crate::site::EscalationRoute>,
    ManagerOncall => crate::site::Item<crate::site::ManagerOncall>,
    ResponsePlan => crate::site::Item<crate::site::ResponsePlan>,
    FloorPlan => crate::site::Item<crate::site::FloorPlan>,
    Shift => crate::site::Item<crate::site::Shift>,
    Roster => crate::site::Item<crate::site::Roster>,
    RosterSheet => crate::roster::RosterSheet,
    Device => crate::device::Device,
    Attendance => crate::attendance::Attendance,
    Absence => crate::absence::Absence,
    PatrolRun => crate::patrol_run::PatrolRun,
    WorkOrder => crate::work_order::WorkOrder,
    ContactRecord => crate::contact_record::ContactRecord,
    Journal => crate::journal::Journal,
    DailyReport => crate::daily_report::DailyReport,
    WorkLog => crate::work_log::WorkLog,
    MonthSeal => crate::month_seal::MonthSeal,
    ArchiveItem => crate::archive_item::ArchiveItem,
    Complaint => crate::complaint::Complaint,
    Instruction => crate::register::Entry<crate::register::sheets::Instruction>,
    AdHocTask => crate::register::Entry<crate::register::sheets::AdHocTask>,
    ContactSheet => crate::register::Entry<crate::register::sheets::ContactSheet>,
    SupervisionRemark => crate::register::Entry<crate::register::sheets::SupervisionRemark>,
    Regulation => crate::register::Entry<crate::register::sheets::Regulation>,
    DocumentIn => crate::register::Entry<crate::register::sheets::DocumentIn>,
    DocumentOut => crate::register::Entry<crate::register::sheets::DocumentOut>,
    Minutes => crate::register::Entry<crate::register::sheets::Minutes>,
    ProtectiveMeasure => crate::register::Entry<crate::register::sheets::ProtectiveMeasure>,
    VideoLookup => crate::register::Entry<crate::register::sheets::VideoLookup>,
    Visitor => crate::register::Entry<crate::register::sheets::Visitor>,
    HotlineCall => crate::register::Entry<crate::register::sheets::HotlineCall>,
    LineTest => crate::register::Entry<crate::register::sheets::LineTest>,
    Whereabouts => crate::whereabouts::Whereabouts,
    SpotPlan => crate::spot_check::SpotPlan,
    SpotCheck => crate::spot_check::SpotCheck,
    Incident => crate::incident::Incident,
    ReachTest => crate::reach_test::ReachTest,
    StrengthenedPatrol => crate::strengthened::Strengthened,
    Handover => crate::handover::Handover,
}

/// The kind called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn AnyKind> {
    ALL.iter().copied().find(|kind| kind.name() == name)
}

/// Everything derived from a record, whatever its kind; a kind this program does not know is kept and shown as such.
#[must_use]
pub fn project(doc: &RecordDoc) -> Projection {
    if let Some(kind) = find(doc.kind()) {
        return kind.project(doc);
    }
    let name = if doc.kind().is_empty() { "?" } else { doc.kind() };
    let born = doc.meta.get("created_at").and_then(Value::as_i64).map_or_else(Timestamp::default, Timestamp);
    Projection {
        kind: doc.kind().into(),
        known: false,
        card: Card {
            number: doc.number().map(Into::into),
            title: name.into(),
            place: None,
            state: "unknown".into(),
            state_words: words!("未识别,升级后可读", "unknown; readable after an update"),
            tone: Tone::Off,
            open: false,
            urgency: None,
            responsible: Vec::new(),
            next: None,
            born,
        },
        view: Value::Null,
        anomalies: Vec::new(),
        lines: Vec::new(),
        touched: doc.facts.iter().map(|fact| fact.at).max().unwrap_or(born),
        search: name.into(),
    }
}
