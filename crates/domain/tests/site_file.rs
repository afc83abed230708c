//! The site file: what is read, what is said about what is wrong, and what taking it in changes.

mod common;

use common::{Device, signer};
use dutybook_domain::ids::Home;
use dutybook_domain::role::Role;
use dutybook_domain::site::file::{Level, Problem, SiteFile, item_id, parse};
use dutybook_domain::site::{ContactCategory, DRAWING_MAX, RouteKind, Site, Timers, Unit, pin, teams_for};
use dutybook_domain::{Day, RecordId, TimeOfDay, Timestamp, kinds};
use proptest::prelude::*;

const DEMO: &str = include_str!("../../../demo/site.toml");
const DEMO_README: &str = include_str!("../../../demo/README.md");
const NOW: Timestamp = Timestamp(1_793_500_000_000);

/// A small site with one of everything.
const SMALL: &str = r#"
[site]
code = "small"
name = "小站"
centre = "小站服务中心"

[timers]
dispatch_min = 12

[[person]]
key = "duty-a"
name = "值班员甲"
roles = ["值班员", "guard"]
phone = "0551-5550 1234 转 801"

[[post]]
key = "desk"
name = "前台"
inventory = [{ name = "对讲机", unit = "台", expected = 4 }]

[[place]]
key = "pump"
name = "水泵房"
key_area = true

[[checklist]]
key = "pump"
name = "水泵房"
items = [{ key = "pressure", name = "水压", standard = "0.65 MPa", family = "防灾", unit = "MPa", urgency = "紧急" }]

[[checkpoint]]
key = "pump"
name = "水泵房"
place = "pump"
code = "S-01"
checklist = "pump"

[[route]]
key = "closing"
name = "下班前"
kind = "下班前全面巡检"
post = "desk"
starts = ["16:30"]
stops = [{ point = "pump", from = 0, to = 60 }]

[[contact]]
key = "police"
name = "派出所"
category = "派出所"
phones = "110"
verified_on = 2026-10-20

[[shift]]
key = "early"
name = "早班"
mark = "早"
from = 08:30
to = "17:30"

[buildings]
"3" = { entrances = "1-2", floors = "1-2", rooms = "01-02", without = ["202"] }
"商铺" = { rooms = ["S1", "S3"] }

[units]
"3-2-201" = "业户甲 5550-1502"
"5-302" = { occupants = ["业户乙", { name = "业户丙", phone = "5550 1503" }], note = "有狗" }

[[roster]]
month = "2026-11"
[roster.rows]
duty-a = "早早早早早休休 早早早早早休休 早早早早早休休 早早早早早休休 假假"

[[floor_plan]]
key = "all"
name = "总平面"
drawing = "<svg></svg>"
pins = [{ point = "pump", x = 250, y = 400 }, { building = "3", x = 1000, y = 0 }]
"#;

fn read(text: &str) -> SiteFile {
    match parse(text) {
        Ok(file) => file,
        Err(problems) => panic!("{}", said(&problems).join("\n")),
    }
}

fn said(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|it| {
            let level = if it.level == Level::Error { "" } else { "warning " };
            let hint = it.hint.as_ref().map(|hint| format!(" → {}", hint.en)).unwrap_or_default();
            format!("{level}{}:{} {} {}{hint}", it.line, it.column, it.path, it.words.en)
        })
        .collect()
}

/// What the errors of a file say, in the order of the text.
fn errors(text: &str) -> Vec<String> {
    let Err(problems) = parse(text) else { return Vec::new() };
    said(&problems.into_iter().filter(|problem| problem.level == Level::Error).collect::<Vec<_>>())
}

/// Takes the changes of a file in, as the client does.
fn take_in(device: &mut Device, file: &SiteFile) -> usize {
    let changes = file.changes(&device.site).expect("the file can be taken in");
    for change in &changes.define {
        device.act(change.kind, change.record, change.action.clone()).expect("the file can be taken in");
        let view = device.project(change.record).view;
        device.site.take(change.record, change.kind, &view);
    }
    changes.define.len()
}

fn device(number: u8) -> Device {
    Device::of(number, Site::default(), signer("系统管理员", Role::Admin), NOW)
}

#[test]
fn a_small_file_reads_as_it_is_written() {
    let file = read(SMALL);
    let site = &file.site;
    assert_eq!(site.settings.timers.dispatch_min, 12);
    assert_eq!(site.settings.timers.accept_min, 5, "what is left out keeps its default");
    let person = &site.people[&item_id("small", "person", "duty-a")];
    assert_eq!(person.roles, [Role::DutyOfficer, Role::Guard]);
    let route = site.routes.values().next().unwrap();
    assert_eq!((route.kind, route.starts.as_slice()), (RouteKind::BeforeClosing, &[TimeOfDay(16 * 60 + 30)][..]));
    assert_eq!(route.stops[0].checkpoint, item_id("small", "checkpoint", "pump"));
    assert_eq!(site.shifts.values().next().unwrap().from, TimeOfDay(8 * 60 + 30), "a time needs no quotes");
    assert_eq!(site.contacts.values().next().unwrap().verified_on, Some(Day("2026-10-20".parse().unwrap())));
    let mut labels: Vec<String> = site.units.values().map(Unit::label).collect();
    labels.sort_unstable();
    assert_eq!(
        labels,
        ["3-1-101", "3-1-102", "3-1-201", "3-2-101", "3-2-102", "3-2-201", "5-302", "商铺-S1", "商铺-S3"]
    );
    let occupants = |label: &str| {
        let unit = &site.units[&item_id("small", "unit", label)];
        unit.occupants.iter().map(|it| (it.name.as_str(), it.phone.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(occupants("3-2-201"), [("业户甲", "5550-1502")]);
    assert_eq!(occupants("5-302"), [("业户乙", ""), ("业户丙", "5550 1503")]);
    let roster = site.rosters.values().next().unwrap();
    assert_eq!(roster.rows[&item_id("small", "person", "duty-a")].chars().count(), 30, "blanks part the weeks");
    // Five of the six kinds that the regulations name are not there.
    assert_eq!(
        file.warnings.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        ["contact", "contact", "contact", "contact", "contact"]
    );
    assert!(file.warnings.iter().all(|it| it.level == Level::Warning));
}

/// D2.7.3: which lines there are is the site's own; one that has not said has the hotline and another.
#[test]
fn telephone_lines_and_what_complaints_are_about_are_the_site_s() {
    let usual = read(SMALL).site.settings;
    assert_eq!(usual.lines.0.iter().map(|line| line.inbound_only).collect::<Vec<_>>(), [true, false]);
    assert!(usual.complaint_topics.0.contains(&"其他".to_owned()));
    let own = "name = \"小站\"\ncomplaint_topics = [\"停车\"]\nlines = [{ name = \"甲线\", phone = \"5550-1\", inbound_only = true }, { name = \"乙线\" }]";
    let own = read(&SMALL.replacen("name = \"小站\"", own, 1)).site.settings;
    let lines: Vec<_> =
        own.lines.0.iter().map(|line| (line.name.as_str(), line.phone.as_str(), line.inbound_only)).collect();
    assert_eq!(lines, [("甲线", "5550-1", true), ("乙线", "", false)]);
    assert_eq!(own.complaint_topics.0, ["停车"]);
}

/// D3.2: whose work it usually is comes first when somebody is sent; most signs count, then the file's order.
#[test]
fn the_words_of_a_report_tell_the_team() {
    let file = format!(
        "{}\n{}",
        SMALL.replacen("phone = \"0551", "team = \"工程部\"\nphone = \"0551", 1),
        "[[person]]\nkey = \"cleaner\"\nname = \"保洁员甲\"\nroles = [\"保洁员\"]\nteam = \"环境部\"\n\
         [[work_category]]\nkey = \"water\"\nname = \"给排水\"\nteam = \"工程部\"\nsigns = [\"水\", \"漏\", \"Tap\"]\n\
         [[work_category]]\nkey = \"cleaning\"\nname = \"保洁\"\nteam = \"环境部\"\nsigns = [\"积水\", \"垃圾\", \"水\"]\n"
    );
    let categories = read(&file).site.settings.work_categories;
    assert_eq!(teams_for(&categories, "厨房水管漏水"), ["工程部", "环境部"]);
    assert_eq!(teams_for(&categories, "门厅积水"), ["环境部", "工程部"]);
    assert_eq!(teams_for(&categories, "tap drips"), ["工程部"]);
    assert_eq!(teams_for(&categories, "水"), ["工程部", "环境部"], "equally told, as the file lists them");
    assert!(teams_for(&categories, "门铃").is_empty());
}

/// Each line breaks the small file in one way: what is replaced, by what, and all that is said.
#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut wrong = Vec::new();
    for (what, by, expected) in [
        (
            "code = \"small\"",
            "code = \"Small!\"",
            "3:8 site.code This is not a site code. → 1–32 of a–z, 0–9 and -; do not change it once in use.",
        ),
        ("code = \"small\"", "", "2:1 site.code code is missing."),
        ("name = \"小站\"", "name = \"\"", "4:8 site.name name must not be empty."),
        ("name = \"小站\"", "name = 7", "4:8 site.name Text is wanted here; put it in quotes. → Write \"7\"."),
        (
            "name = \"小站\"",
            "nmae = \"小站\"",
            "2:1 site.name name is missing. | 4:1 site.nmae “nmae” is not known here. → Did you mean name?",
        ),
        (
            "name = \"小站\"",
            "name = \"小站\"\nlines = [{ name = \"热线\", inbound_only = true }]",
            "5:9 site.lines There is no line to call from. → The hotline is only answered (D2.7.3); add a line without inbound_only to call back from.",
        ),
        (
            "dispatch_min = 12",
            "dispach_min = 12",
            "8:1 timers.dispach_min “dispach_min” is not known here. → Did you mean dispatch_min?",
        ),
        (
            "dispatch_min = 12",
            "dispatch_min = -1",
            "8:16 timers.dispatch_min A whole number from 0 to 44640 is wanted here, without quotes.",
        ),
        (
            "dispatch_min = 12",
            "dispatch_min = \"12\"",
            "8:16 timers.dispatch_min A whole number from 0 to 44640 is wanted here, without quotes.",
        ),
        ("[timers]", "[timer]", "7:2 timer “timer” is not known here. → Did you mean timers?"),
        (
            "[[post]]",
            "[[work_category]]\nkey = \"w\"\nname = \"水\"\nteam = \"工程\"\nsigns = \"漏\"\n[[post]]",
            "19:8 work_category[w].team Nobody is of the team “工程”. → Use a team as some [[person]] has it.",
        ),
        (
            "[[post]]",
            "[[posts]]",
            "16:3 posts “posts” is not known here. → Did you mean post? | 42:8 route[closing].post There is no [[post]] with the key “desk”.",
        ),
        (
            "\"值班员\", \"guard\"",
            "\"值班\", \"guard\"",
            "13:10 person[duty-a].roles[1] There is no such kind as “值班”. → One of: guard, worker, duty_officer, dept_head, cs_supervisor, cs_manager, duty_manager, project_manager, company_oncall, archivist, admin.",
        ),
        ("roles = [\"值班员\", \"guard\"]", "roles = []", "13:9 person[duty-a].roles At least one role is needed."),
        (
            "0551-5550 1234 转 801",
            "55",
            "14:9 person[duty-a].phone “55” is not a telephone number. → 3–15 digits, parted by blanks or -; an extension as “转801”.",
        ),
        (
            "0551-5550 1234 转 801",
            "5550-12a4",
            "14:9 person[duty-a].phone “5550-12a4” is not a telephone number. → 3–15 digits, parted by blanks or -; an extension as “转801”.",
        ),
        (
            "phone = \"0551-5550 1234 转 801\"",
            "pin = \"1234\"",
            "14:7 person[duty-a].pin This PIN is too easy (one digit repeated, or digits in a row); choose another. → A hashed PIN ($argon2id$…) can stand here as well.",
        ),
        (
            "phone = \"0551-5550 1234 转 801\"",
            "pin = 2580",
            "14:7 person[duty-a].pin Text is wanted here; put it in quotes. → Write \"2580\".",
        ),
        (
            "phone = \"0551-5550 1234 转 801\"",
            "pin = \"25 80\"",
            "14:7 person[duty-a].pin A PIN has 4 to 8 digits. → A hashed PIN ($argon2id$…) can stand here as well.",
        ),
        (
            "expected = 4",
            "expected = 0",
            "19:53 post[desk].inventory[1].expected A whole number from 1 to 9999 is wanted here, without quotes.",
        ),
        (
            "expected = 4 }",
            "expected = 4 }, { name = \"对讲机\", unit = \"台\", expected = 1 }",
            "19:58 post[desk].inventory[2] “对讲机” is listed twice.",
        ),
        ("key_area = true", "key_area = \"是\"", "24:12 place[pump].key_area true or false is wanted here."),
        (
            "family = \"防灾\"",
            "family = \"防水\"",
            "29:75 checklist[pump].items[1].family There is no such kind as “防水”. → One of: theft, fire, disaster, security, water_power, equipment, environment.",
        ),
        (
            "place = \"pump\"",
            "place = \"pmup\"",
            "34:9 checkpoint[pump].place There is no [[place]] with the key “pmup”. → Did you mean “pump”?",
        ),
        (
            "[[route]]",
            "[[checkpoint]]\nkey = \"pump\"\nname = \"又一个\"\nplace = \"pump\"\ncode = \"S-01\"\nchecklist = \"pump\"\n[[route]]",
            "39:7 checkpoint[pump].key The key “pump” belongs to another [[checkpoint]]. | 42:8 checkpoint[pump].code The code “S-01” belongs to another checkpoint.",
        ),
        ("[[route]]", "[route]", "38:1 route Write [[route]], with two brackets."),
        (
            "key = \"closing\"",
            "key = \"closing time\"",
            "39:7 route[closing time].key A key has no blanks in it: “closing time”.",
        ),
        (
            "\"16:30\"",
            "\"24:75\"",
            "43:11 route[closing].starts[1] This is not a time of day. → Write \"08:30\"; for the day after add 24 hours: 07:30 on the next day is \"31:30\".",
        ),
        (
            "\"16:30\"",
            "\"16:30\", { from = \"16:00\", to = \"17:00\", every_min = 30 }",
            "43:20 route[closing].starts[2] The start 16:30 is given twice.",
        ),
        (
            "\"16:30\"",
            "{ from = \"22:00\", to = \"06:00\", every_min = 60 }",
            "43:11 route[closing].starts[1] 06:00 is before 22:00. → Past midnight, add 24 hours.",
        ),
        ("[\"16:30\"]", "[]", "43:10 route[closing].starts The route never starts."),
        ("[{ point = \"pump\", from = 0, to = 60 }]", "[]", "44:9 route[closing].stops The route has no stops."),
        (
            "from = 0, to = 60",
            "from = 60, to = 60",
            "44:44 route[closing].stops[1].to The window ends (60 min) before it begins (60 min). → Minutes after the start; to is more than from.",
        ),
        (
            "to = 60 }",
            "to = 60 }, { point = \"pump\", from = 60, to = 90 }",
            "44:59 route[closing].stops[2].point “pump” is on this route already. → For two visits make two routes.",
        ),
        ("phones = \"110\"", "phones = []", "50:10 contact[police].phones There is no number."),
        ("2026-10-20", "\"20.10.2026\"", "51:15 contact[police].verified_on This is not a date. → Write 2026-11-01."),
        (
            "mark = \"早\"",
            "mark = \"早班\"",
            "56:8 shift[early].mark One character, no more. | 71:10 roster[2026-11].rows.duty-a No shift has this mark: 早 → Known: 休、假.",
        ),
        (
            "mark = \"早\"",
            "mark = \"休\"",
            "56:8 shift[early].mark “休” means something else already. → 休 and 假 are no shifts. | 71:10 roster[2026-11].rows.duty-a No shift has this mark: 早 → Known: 休、假.",
        ),
        (
            "to = \"17:30\"",
            "to = \"07:30\"",
            "58:6 shift[early].to The shift ends (07:30) before it begins (08:30). → For a shift into the next day write to = \"31:30\".",
        ),
        ("to = \"17:30\"", "to = \"40:00\"", "58:6 shift[early].to The shift is longer than 24 hours."),
        (
            "floors = \"1-2\"",
            "floors = \"2-1\"",
            "61:37 buildings.3.floors The range “2-1” ends before it begins. → Write the smaller first.",
        ),
        (
            "without = [\"202\"]",
            "without = [\"909\"]",
            "61:1 buildings.3 909 in without is no room of this line anyway.",
        ),
        (
            "\"商铺\" = { rooms",
            "\"3-2\" = { floors = \"1\", rooms = \"01\" }\n\"商铺\" = { rooms",
            "62:1 buildings.3-2 3-2-101 is in another line already.",
        ),
        (
            "\"商铺\" = { rooms",
            "\"1-2-3\" = { rooms",
            "62:1 buildings.1-2-3 “1-2-3” is not a building. → Write \"3\" (building), or \"3-2\" (building-entrance, then without entrances).",
        ),
        (
            "\"5-302\" =",
            "\"302\" =",
            "66:1 units.302 “302” is not a unit. → Write \"3-2-1502\" (building-entrance-room) or \"5-302\" (building-room).",
        ),
        (
            "\"5550 1503\"",
            "\"-\"",
            "66:57 units.5-302.occupants[2].phone “-” is not a telephone number. → 3–15 digits, parted by blanks or -; an extension as “转801”.",
        ),
        (
            "month = \"2026-11\"",
            "month = \"2026-13\"",
            "69:9 roster[2026-13].month “2026-13” is not a month. → Write \"2026-11\".",
        ),
        (
            "month = \"2026-11\"",
            "month = \"2026-12\"",
            "71:10 roster[2026-12].rows.duty-a The month has 31 days, this row 30 marks.",
        ),
        ("假假", "早午", "71:10 roster[2026-11].rows.duty-a No shift has this mark: 午 → Known: 休、假、早."),
        (
            "duty-a = \"早",
            "duty-b = \"早",
            "71:1 roster[2026-11].rows.duty-b There is no [[person]] with the key “duty-b”. → Did you mean “duty-a”?",
        ),
        (
            "\"<svg></svg>\"",
            "\"plans/all.svg\"",
            "76:11 floor_plan[all].drawing This is no drawing. → Put a whole <svg …> between three apostrophes, or write data:image/png;base64,….",
        ),
        (
            "{ point = \"pump\", x = 250",
            "{ point = \"pmup\", x = 250",
            "77:19 floor_plan[all].pins[1].point There is no [[checkpoint]] with the key “pmup”. → Did you mean “pump”?",
        ),
        (
            "x = 250",
            "x = 1250",
            "77:31 floor_plan[all].pins[1].x A whole number from 0 to 1000 is wanted here, without quotes.",
        ),
        (
            "building = \"3\"",
            "building = \"4\"",
            "77:60 floor_plan[all].pins[2].building No unit stands in building 4. → Write a building of the [[unit]] or [[units]].",
        ),
        (
            "building = \"3\", x",
            "building = \"3\", point = \"pump\", x",
            "77:47 floor_plan[all].pins[2] A pin is of one thing: point or building.",
        ),
        ("[site]", "[site", "2:6  This is not TOML: unclosed table, expected `]`"),
        ("code = \"small\"", "code = \"small\"\ncode = \"small\"", "4:1  This is not TOML: duplicate key"),
    ] {
        assert!(SMALL.contains(what), "{what} is not in the small file");
        let found = errors(&SMALL.replacen(what, by, 1)).join(" | ");
        if found != expected {
            wrong.push(format!("{what} → {by}\n  wanted {expected}\n  found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_text() {
    let broken = SMALL
        .replacen("place = \"pump\"", "place = \"pmup\"", 1)
        .replacen("\"16:30\"", "\"16.30\"", 1)
        .replacen("name = \"小站\"", "", 1)
        .replacen("假假", "假", 1);
    let found = errors(&broken);
    let lines: Vec<&str> = found.iter().filter_map(|it| it.split(':').next()).collect();
    assert_eq!(lines, ["2", "34", "43", "71"], "{found:#?}");
}

#[test]
fn what_is_missing_for_the_regulations_is_a_warning() {
    let text = SMALL.replacen("kind = \"下班前全面巡检\"", "kind = \"巡更\"", 1).replacen(
        "key = \"pump\"\nname = \"水泵房\"\nkey_area",
        "key = \"roof\"\nname = \"天台\"\nkey_area = true\n[[place]]\nkey = \"pump\"\nname = \"水泵房\"\nkey_area",
        1,
    );
    let said = said(&read(&text).warnings);
    for expected in [
        "warning 1:1 contact The emergency contacts lack gas.",
        "warning 1:1 route There is no route for the inspection before closing.",
        "warning 21:1 place[roof] The key area “天台” has no checkpoint.",
    ] {
        assert!(said.iter().any(|it| it.starts_with(expected)), "{expected}\n{said:#?}");
    }
}

#[test]
fn the_demo_site_is_in_order() {
    let file = read(DEMO);
    assert_eq!(said(&file.warnings), [""; 0]);
    let site = &file.site;
    assert_eq!(site.units.len(), 404);
    // The key areas that a site has when the regulations do not list them.
    for key in [
        "control-room",
        "power-room",
        "water-pump-room",
        "generator-room",
        "lift-room",
        "gas",
        "garage-east",
        "roof",
        "perimeter",
        "south-gate",
        "vacant",
        "renovation",
    ] {
        assert!(site.places[&item_id("demo", "place", key)].key_area, "{key}");
    }
    let tour = &site.routes[&item_id("demo", "route", "day-tour")];
    assert_eq!((tour.stops.len(), tour.starts.len()), (14, 7));
    // A round ends before the next begins.
    for route in site.routes.values() {
        let longest = route.stops.iter().map(|stop| stop.to_min).max().unwrap();
        let gaps = route.starts.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert!(gaps.min().is_none_or(|gap| longest < gap), "{}", route.name);
    }
    for category in [ContactCategory::Lift, ContactCategory::Flood, ContactCategory::Neighbourhood] {
        assert!(site.contacts.values().any(|contact| contact.category == category), "{category:?}");
    }
}

/// A drawing has to fit into one entry; what is too large is said before anything is written.
#[test]
fn a_drawing_that_is_too_large_is_refused() {
    let large = format!("<svg>{}</svg>", "x".repeat(DRAWING_MAX));
    let found = errors(&SMALL.replacen("<svg></svg>", &large, 1));
    assert!(found.concat().contains("The drawing is too large: 128 KB of 128 KB at most."), "{found:?}");
    let fits = format!("<svg>{}</svg>", "\u{9}x".repeat(DRAWING_MAX / 2 - 20));
    let mut device = device(1);
    let file = read(&SMALL.replacen("<svg></svg>", &fits, 1));
    take_in(&mut device, &file);
    let largest = device.docs.values().flat_map(|doc| doc.get_changes(&[])).map(|it| it.raw_bytes().len()).max();
    assert!(largest.unwrap() < 256 * 1024, "the limit of the log for one change");
}

#[test]
fn the_demo_site_names_no_real_number() {
    let site = read(DEMO).site;
    let people = site.people.values().map(|person| person.phone.clone());
    let contacts = site.contacts.values().flat_map(|contact| contact.phones.clone());
    let occupants = site.units.values().flat_map(|unit| unit.occupants.iter().map(|it| it.phone.clone()));
    for phone in people.chain(contacts).chain(occupants) {
        assert!(["", "110", "119", "120"].contains(&phone.as_str()) || phone.starts_with("5550-"), "{phone}");
    }
}

/// D2.4.3: after the early shift somebody is always there.
#[test]
fn the_demo_rosters_leave_no_minute_uncovered() {
    let site = read(DEMO).site;
    let desk: Vec<RecordId> = ["duty-a", "duty-b", "duty-c", "duty-d", "control-a", "control-b", "control-c"]
        .map(|key| item_id("demo", "person", key))
        .into();
    for roster in site.rosters.values() {
        let days = roster.rows[&desk[0]].chars().count();
        let mut covered = vec![false; (days + 1) * 1_440];
        for row in desk.iter().map(|person| &roster.rows[person]) {
            for (day, mark) in row.chars().enumerate() {
                for shift in site.shifts.values().filter(|shift| shift.mark == mark.to_string()) {
                    let from = day * 1_440 + usize::from(shift.from.0);
                    covered[from..from + usize::from(shift.to.0 - shift.from.0)].fill(true);
                }
            }
        }
        // The night before the first belongs to the month before.
        let begins = 8 * 60 + 30;
        let gap = covered[begins..days * 1_440].iter().position(|it| !it);
        assert_eq!(gap, None, "{}", roster.month);
    }
}

#[test]
fn the_demo_readme_says_the_pins() {
    let file = read(DEMO);
    let mut checked = 0;
    for (id, kind, action) in file.items().unwrap() {
        if kind != "person" {
            continue;
        }
        let name = &file.site.people[&id].name;
        for line in DEMO_README.lines().filter(|line| line.starts_with(&format!("| {name} |"))) {
            let pin = line.split('`').nth(1).unwrap();
            assert!(pin::verify(pin, action["definition"]["pin_hash"].as_str().unwrap()), "{name} {pin}");
            checked += 1;
        }
    }
    assert_eq!(checked, 2 * file.site.people.len(), "everybody, in both languages");
}

#[test]
fn a_file_is_taken_in_once() {
    let file = read(SMALL);
    let mut desk = device(1);
    assert_eq!(take_in(&mut desk, &file), file.items().unwrap().len());
    let (site, said) = (&desk.site, &file.site);
    assert_eq!((&site.settings, &site.people, &site.posts), (&said.settings, &said.people, &said.posts));
    assert_eq!((&site.places, &site.checklists), (&said.places, &said.checklists));
    assert_eq!((&site.checkpoints, &site.routes), (&said.checkpoints, &said.routes));
    assert_eq!((&site.units, &site.contacts), (&said.units, &said.contacts));
    assert_eq!((&site.shifts, &site.rosters), (&said.shifts, &said.rosters));
    assert_eq!(take_in(&mut desk, &file), 0, "again changes nothing");
    assert_eq!(file.changes(&desk.site).unwrap().gone, []);
}

#[test]
fn every_item_is_an_action_of_its_kind() {
    let mut desk = device(1);
    for (record, kind, action) in read(DEMO).items().unwrap() {
        assert!(kinds::find(kind).is_some(), "{kind}");
        let steps = desk.act(kind, record, action).unwrap();
        assert_eq!((steps.len(), steps[0].record), (1, record));
    }
}

#[test]
fn two_devices_that_took_the_same_file_in_before_they_met_agree() {
    let file = read(&SMALL.replacen("phone = \"0551-5550 1234 转 801\"", "pin = \"2580\"", 1));
    let (mut desk, mut tablet) = (device(1), device(2));
    take_in(&mut desk, &file);
    take_in(&mut tablet, &file);
    desk.merge(&tablet);
    for (record, _, _) in file.items().unwrap() {
        let projection = desk.project(record);
        assert_eq!(projection.anomalies, [], "{}", projection.card.title);
        assert!(!projection.card.open);
    }
}

#[test]
fn what_differs_is_changed_and_what_is_gone_is_reported() {
    let mut desk = device(1);
    take_in(&mut desk, &read(SMALL));
    // Somebody adds a unit and a place in the program.
    let by_hand = RecordId::fresh(&Home::standing("unit"), [1; 16]);
    let mut unit = desk.site.units[&item_id("small", "unit", "5-302")].clone();
    unit.room = "303".into();
    desk.site.units.insert(by_hand, unit);
    let later = SMALL
        .replacen("name = \"前台\"", "name = \"服务台\"", 1)
        .replacen("\"5-302\" =", "\"5-304\" =", 1)
        .replacen("2026-11", "2027-06", 1)
        .replacen("dispatch_min = 12", "dispatch_min = 15", 1);
    let changes = read(&later).changes(&desk.site).unwrap();
    let mut defined: Vec<_> = changes.define.iter().map(|it| (it.kind, it.title.as_str(), it.new)).collect();
    defined.sort_unstable();
    assert_eq!(
        defined,
        [("post", "服务台", false), ("roster", "2027-06", true), ("settings", "小站", false), ("unit", "5-304", true)]
    );
    let gone: Vec<_> = changes.gone.iter().map(|it| (it.kind, it.title.as_str())).collect();
    assert_eq!(gone, [("unit", "5-302")], "neither what was added by hand nor the month that is over");
}

#[test]
fn a_unit_that_only_a_range_names_keeps_what_the_site_knows_of_it() {
    let mut desk = device(1);
    take_in(&mut desk, &read(SMALL));
    let id = item_id("small", "unit", "3-1-101");
    desk.site.units.get_mut(&id).unwrap().note = "有老人".into();
    assert_eq!(read(SMALL).changes(&desk.site).unwrap().define, []);
    // Said of the unit itself, the file's word counts.
    let said = SMALL.replacen("\"3-2-201\" =", "\"3-1-101\" = \"业户丁\"\n\"3-2-201\" =", 1);
    let changes = read(&said).changes(&desk.site).unwrap();
    assert_eq!(changes.define.iter().map(|it| it.record).collect::<Vec<_>>(), [id]);
}

#[test]
fn a_first_pin_never_replaces_one_s_own() {
    let with = |pin: &str| read(&SMALL.replacen("phone = \"0551-5550 1234 转 801\"", &format!("pin = \"{pin}\""), 1));
    let id = item_id("small", "person", "duty-a");
    let mut desk = device(1);
    take_in(&mut desk, &with("2580"));
    assert!(pin::verify("2580", &desk.site.people[&id].pin_hash));
    assert!(!format!("{:?}", with("2580")).contains("2580"), "a plain PIN is not shown");

    let own = pin::hash("9753", &[1; 16]).unwrap();
    desk.site.people.get_mut(&id).unwrap().pin_hash = own.clone();
    let changes = with("2580").changes(&desk.site).unwrap();
    assert_eq!((changes.define, changes.kept_pins), (vec![], vec![(id, "值班员甲".to_owned())]));

    // A hash is taken as it is.
    let hash = pin::hash("8642", &[2; 16]).unwrap();
    take_in(&mut desk, &with(&hash));
    assert!(pin::verify("8642", &desk.site.people[&id].pin_hash));
    // And a file that says nothing of PINs takes none away.
    take_in(&mut desk, &read(SMALL));
    assert!(pin::verify("8642", &desk.site.people[&id].pin_hash));
}

proptest! {
    #[test]
    fn any_text_is_judged(text in ".{0,200}") {
        let _ = parse(&text);
    }

    /// A file that is cut, or has something put into it, is judged with a place inside it.
    #[test]
    fn any_damage_is_judged(at in 0..SMALL.len(), cut in 0..40_usize, put in "[\\[\\]{}=\"#,0-9a-z:栋\n -]{0,6}") {
        let floor = |at: usize| (0..=at.min(SMALL.len())).rev().find(|at| SMALL.is_char_boundary(*at)).unwrap_or(0);
        let text = format!("{}{put}{}", &SMALL[..floor(at)], &SMALL[floor(at + cut)..]);
        if let Err(problems) = parse(&text) {
            let lines = u32::try_from(text.lines().count()).unwrap();
            prop_assert!(problems.iter().any(|it| it.level == Level::Error));
            for it in problems {
                prop_assert!((1..=lines + 1).contains(&it.line) && it.column >= 1, "{it:?}");
            }
        }
    }
}

#[test]
fn ids_are_stable() {
    // They are computed from these words; had they changed, a file would be taken in a second time beside the first.
    assert_eq!(item_id("demo", "unit", "3-2-1502").to_string(), "0000db68-c734-5f07-8e22-01801d5b04b9");
}

/// The example of the format's description is a file that reads.
#[test]
fn the_documented_example_is_in_order() {
    let document = include_str!("../../../docs/site-file.md");
    let example = document.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = read(example);
    assert_eq!(said(&file.warnings), [""; 0]);
    assert!(file.site.units.contains_key(&item_id("lakeside", "unit", "2-2-1801")));
    assert!(!file.site.units.contains_key(&item_id("lakeside", "unit", "2-2-1301")));
}

/// Every clock of the site is described, with its default.
#[test]
fn the_documented_clocks_are_the_site_s() {
    let document = include_str!("../../../docs/domain.md");
    let serde_json::Value::Object(clocks) = serde_json::to_value(Timers::default()).unwrap() else { panic!() };
    for (name, value) in clocks {
        let row = format!("| `{name}` | {value} ");
        assert!(document.contains(&row), "docs/domain.md has no row “{row}”");
    }
}
