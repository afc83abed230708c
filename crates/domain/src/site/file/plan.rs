//! What is planned by the clock: routes, shifts, rosters.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::choices::ROUTE_KINDS;
use super::item_id;
use super::items::{Reading, keyed};
use super::read::{Fields, Node, Problems};
use crate::ids::RecordId;
use crate::site::items::Definition;
use crate::site::{Checkpoint, Person, Post, Roster, Route, RouteKind, Shift, Stop};
use crate::time::TimeOfDay;
use crate::words;

/// Marks of a roster that are no shift: 休 is a day off, 假 is leave.
const NO_SHIFT: [char; 2] = ['休', '假'];

impl<'a, 'i> Reading<'a, 'i> {
    pub(super) fn routes(&mut self, p: &mut Problems<'_>, code: &str) {
        for (key, mut it) in keyed(&mut self.root, p, Route::KIND) {
            let route = Route {
                name: it.text(p, "name"),
                kind: it
                    .required(p, "kind")
                    .and_then(|node| node.choice(p, ROUTE_KINDS))
                    .unwrap_or(RouteKind::GuardTour),
                post: it
                    .required(p, "post")
                    .map_or(RecordId(Uuid::nil()), |node| self.posts.find(p, &node, Post::KIND)),
                starts: starts(&mut it, p),
                weekdays: weekdays(&mut it, p),
                stops: self.stops(&mut it, p),
            };
            self.file.site.routes.insert(item_id(code, Route::KIND, &key), route);
            it.finish(p);
        }
        if !self.file.site.routes.values().any(|route| route.kind == RouteKind::BeforeClosing) {
            p.warning(
                &(0..0),
                "route",
                words!("没有「下班前全面巡检」路线。", "There is no route for the inspection before closing."),
                Some(words!(
                    "篇1 一.7 要求每天下班前全面巡检:加 [[route]] kind = \"下班前全面巡检\"。",
                    "D1.1.7 asks for it every day: add a [[route]] with kind = \"before_closing\"."
                )),
            );
        }
    }

    fn stops(&self, it: &mut Fields<'a, 'i>, p: &mut Problems<'_>) -> Vec<Stop> {
        let Some(list) = it.required(p, "stops") else { return Vec::new() };
        let nodes = list.list(p);
        if nodes.is_empty() {
            p.error(&list.span(), &list.path, words!("路线没有巡查点。", "The route has no stops."), None);
        }
        let mut seen = BTreeSet::new();
        let mut stops = Vec::new();
        for node in nodes {
            let Some(mut stop) = node.table(p) else { continue };
            let checkpoint = stop.required(p, "point").map(|node| {
                let id = self.checkpoints.find(p, &node, Checkpoint::KIND);
                if !id.0.is_nil() && !seen.insert(id) {
                    let key = node.text(p);
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{key}」在这条路线上已有。", "“{key}” is on this route already."),
                        Some(words!("一圈走两次的,分成两条路线。", "For two visits make two routes.")),
                    );
                }
                id
            });
            let minutes = 24 * 60;
            let from_min = stop.required(p, "from").map_or(0, |node| node.whole(p, 0, minutes));
            let to = stop.required(p, "to");
            let to_min = to.as_ref().map_or(from_min + 1, |node| node.whole(p, 0, minutes));
            if let Some(node) = to.filter(|_| to_min <= from_min) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!(
                        "时段在开始({from_min} 分)之前就结束({to_min} 分)。",
                        "The window ends ({to_min} min) before it begins ({from_min} min)."
                    ),
                    Some(words!("从出发起算的分钟数,to 大于 from。", "Minutes after the start; to is more than from.")),
                );
            }
            stop.finish(p);
            stops.push(Stop { checkpoint: checkpoint.unwrap_or(RecordId(Uuid::nil())), from_min, to_min });
        }
        stops
    }

    pub(super) fn shifts_and_rosters(&mut self, p: &mut Problems<'_>, code: &str) {
        let mut marks = BTreeSet::from(NO_SHIFT);
        for (key, mut it) in keyed(&mut self.root, p, Shift::KIND) {
            let mut shift = shift(&mut it, p, &mut marks);
            let posts = it.list_or_empty(p, "posts");
            shift.posts = posts.iter().map(|node| self.posts.find(p, node, Post::KIND)).collect();
            self.file.site.shifts.insert(item_id(code, Shift::KIND, &key), shift);
            it.finish(p);
        }
        let mut months = BTreeSet::new();
        for mut it in self.root.tables(p, Roster::KIND, "month") {
            let month = it.text(p, "month");
            let node = it.get("month").filter(|_| !month.is_empty());
            let days = days_in(&month);
            if let Some(node) = node {
                if days.is_none() {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{month}」不是月份。", "“{month}” is not a month."),
                        Some(words!("写作 \"2026-11\"。", "Write \"2026-11\".")),
                    );
                } else if !months.insert(month.clone()) {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("{month} 已有一张排班表。", "There is a roster for {month} already."),
                        None,
                    );
                }
            }
            let rows = it
                .required(p, "rows")
                .and_then(|node| node.table(p))
                .map(|rows| self.rows(&rows, p, days, &marks))
                .unwrap_or_default();
            let id = item_id(code, Roster::KIND, &month);
            self.file.site.rosters.insert(id, Roster { month, rows });
            it.finish(p);
        }
    }

    fn rows(
        &self,
        rows: &Fields<'a, 'i>,
        p: &mut Problems<'_>,
        days: Option<usize>,
        marks: &BTreeSet<char>,
    ) -> BTreeMap<RecordId, String> {
        let mut read = BTreeMap::new();
        for (key, at, node) in rows.all() {
            let person = self.people.named(p, &key, &at, &node.path, Person::KIND);
            // Blanks may part the weeks.
            let row: String = node.text(p).split_whitespace().collect();
            if node.as_text().is_none() {
                continue;
            }
            let count = row.chars().count();
            if let Some(days) = days.filter(|days| *days != count) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!(
                        "本月 {days} 天,这一行有 {count} 个字。",
                        "The month has {days} days, this row {count} marks."
                    ),
                    None,
                );
            }
            let strange: BTreeSet<char> = row.chars().filter(|mark| !marks.contains(mark)).collect();
            if !strange.is_empty() {
                let strange = strange.into_iter().collect::<String>();
                let known = marks.iter().map(char::to_string).collect::<Vec<_>>().join("、");
                p.error(
                    &node.span(),
                    &node.path,
                    words!("没有这样的班次:{strange}", "No shift has this mark: {strange}"),
                    Some(words!("可用:{known}。", "Known: {known}.")),
                );
            }
            read.insert(person, row);
        }
        read
    }
}

/// `"08:30"`, or `{ from = "08:00", to = "20:00", every_min = 120 }` with both ends.
fn starts(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Vec<TimeOfDay> {
    let Some(list) = it.required(p, "starts") else { return Vec::new() };
    let mut starts = BTreeSet::new();
    let nodes = list.one_or_more(p);
    if nodes.is_empty() {
        p.error(&list.span(), &list.path, words!("路线没有出发时刻。", "The route never starts."), None);
    }
    for node in nodes {
        let times = if node.is_table() { series(&node, p) } else { vec![node.time(p)] };
        for time in times {
            if !starts.insert(time) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("出发时刻 {time} 写了两次。", "The start {time} is given twice."),
                    None,
                );
            }
        }
    }
    starts.into_iter().collect()
}

fn series(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Vec<TimeOfDay> {
    let Some(mut it) = node.table(p) else { return Vec::new() };
    let from = it.required(p, "from").map_or(TimeOfDay(0), |node| node.time(p));
    let to = it.required(p, "to").map_or(from, |node| node.time(p));
    let every = it.required(p, "every_min").map_or(60, |node| node.whole(p, 5, 24 * 60));
    it.finish(p);
    if to < from {
        p.error(
            &node.span(),
            &node.path,
            words!("{to} 早于 {from}。", "{to} is before {from}."),
            Some(words!("过零点的,时刻加 24 小时。", "Past midnight, add 24 hours.")),
        );
    }
    (from.0..=to.0).step_by(usize::from(every.max(1))).map(TimeOfDay).collect()
}

fn weekdays(it: &mut Fields<'_, '_>, p: &mut Problems<'_>) -> Vec<u8> {
    let days: BTreeSet<u8> =
        it.list_or_empty(p, "weekdays").iter().filter_map(|node| u8::try_from(node.whole(p, 1, 7)).ok()).collect();
    days.into_iter().collect()
}

fn shift(it: &mut Fields<'_, '_>, p: &mut Problems<'_>, marks: &mut BTreeSet<char>) -> Shift {
    let name = it.text(p, "name");
    let mark = it.text(p, "mark");
    if let Some(node) = it.get("mark").filter(|_| !mark.is_empty()) {
        let mut chars = mark.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => {
                if !marks.insert(only) {
                    p.error(
                        &node.span(),
                        &node.path,
                        words!("「{only}」已有别的意思。", "“{only}” means something else already."),
                        Some(words!("休 和 假 不是班次。", "休 and 假 are no shifts.")),
                    );
                }
            }
            _ => p.error(&node.span(), &node.path, words!("只能是一个字。", "One character, no more."), None),
        }
    }
    let from = it.required(p, "from").map_or(TimeOfDay(0), |node| node.time(p));
    let end = it.required(p, "to");
    let to = end.as_ref().map_or(from, |node| node.time(p));
    if let Some(node) = end {
        if to <= from {
            let next_day = TimeOfDay(to.0 + 24 * 60);
            p.error(
                &node.span(),
                &node.path,
                words!("班次在开始({from})之前就结束({to})。", "The shift ends ({to}) before it begins ({from})."),
                Some(words!(
                    "到次日的班次写作 to = \"{next_day}\"。",
                    "For a shift into the next day write to = \"{next_day}\"."
                )),
            );
        } else if to.0 - from.0 > 24 * 60 {
            let words = words!("班次超过 24 小时。", "The shift is longer than 24 hours.");
            p.error(&node.span(), &node.path, words, None);
        }
    }
    Shift { name, mark, from, to, posts: Vec::new() }
}

fn days_in(month: &str) -> Option<usize> {
    let (year, number) = month.split_once('-').filter(|(year, number)| year.len() == 4 && number.len() == 2)?;
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, number.parse().ok()?, 1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    next.pred_opt().and_then(|last| usize::try_from(last.day()).ok())
}
