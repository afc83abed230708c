//! The draft of a day's log, from what the book says of that day. People work it over before they sign.

use std::fmt::Write;

use crate::daily_report::{DayNumbers, Narrative};
use crate::engine::LedgerLine;
use crate::time::Zone;

/// What a draft is made from.
pub struct Drafting<'a> {
    /// The day's numbers.
    pub numbers: &'a DayNumbers,
    /// The daily report's narrative.
    pub narrative: &'a Narrative,
    /// The day's ledger lines with their records' numbers, in any order.
    pub lines: &'a [(Option<String>, LedgerLine)],
    /// Who is on duty, as read.
    pub on_duty: &'a str,
    /// The site's clock.
    pub zone: Zone,
}

/// The draft, in the order of 《工作日志》: 天气, 值班, 主要工作, 指示, 异常, 遗留. A document of the site, so in Chinese.
#[must_use]
pub fn draft_of(drafting: &Drafting<'_>) -> String {
    let Drafting { numbers, narrative, lines, on_duty, zone } = *drafting;
    let mut text = String::new();
    if !narrative.weather.trim().is_empty() {
        let _ = writeln!(text, "天气:{}", narrative.weather.trim());
    }
    if !on_duty.is_empty() {
        let _ = writeln!(text, "值班:{on_duty}");
    }
    text.push_str("\n一、主要工作\n");
    let _ = writeln!(
        text,
        "来电来访 {} 件(来电 {}、来访 {});派工新增 {} 单、完成 {} 单、未完成 {} 单;巡视应巡 {} 点、实巡 {} 点、漏巡 {} 点。",
        numbers.contacts.total,
        numbers.contacts.calls,
        numbers.contacts.visits,
        numbers.orders.new,
        numbers.orders.done,
        numbers.orders.open,
        numbers.rounds.owed,
        numbers.rounds.visited,
        numbers.rounds.missed,
    );
    let mut told: Vec<&(Option<String>, LedgerLine)> = lines.iter().filter(|(_, line)| worth_telling(line)).collect();
    told.sort_by_key(|(_, line)| (line.at, line.fact));
    for (number, line) in told {
        let (at, subject, detail) = (line.at.clock(zone), &line.subject.zh, &line.detail.zh);
        let number = number.as_deref().map(|number| format!("[{number}]")).unwrap_or_default();
        let _ = writeln!(text, "{at} {number}{subject}:{detail}({})", line.by.name);
    }
    section(
        &mut text,
        "二、上级指示与落实",
        numbers.instructions.iter().map(|one| format!("{}({})", one.title, one.state.zh)),
    );
    section(&mut text, "三、突发事件", numbers.incidents.iter().map(|one| format!("{}({})", one.title, one.state.zh)));
    let carried = numbers.carried_over.iter().map(|one| {
        let who = one.responsible.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("、");
        let next = one.next.as_ref().map(|next| format!(",下一步:{}", next.zh)).unwrap_or_default();
        let who = if who.is_empty() { String::new() } else { format!(",责任人:{who}") };
        format!(
            "{}{}{who}{next}",
            one.number.as_ref().map(|number| format!("[{number}] ")).unwrap_or_default(),
            one.title
        )
    });
    section(&mut text, "四、遗留事项", carried);
    section(
        &mut text,
        "五、次日安排",
        Some(narrative.tomorrow.trim().to_owned()).filter(|text| !text.is_empty()).into_iter(),
    );
    text.trim_start().to_owned()
}

/// Scans and steps on the way fill the ledger and not the log: what has words of its own is told.
fn worth_telling(line: &LedgerLine) -> bool {
    !line.voided && line.about.is_none() && !line.detail.zh.trim().is_empty()
}

fn section(text: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let _ = write!(text, "\n{heading}\n");
    let mut none = true;
    for item in items {
        none = false;
        let _ = writeln!(text, "· {item}");
    }
    if none {
        text.push_str("无\n");
    }
}
