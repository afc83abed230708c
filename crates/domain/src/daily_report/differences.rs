//! What differs between a report as it was signed and the same day as the book tells it now.

use super::numbers::{DayNumbers, Mention};
use crate::contact_record::ContactTopic;
use crate::words;
use crate::words::Words;

/// Every number that differs, as a sentence each: "派工新增 3 → 4". Matters carried over are compared by what they are,
/// not by who has them: passing one on the next morning does not change the evening's report.
#[must_use]
pub fn differences(signed: &DayNumbers, now: &DayNumbers) -> Vec<Words> {
    let mut found = Vec::new();
    let mut compare = |what: Words, was: u32, is: u32| {
        if was != is {
            let (zh, en) = (&what.zh, &what.en);
            found.push(words!("{zh} {was} → {is}", "{en} {was} → {is}"));
        }
    };
    compare(words!("来电", "calls"), signed.contacts.calls, now.contacts.calls);
    compare(words!("来访", "visits"), signed.contacts.visits, now.contacts.visits);
    for topic in topics(signed, now) {
        let (was, is) = (count_of(signed, topic), count_of(now, topic));
        compare(topic.words(), was, is);
    }
    compare(
        words!("三声内接听", "answered within three rings"),
        signed.contacts.within_three_rings,
        now.contacts.within_three_rings,
    );
    compare(words!("派工新增", "new orders"), signed.orders.new, now.orders.new);
    compare(words!("派工完成", "orders done"), signed.orders.done, now.orders.done);
    compare(words!("派工未完成", "orders open"), signed.orders.open, now.orders.open);
    compare(words!("派工超时", "orders overdue"), signed.orders.overdue, now.orders.overdue);
    compare(words!("投诉新增", "new complaints"), signed.complaints.new, now.complaints.new);
    compare(words!("应巡", "stops owed"), signed.rounds.owed, now.rounds.owed);
    compare(words!("实巡", "stops visited"), signed.rounds.visited, now.rounds.visited);
    compare(words!("迟巡", "late stops"), signed.rounds.late, now.rounds.late);
    compare(words!("漏巡", "missed stops"), signed.rounds.missed, now.rounds.missed);
    compare(words!("巡视异常", "abnormal stops"), signed.rounds.abnormal, now.rounds.abnormal);
    for run in &now.closing {
        let before = signed.closing.iter().find(|other| other.record == run.record);
        let title = &run.title;
        compare(words!("{title} 已巡", "{title}: looked at"), before.map_or(0, |before| before.visited), run.visited);
    }
    found.extend(added(&signed.incidents, &now.incidents, &words!("突发事件", "incident")));
    found.extend(added(&signed.instructions, &now.instructions, &words!("上级指示", "instruction")));
    for one in &now.carried_over {
        if !signed.carried_over.iter().any(|other| other.record == one.record) {
            let (number, title) = (one.number.as_deref().unwrap_or_default(), &one.title);
            found.push(words!("遗留事项增加:{number} {title}", "carried over besides: {number} {title}"));
        }
    }
    for one in &signed.carried_over {
        if !now.carried_over.iter().any(|other| other.record == one.record) {
            let (number, title) = (one.number.as_deref().unwrap_or_default(), &one.title);
            found.push(words!("遗留事项减少:{number} {title}", "no longer carried over: {number} {title}"));
        }
    }
    found
}

fn topics(signed: &DayNumbers, now: &DayNumbers) -> Vec<ContactTopic> {
    let both = signed.contacts.topics.iter().chain(&now.contacts.topics);
    let mut topics: Vec<ContactTopic> = both.map(|one| one.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

fn count_of(numbers: &DayNumbers, topic: ContactTopic) -> u32 {
    numbers.contacts.topics.iter().find(|one| one.topic == topic).map_or(0, |one| one.count)
}

fn added(before: &[Mention], now: &[Mention], what: &Words) -> Vec<Words> {
    let new = now.iter().filter(|one| !before.iter().any(|other| other.record == one.record));
    new.map(|one| {
        let (number, title) = (one.number.as_deref().unwrap_or_default(), &one.title);
        let (zh, en) = (&what.zh, &what.en);
        words!("{zh}增加:{number} {title}", "{en} besides: {number} {title}")
    })
    .collect()
}
