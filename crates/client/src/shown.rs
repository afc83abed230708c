//! What the screens ask for and get. Plain data; TypeScript types are made from these.

use dutybook_domain::daily_report::{DailyReportView, DayNumbers};
use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Anomaly, Card, Deadline, HistoryFact, LedgerLine, Offer};
use dutybook_domain::escalation::{Escalation, LineNow};
use dutybook_domain::file::FileHash;
use dutybook_domain::kinds::AnyView;
use dutybook_domain::month_seal::{LineNumber, Month};
use dutybook_domain::patrol_run::{RunState, StopState};
use dutybook_domain::register::{EntryView, SheetShown};
use dutybook_domain::role::Role;
use dutybook_domain::site::{EmergencyContact, ManagerOncall, ResponsePlan};
use dutybook_domain::telephone::PhoneLine;
use dutybook_domain::work_log::WorkLogView;
use dutybook_domain::{FactId, RecordId, Timestamp, Words, Zone};
use serde::{Deserialize, Serialize};

/// The device as its screens name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct DeviceShown {
    /// What people call it.
    pub label: String,
    /// Prefix of its numbers.
    pub prefix: String,
    /// Tablet or desk.
    pub role: AppRole,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SignedIn {
    /// The person.
    pub person: RecordId,
    /// Their name.
    pub name: String,
    /// The role they act in.
    pub role: Role,
    /// That role's title.
    pub role_words: Words,
    /// Since when.
    pub since: Timestamp,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PersonTile {
    /// The person.
    pub person: RecordId,
    /// Their name.
    pub name: String,
    /// Their usual role.
    pub role: Role,
    /// That role's title.
    pub role_words: Words,
    /// Department or team.
    pub team: String,
    /// Telephone, for the desk.
    pub phone: String,
    /// Today's shift on the roster, where there is one.
    pub shift: Option<String>,
    /// Open work orders they are responsible for.
    pub open_orders: u32,
    /// Whether they are of the team that usually does the work that was asked about.
    pub suits: bool,
}

/// Whether what this device holds has reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SyncWord {
    /// 已同步.
    Synced,
    /// 正在送.
    Sending,
    /// 已离线.
    Offline,
    /// The server refuses this device or something else that will not pass by itself.
    Trouble,
}

/// The sync word and number that is always on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SyncShown {
    /// The word.
    pub word: SyncWord,
    /// Entries on this device that the server has not acknowledged.
    pub undelivered: u32,
    /// Pictures on this device that the server does not have yet.
    pub pictures: u32,
    /// When the word last changed to offline, while it is.
    pub offline_since: Option<Timestamp>,
    /// When the server last acknowledged anything or said that all is equal.
    pub last_contact: Option<Timestamp>,
    /// What is wrong, in words.
    pub trouble: Option<Words>,
    /// Things kept aside for a person to look at (quarantined or not applicable).
    pub set_aside: u32,
}

/// What every screen needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct AppState {
    /// The device; none until it is enrolled.
    pub device: Option<DeviceShown>,
    /// Name of the property project.
    pub site_name: String,
    /// Name of the service centre.
    pub centre_name: String,
    /// Who is signed in.
    pub person: Option<SignedIn>,
    /// The device's clock.
    pub now: Timestamp,
    /// The site's offset from UTC in minutes.
    pub zone: Zone,
    /// Today's shift now, such as 早班 08:30–17:30.
    pub shift: Option<String>,
    /// The site's telephone lines.
    pub lines: Vec<PhoneLine>,
    /// What complaints are about, in the site's words.
    pub complaint_topics: Vec<String>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RecordShown {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// What lists show of it.
    pub card: Card,
    /// The clock that ends first.
    pub deadline: Option<Deadline>,
    /// How many things are not clear.
    pub anomalies: u32,
    /// Whether all of it has reached the server.
    pub delivered: bool,
    /// What the person signed in may do next.
    pub offers: Vec<Offer>,
}

/// One record opened.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type)]
pub struct RecordOpened {
    /// The list's line.
    pub shown: RecordShown,
    /// The view in the kind's own type; none for a kind this program does not know.
    pub view: Option<AnyView>,
    /// All clocks.
    pub deadlines: Vec<Deadline>,
    /// What is not clear, in words.
    pub anomalies: Vec<Anomaly>,
    /// Reports up the chain of command, in causal order.
    pub escalations: Vec<EscalationShown>,
    /// Whether the person signed in may report it.
    pub may_escalate: bool,
}

/// A record as it was at a moment.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type)]
pub struct RecordThen {
    /// The moment.
    pub at: Timestamp,
    /// What lists showed of it.
    pub card: Card,
    /// The view in the kind's own type; none for a kind this program does not know.
    pub view: Option<AnyView>,
    /// What was not clear in it then.
    pub anomalies: Vec<Anomaly>,
    /// The facts it was made of, in causal order.
    pub facts: Vec<FactId>,
    /// How many facts have come since.
    pub later: u32,
}

/// A report up the chain of command, with how it stands at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EscalationShown {
    /// The report.
    pub report: Escalation,
    /// Each line, in the report's order.
    pub lines: Vec<LineNow>,
    /// Whether it has reached the server, from where the others fetch it.
    pub delivered: bool,
    /// Whether it waits for the person signed in.
    pub for_me: bool,
    /// Whether the person signed in notes telephone calls.
    pub may_phone: bool,
}

/// One fact of a record's history with the device that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HistoryShown {
    /// The fact.
    pub fact: HistoryFact,
    /// The device that wrote it.
    pub device: String,
    /// Its entry's hash, first eight hex digits.
    pub entry: String,
    /// Its place in the device's log.
    pub seq: u32,
    /// Whether it has reached the server.
    pub delivered: bool,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LedgerShown {
    /// Where to go on from.
    pub cursor: String,
    /// The record it is a fact of.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// What the record is about.
    pub title: String,
    /// The line.
    pub line: LedgerLine,
    /// 序号: its number in the sealed volume of its month.
    pub place: LineNumber,
    /// The line this one corrects or voids.
    pub about: Option<LedgerRef>,
    /// Lines that correct or void this one (更正见第×条), the earliest first.
    pub amended_by: Vec<LedgerRef>,
}

/// Another line of the ledger that a line leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct LedgerRef {
    /// The fact.
    pub fact: FactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What it says.
    pub words: Words,
    /// Its number in the sealed volume of its month.
    pub place: LineNumber,
}

/// A day's report as it stands.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type)]
pub struct DayReport {
    /// The record, with what the person signed in may do.
    pub record: RecordShown,
    /// Narrative, signed versions, signatures.
    pub view: DailyReportView,
    /// The numbers as they are now.
    pub now: DayNumbers,
    /// What differs from the latest signed version.
    pub changes: Vec<Words>,
    /// The day's lines that were not known when it was signed (补录).
    pub late: Vec<LedgerShown>,
}

/// A day's work log as it stands.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type)]
pub struct DayLog {
    /// The record, with what the person signed in may do.
    pub record: RecordShown,
    /// Draft, signature, exports, receipts.
    pub view: WorkLogView,
}

/// A package that was written for the company's site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ExportedPackage {
    /// Where it lies.
    pub file: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// How many telephone numbers were masked.
    pub masked: u32,
}

/// What came of recomputing a sealed month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MonthVerified {
    /// The month.
    pub month: Month,
    /// Whether everything is what was sealed.
    pub ok: bool,
    /// How many lines are sealed.
    pub lines: u32,
    /// How many came later and are not numbered yet.
    pub late: u32,
    /// The root on the cover.
    pub root: String,
    /// The first line that differs.
    pub first: Option<LineNumber>,
    /// What differs, in words.
    pub problems: Vec<Words>,
}

/// Something that rings until somebody deals with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Alarm {
    /// Stable while it lasts.
    pub id: String,
    /// The record to open.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// What a person reads.
    pub words: Words,
    /// Whether it is for now, not late: a major complaint for the project manager.
    pub at_once: bool,
    /// Whether it has reached the server, and with it everybody who is there.
    pub delivered: bool,
    /// Since when.
    pub since: Timestamp,
    /// Whether somebody at this device has said "seen"; it stays on the screen but is quiet.
    pub seen: bool,
    /// What sort of thing rings.
    pub what: AlarmWhat,
    /// The report that calls somebody, where one does.
    pub report: Option<FactId>,
    /// Whether it calls the person signed in on this device.
    pub for_me: bool,
}

/// What sort of thing rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AlarmWhat {
    /// SOS, until somebody takes it.
    Sos,
    /// A report calls somebody.
    Called,
    /// A missed checkpoint.
    Missed,
    /// A clock that ran out.
    Overdue,
    /// A window that closes soon, for whoever walks the round.
    Soon,
    /// Somebody on shift has written nothing for a while and is asked whether they are there (D2.7.1).
    Here,
}

/// One emergency contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EmergencyShown {
    /// The item.
    pub id: RecordId,
    /// The line of 《应急联系电话表》.
    pub contact: EmergencyContact,
    /// Whether it wants verifying again.
    pub stale: bool,
}

/// A response plan, ready to be opened in one tap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PlanShown {
    /// The item.
    pub id: RecordId,
    /// The plan.
    pub plan: ResponsePlan,
    /// The category's word.
    pub category_words: Words,
    /// The numbers to call, in order.
    pub call: Vec<EmergencyContact>,
}

/// One line of 《管理人员值班联络表》.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OncallShown {
    /// The item.
    pub id: RecordId,
    /// 姓名.
    pub name: String,
    /// 手机.
    pub phone: String,
    /// Whether the roster has them on shift now.
    pub on_shift: bool,
    /// The rest of the line.
    pub line: ManagerOncall,
}

/// What an action did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Done {
    /// The record acted on, new or not.
    pub record: RecordId,
    /// Everything that was written to, with its kind and number.
    pub records: Vec<Touched>,
}

/// A record that an action wrote to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Touched {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
}

/// What changed in the book, in domain words; the screens ask again for what they show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct BookChanged {
    /// Kinds of records that changed.
    pub kinds: Vec<String>,
    /// The records.
    pub records: Vec<RecordId>,
}

/// How a patrol run stands at this moment: what the view cannot say because it knows no clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RunNow {
    /// The run.
    pub state: RunState,
    /// Each stop, in the view's order.
    pub stops: Vec<StopState>,
    /// The stop to go to next.
    pub next: Option<u16>,
}

/// One of the registers on the shelf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RegisterShown {
    /// What it is.
    pub sheet: SheetShown,
    /// Entries that somebody still has to do something about.
    pub open: u32,
    /// Those of them that wait for the person signed in.
    pub mine: u32,
    /// Those of them whose time has run out.
    pub late: u32,
}

/// One row of a register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct EntryShown {
    /// The list's line.
    pub shown: RecordShown,
    /// The row.
    pub view: EntryView,
    /// Whether it waits for the person signed in.
    pub mine: bool,
    /// Whether its time ran out, so that it is back with whoever gave it.
    pub back_with_giver: bool,
}

/// A bundle that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct BundleWritten {
    /// The file.
    pub file: String,
    /// How many entries it holds.
    pub entries: u32,
    /// How long it is, in KiB, rounded up.
    pub kib: u32,
}

/// A bundle that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct BundleRead {
    /// The device that wrote it, as people call it.
    pub label: String,
    /// When, by that device's clock.
    pub written: Timestamp,
    /// How many entries were read.
    pub entries: u32,
    /// How many of them were new here.
    pub new: u32,
    /// How many entries wait here for others that are not here yet.
    pub waiting: u32,
    /// How many were set aside for somebody to look at.
    pub refused: u32,
    /// Where the file ended too early, or was damaged.
    pub trouble: Option<Words>,
}

/// The devices near by, and where this one is to be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct NearShown {
    /// Whether this device answers others and looks for them.
    pub on: bool,
    /// What another device scans; none while nobody can dial.
    pub code: Option<String>,
    /// The same for people who type: one address for each network.
    pub addresses: Vec<String>,
    /// The devices of the site that are near, or were met since this program was started.
    pub devices: Vec<NearDevice>,
}

/// A device near by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct NearDevice {
    /// Its key, hex: names it.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The prefix of its numbers.
    pub prefix: String,
    /// How it stands with it.
    pub word: NearWord,
    /// Whether it can be met now.
    pub reachable: bool,
    /// Entries it handed over since this program was started.
    pub received: u32,
    /// When both last held the same.
    pub met: Option<Timestamp>,
    /// Why the last try failed.
    pub trouble: Option<Words>,
}

/// How it stands with a device near by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum NearWord {
    /// It is near.
    Found,
    /// Both are exchanging what they hold.
    Exchanging,
    /// Both are connected and hold the same.
    Same,
    /// Both held the same when they parted.
    Met,
    /// The last try failed.
    Trouble,
}

/// A writer of whom entries are missing here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapShown {
    /// The volume, such as `demo/duty/2026-11`.
    pub volume: String,
    /// The device that wrote it, as people call it; none where nothing of the writer is here.
    pub device: Option<String>,
    /// The writer, hex.
    pub writer: String,
    /// Up to which number everything is here.
    pub have: u64,
    /// Up to which number something is known to exist.
    pub known: u64,
    /// How many entries are missing.
    pub missing: u64,
    /// Who said that it holds more than is here; the furthest first.
    pub holders: Vec<GapHolder>,
}

/// Somebody who said that it holds more of a writer than is here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapHolder {
    /// The device, as people call it; the server has no prefix.
    pub device: String,
    /// How far.
    pub upto: u64,
    /// When it was last met, by this device's clock.
    pub last_contact: Option<Timestamp>,
}

/// A picture that was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PictureKept {
    /// The picture as it travels.
    pub file: FileHash,
    /// What the camera had made.
    pub original: FileHash,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// When it was kept, by this device's clock.
    pub taken_at: Timestamp,
}
