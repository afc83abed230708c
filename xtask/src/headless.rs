//! The main job without windows: real server process, two devices, everything through `dutybook`.
//!
//! What is reported as lost is computed: everything that a device wrote while it was cut off (log
//! positions with their hashes, records, and facts of records) is looked for on every replica after
//! the reunion, and on a device that was enrolled only then and knows the server alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use xtask::command_line::CommandLine;
use xtask::demo::{self, DUTY_OFFICER, Demo, DeviceRole, GUARD, PLUMBER};
use xtask::programs::Programs;
use xtask::round::{POINTS, ROUND, with_a_round_for_now};

/// Exit code of `dutybook` when the server cannot be reached.
const NO_CONNECTION: i32 = 5;

/// Plays it in `folder` and prints it; whether everything came out as it must is in the answer.
pub(crate) fn play(programs: &Programs, site_file: &Path, folder: &Path) -> Result<bool> {
    let mut told = Told::default();
    let mut demo = Demo::bring_up(programs, &with_a_round_for_now(site_file, folder)?, folder, None)?;
    let url = demo.server.url();
    told.step(
        &format!("同步服务器已启动:{url};前台电脑与巡视平板已登记"),
        &format!("sync server up at {url}; a desk and a tablet are enrolled"),
    );
    demo::sign_in(&demo.tablet, GUARD)?;
    demo::sign_in(&demo.desk, DUTY_OFFICER)?;
    told.step(
        &format!("平板签到:{};前台签到:{}", GUARD.0, DUTY_OFFICER.0),
        "a guard signs in on the tablet, a duty officer at the desk",
    );

    demo.server.stop()?;
    for device in [&demo.tablet, &demo.desk] {
        let answer = device.call(&["sync", &url])?;
        ensure!(answer.code == Some(NO_CONNECTION), "a device synced without a server: {answer:?}");
    }
    told.step("服务器已停,两台设备都已离线", "the server is stopped, both devices are offline");

    let before = [Log::of(&demo.tablet)?, Log::of(&demo.desk)?];
    let mut written = Written::default();
    patrol(&demo.tablet, &mut written, &mut told)?;
    call(&demo.desk, &mut written, &mut told)?;
    for (device, before) in [&demo.tablet, &demo.desk].into_iter().zip(before) {
        written.take_in(device, &before)?;
    }
    told.step(
        &format!("离线期间共写下 {} 条,涉及 {} 份记录", written.entries(), written.records.len()),
        &format!("offline, {} entries were written in {} records", written.entries(), written.records.len()),
    );

    demo.server.start()?;
    for device in [&demo.tablet, &demo.desk] {
        device.ask(&["sync", &url])?;
    }
    told.step("服务器恢复,两台设备重新联网并合并", "the server is back, both devices reconnect and merge");
    let newcomer = demo.another_device("newcomer", DeviceRole::Desk, "新登记的电脑")?;
    told.step(
        "再登记一台新电脑,只从服务器取得整本值班簿",
        "a new computer is enrolled and gets the whole book from the server alone",
    );

    // Whoever came first has yet to hear of what came after, the new computer itself among it.
    for device in [&demo.tablet, &demo.desk] {
        device.ask(&["sync", &url])?;
    }
    demo.server.stop()?;
    let server = CommandLine::new(programs, demo.server.data())?;
    let replicas = [("server", &server), ("tablet", &demo.tablet), ("desk", &demo.desk), ("newcomer", &newcomer)];
    let mut digests = BTreeMap::new();
    let mut lost = 0;
    for (name, device) in replicas {
        device.check()?;
        digests.insert(name, Log::of(device)?.digest);
        lost += written.missing_on(device)?;
    }
    let equal = digests.values().collect::<BTreeSet<_>>().len() == 1;
    if equal {
        told.step(
            "四处的值班簿完全一致,逐条核对无误",
            "the book is the same in all four places, and every check passes",
        );
    } else {
        told.step("各处的值班簿不一致", "the books differ");
    }

    let counts = |kind: &str| demo::list(&demo.desk, kind).map(|records| records.len());
    println!(
        "{}",
        json!({
            "records": {
                "patrol_run": counts("patrol_run")?,
                "work_order": counts("work_order")?,
                "contact_record": counts("contact_record")?,
            },
            "written_offline": { "entries": written.entries(), "records": written.records.len() },
            "frontier": digests,
            "equal": equal,
            "lost": lost,
        })
    );
    Ok(equal && lost == 0)
}

/// The tablet's part: a whole round, with something wrong at the second stop.
fn patrol(tablet: &CommandLine, written: &mut Written, told: &mut Told) -> Result<()> {
    let (run, route) = round_for_now(tablet)?;
    let act = |action: Value| tablet.ask(&["act", &format!("patrol_run:{run}"), &action.to_string()]);
    written.record(&act(json!({
        "do": "start", "route": route["route"], "day": route["day"], "slot": route["slot"],
    }))?)?;
    let opened = tablet.ask(&["show", &run])?;
    let stops = opened["record"]["view"]["view"]["stops"].as_array().context("a run without stops")?.clone();
    told.step(
        &format!("平板离线开始巡视:{} ({} 点)", text(&route["route_name"]), stops.len()),
        &format!("the tablet starts a round offline, {} stops", stops.len()),
    );
    for stop in &stops {
        let index = &stop["index"];
        act(json!({ "do": "scan", "code": stop["code"], "method": "qr", "expected_stop": index }))?;
        if stop["code"] != POINTS[1].code {
            act(json!({ "do": "all_normal", "stop": index }))?;
            continue;
        }
        let items = stop["checklist"].as_array().context("a stop without a checklist")?;
        let results: Vec<Value> = items
            .iter()
            .enumerate()
            .map(|(n, item)| {
                let outcome = if n == 0 { "abnormal" } else { "normal" };
                json!({ "key": item["key"], "name": item["name"], "outcome": outcome })
            })
            .collect();
        act(json!({ "do": "check", "stop": index, "results": results }))?;
        let found = act(json!({
            "do": "report_finding", "stop": index, "item_key": items[0]["key"],
            "description": "水泵异响,地面有积水", "urgency": "urgent", "make_order": true,
        }))?;
        written.record(&found)?;
        let number = number_of(&found, "work_order")?;
        told.step(
            &format!("「{}」异常,一键转派工单 {number}", text(&stop["name"])),
            &format!("something is wrong at the pump room: work order {number} from it"),
        );
    }
    act(json!({ "do": "finish", "note": "巡视完毕" }))?;
    told.step("巡视完成并签名", "the round is finished and signed");
    Ok(())
}

/// [`ROUND`] in the patrol monitor: its record and its line.
fn round_for_now(tablet: &CommandLine) -> Result<(String, Value)> {
    let Value::Array(runs) = tablet.ask(&["rounds"])? else { bail!("`rounds` gave no list") };
    let run = runs.into_iter().find(|run| run["route_name"] == ROUND).context("the round for now is not planned")?;
    Ok((text(&run["record"]).to_owned(), run))
}

/// The desk's part: a call about a leak, registered and dispatched in one go.
fn call(desk: &CommandLine, written: &mut Written, told: &mut Told) -> Result<()> {
    let people = demo::list(desk, "person")?;
    let plumber = people
        .iter()
        .find(|person| person["card"]["title"] == PLUMBER.0)
        .with_context(|| format!("{} is not of this site", PLUMBER.0))?;
    let registered = desk.ask(&[
        "act",
        "new:contact_record",
        &json!({
            "do": "register", "way": "call", "rings": 2, "category": "repair", "urgency": "critical",
            "unit_label": "3-2-1502", "name": "业户", "phone": "5550-1502",
            "summary": "厨房水管爆裂,正在漏水", "make_order": true,
            "dispatch_to": [{ "person": plumber["id"], "name": PLUMBER.0 }],
        })
        .to_string(),
    ])?;
    written.record(&registered)?;
    let (contact, order) = (number_of(&registered, "contact_record")?, number_of(&registered, "work_order")?);
    told.step(
        &format!("前台离线登记来电 {contact},派工单 {order} 已派给{}", PLUMBER.0),
        &format!("the desk registers call {contact} offline and dispatches work order {order}"),
    );
    Ok(())
}

/// What the devices wrote while they were cut off.
#[derive(Default)]
struct Written {
    /// Ids of the records.
    records: BTreeSet<String>,
    /// Ids of facts, by record.
    facts: BTreeMap<String, BTreeSet<String>>,
    /// Writers that moved: from the position before (0 for a new one) to the one after.
    logs: BTreeMap<Writer, (u64, Position)>,
}

impl Written {
    /// Notes the records that an action wrote to.
    fn record(&mut self, done: &Value) -> Result<()> {
        for record in done["records"].as_array().context("an action without records")? {
            self.records.insert(text(&record["id"]).to_owned());
        }
        Ok(())
    }

    /// Notes how far the device's writers moved since `before`, and every fact of its records.
    fn take_in(&mut self, device: &CommandLine, before: &Log) -> Result<()> {
        for (writer, position) in Log::of(device)?.writers {
            let from = before.writers.get(&writer).map_or(0, |position| position.seq);
            if position.seq > from {
                self.logs.insert(writer, (from, position));
            }
        }
        for record in &self.records {
            let here = device.call(&["show", record])?;
            if here.code == Some(0) {
                self.facts.entry(record.clone()).or_default().extend(facts(&here.value));
            }
        }
        Ok(())
    }

    fn entries(&self) -> u64 {
        self.logs.values().map(|(from, to)| to.seq - from).sum()
    }

    /// How many of the entries, records and facts the replica on `device` does not have.
    fn missing_on(&self, device: &CommandLine) -> Result<u64> {
        let mut shown = BTreeMap::new();
        for record in &self.records {
            let answer = device.call(&["show", record])?;
            if answer.code == Some(0) {
                shown.insert(record.clone(), facts(&answer.value));
            }
        }
        Ok(self.missing(&Log::of(device)?, &shown))
    }

    /// The same for a replica whose log is `log` and that shows these facts of its records.
    fn missing(&self, log: &Log, shown: &BTreeMap<String, BTreeSet<String>>) -> u64 {
        let entries = self.logs.iter().map(|(writer, (from, to))| match log.writers.get(writer) {
            Some(here) if here.seq == to.seq && here.hash != to.hash => to.seq - from,
            Some(here) => to.seq.saturating_sub(here.seq.max(*from)),
            None => to.seq - from,
        });
        let records = self.records.iter().map(|record| match shown.get(record) {
            Some(here) => self.facts.get(record).map_or(0, |facts| facts.difference(here).count() as u64),
            None => 1,
        });
        entries.chain(records).sum()
    }
}

/// A writer in its volume.
type Writer = (String, String);

#[derive(Clone, PartialEq, Eq)]
struct Position {
    seq: u64,
    hash: String,
}

/// How far every writer is known on a replica.
struct Log {
    writers: BTreeMap<Writer, Position>,
    digest: String,
}

impl Log {
    fn of(device: &CommandLine) -> Result<Self> {
        let frontier = device.ask(&["frontier"])?;
        let mut writers = BTreeMap::new();
        for (volume, positions) in frontier["volumes"].as_object().context("a frontier without volumes")? {
            for (writer, position) in positions.as_object().into_iter().flatten() {
                let seq = position["seq"].as_u64().context("a position without seq")?;
                let hash = text(&position["hash"]).to_owned();
                writers.insert((volume.clone(), writer.clone()), Position { seq, hash });
            }
        }
        let digest = text(&frontier["digest"]).to_owned();
        ensure!(!digest.is_empty(), "a frontier without digest");
        Ok(Self { writers, digest })
    }
}

/// The ids of the facts of a record, from `show`.
fn facts(shown: &Value) -> BTreeSet<String> {
    let history = shown["history"].as_array().into_iter().flatten();
    history.map(|row| text(&row["fact"]["fact"]).to_owned()).collect()
}

/// The number (单号) of the record of a kind that an action wrote.
fn number_of<'a>(done: &'a Value, kind: &str) -> Result<&'a str> {
    let mut records = done["records"].as_array().into_iter().flatten();
    let record = records.find(|record| record["kind"] == kind).with_context(|| format!("no {kind} was written"))?;
    record["number"].as_str().with_context(|| format!("a {kind} without a number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What has been told so far.
#[derive(Default)]
struct Told(usize);

impl Told {
    fn step(&mut self, zh: &str, en: &str) {
        self.0 += 1;
        println!("{:>2}. {zh}\n    {en}", self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(seq: u64, hash: &str) -> Log {
        let position = Position { seq, hash: hash.into() };
        Log { writers: BTreeMap::from([(("demo/duty/2026-11".into(), "w".into()), position)]), digest: "d".into() }
    }

    fn shown(record: &str, facts: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        BTreeMap::from([(record.to_owned(), facts.iter().map(|fact| (*fact).to_owned()).collect())])
    }

    /// Entries 3 to 5 of one writer, in one record with two facts.
    fn written() -> Written {
        let after = log(5, "h5").writers.into_iter().next().unwrap();
        Written {
            records: BTreeSet::from(["r".into()]),
            facts: shown("r", &["f1", "f2"]),
            logs: BTreeMap::from([(after.0, (2, after.1))]),
        }
    }

    #[test]
    fn whatever_a_replica_lacks_counts_as_lost() {
        let everything = shown("r", &["f0", "f1", "f2", "f3"]);
        for (case, log, shown, lost) in [
            ("all there", log(5, "h5"), everything.clone(), 0),
            ("further on", log(9, "h9"), everything.clone(), 0),
            ("one entry short", log(4, "h4"), everything.clone(), 1),
            ("as before", log(2, "h2"), everything.clone(), 3),
            ("even less", log(1, "h1"), everything.clone(), 3),
            ("another branch", log(5, "other"), everything.clone(), 3),
            ("a fact not shown", log(5, "h5"), shown("r", &["f1"]), 1),
            ("the record not shown", log(5, "h5"), shown("other", &["f1", "f2"]), 1),
        ] {
            assert_eq!(written().missing(&log, &shown), lost, "{case}");
        }
        let nothing = Log { writers: BTreeMap::new(), digest: "d".into() };
        assert_eq!(written().missing(&nothing, &BTreeMap::new()), 4);
        assert_eq!(written().entries(), 3);
    }
}
