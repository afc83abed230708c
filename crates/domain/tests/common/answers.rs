//! What a person would answer to each action that is offered, drawn at random: for days that are made up.

// Helpers of a test may unwrap like the test itself.
#![allow(clippy::unwrap_used)]

use dutybook_domain::ids::Home;
use dutybook_domain::role::PersonRef;
use dutybook_domain::site::Site;
use dutybook_domain::{RecordId, Timestamp, register};
use serde_json::{Value, json};

/// A small generator of our own, so that a seed says everything.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides.max(1) as u64).unwrap()
    }

    pub(crate) fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.roll(of.len())])
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

/// Who answers, where and when.
pub(crate) struct Asked<'a> {
    pub(crate) kind: &'a str,
    pub(crate) action: &'a str,
    /// The record as it stands; none for one that begins.
    pub(crate) view: Option<&'a Value>,
    pub(crate) site: &'a Site,
    pub(crate) now: Timestamp,
    /// Two people of the site, drawn already.
    pub(crate) people: [PersonRef; 2],
}

impl Asked<'_> {
    /// The action with every field that any action asks for: each takes what it knows.
    pub(crate) fn answer(&self, dice: &mut Dice) -> Value {
        let [one, two] = &self.people;
        let now = self.now;
        let facts = self.view.map(facts_in).unwrap_or_default();
        let fact = dice.one_of(&facts).cloned().unwrap_or_default();
        let urgency = ["critical", "urgent", "normal", "planned"][dice.roll(4)];
        let mut answer = json!({
            "do": self.action, "reason": "业户要求", "note": "说明", "text": "现在到哪一步了", "title": "楼道灯不亮",
            "description": "三层楼道灯不亮", "summary": "厨房水管漏水", "result": "已解答", "process": "已更换",
            "opinion": "satisfied", "comment": "好", "signer_name": "业户", "urgency": urgency, "to": [one, two],
            "person": one, "fact": fact, "minutes": 20, "name": "灯泡", "why": "material", "phase": "before",
            "method": "phone", "way": "call", "category": "repair", "stop": dice.roll(6), "item_key": "", "item": "",
            "make_order": dice.chance(50), "code": "", "until": now.plus_minutes(60), "at": now,
            "satisfied": dice.chance(80), "without_followup_reason": "公共区域", "words": "已处理",
            "subject": "清点消防器材", "measure": "已断电", "what": "切断非消防电源", "department": "工程部",
            "next_contact": now.plus_minutes(120), "said": "已告知方案", "plan": "周五前更换",
        });
        match register::find(self.kind) {
            Some(sheet) => self.entry(sheet, dice, &mut answer),
            None => self.of_kind(dice, &mut answer),
        }
        answer
    }

    /// What the columns of a register hold.
    fn entry(&self, sheet: &register::Sheet, dice: &mut Dice, answer: &mut Value) {
        let shown = sheet.shown(None);
        let asks = match self.action {
            "write" => shown.columns.into_iter().filter(|column| column.asked).collect(),
            "decide" => return self.decision(dice, answer),
            step => shown.steps.into_iter().find(|it| it.name == step).map(|it| it.asks).unwrap_or_default(),
        };
        *answer = json!({ "do": self.action });
        for column in asks {
            if !column.required && dice.chance(50) {
                continue;
            }
            answer[column.key] = match column.holds.as_str() {
                "moment" => json!(self.now.plus_minutes(90)),
                "day" => json!(self.now.day(self.site.settings.zone)),
                "person" => json!([self.people[0]]),
                "people" => json!(self.people),
                "count" => json!(2),
                "choice" => json!(dice.one_of(&column.choices).unwrap().value),
                "phone" => json!("5550-1234"),
                _ => json!("上午把南门路灯修好"),
            };
        }
    }

    /// One of the values that stand side by side.
    fn decision(&self, dice: &mut Dice, answer: &mut Value) {
        let undecided = self.view.and_then(|view| view["undecided"].as_array()).cloned().unwrap_or_default();
        let Some(column) = dice.one_of(&undecided) else { return };
        let sides = column["sides"].as_array().cloned().unwrap_or_default();
        answer["of"] = dice.one_of(&sides).map(|side| side["stamp"]["fact"].clone()).unwrap_or_default();
    }

    /// What some actions want to be asked differently.
    fn of_kind(&self, dice: &mut Dice, answer: &mut Value) {
        let now = self.now;
        let today = now.day(self.site.settings.zone);
        let [one, two] = &self.people;
        let list = |name: &str| self.view.and_then(|view| view[name].as_array()).cloned().unwrap_or_default();
        match (self.kind, self.action) {
            ("work_order", "follow_up") | ("complaint", "follow_up") => {
                for field in ["attitude", "timeliness", "quality"] {
                    answer[field] = json!("satisfied");
                }
                answer["opinion"] = json!("很及时");
            }
            ("work_order", "use_material") => answer["quantity_milli"] = json!(1500),
            ("work_order", "decide_responsible") => {
                if let Some(value) = dice.one_of(&list("responsible")) {
                    answer["fact"] = value["fact"].clone();
                }
            }
            ("contact_record", "follow_up") => answer["opinion"] = json!("好"),
            ("contact_record", "complete") => {
                *answer = json!({ "do": "complete" });
                for field in ["unit_label", "name", "phone", "summary", "handling"] {
                    if self.view.and_then(|view| view.get(field)).and_then(Value::as_str).is_some_and(str::is_empty) {
                        answer[field] = json!("补");
                    }
                }
            }
            ("contact_record", "mark_repeat") => {
                let home = Home::standing("contact_record");
                answer["record"] = json!(RecordId::fresh(&home, [u8::try_from(dice.roll(200)).unwrap(); 16]));
            }
            ("patrol_run", action) => {
                let mut stops = list("stops");
                if action == "all_normal" || action == "check" {
                    // What was looked at is said where somebody is.
                    stops.retain(|stop| !stop["visited_at"].is_null());
                }
                let stop = dice.one_of(&stops).cloned().unwrap_or(Value::Null);
                answer["stop"] = stop.get("index").cloned().unwrap_or(json!(0));
                answer["code"] = stop.get("code").cloned().unwrap_or(json!(""));
                answer["method"] = json!("qr");
                for (field, empty) in [("route", json!("")), ("day", json!("")), ("slot", json!(0))] {
                    answer[field] = self.view.and_then(|view| view.get(field)).cloned().unwrap_or(empty);
                }
                answer["reason"] = match action {
                    "cannot_scan" => json!("code_damaged"),
                    "explain_missed" => json!("weather"),
                    _ => json!("施工"),
                };
                if let Some(items) = stop.get("checklist").and_then(Value::as_array)
                    && let Some(item) = dice.one_of(items)
                {
                    answer["item_key"] = item["key"].clone();
                    answer["results"] = json!([{ "key": item["key"], "name": item["name"], "outcome": "normal" }]);
                }
            }
            ("absence", "apply") => {
                answer["cover"] = json!(two);
                let day = today.after();
                answer["form"] = if dice.chance(50) {
                    json!({ "form": "leave", "leave": "sick", "from": day, "to": day.after() })
                } else {
                    json!({ "form": "swap", "day": day, "back": null })
                };
            }
            ("absence", "end") => answer["from"] = json!(today),
            ("attendance", "sign_in") => {
                (answer["uniform"], answer["badge"]) = (json!(true), json!(dice.chance(90)));
            }
            ("attendance", "decide") => {
                answer["verdict"] = json!(["regular", "late", "absent", "excused"][dice.roll(4)]);
            }
            ("attendance", "leave_post") => {
                (answer["cover"], answer["back_at"]) = (json!(two), json!(now.plus_minutes(20)));
            }
            ("complaint", "grade") => answer["grade"] = json!(["major", "important", "general"][dice.roll(3)]),
            ("complaint", "judge") => answer["validity"] = json!(["valid", "invalid"][dice.roll(2)]),
            ("complaint", "notify" | "report") => answer["to"] = json!(one),
            ("complaint", "decide") => {
                let all = ["grade", "validity", "responsible"].into_iter().flat_map(|name| {
                    list(&format!("{name}_side_by_side")).into_iter().chain(list(name)).collect::<Vec<_>>()
                });
                if let Some(value) = dice.one_of(&all.collect::<Vec<_>>()) {
                    answer["fact"] = value["fact"].clone();
                }
            }
            ("handover", "prepare") => {
                for field in ["notices", "keys", "area"] {
                    answer[field] = json!("无");
                }
            }
            ("handover", "count") => {
                let counts = list("counts");
                let count = |line: &Value| {
                    json!({ "name": line["name"], "expected": line["expected"], "actual": line["expected"],
                        "condition": "intact" })
                };
                answer["counts"] = counts.iter().map(count).collect();
            }
            ("handover", "answer") => {
                if let Some(line) = dice.one_of(&list("counts")) {
                    answer["name"] = line["name"].clone();
                }
                answer["whereabouts"] = json!("在维修");
            }
            ("handover", "take") => {
                let home = Home { class: dutybook_domain::engine::Class::Duty, day: today, kind: "work_order" };
                let record = RecordId::fresh(&home, [u8::try_from(dice.roll(200)).unwrap(); 16]);
                answer["items"] = json!([{ "record": record, "how": "taken" }]);
            }
            ("handover", "refuse") => {
                answer["reason"] = json!(["not_prepared", "incoming_unfit", "difference_unexplained"][dice.roll(3)]);
            }
            ("incident", action) => {
                answer["category"] = json!(["fire", "flood", "lift"][dice.roll(3)]);
                answer["grade"] = json!(["ordinary", "serious", "grave"][dice.roll(3)]);
                answer["place"] = json!("B1 配电房");
                if action == "respond" {
                    answer["presence"] = json!(["coming", "there", "left"][dice.roll(3)]);
                }
                (answer["whom"], answer["phone"], answer["reached"]) = (json!("119"), json!("119"), json!(true));
                answer["sort"] = json!("photo");
                let plans: Vec<&RecordId> = self.site.plans.keys().collect();
                if action == "start_plan" {
                    answer["plan"] = json!(dice.one_of(&plans).unwrap());
                }
                if let Some(run) = dice.one_of(&list("plans")) {
                    (answer["card"], answer["step"]) = (run["stamp"]["fact"].clone(), json!(0));
                }
                if let Some(task) = dice.one_of(&list("tasks")) {
                    answer["task"] = task["stamp"]["fact"].clone();
                }
                for field in ["course", "cause", "improvement"] {
                    answer[field] = json!("已查明");
                }
            }
            ("journal", "enter") => answer["follower"] = json!(one),
            ("daily_report", "write") => {
                (answer["weather"], answer["tomorrow"], answer["remark"]) = (json!("晴"), json!("清洗水箱"), json!(""));
            }
            ("work_log", "note_export") => {
                (answer["file"], answer["sha256"], answer["masked"]) =
                    (json!("x.zip"), json!("0a".repeat(32)), json!(0));
            }
            ("work_log", "note_receipt") => answer["receipt"] = json!("2026-1"),
            ("reach_test", action) => {
                let contacts: Vec<(&RecordId, _)> = self.site.contacts.iter().collect();
                if let Some((id, contact)) = dice.one_of(&contacts) {
                    (answer["contact"], answer["phone"]) = (json!(id), json!(contact.phones[0]));
                }
                answer["reached"] = json!(dice.chance(70));
                if action == "ask" {
                    answer["person"] = json!(one.person);
                }
            }
            ("spot_check", "check") => {
                answer["shift"] = json!("早班");
                answer["items"] = json!([{ "item": "到岗", "verdict": "good" }, { "item": "工牌", "verdict": "poor", "note": "未戴" }]);
                answer["rectify_by"] = json!(now.plus_minutes(60));
            }
            ("spot_check", "sign" | "sign_here") => answer["signature"] = json!("M10 10L90 40"),
            ("whereabouts", "declare") => {
                answer["presence"] = json!(["on_site", "out", "meeting"][dice.roll(3)]);
                (answer["place"], answer["back_at"]) = (json!("公司会议室"), json!(now.plus_minutes(60)));
            }
            _ => {}
        }
    }
}

/// Ids of facts that stand in a view, for actions that point at one.
fn facts_in(view: &Value) -> Vec<String> {
    match view {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str().filter(|_| name == "fact") {
                Some(fact) => vec![fact.to_owned()],
                None => facts_in(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(facts_in).collect(),
        _ => Vec::new(),
    }
}
