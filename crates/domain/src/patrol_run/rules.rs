//! What can be done with a run, by whom and when, and what it writes; its clocks and what lists show of it.
//!
//! Invariants
//! - Whoever scans, checks or reports on a run that nobody has set out on sets out with the same change.
//! - Everything about a run that stands in its creation comes from the plan, so two devices that both create it
//!   without seeing each other write the same values into the same volume.
//! - What was seen is never refused for being late: after the run was signed it counts as 补巡.

use serde::{Deserialize, Serialize};

use super::PatrolRun;
use super::facts::{CannotScanReason, ItemResult, MissedReason, Outcome, PatrolFact, PhotoPlaceholder, ScanMethod};
use super::fold::countersigns;
use super::plan::{EARLY_MIN, PlannedRun, PlannedStop};
use super::view::{PatrolRunView, Progress, StopView};
use crate::engine::{Acting, Card, Deadline, Offer, Refusal, Step, Tone, Urgency, Weight};
use crate::ids::RecordId;
use crate::record::Write;
use crate::role::{Role, Signer};
use crate::site::RouteKind;
use crate::time::Day;
use crate::words;
use crate::words::Words;
use crate::work_order::{Made, Report, Source, made};

/// The longest signature taken, in bytes: several pages of strokes, and still far below what one change may hold.
const SIGNATURE_MAX: usize = 64 * 1024;

/// What can be done with a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PatrolAction {
    /// Sets out; the plan is looked up in the site's routes.
    Start {
        /// The route.
        route: RecordId,
        /// The day the run belongs to.
        day: Day,
        /// Which of the day's runs.
        slot: u16,
    },
    /// Reads a checkpoint; finds out by itself which stop it is.
    Scan {
        /// What the code says.
        code: String,
        /// How it was read.
        method: ScanMethod,
        /// The stop that is open on the screen.
        #[serde(default)]
        expected_stop: Option<u16>,
    },
    /// Says how the items of a stop are.
    Check {
        /// The stop.
        stop: u16,
        /// Item by item.
        results: Vec<ItemResult>,
    },
    /// Says that every item of a stop is normal.
    AllNormal {
        /// The stop.
        stop: u16,
    },
    /// Was there, but cannot scan.
    CannotScan {
        /// The stop.
        stop: u16,
        /// Why.
        reason: CannotScanReason,
        /// More about it.
        #[serde(default)]
        note: String,
        /// A photograph taken there.
        #[serde(default)]
        photo: Option<PhotoPlaceholder>,
    },
    /// Reports something that is not as it should be.
    ReportFinding {
        /// The stop.
        stop: u16,
        /// The checklist item; empty for anything else.
        #[serde(default)]
        item_key: String,
        /// What it is.
        description: String,
        /// How pressing.
        urgency: Urgency,
        /// Whether to make a work order of it at once (转派工).
        make_order: bool,
        /// A photograph.
        #[serde(default)]
        photo: Option<PhotoPlaceholder>,
    },
    /// Says why a stop was not visited.
    ExplainMissed {
        /// The stop.
        stop: u16,
        /// Why.
        reason: MissedReason,
        /// More about it.
        #[serde(default)]
        note: String,
    },
    /// Lets a stop be left out (免巡).
    Exempt {
        /// The stop.
        stop: u16,
        /// Why.
        reason: String,
    },
    /// Ends the run and signs.
    Finish {
        /// Reasons for stops not visited; those left without one are listed (部分完成).
        #[serde(default)]
        missed: Vec<StopReason>,
        /// A remark.
        #[serde(default)]
        note: String,
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
    /// Signs as supervisor.
    Countersign {
        /// A remark.
        #[serde(default)]
        note: String,
        /// The signature as vector strokes.
        #[serde(default)]
        signature: Option<String>,
    },
}

/// Why one stop was not visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct StopReason {
    /// The stop.
    pub stop: u16,
    /// Why.
    pub reason: MissedReason,
    /// More about it.
    #[serde(default)]
    pub note: String,
}

/// The actions without their values: the table that offers and refusals share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Start,
    Scan,
    Check,
    AllNormal,
    CannotScan,
    ReportFinding,
    ExplainMissed,
    Exempt,
    Finish,
    Countersign,
}

impl Verb {
    const ALL: [Self; 10] = [
        Self::Start,
        Self::Scan,
        Self::AllNormal,
        Self::Check,
        Self::ReportFinding,
        Self::CannotScan,
        Self::ExplainMissed,
        Self::Finish,
        Self::Countersign,
        Self::Exempt,
    ];

    /// Whether `role` may do it while the run is at `state`.
    fn open_to(self, state: Progress, role: Role) -> bool {
        match self {
            Self::Start => state == Progress::Planned && role.patrols(),
            Self::Finish => state == Progress::Open && role.patrols(),
            Self::Countersign => state == Progress::Finished && countersigns(role),
            Self::Exempt => role.supervises(),
            Self::Scan
            | Self::Check
            | Self::AllNormal
            | Self::CannotScan
            | Self::ReportFinding
            | Self::ExplainMissed => role.patrols(),
        }
    }

    /// Whether doing it means being out on the round.
    fn walks(self) -> bool {
        !matches!(self, Self::ExplainMissed | Self::Exempt | Self::Finish | Self::Countersign)
    }

    fn offer(self, state: Progress) -> Offer {
        let made_up = state == Progress::Finished;
        let (name, weight, words) = match self {
            Self::Start => ("start", Weight::Primary, words!("开始巡查", "start the run")),
            Self::Scan if made_up => ("scan", Weight::Normal, words!("补巡扫码", "make-up scan")),
            Self::Scan => ("scan", Weight::Primary, words!("扫码 / 碰一碰", "scan")),
            Self::Check => ("check", Weight::Normal, words!("有异常", "something is abnormal")),
            Self::AllNormal => ("all_normal", Weight::Normal, words!("全部正常", "all normal")),
            Self::CannotScan => ("cannot_scan", Weight::Normal, words!("扫不了", "cannot scan")),
            Self::ReportFinding => ("report_finding", Weight::Normal, words!("报异常", "report a finding")),
            Self::ExplainMissed => ("explain_missed", Weight::Normal, words!("说明漏点", "explain a missed stop")),
            Self::Exempt => ("exempt", Weight::Grave, words!("免巡", "exempt a stop")),
            Self::Finish => ("finish", Weight::Normal, words!("结束并签名", "finish and sign")),
            Self::Countersign => ("countersign", Weight::Primary, words!("主管签名", "countersign")),
        };
        Offer::new(name, weight, words)
    }
}

impl PatrolAction {
    fn verb(&self) -> Verb {
        match self {
            Self::Start { .. } => Verb::Start,
            Self::Scan { .. } => Verb::Scan,
            Self::Check { .. } => Verb::Check,
            Self::AllNormal { .. } => Verb::AllNormal,
            Self::CannotScan { .. } => Verb::CannotScan,
            Self::ReportFinding { .. } => Verb::ReportFinding,
            Self::ExplainMissed { .. } => Verb::ExplainMissed,
            Self::Exempt { .. } => Verb::Exempt,
            Self::Finish { .. } => Verb::Finish,
            Self::Countersign { .. } => Verb::Countersign,
        }
    }
}

fn progress_words(view: &PatrolRunView) -> (&'static str, Words, Tone) {
    let in_part = view.stops.iter().any(StopView::left_out);
    let unexplained = if view.next_stop().is_some() { Tone::Waiting } else { Tone::Calm };
    match view.state {
        Progress::Planned => ("planned", words!("未开始", "not begun"), Tone::Calm),
        Progress::Open => ("open", words!("进行中", "in progress"), Tone::Active),
        Progress::Finished if in_part => ("finished_in_part", words!("部分完成", "done in part"), unexplained),
        Progress::Finished => ("finished", words!("完成", "done"), Tone::Done),
    }
}

fn may_still(verb: Verb, view: Option<&PatrolRunView>, who: &Signer) -> bool {
    let state = view.map_or(Progress::Planned, |view| view.state);
    let signed = view.is_some_and(|view| {
        let walked = view.walkers.iter().chain(&view.finished_by).any(|walker| walker.person == who.person);
        view.countersigned.is_some() || walked
    });
    verb.open_to(state, who.role) && !(verb == Verb::Countersign && signed)
}

/// What `who` may do next.
pub(super) fn offers(view: Option<&PatrolRunView>, who: &Signer) -> Vec<Offer> {
    // A record whose plan cannot be read is offered what a run without a record is.
    let view = view.filter(|view| !view.stops.is_empty());
    let state = view.map_or(Progress::Planned, |view| view.state);
    let nothing_left = view.is_some_and(|view| view.next_stop().is_none());
    let mut offers: Vec<Offer> = Verb::ALL
        .into_iter()
        .filter(|verb| may_still(*verb, view, who))
        .map(|verb| match verb {
            // Once every stop is accounted for, signing is the expected next step.
            Verb::Finish if nothing_left => Offer { weight: Weight::Primary, ..verb.offer(state) },
            Verb::Scan if nothing_left => Offer { weight: Weight::Normal, ..verb.offer(state) },
            _ => verb.offer(state),
        })
        .collect();
    offers.sort_by_key(|offer| offer.weight != Weight::Primary);
    offers
}

/// What `action` writes.
pub(super) fn act(
    view: Option<&PatrolRunView>,
    action: PatrolAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    let verb = action.verb();
    let known = view.filter(|view| !view.stops.is_empty());
    let run = match known {
        Some(view) => view.clone(),
        None => cx.planned::<PatrolRun>().ok_or_else(no_such_run)?,
    };
    if !may_still(verb, Some(&run), &cx.who) {
        return Err(Refusal::not_offered(&progress_words(&run).1));
    }
    let mut facts = Vec::new();
    if run.state == Progress::Planned && verb.walks() {
        not_too_early(&run, cx)?;
        facts.push(PatrolFact::Started { plan: plan_of(&run) });
    } else if known.is_none() {
        facts.push(PatrolFact::Planned { plan: plan_of(&run) });
    }
    let mut steps = Vec::new();
    match action {
        PatrolAction::Start { route, day, slot } => {
            if (route, day, slot) != (run.route, run.day, run.slot) {
                return Err(no_such_run());
            }
        }
        PatrolAction::Scan { code, method, expected_stop } => {
            facts.push(scanned(&run, &code, method, expected_stop, cx)?);
        }
        PatrolAction::Check { stop, results } => facts.push(checked(stop_of(&run, stop)?, &run, results)?),
        PatrolAction::AllNormal { stop } => {
            let stop = stop_of(&run, stop)?;
            let normal = stop.checklist.iter().map(|item| ItemResult {
                key: item.key.clone(),
                name: item.name.clone(),
                outcome: Outcome::Normal,
                reading: None,
                note: String::new(),
            });
            facts.push(checked(stop, &run, normal.collect())?);
        }
        PatrolAction::CannotScan { stop, reason, note, photo } => {
            let at_stop = stop_of(&run, stop)?.as_ref();
            if reason == CannotScanReason::Other {
                required(&note, &words!("扫不了的原因", "why it cannot be scanned"))?;
            }
            facts.push(PatrolFact::CannotScan { at_stop, reason, note, photo });
        }
        PatrolAction::ReportFinding { stop, item_key, description, urgency, make_order, photo } => {
            let stop = stop_of(&run, stop)?;
            required(&description, &words!("异常描述", "what is wrong"))?;
            let item_name = item_name(stop, &item_key)?;
            let (order, order_number) = if make_order {
                let order = order_of(&run, stop, &item_name, &description, urgency, cx)?;
                steps.push(order.step);
                (Some(order.record), Some(order.number))
            } else {
                (None, None)
            };
            let at_stop = stop.as_ref();
            facts.push(PatrolFact::Finding {
                at_stop,
                item_key,
                item_name,
                description,
                urgency,
                photo,
                order,
                order_number,
            });
        }
        PatrolAction::ExplainMissed { stop, reason, note } => {
            facts.push(missed_because(&run, StopReason { stop, reason, note })?);
        }
        PatrolAction::Exempt { stop, reason } => {
            let stop = stop_of(&run, stop)?;
            not_visited(stop)?;
            required(&reason, &words!("免巡原因", "why it is exempted"))?;
            facts.push(PatrolFact::Exempted { at_stop: stop.as_ref(), reason });
        }
        PatrolAction::Finish { missed, note, signature } => {
            signature_fits(signature.as_deref())?;
            let left_out: Vec<&StopView> = run.stops.iter().filter(|stop| stop.left_out()).collect();
            facts.push(PatrolFact::Finished {
                left_out: left_out.iter().map(|stop| stop.name.clone()).collect(),
                note,
                signature,
            });
            // Somebody else may have been there since the page was opened: then there is nothing to explain.
            let still = |said: &StopReason| run.stop(said.stop).is_none_or(StopView::left_out);
            let reasons = missed.into_iter().filter(still).map(|said| missed_because(&run, said));
            let reasons = reasons.collect::<Result<Vec<_>, _>>()?;
            // The reasons come before the signature that covers them.
            facts.splice(facts.len() - 1..facts.len() - 1, reasons);
        }
        PatrolAction::Countersign { note, signature } => {
            signature_fits(signature.as_deref())?;
            facts.push(PatrolFact::Countersigned { note, signature });
        }
    }
    let mut step = cx.step::<PatrolRun>(&facts)?;
    if view.is_none() {
        step = step.born_with(birth(&run, cx));
    }
    steps.insert(0, step);
    Ok(steps)
}

/// The creator's values. Whoever creates the record, the run was born when it was to start.
fn birth(run: &PatrolRunView, cx: &Acting<'_>) -> Vec<Write> {
    let mut writes = cx.birth::<PatrolRun>(None);
    for write in &mut writes {
        if let Write::Meta { name: "created_at", value } = write {
            *value = run.start.0.into();
        }
    }
    writes
}

fn plan_of(run: &PatrolRunView) -> PlannedRun {
    PlannedRun {
        record: run.record,
        route: run.route,
        route_name: run.route_name.clone(),
        kind: run.kind,
        post: run.post,
        day: run.day,
        slot: run.slot,
        start: run.start,
        end: run.end,
        stops: run
            .stops
            .iter()
            .map(|stop| PlannedStop {
                index: stop.index,
                checkpoint: stop.checkpoint,
                name: stop.name.clone(),
                place: stop.place,
                place_name: stop.place_name.clone(),
                key_area: stop.key_area,
                opens: stop.opens,
                closes: stop.closes,
                missed_at: stop.missed_at,
                checklist: stop.checklist.clone(),
                code: stop.code.clone(),
            })
            .collect(),
    }
}

fn no_such_run() -> Refusal {
    Refusal::new(
        "no_such_run",
        words!(
            "排班计划里没有这次巡查,可能路线已改。请刷新后从列表里选。",
            "This run is not planned; the route may have changed. Refresh and choose it from the list."
        ),
    )
}

fn not_too_early(run: &PatrolRunView, cx: &Acting<'_>) -> Result<(), Refusal> {
    let zone = cx.site.settings.zone;
    let from = run.start.plus_minutes(-EARLY_MIN);
    if cx.now >= from {
        return Ok(());
    }
    let (start, from) = (run.start.clock(zone), from.clock(zone));
    Err(Refusal::new(
        "too_early",
        words!("这是{start}的巡查,{from}起可以开始。", "This is the run of {start}; it can be started from {from} on."),
    ))
}

fn required(text: &str, what: &Words) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::missing(what)) } else { Ok(()) }
}

fn signature_fits(signature: Option<&str>) -> Result<(), Refusal> {
    if signature.is_none_or(|strokes| strokes.len() <= SIGNATURE_MAX) {
        return Ok(());
    }
    Err(Refusal::new(
        "signature_too_long",
        words!("签名笔画太多,请清除后重签。", "The signature has too many strokes; clear it and sign again."),
    ))
}

fn stop_of(run: &PatrolRunView, index: u16) -> Result<&StopView, Refusal> {
    run.stop(index).ok_or_else(|| {
        Refusal::new(
            "no_such_stop",
            words!("这次巡查没有这个点,请刷新。", "This run has no such stop; refresh the list."),
        )
    })
}

fn not_visited(stop: &StopView) -> Result<(), Refusal> {
    if stop.visited_at.is_none() {
        return Ok(());
    }
    let name = &stop.name;
    Err(Refusal::new("visited", words!("「{name}」已巡,不用填原因。", "“{name}” was visited; no reason is needed.")))
}

fn item_name(stop: &StopView, key: &str) -> Result<String, Refusal> {
    if key.is_empty() {
        return Ok(String::new());
    }
    stop.checklist.iter().find(|item| item.key == key).map(|item| item.name.clone()).ok_or_else(|| {
        let name = &stop.name;
        Refusal::new(
            "no_such_item",
            words!(
                "「{name}」的检查表里没有这一项,请刷新。",
                "The checklist of “{name}” has no such item; refresh it."
            ),
        )
    })
}

fn missed_because(run: &PatrolRunView, said: StopReason) -> Result<PatrolFact, Refusal> {
    let stop = stop_of(run, said.stop)?;
    not_visited(stop)?;
    if said.reason == MissedReason::Other {
        required(&said.note, &words!("漏点原因", "why the stop was missed"))?;
    }
    Ok(PatrolFact::MissedBecause { at_stop: stop.as_ref(), reason: said.reason, note: said.note })
}

/// What a code means on this run: a stop of it, or another checkpoint of the site.
fn scanned(
    run: &PatrolRunView,
    code: &str,
    method: ScanMethod,
    expected: Option<u16>,
    cx: &Acting<'_>,
) -> Result<PatrolFact, Refusal> {
    let code = code.trim();
    // The site's present codes first: a sticker may have been replaced since the plan was remembered.
    let point = cx.site.checkpoint_by_code(code);
    let stop = point
        .and_then(|(id, _)| stop_for(run, |stop| stop.checkpoint == id, expected, cx))
        .or_else(|| stop_for(run, |stop| point.is_none() && !code.is_empty() && stop.code == code, expected, cx));
    match (stop, point) {
        (Some(stop), _) => {
            let other = expected.filter(|index| *index != stop.index).and_then(|index| run.stop(index));
            Ok(PatrolFact::Scanned {
                at_stop: stop.as_ref(),
                method,
                code: code.into(),
                expected: other.map(|other| other.index),
                expected_name: other.map(|other| other.name.clone()),
            })
        }
        (None, Some((id, point))) => Ok(PatrolFact::WrongPoint {
            expected_stop: expected.filter(|index| run.stop(*index).is_some()),
            scanned_checkpoint: id,
            scanned_name: point.name.clone(),
        }),
        (None, None) => Err(Refusal::new(
            "unknown_code",
            words!(
                "没有登记过这个码。请再扫一次;码损坏请点「扫不了」,拍照并说明。",
                "This code is not known here. Scan again; if it is damaged, choose “cannot scan”, with a photograph."
            ),
        )),
    }
}

/// A route may pass a checkpoint more than once: the stop on the screen goes first, then the first still owed whose
/// window has opened, then the first still owed, then the last one.
fn stop_for<'a>(
    run: &'a PatrolRunView,
    is_it: impl Fn(&StopView) -> bool,
    expected: Option<u16>,
    cx: &Acting<'_>,
) -> Option<&'a StopView> {
    run.stops.iter().filter(|stop| is_it(stop)).min_by_key(|stop| {
        let visited = stop.visited_at.is_some();
        (expected != Some(stop.index), visited, stop.opens > cx.now, if visited { -stop.opens.0 } else { stop.opens.0 })
    })
}

fn checked(stop: &StopView, run: &PatrolRunView, mut results: Vec<ItemResult>) -> Result<PatrolFact, Refusal> {
    let name = &stop.name;
    // The list walked before closing (D1.1.7) is checked item by item; on rounds, being there comes first.
    if stop.visited_at.is_none() && run.kind != RouteKind::BeforeClosing {
        return Err(Refusal::new(
            "scan_first",
            words!(
                "请先在「{name}」扫码;扫不了请点「扫不了」并说明。",
                "Scan at “{name}” first; if that is not possible, choose “cannot scan”."
            ),
        ));
    }
    if results.is_empty() && !stop.checklist.is_empty() {
        return Err(Refusal::missing(&words!("检查结果", "the results")));
    }
    for result in &mut results {
        result.name = item_name(stop, &result.key)?;
        if result.outcome == Outcome::NotApplicable {
            let name = &result.name;
            required(&result.note, &words!("「{name}」不适用的原因", "why “{name}” does not apply"))?;
        }
    }
    let all_normal = results.iter().all(|result| result.outcome == Outcome::Normal);
    Ok(PatrolFact::Checked { at_stop: stop.as_ref(), results, all_normal })
}

/// The clocks of stops still owed; they run on after an early end until somebody comes by or says why not.
pub(super) fn deadlines(view: &PatrolRunView) -> Vec<Deadline> {
    let owed = view.stops.iter().filter(|stop| stop.owed());
    owed.flat_map(|stop| {
        let name = &stop.name;
        let window = Deadline {
            code: "stop_window".into(),
            words: words!("「{name}」应巡时段结束", "the window of “{name}” closes"),
            since: stop.opens,
            due: stop.closes,
            rings: false,
        };
        let missed = Deadline {
            code: "stop_missed".into(),
            words: words!("「{name}」漏巡", "“{name}” counts as missed"),
            since: stop.closes,
            due: stop.missed_at,
            rings: true,
        };
        [window, missed]
    })
    .collect()
}

/// What lists show.
pub(super) fn card(view: &PatrolRunView) -> Card {
    let (state, state_words, tone) = progress_words(view);
    let next_stop = view.next_stop();
    let next = match (view.state, next_stop) {
        (Progress::Finished, Some(stop)) => {
            let name = &stop.name;
            Some(words!("补巡或说明:{name}", "make up or explain: {name}"))
        }
        (_, Some(stop)) => {
            let name = &stop.name;
            Some(words!("下一点:{name}", "next: {name}"))
        }
        (Progress::Open, None) => Some(words!("结束并签名", "finish and sign")),
        _ if view.wants_countersignature() => Some(words!("主管签名", "supervisor signs")),
        _ => None,
    };
    Card {
        number: None,
        title: view.title(),
        place: next_stop.map(|stop| stop.place_name.clone()).filter(|place| !place.is_empty()),
        state: state.into(),
        state_words,
        tone,
        open: next.is_some(),
        urgency: None,
        responsible: view.walkers.clone(),
        next,
        born: view.start,
    }
}

/// The work order made of a finding, in the same transaction.
fn order_of(
    run: &PatrolRunView,
    stop: &StopView,
    item_name: &str,
    description: &str,
    urgency: Urgency,
    cx: &mut Acting<'_>,
) -> Result<Made, Refusal> {
    let title = [stop.name.as_str(), item_name, description].into_iter().filter(|part| !part.is_empty());
    let place = if stop.place_name.is_empty() { &stop.name } else { &stop.place_name };
    let report = Report {
        source: Source::Patrol { run: run.record, stop: stop.checkpoint, route_name: run.route_name.clone() },
        title: title.collect::<Vec<_>>().join(" "),
        description: description.into(),
        place: place.clone(),
        reporter_name: cx.who.name.clone(),
        urgency,
        ..Report::default()
    };
    made(cx, report, Vec::new())
}
