//! Buildings and units: a line per building says which rooms there are, a line per unit who lives there.

use std::collections::BTreeMap;

use super::items::{is_phone, phone};
use super::read::{Fields, Node, Problems, Span};
use super::{SiteFile, item_id};
use crate::site::items::Definition;
use crate::site::{Occupant, Unit};
use crate::words;

/// A range that gives more than this is a slip of the pen.
const MOST_OF_A_RANGE: usize = 1_000;

pub(super) fn read(root: &mut Fields<'_, '_>, p: &mut Problems<'_>, file: &mut SiteFile) {
    let mut found: BTreeMap<String, Unit> = BTreeMap::new();
    if let Some(buildings) = root.get("buildings").and_then(|node| node.table(p)) {
        for (name, at, node) in buildings.all() {
            for unit in building(&name, &at, &node, p) {
                let label = unit.label();
                if found.insert(label.clone(), unit).is_some() {
                    let words = words!("{label} 已在别的行里。", "{label} is in another line already.");
                    p.error(&at, &node.path, words, None);
                }
            }
        }
    }
    file.by_range = found.keys().map(|label| item_id(&file.code, Unit::KIND, label)).collect();
    if let Some(units) = root.get("units").and_then(|node| node.table(p)) {
        for (label, at, node) in units.all() {
            let Some(unit) = single(&label, &at, &node, p) else { continue };
            file.by_range.remove(&item_id(&file.code, Unit::KIND, &unit.label()));
            found.insert(unit.label(), unit);
        }
    }
    file.site.units = found.into_values().map(|unit| (item_id(&file.code, Unit::KIND, &unit.label()), unit)).collect();
}

/// The parts of a label; more than three, or an empty one, is none.
fn parts(label: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = label.split('-').map(str::trim).collect();
    (parts.len() <= 3 && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

/// `"3" = { entrances = "1-2", floors = "2-18", rooms = "01-04", without = ["1304"] }`
fn building(name: &str, at: &Span, node: &Node<'_, '_>, p: &mut Problems<'_>) -> Vec<Unit> {
    let Some(mut it) = node.table(p) else { return Vec::new() };
    let entrances = it.get("entrances").map(|node| range(&node, p));
    let floors = it.get("floors").map_or_else(|| vec![String::new()], |node| range(&node, p));
    let rooms = it.required(p, "rooms").map(|node| range(&node, p)).unwrap_or_default();
    let without = it.get("without").map(|node| range(&node, p)).unwrap_or_default();
    it.finish(p);
    let (building, entrances) = match (parts(name).as_deref(), entrances) {
        (Some([building]), entrances) => (*building, entrances.unwrap_or_else(|| vec![String::new()])),
        (Some([building, entrance]), None) => (*building, vec![(*entrance).to_owned()]),
        _ => {
            p.error(
                at,
                &node.path,
                words!("「{name}」不是楼栋。", "“{name}” is not a building."),
                Some(words!(
                    "写作 \"3\"(栋)或 \"3-2\"(栋-单元,此时不写 entrances)。",
                    "Write \"3\" (building), or \"3-2\" (building-entrance, then without entrances)."
                )),
            );
            return Vec::new();
        }
    };
    let all: Vec<String> =
        floors.iter().flat_map(|floor| rooms.iter().map(move |room| format!("{floor}{room}"))).collect();
    // Without any room a range did not read, which has been said.
    for room in without.iter().filter(|room| !all.is_empty() && !all.contains(room)) {
        let words = words!("without 里的 {room} 本来就没有。", "{room} in without is no room of this line anyway.");
        p.error(at, &node.path, words, None);
    }
    entrances
        .iter()
        .flat_map(|entrance| all.iter().filter(|room| !without.contains(room)).map(move |room| (entrance, room)))
        .map(|(entrance, room)| Unit {
            building: building.to_owned(),
            entrance: entrance.clone(),
            room: room.clone(),
            occupants: Vec::new(),
            note: String::new(),
        })
        .collect()
}

/// `"3-2-1502" = "业户 5550-1502"`, a list of those, or `{ occupants = [ … ], note = "…" }`.
fn single(label: &str, at: &Span, node: &Node<'_, '_>, p: &mut Problems<'_>) -> Option<Unit> {
    let (building, entrance, room) = match parts(label).as_deref() {
        Some([building, entrance, room]) => (*building, *entrance, *room),
        Some([building, room]) => (*building, "", *room),
        _ => {
            p.error(
                at,
                &node.path,
                words!("「{label}」不是房号。", "“{label}” is not a unit."),
                Some(words!(
                    "写作 \"3-2-1502\"(栋-单元-房号)或 \"5-302\"(栋-房号)。",
                    "Write \"3-2-1502\" (building-entrance-room) or \"5-302\" (building-room)."
                )),
            );
            return None;
        }
    };
    let (occupants, note) = if node.is_table() {
        let mut it = node.table(p)?;
        let occupants: Vec<Occupant> = it
            .get("occupants")
            .map(|node| node.one_or_more(p).iter().map(|node| occupant(node, p)).collect())
            .unwrap_or_default();
        let note = it.text_or_empty(p, "note");
        it.finish(p);
        (occupants, note)
    } else {
        (node.one_or_more(p).iter().map(|node| occupant(node, p)).collect(), String::new())
    };
    let [building, entrance, room] = [building, entrance, room].map(str::to_owned);
    Some(Unit { building, entrance, room, occupants, note })
}

/// `"1-17"`, `"01-04"`, `"S01-S12"`, a single value, or a list of those.
fn range(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Vec<String> {
    let mut values = Vec::new();
    for node in node.one_or_more(p) {
        let text = node.text(p);
        match expand(&text) {
            Ok(some) => values.extend(some),
            Err(wrong) => {
                let (words, hint) = match wrong {
                    Wrong::Form => (
                        words!("「{text}」不是范围。", "“{text}” is not a range."),
                        words!(
                            "写作 \"1-17\"、\"01-04\" 或 \"S01-S12\"。",
                            "Write \"1-17\", \"01-04\" or \"S01-S12\"."
                        ),
                    ),
                    Wrong::Backwards => (
                        words!("范围「{text}」的末尾小于开头。", "The range “{text}” ends before it begins."),
                        words!("小的写在前面。", "Write the smaller first."),
                    ),
                    Wrong::TooMany => (
                        words!("范围「{text}」太大。", "The range “{text}” is too large."),
                        words!("最多 {MOST_OF_A_RANGE} 个。", "At most {MOST_OF_A_RANGE}."),
                    ),
                };
                // Text that could not be read has been reported.
                if node.as_text().is_some() {
                    p.error(&node.span(), &node.path, words, Some(hint));
                }
            }
        }
    }
    values
}

#[derive(Debug, PartialEq)]
enum Wrong {
    Form,
    Backwards,
    TooMany,
}

fn expand(text: &str) -> Result<Vec<String>, Wrong> {
    let Some((first, last)) = text.split_once(['-', '~', '–']) else {
        return if text.is_empty() { Err(Wrong::Form) } else { Ok(vec![text.to_owned()]) };
    };
    let (prefix, from) = prefix_and_digits(first.trim());
    let (other, to) = prefix_and_digits(last.trim());
    let number = |digits: &str| digits.parse::<usize>().map_err(|_| Wrong::Form);
    // "S01-12" means S01 to S12.
    if !other.is_empty() && other != prefix {
        return Err(Wrong::Form);
    }
    let width = if from.starts_with('0') { from.len() } else { 0 };
    let (from, to) = (number(from)?, number(to)?);
    if to < from {
        return Err(Wrong::Backwards);
    }
    if to - from >= MOST_OF_A_RANGE {
        return Err(Wrong::TooMany);
    }
    Ok((from..=to).map(|n| format!("{prefix}{n:0width$}")).collect())
}

fn prefix_and_digits(text: &str) -> (&str, &str) {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    text.split_at(text.len() - digits)
}

/// `"业户 5550-1502"` or `{ name = "业户", phone = "5550-1502" }`.
fn occupant(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Occupant {
    if node.is_table() {
        let Some(mut it) = node.table(p) else { return Occupant { name: String::new(), phone: String::new() } };
        let occupant = Occupant {
            name: it.text(p, "name"),
            phone: it.get("phone").map(|node| phone(&node, p)).unwrap_or_default(),
        };
        it.finish(p);
        return occupant;
    }
    let text = node.text(p);
    if text.is_empty() && node.as_text().is_some() {
        p.error(&node.span(), &node.path, words!("业户没有名字。", "The occupant has no name."), None);
    }
    match text.rsplit_once(char::is_whitespace) {
        Some((name, phone)) if is_phone(phone) => Occupant { name: name.trim().to_owned(), phone: phone.to_owned() },
        _ => Occupant { name: text, phone: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("3", Ok(vec!["3"])),
            ("A", Ok(vec!["A"])),
            ("1-3", Ok(vec!["1", "2", "3"])),
            ("9-11", Ok(vec!["9", "10", "11"])),
            ("01-03", Ok(vec!["01", "02", "03"])),
            ("S09-S11", Ok(vec!["S09", "S10", "S11"])),
            ("S09-11", Ok(vec!["S09", "S10", "S11"])),
            ("商1~商2", Ok(vec!["商1", "商2"])),
            ("", Err(Wrong::Form)),
            ("1-", Err(Wrong::Form)),
            ("a-b", Err(Wrong::Form)),
            ("S1-T2", Err(Wrong::Form)),
            ("3-1", Err(Wrong::Backwards)),
            ("1-1000000", Err(Wrong::TooMany)),
            ("1-99999999999999999999999999", Err(Wrong::Form)),
        ] {
            let expected = expected.map(|some| some.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(expand(text), expected, "{text}");
        }
    }
}
