//! What the ledger 《客服工作台帐》 says of each fact of a run: readable without the run beside it.

use super::facts::{ItemResult, Outcome, PatrolFact};
use crate::engine::LineText;
use crate::time::TimeOfDay;
use crate::words;
use crate::words::Words;

/// What the ledger says of a fact.
pub(super) fn line(fact: &PatrolFact) -> LineText {
    let (subject, detail) = match fact {
        PatrolFact::Started { plan } => {
            let (route, slot, stops) = (&plan.route_name, TimeOfDay(plan.slot), plan.stops.len());
            (words!("巡查开始", "run begun"), words!("{route} {slot},共{stops}点", "{route} {slot}, {stops} stops"))
        }
        PatrolFact::Planned { plan } => {
            let (route, slot) = (&plan.route_name, TimeOfDay(plan.slot));
            (words!("巡查计划", "run planned"), words!("{route} {slot}", "{route} {slot}"))
        }
        PatrolFact::Scanned { at_stop, method, expected_name, .. } => {
            let (name, method) = (&at_stop.name, method.words());
            let (zh, en) = (method.zh, method.en);
            let detail = words!("{name}({zh})", "{name} ({en})");
            let meant = expected_name.as_ref().map(|meant| words!(";本想去「{meant}」", "; “{meant}” was meant"));
            (words!("巡查到点", "checkpoint reached"), detail.then(meant.unwrap_or_default()))
        }
        PatrolFact::Checked { at_stop, results, .. } => {
            let name = &at_stop.name;
            (words!("巡查检查", "checkpoint checked"), words!("{name}:", "{name}: ").then(results_words(results)))
        }
        PatrolFact::WrongPoint { scanned_name, .. } => (
            words!("扫到别的点", "another checkpoint scanned"),
            words!("{scanned_name}(不在本路线)", "{scanned_name} (not on this route)"),
        ),
        PatrolFact::CannotScan { at_stop, reason, note, .. } => {
            (words!("到点未扫", "reached, not scanned"), reason_words(&at_stop.name, &reason.words(), note))
        }
        PatrolFact::Finding { at_stop, item_name, description, urgency, order_number, .. } => {
            let (name, urgency) = (&at_stop.name, urgency.words());
            let (zh, en) = (urgency.zh, urgency.en);
            let item = if item_name.is_empty() { String::new() } else { format!("·{item_name}") };
            let order = order_number.as_ref().map(|number| words!(";派工单 {number}", "; work order {number}"));
            let detail = words!("{name}{item}:{description}({zh})", "{name}{item}: {description} ({en})");
            (words!("巡查异常", "patrol finding"), detail.then(order.unwrap_or_default()))
        }
        PatrolFact::MissedBecause { at_stop, reason, note } => {
            (words!("漏点说明", "missed stop explained"), reason_words(&at_stop.name, &reason.words(), note))
        }
        PatrolFact::Exempted { at_stop, reason } => {
            let name = &at_stop.name;
            (words!("免巡", "stop exempted"), words!("{name}:{reason}", "{name}: {reason}"))
        }
        PatrolFact::Finished { left_out, note, .. } if left_out.is_empty() => {
            (words!("巡查完成", "run done"), remark_words(words!("无漏点", "no stop left out"), note))
        }
        PatrolFact::Finished { left_out, note, .. } => {
            let (zh, en) = (left_out.join("、"), left_out.join(", "));
            let detail = words!("未到:{zh}", "not visited: {en}");
            (words!("巡查部分完成", "run done in part"), remark_words(detail, note))
        }
        PatrolFact::Countersigned { note, .. } => {
            (words!("巡查主管签名", "run countersigned"), remark_words(words!("已审阅", "reviewed"), note))
        }
    };
    LineText { subject, detail }
}

fn reason_words(name: &str, reason: &Words, note: &str) -> Words {
    let (zh, en) = (&reason.zh, &reason.en);
    remark_words(words!("{name}:{zh}", "{name}: {en}"), note)
}

fn remark_words(words: Words, note: &str) -> Words {
    if note.is_empty() { words } else { words.then(words!(";{note}", "; {note}")) }
}

fn results_words(results: &[ItemResult]) -> Words {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for result in results {
        let reading = result.reading.as_deref().map(|reading| format!(" {reading}")).unwrap_or_default();
        if result.outcome == Outcome::Normal && reading.is_empty() {
            continue;
        }
        let mut words = result.outcome.words();
        let note = &result.note;
        if !note.is_empty() {
            words = words.then(words!("({note})", " ({note})"));
        }
        zh.push(format!("{}{reading} {}", result.name, words.zh));
        en.push(format!("{}{reading} {}", result.name, words.en));
    }
    if results.iter().all(|result| result.outcome == Outcome::Normal) {
        zh.insert(0, "全部正常".into());
        en.insert(0, "all normal".into());
    }
    Words { zh: zh.join(","), en: en.join(", ") }
}
