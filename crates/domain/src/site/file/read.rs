//! Reading TOML by hand, so that everything that is wrong is said at once and where it stands.
//!
//! Every reader returns a value even when it has found a problem (empty, zero, nil): the walk goes on and finds the
//! rest. Nothing that was read so leaves this module's caller, because an error among the problems refuses the file.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use uuid::Uuid;

use super::{Level, Problem};
use crate::ids::RecordId;
use crate::time::{Day, TimeOfDay};
use crate::words;
use crate::words::Words;

/// Where in the text, in bytes.
pub(super) type Span = Range<usize>;

/// What was found so far.
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<(usize, Problem)>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    pub(super) fn error(&mut self, at: &Span, path: &str, words: Words, hint: Option<Words>) {
        self.add(Level::Error, at, path, words, hint);
    }

    pub(super) fn warning(&mut self, at: &Span, path: &str, words: Words, hint: Option<Words>) {
        self.add(Level::Warning, at, path, words, hint);
    }

    fn add(&mut self, level: Level, at: &Span, path: &str, words: Words, hint: Option<Words>) {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let problem = Problem {
            level,
            line: count(before.matches('\n').count() + 1),
            column: count(before.get(line_start..).unwrap_or_default().chars().count() + 1),
            path: path.into(),
            words,
            hint,
        };
        self.found.push((at.start, problem));
    }

    pub(super) fn any_error(&self) -> bool {
        self.found.iter().any(|(_, problem)| problem.level == Level::Error)
    }

    /// In the order of the text.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|(at, _)| *at);
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// One value and the way to it.
#[derive(Clone)]
pub(super) struct Node<'a, 'i> {
    value: &'a Spanned<DeValue<'i>>,
    pub(super) path: String,
}

impl<'a, 'i> Node<'a, 'i> {
    pub(super) fn span(&self) -> Span {
        self.value.span()
    }

    fn wrong(&self, p: &mut Problems<'_>, words: Words, hint: Option<Words>) {
        p.error(&self.span(), &self.path, words, hint);
    }

    pub(super) fn as_text(&self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    pub(super) fn text(&self, p: &mut Problems<'_>) -> String {
        match self.value.get_ref() {
            DeValue::String(text) => return text.trim().to_owned(),
            DeValue::Integer(_) | DeValue::Float(_) => {
                let written = p.text.get(self.span()).unwrap_or_default();
                let hint = words!("写作 \"{written}\"。", "Write \"{written}\".");
                self.wrong(p, words!("这里要文字,请加引号。", "Text is wanted here; put it in quotes."), Some(hint));
            }
            _ => self.wrong(p, words!("这里要文字(加引号)。", "Text in quotes is wanted here."), None),
        }
        String::new()
    }

    pub(super) fn flag(&self, p: &mut Problems<'_>) -> bool {
        self.value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(p, words!("这里要 true(是)或 false(否)。", "true or false is wanted here."), None);
            false
        })
    }

    pub(super) fn whole(&self, p: &mut Problems<'_>, least: u16, most: u16) -> u16 {
        let written = match self.value.get_ref() {
            DeValue::Integer(number) => u16::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match written {
            Some(number) if (least..=most).contains(&number) => number,
            _ => {
                self.wrong(
                    p,
                    words!(
                        "这里要 {least} 到 {most} 之间的整数(不加引号)。",
                        "A whole number from {least} to {most} is wanted here, without quotes."
                    ),
                    None,
                );
                least
            }
        }
    }

    /// `"08:30"`, or `08:30` without quotes.
    pub(super) fn time(&self, p: &mut Problems<'_>) -> TimeOfDay {
        let read = match self.value.get_ref() {
            DeValue::String(text) => text.trim().parse().ok(),
            DeValue::Datetime(stamp) if stamp.date.is_none() && stamp.offset.is_none() => {
                stamp.time.map(|time| TimeOfDay(u16::from(time.hour) * 60 + u16::from(time.minute)))
            }
            _ => None,
        };
        read.unwrap_or_else(|| {
            self.wrong(
                p,
                words!("这不是时刻。", "This is not a time of day."),
                Some(words!(
                    "写作 \"08:30\";次日的时刻加 24 小时,如次日 07:30 写作 \"31:30\"。",
                    "Write \"08:30\"; for the day after add 24 hours: 07:30 on the next day is \"31:30\"."
                )),
            );
            TimeOfDay(0)
        })
    }

    /// `"2026-11-01"`, or without quotes.
    pub(super) fn day(&self, p: &mut Problems<'_>) -> Option<Day> {
        let read = match self.value.get_ref() {
            DeValue::String(text) => text.trim().parse::<NaiveDate>().ok(),
            DeValue::Datetime(stamp) if stamp.time.is_none() => stamp
                .date
                .and_then(|date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())),
            _ => None,
        };
        if read.is_none() {
            self.wrong(
                p,
                words!("这不是日期。", "This is not a date."),
                Some(words!("写作 2026-11-01。", "Write 2026-11-01.")),
            );
        }
        read.map(Day)
    }

    pub(super) fn list(&self, p: &mut Problems<'_>) -> Vec<Node<'a, 'i>> {
        let DeValue::Array(items) = self.value.get_ref() else {
            self.wrong(p, words!("这里要列表 [ … ]。", "A list [ … ] is wanted here."), None);
            return Vec::new();
        };
        let path = &self.path;
        items.iter().enumerate().map(|(n, value)| Node { value, path: format!("{path}[{}]", n + 1) }).collect()
    }

    /// A list, or one value that stands for a list of one.
    pub(super) fn one_or_more(&self, p: &mut Problems<'_>) -> Vec<Node<'a, 'i>> {
        match self.value.get_ref() {
            DeValue::Array(_) => self.list(p),
            _ => vec![self.clone()],
        }
    }

    pub(super) fn table(&self, p: &mut Problems<'_>) -> Option<Fields<'a, 'i>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            self.wrong(p, words!("这里要 {{ 名 = 值 }}。", "A table {{ name = value }} is wanted here."), None);
            return None;
        };
        Some(Fields { table, at: self.span(), path: self.path.clone(), known: Vec::new() })
    }

    /// One of a fixed set of words, in Chinese or by its English identifier.
    pub(super) fn choice<T: Copy>(&self, p: &mut Problems<'_>, choices: &[Choice<T>]) -> Option<T> {
        let text = self.text(p);
        if text.is_empty() {
            return None;
        }
        let found = choices.iter().find(|choice| choice.zh == text || choice.id == text);
        if found.is_none() {
            let zh = choices.iter().map(|choice| choice.zh).collect::<Vec<_>>().join("、");
            let mut en: Vec<_> = choices.iter().map(|choice| choice.id).collect();
            en.dedup();
            let en = en.join(", ");
            self.wrong(
                p,
                words!("没有「{text}」这一种。", "There is no such kind as “{text}”."),
                Some(words!("可写:{zh}。", "One of: {en}.")),
            );
        }
        found.map(|choice| choice.value)
    }
}

/// One word of a fixed set.
pub(super) struct Choice<T> {
    pub(super) zh: &'static str,
    pub(super) id: &'static str,
    pub(super) value: T,
}

/// A table being read; it remembers which names were asked for, so that the others can be reported.
pub(super) struct Fields<'a, 'i> {
    table: &'a DeTable<'i>,
    pub(super) at: Span,
    pub(super) path: String,
    known: Vec<String>,
}

impl<'a, 'i> Fields<'a, 'i> {
    pub(super) fn root(table: &'a Spanned<DeTable<'i>>) -> Self {
        Self { table: table.get_ref(), at: 0..0, path: String::new(), known: Vec::new() }
    }

    pub(super) fn get(&mut self, name: &str) -> Option<Node<'a, 'i>> {
        self.known.push(name.to_owned());
        let path = self.child(name);
        self.table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| Node { value, path })
    }

    /// All names with their places, for tables whose names are the site's own.
    pub(super) fn all(&self) -> Vec<(String, Span, Node<'a, 'i>)> {
        self.table
            .iter()
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                let path = self.child(&name);
                (name, key.span(), Node { value, path })
            })
            .collect()
    }

    fn child(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn required(&mut self, p: &mut Problems<'_>, name: &str) -> Option<Node<'a, 'i>> {
        let node = self.get(name);
        if node.is_none() {
            let path = self.child(name);
            p.error(&self.at, &path, words!("缺少 {name}。", "{name} is missing."), None);
        }
        node
    }

    /// Text that must be there and not empty.
    pub(super) fn text(&mut self, p: &mut Problems<'_>, name: &str) -> String {
        let Some(node) = self.required(p, name) else { return String::new() };
        let text = node.text(p);
        if text.is_empty() && node.as_text().is_some() {
            node.wrong(p, words!("{name} 不能为空。", "{name} must not be empty."), None);
        }
        text
    }

    pub(super) fn text_or_empty(&mut self, p: &mut Problems<'_>, name: &str) -> String {
        self.get(name).map(|node| node.text(p)).unwrap_or_default()
    }

    pub(super) fn flag_or_no(&mut self, p: &mut Problems<'_>, name: &str) -> bool {
        self.get(name).is_some_and(|node| node.flag(p))
    }

    pub(super) fn list_or_empty(&mut self, p: &mut Problems<'_>, name: &str) -> Vec<Node<'a, 'i>> {
        self.get(name).map(|node| node.list(p)).unwrap_or_default()
    }

    /// The `[[name]]` tables; each is called by its `key` in paths, where it has one.
    pub(super) fn tables(&mut self, p: &mut Problems<'_>, name: &str, called_by: &str) -> Vec<Fields<'a, 'i>> {
        let Some(node) = self.get(name) else { return Vec::new() };
        if node.is_table() {
            node.wrong(p, words!("写作 [[{name}]](两层方括号)。", "Write [[{name}]], with two brackets."), None);
            return Vec::new();
        }
        node.list(p)
            .into_iter()
            .filter_map(|node| {
                let mut fields = node.table(p)?;
                if let Some(key) = fields.get(called_by).and_then(|node| node.as_text()) {
                    fields.path = format!("{name}[{key}]");
                }
                Some(fields)
            })
            .collect()
    }

    /// Reports the names that nobody asked for.
    pub(super) fn finish(self, p: &mut Problems<'_>) {
        for (name, at, node) in self.all() {
            if self.known.contains(&name) {
                continue;
            }
            let hint = nearest(&name, self.known.iter().map(String::as_str))
                .map(|near| words!("是不是 {near}?", "Did you mean {near}?"));
            p.error(&at, &node.path, words!("不认识「{name}」。", "“{name}” is not known here."), hint);
        }
    }
}

/// The keys of one kind of item, for references.
#[derive(Default)]
pub(super) struct Keys(BTreeMap<String, RecordId>);

impl Keys {
    pub(super) fn insert(&mut self, key: String, id: RecordId) {
        self.0.insert(key, id);
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The item a reference means.
    pub(super) fn find(&self, p: &mut Problems<'_>, node: &Node<'_, '_>, kind: &str) -> RecordId {
        let key = node.text(p);
        self.named(p, &key, &node.span(), &node.path, kind)
    }

    /// As [`Keys::find`], for a key that was read already; an empty one has been reported by whoever read it.
    pub(super) fn named(&self, p: &mut Problems<'_>, key: &str, at: &Span, path: &str, kind: &str) -> RecordId {
        if let Some(id) = self.0.get(key) {
            return *id;
        }
        if !key.is_empty() {
            let hint = nearest(key, self.0.keys().map(String::as_str))
                .map(|near| words!("是不是「{near}」?", "Did you mean “{near}”?"));
            p.error(
                at,
                path,
                words!("没有 key 为「{key}」的 [[{kind}]]。", "There is no [[{kind}]] with the key “{key}”."),
                hint,
            );
        }
        RecordId(Uuid::nil())
    }
}

/// The name that was most likely meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count() / 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits between two names: a letter more, less, other, or two swapped.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names() {
        let known = ["key", "name", "phone", "roles", "dispatch_min"];
        for (typed, meant) in [
            ("nmae", Some("name")),
            ("phones", Some("phone")),
            ("role", Some("roles")),
            ("dispach_min", Some("dispatch_min")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), meant, "{typed}");
        }
    }
}
