//! What may be done with a work order: the table, offers, actions, clocks, ledger lines.

use super::WorkOrder;
use super::facts::{Dispatch, Report, WorkOrderAction, WorkOrderFact};
use super::view::WorkOrderView;
use crate::engine::{Acting, Deadline, Kind, LineText, Offer, Refusal, Step};
use crate::ids::RecordId;
use crate::record::Write;
use crate::role::Signer;
use crate::site::Timers;
use crate::words;
use crate::words::Words;

/// Makes a work order from anywhere: a finding on a round, a call, the desk. Gives the new record, its number, and the
/// step to put beside the caller's own into one transaction.
///
/// # Errors
/// [`Refusal`] when it says neither what nor where, or the role may not report.
pub fn reported_steps(cx: &mut Acting<'_>, report: Report) -> Result<(RecordId, String, Step), Refusal> {
    let record = RecordId((cx.ids)());
    let (number, step) = report_into(cx, record, report)?;
    Ok((record, number, step))
}

fn report_into(cx: &mut Acting<'_>, record: RecordId, report: Report) -> Result<(String, Step), Refusal> {
    if !cx.who.role.works_orders() {
        return Err(no_role());
    }
    if report.title.trim().is_empty() && report.description.trim().is_empty() {
        return Err(Refusal::missing(&words!("服务内容", "what is to be done")));
    }
    let day = cx.today();
    let number = (cx.number)(day);
    let mut writes = cx.birth::<WorkOrder>(Some(&number));
    writes.push(cx.fact(&WorkOrderFact::Reported(report))?.1);
    Ok((number, Step { record, kind: WorkOrder::NAME, class: WorkOrder::CLASS, day, writes }))
}

/// What a dispatch writes, to be added to the step that makes the order (存并派).
///
/// # Errors
/// [`Refusal`] when nobody is named or the role may not dispatch.
pub fn dispatch_writes(cx: &mut Acting<'_>, dispatch: Dispatch) -> Result<Vec<Write>, Refusal> {
    if !cx.who.role.runs_the_desk() {
        return Err(no_role());
    }
    if dispatch.to.is_empty() && dispatch.team.trim().is_empty() {
        return Err(Refusal::missing(&words!("派给谁", "whom to send")));
    }
    let somebody = !dispatch.to.is_empty();
    let (fact, write) = cx.fact(&WorkOrderFact::Dispatched(dispatch))?;
    let mut writes = vec![write];
    if somebody {
        writes.push(Write::Field { name: "responsible", fact });
    }
    Ok(writes)
}

/// What usually has to be minded at such work (注意事项, D3.2), as suggestions to choose from.
#[must_use]
pub fn precautions(category: &str, place: &str) -> Vec<Words> {
    let text = format!("{category} {place}");
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let mut found = Vec::new();
    if has(&["电", "灯", "闸", "插座", "开关", "light", "power", "electric"]) {
        found.push(words!("先断电、挂牌、验电后再作业", "switch off, tag and test before work"));
    }
    if has(&["灯", "高", "顶", "天台", "外墙", "屋面", "light", "roof", "ceiling", "facade"]) {
        found.push(words!("登高系安全带,梯下有人扶", "harness above ground, somebody holds the ladder"));
    }
    found
}

pub(super) fn no_role() -> Refusal {
    Refusal::new(
        "no_role",
        words!("您的岗位不办这一项,请交值班员。", "This is not in your role; ask the duty officer."),
    )
}

pub(super) fn offers(_: Option<&WorkOrderView>, _: &Signer) -> Vec<Offer> {
    Vec::new()
}

pub(super) fn act(
    _: Option<&WorkOrderView>,
    action: WorkOrderAction,
    cx: &mut Acting<'_>,
) -> Result<Vec<Step>, Refusal> {
    match action {
        WorkOrderAction::Report(report) => {
            let record = cx.record;
            Ok(vec![report_into(cx, record, report)?.1])
        }
        _ => Err(no_role()),
    }
}

pub(super) fn deadlines(_: &WorkOrderView, _: &Timers) -> Vec<Deadline> {
    Vec::new()
}

pub(super) fn line(_: &WorkOrderFact) -> Option<LineText> {
    None
}
