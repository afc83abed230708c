//! What each verb does.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use dutybook_client::shown::{RecordOpened, RecordShown};
use dutybook_client::{Client, Error, LedgerAsked, RecordsAsked, SystemClock, Target};
use dutybook_domain::site::{Site, file};
use dutybook_domain::{Day, RecordId, TimeOfDay, Timestamp, Zone};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::output::Output;
use crate::{Acted, BundleVerb, Cli, DeviceVerb, Signing, SiteVerb, Verb};

const FOUND_PROBLEMS: u8 = 4;

pub(crate) async fn run(cli: Cli, output: &Output) -> anyhow::Result<ExitCode> {
    let clock = || Arc::new(SystemClock::new());
    let open = || -> anyhow::Result<Client> {
        let client = Client::open(&cli.data, clock())?;
        sign_in(&client, &cli.signing)?;
        Ok(client)
    };
    match cli.verb {
        Verb::Site(SiteVerb::Check { file }) => {
            return Ok(if read_site(&file, output)?.is_some() { ExitCode::SUCCESS } else { FOUND_PROBLEMS.into() });
        }
        Verb::Site(SiteVerb::Import { file, dry_run }) if file.extension().is_some_and(|ending| ending == "xlsx") => {
            let client = open()?;
            let now = client.site();
            let current: &Site = (*now).as_ref();
            let Some(read) = crate::workbook::read(&file, &client, current, output)? else {
                return Ok(FOUND_PROBLEMS.into());
            };
            write_changes(&client, &read.changes(current)?, dry_run, output)?;
        }
        Verb::Site(SiteVerb::Import { file, dry_run }) => match read_site(&file, output)? {
            Some(site) => import(&open()?, &site, dry_run, output)?,
            None => return Ok(FOUND_PROBLEMS.into()),
        },
        Verb::Device(DeviceVerb::New { server, token, name }) => {
            let client = dutybook_client::enrol(&cli.data, &server, &token, &name, clock()).await?;
            client.sync_once(&server).await?;
            show_device(&client, output)?;
        }
        Verb::Device(DeviceVerb::Show) => show_device(&open()?, output)?,
        Verb::Device(DeviceVerb::Near { on }) => {
            let client = open()?;
            if let Some(on) = on {
                client.set_near(on)?;
            }
            let on = client.is_near_on()?;
            output.print(&json!({ "near": on }), |_| {
                format!("附近设备互传 / meets devices near by: {}\n", if on { "开 / on" } else { "关 / off" })
            })?;
        }
        Verb::Act { record, action } => act(&open()?, &record, &action, output)?,
        Verb::List { kind, all, text } => {
            let asked = RecordsAsked { kind, open: (!all).then_some(true), text, ..RecordsAsked::default() };
            let client = open()?;
            output.print(&client.records(&asked)?, |rows| {
                rows.iter().map(|row| line(row, zone(&client), output)).collect()
            })?;
        }
        Verb::Show { record, at: None } => show(&open()?, &record, output)?,
        Verb::Show { record, at: Some(at) } => show_at(&open()?, &record, &at, output)?,
        Verb::Rounds => {
            let client = open()?;
            output.print(&client.monitor()?, |runs| {
                runs.iter().fold(String::new(), |mut text, run| {
                    let start = run.start.clock(zone(&client));
                    let _ = writeln!(
                        text,
                        "{start}  {}  {}/{}  漏/missed {}  {}",
                        run.route_name, run.done, run.stops_total, run.missed, run.record
                    );
                    text
                })
            })?;
        }
        Verb::Alarms => output.print(&open()?.alarms()?, |alarms| {
            alarms.iter().map(|alarm| format!("{}  {}\n", output.say(&alarm.words), alarm.record)).collect()
        })?,
        Verb::Ledger { limit, text } => {
            let client = open()?;
            let lines = client.ledger(&LedgerAsked { limit, text, ..LedgerAsked::default() })?;
            output.print(&lines, |lines| {
                lines.iter().fold(String::new(), |mut text, row| {
                    let at = stamp(row.line.at, zone(&client));
                    let number = row.number.as_deref().unwrap_or_default();
                    let _ = writeln!(
                        text,
                        "{at}  {number:<14} {}  {}  ({})",
                        output.say(&row.line.subject),
                        output.say(&row.line.detail),
                        row.line.by.name
                    );
                    text
                })
            })?;
        }
        Verb::Print { form, record, kind, day, to, month, person, out } => {
            crate::print::run(
                &open()?,
                crate::print::Wanted { form, record, kind, day: day.map(Day), to: to.map(Day), month, person, out },
                output,
            )?;
        }
        Verb::Sync { url } => {
            let client = open()?;
            let url = match url {
                Some(url) => url,
                None => client.server_url()?.context("no server address is known; give one: dutybook sync URL")?,
            };
            client.sync_once(&url).await?;
            output.print(&client.sync_shown()?, |shown| {
                format!("已同步 / in sync; 未送达 / undelivered: {}\n", shown.undelivered)
            })?;
        }
        Verb::Meet { address: Some(address), .. } => {
            let label = open()?.meet(&address).await?;
            let value = json!({ "met": label });
            output.print(&value, |_| format!("与{label}内容一致 / holds the same as {label}\n"))?;
        }
        Verb::Meet { listen, .. } => {
            let listen = listen.context("give an address of another device, or --listen")?;
            let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
            // For scripts that asked for port 0.
            output.print(&json!({ "listening": listener.local_addr()? }), |_| {
                listener.local_addr().map(|at| format!("READY {at}\n")).unwrap_or_default()
            })?;
            let stop = CancellationToken::new();
            let answering = tokio::spawn(open()?.answer(listener, stop.clone()));
            tokio::signal::ctrl_c().await?;
            stop.cancel();
            answering.await?;
        }
        Verb::Gaps => return gaps(&open()?, output),
        Verb::Bundle(BundleVerb::Write { to, undelivered }) => {
            let written = open()?.write_bundle(&to, undelivered)?;
            output.print(&written, |it| format!("{}  {} entries, {} KiB\n", it.file, it.entries, it.kib))?;
        }
        Verb::Bundle(BundleVerb::Read { from }) => {
            let read = open()?.read_bundle(&from)?;
            output.print(&read, |it| {
                let mut text = format!(
                    "{}: {} entries, 新 / new {}, 等待 / waiting {}, 搁置 / set aside {}\n",
                    it.label, it.entries, it.new, it.waiting, it.refused
                );
                if let Some(trouble) = &it.trouble {
                    let _ = writeln!(text, "✗ {}", output.say(trouble));
                }
                text
            })?;
            if read.trouble.is_some() {
                return Ok(FOUND_PROBLEMS.into());
            }
        }
        Verb::Frontier => frontier(&open()?, output)?,
        Verb::Check => {
            let report = open()?.store().check()?;
            let value = json!({
                "ok": report.ok, "problems": report.problems, "entries": report.entries,
                "records": report.records, "digest": hex(&report.digest),
            });
            output.print(&value, |_| {
                let mut text = report.problems.iter().map(|problem| format!("✗ {problem}\n")).collect::<String>();
                let verdict = if report.ok { "✔ 无误 / nothing differs" } else { "见上 / see above" };
                let _ = writeln!(text, "{verdict}: {} entries, {} records", report.entries, report.records);
                text
            })?;
            return Ok(if report.ok { ExitCode::SUCCESS } else { FOUND_PROBLEMS.into() });
        }
        Verb::Verify { month } => {
            let verified = open()?.verify_month(month)?;
            output.print(&verified, |verified| {
                let problems = verified.problems.iter().map(|problem| format!("✗ {}\n", output.say(problem)));
                let mut text = problems.collect::<String>();
                let verdict =
                    if verified.ok { "✔ 与封存时一致 / as it was sealed" } else { "见上 / see above" };
                let (lines, late, root) = (verified.lines, verified.late, &verified.root);
                let _ = writeln!(text, "{month} {verdict}: {lines} 条 lines, 补录 late {late}\n{root}");
                text
            })?;
            return Ok(if verified.ok { ExitCode::SUCCESS } else { FOUND_PROBLEMS.into() });
        }
        Verb::Backup { to } => {
            open()?.store().backup(&to)?;
            output.print(&json!({ "written": to }), |_| format!("{}\n", to.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn gaps(client: &Client, output: &Output) -> anyhow::Result<ExitCode> {
    let gaps = client.gaps()?;
    let waiting = client.store().counts()?.waiting;
    let zone = zone(client);
    output.print(&json!({ "gaps": gaps, "waiting": waiting }), |_| {
        let mut text = String::new();
        for gap in &gaps {
            let (volume, have, known, missing) = (&gap.volume, gap.have, gap.known, gap.missing);
            let device = gap.device.as_deref().unwrap_or("未知设备 / a device not known here");
            let _ = writeln!(text, "{volume}  {device}  {have} → {known}: 缺 {missing} 条 / {missing} missing");
            for holder in &gap.holders {
                let met = holder.last_contact.map_or_else(|| "—".into(), |at| stamp(at, zone));
                let _ = writeln!(text, "    {} 有到 {} / has up to {}, {met}", holder.device, holder.upto, holder.upto);
            }
        }
        if waiting > 0 {
            let _ =
                writeln!(text, "{waiting} 条在等别人没有带来的内容 / {waiting} entries build on what nobody brought");
        }
        if text.is_empty() {
            text.push_str("✔ 没有缺 / nothing is missing\n");
        }
        text
    })?;
    Ok(if gaps.is_empty() && waiting == 0 { ExitCode::SUCCESS } else { FOUND_PROBLEMS.into() })
}

/// Signs in whoever was named; an administrator's device needs nobody named.
fn sign_in(client: &Client, signing: &Signing) -> anyhow::Result<()> {
    match &signing.person {
        Some(name) => {
            let people = client.people()?;
            let found = people.iter().find(|tile| tile.name == *name).ok_or_else(|| Error::Missing(name.clone()))?;
            client.sign_in(found.person, signing.pin.as_deref().unwrap_or_default())?;
        }
        None if client.signed_in().is_none() => {
            // Refused on any other device, where a person has to be named for what they write.
            let _ = client.sign_in_as_admin();
        }
        None => {}
    }
    Ok(())
}

fn read_site(path: &Path, output: &Output) -> anyhow::Result<Option<file::SiteFile>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the site file {}; give the path of a TOML file", path.display()))?;
    match file::parse(&text) {
        Ok(site) => Ok(Some(site)),
        Err(problems) => {
            output.print(&problems, |problems| {
                problems.iter().fold(String::new(), |mut text, problem| {
                    let place = format!("{}:{}:{}", path.display(), problem.line, problem.column);
                    let hint = problem.hint.as_ref().map(|hint| format!(" ({})", output.say(hint))).unwrap_or_default();
                    let _ = writeln!(text, "{place}: {}{hint}", output.say(&problem.words));
                    text
                })
            })?;
            Ok(None)
        }
    }
}

fn import(client: &Client, site: &file::SiteFile, dry_run: bool, output: &Output) -> anyhow::Result<()> {
    let now = client.site();
    let current: &Site = (*now).as_ref();
    if site.code != client.identity().site.as_str() {
        let (file, book) = (&site.code, client.identity().site);
        bail!("the file is for site “{file}”, this device keeps the book of “{book}”; give the right file");
    }
    write_changes(client, &site.changes(current)?, dry_run, output)
}

fn write_changes(client: &Client, changes: &file::Changes, dry_run: bool, output: &Output) -> anyhow::Result<()> {
    let written = changes.define.len();
    let value = json!({
        "written": written, "unchanged": changes.unchanged, "dry_run": dry_run,
        "changes": changes.define.iter().map(|change| {
            json!({ "kind": change.kind, "title": change.title, "new": change.new })
        }).collect::<Vec<_>>(),
        "gone_from_file": changes.gone.iter().map(|gone| &gone.title).collect::<Vec<_>>(),
    });
    if !dry_run && written > 0 {
        let target = |change: &file::Change| Target { kind: change.kind.into(), record: Some(change.record) };
        client.act_all(changes.define.iter().map(|change| (target(change), change.action.clone())))?;
    }
    output.print(&value, |_| {
        let mut text = format!(
            "写入 {written} 项,{} 项未变。\n{written} items written, {} unchanged.\n",
            changes.unchanged, changes.unchanged
        );
        for change in changes.define.iter().filter(|_| dry_run) {
            let mark = if change.new { "+" } else { "~" };
            let _ = writeln!(text, "{mark} {} {}", change.kind, change.title);
        }
        for gone in &changes.gone {
            let _ = writeln!(text, "文件里已没有,仍在用 / no longer in the file, still in use: {}", gone.title);
        }
        text
    })
}

fn show_device(client: &Client, output: &Output) -> anyhow::Result<()> {
    let identity = client.identity();
    let value = json!({
        "site": identity.site.as_str(), "site_name": identity.site_name, "label": identity.label,
        "prefix": identity.prefix, "role": identity.role, "server": hex(&identity.server.0),
        "device": hex(&client.store().device_key().0),
        "person": client.signed_in().map(|person| person.name),
    });
    output.print(&value, |_| {
        format!(
            "{} · {} · {} · {}\n",
            identity.site_name,
            identity.label,
            identity.prefix,
            client.signed_in().map_or_else(|| "未签到 / nobody signed in".into(), |person| person.name)
        )
    })
}

fn act(client: &Client, record: &str, action: &str, output: &Output) -> anyhow::Result<()> {
    let text = if action == "-" { std::io::read_to_string(std::io::stdin())? } else { action.to_owned() };
    let action: Value = serde_json::from_str(&text).context("the action is not JSON")?;
    let target = match record.parse()? {
        Acted::New(kind) => Target { kind, record: None },
        Acted::Known { kind, record } => Target { kind, record: Some(record) },
        Acted::Existing(record) => Target { kind: client.record(record)?.shown.kind, record: Some(record) },
    };
    output.print(&client.act(&target, action)?, |done| {
        done.records
            .iter()
            .map(|touched| format!("✔ {} {} {}\n", touched.kind, touched.number.as_deref().unwrap_or(""), touched.id))
            .collect()
    })
}

pub(crate) fn find(client: &Client, record: &str) -> anyhow::Result<RecordId> {
    if let Ok(id) = record.parse() {
        return Ok(id);
    }
    let asked = RecordsAsked { text: Some(record.into()), ..RecordsAsked::default() };
    let rows = client.records(&asked)?;
    match rows.iter().find(|row| row.card.number.as_deref() == Some(record)) {
        Some(row) => Ok(row.id),
        None => bail!(Error::Missing(record.into())),
    }
}

fn show(client: &Client, record: &str, output: &Output) -> anyhow::Result<()> {
    let id = find(client, record)?;
    let opened: RecordOpened = client.record(id)?;
    let history = client.history(id).unwrap_or_default();
    let value = json!({ "record": opened, "history": history });
    let zone = zone(client);
    output.print(&value, |_| {
        let mut text = line(&opened.shown, zone, output);
        for anomaly in &opened.anomalies {
            let _ = writeln!(text, "  ? {}", output.say(&anomaly.words));
        }
        for row in &history {
            let fact = &row.fact;
            let _ = writeln!(
                text,
                "  {}  {}  — {} ({}), {} #{} {} {}",
                stamp(fact.at, zone),
                output.say(&fact.words),
                fact.by.name,
                output.say(&fact.by.role.words()),
                row.device,
                row.seq,
                row.entry,
                if row.delivered { "✔" } else { "…" },
            );
        }
        text
    })
}

/// A moment by the site's clock: `2026-11-24 02:13`, or `02:13` for today.
fn moment(client: &Client, text: &str) -> anyhow::Result<Timestamp> {
    let (day, clock) = match text.trim().split_once(' ') {
        Some((day, clock)) => (day.parse().map(Day).ok(), clock.trim()),
        None => (Some(client.today()), text.trim()),
    };
    let clock: Option<TimeOfDay> = clock.parse().ok();
    let (Some(day), Some(clock)) = (day, clock) else {
        bail!("“{text}” 不是时间,请写成 2026-11-24 02:13 / is no time; please write 2026-11-24 02:13");
    };
    Ok(day.at(i64::from(clock.0), zone(client)))
}

fn show_at(client: &Client, record: &str, at: &str, output: &Output) -> anyhow::Result<()> {
    let id = find(client, record)?;
    // Until the end of that minute.
    let then = client.record_at(id, Timestamp(moment(client, at)?.0.saturating_add(59_999)))?;
    let history = client.history(id).unwrap_or_default();
    let zone = zone(client);
    output.print(&then, |then| {
        let mut text = format!(
            "{} {} · {}\n",
            then.card.number.as_deref().unwrap_or_default(),
            then.card.title,
            output.say(&then.card.state_words)
        );
        for row in history.iter().filter(|row| then.facts.contains(&row.fact.fact)) {
            let fact = &row.fact;
            let _ = writeln!(text, "  {}  {}  — {}", stamp(fact.at, zone), output.say(&fact.words), fact.by.name);
        }
        let _ = writeln!(text, "  此后又有 {} 条 / {} more since", then.later, then.later);
        text
    })
}

fn frontier(client: &Client, output: &Output) -> anyhow::Result<()> {
    let digest = hex(&client.store().book_digest()?);
    let volumes: serde_json::Map<String, Value> = client
        .store()
        .frontiers()?
        .into_iter()
        .map(|(volume, frontier)| {
            let writers: serde_json::Map<String, Value> = frontier
                .iter()
                .map(|(writer, position)| {
                    (writer.to_string(), json!({ "seq": position.seq, "hash": position.hash.to_string() }))
                })
                .collect();
            (volume.to_string(), Value::Object(writers))
        })
        .collect();
    let value = json!({ "digest": digest, "volumes": volumes });
    output.print(&value, |_| {
        let mut text = String::new();
        for (volume, writers) in &volumes {
            let _ = writeln!(text, "{volume}");
            for (writer, position) in writers.as_object().into_iter().flatten() {
                let _ = writeln!(text, "  {writer}  {}", position["seq"]);
            }
        }
        let _ = writeln!(text, "{digest}");
        text
    })
}

fn zone(client: &Client) -> Zone {
    let now = client.site();
    let site: &Site = (*now).as_ref();
    site.settings.zone
}

fn stamp(at: Timestamp, zone: Zone) -> String {
    at.local(zone).format("%m-%d %H:%M").to_string()
}

fn line(row: &RecordShown, zone: Zone, output: &Output) -> String {
    let card = &row.card;
    let who = card.responsible.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(" | ");
    format!(
        "{}  {:<14} [{}] {}  {}  {}  {}\n",
        stamp(card.born, zone),
        card.number.as_deref().unwrap_or(""),
        output.say(&card.state_words),
        card.title,
        card.place.as_deref().unwrap_or(""),
        who,
        row.id
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
