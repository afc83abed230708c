//! Who is on duty: signing in, rosters, leave and swaps over several devices (D1.1.1, D1.2.3, D2.4.2, A8 d, A8 f).

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dutybook_client::FormAsked;
use dutybook_client::shown::{Alarm, AlarmWhat};
use dutybook_domain::absence::AbsenceState;
use dutybook_domain::attendance::{DutyState, record_of};
use dutybook_domain::device::AppRole;
use dutybook_domain::form::Part;
use dutybook_domain::kinds::AnyView;
use dutybook_domain::roster::{self, CalendarMonth, RosterView};
use dutybook_domain::{Day, RecordId};
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

fn month(text: &str) -> CalendarMonth {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn id_of(device: &Device, name: &str) -> Result<RecordId> {
    Ok(serde_json::from_value(device.person(name)?["person"].clone())?)
}

fn rings(device: &Device, kind: &str) -> Result<Vec<Alarm>> {
    Ok(device.client.alarms()?.into_iter().filter(|alarm| alarm.kind == kind).collect())
}

fn mark(device: &Device, name: &str, on: &str) -> Result<String> {
    let sheet = device.client.roster(month(&on[..7]))?;
    let at: usize = on[8..].parse()?;
    let row = sheet.view.in_force.get(&id_of(device, name)?).context("no such row")?;
    Ok(row.chars().nth(at - 1).context("no such day")?.to_string())
}

fn sheet_of(device: &Device, record: RecordId) -> Result<RosterView> {
    match device.open(record)?.view {
        Some(AnyView::RosterSheet(view)) => Ok(*view),
        _ => anyhow::bail!("{record} is no roster"),
    }
}

fn state_of(device: &Device, record: RecordId) -> Result<AbsenceState> {
    match device.open(record)?.view {
        Some(AnyView::Absence(view)) => Ok(view.state),
        _ => anyhow::bail!("{record} is no application"),
    }
}

fn sign_in() -> Value {
    json!({ "do": "sign_in", "uniform": true, "badge": true })
}

/// A8 d.
#[tokio::test(flavor = "multi_thread")]
async fn a_roster_that_is_missing_on_the_last_day_is_red_until_it_is_published() -> Result<()> {
    let mut fleet = Fleet::demo("2027-01-31 17:20").await?;
    let desk = fleet.desk().await?;
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    let tablet = fleet.tablet("一号平板", "值班员乙").await?;
    office.sign_in("客服主任")?;
    fleet.stop_server().await?;

    let reminder = desk.client.duty_board()?.roster_reminder.context("the last day says so")?;
    assert_eq!(reminder.zh, "2027-02 排班表今天必须发布");
    assert!(rings(&desk, "roster_sheet")?.is_empty(), "there are ten minutes left");
    for device in [&desk, &office, &tablet] {
        device.clock.advance_minutes(11);
        let red = rings(device, "roster_sheet")?;
        assert_eq!(red.len(), 1, "each device knows by itself, once");
        assert!(red[0].words.zh.contains("2027-02 客服排班表"), "{}", red[0].words.zh);
    }

    // Drawn up and published in the office while it is offline; who is on it confirms on the tablet.
    let february = office.client.roster(month("2027-02"))?;
    let cells: Vec<Value> = ["值班员甲", "值班员乙"]
        .iter()
        .zip(["早", "晚"])
        .flat_map(|(name, mark)| {
            let person = office.person(name).unwrap();
            (1..=28).map(move |day| json!({ "person": person, "day": day, "mark": mark }))
        })
        .collect();
    office.act("roster_sheet", Some(february.record), json!({ "do": "set", "cells": cells }))?;
    let checks = office.client.roster(month("2027-02"))?.checks;
    assert!(checks.iter().any(|check| check.words.zh.contains("无人值班")), "nobody works at night");
    assert_eq!(rings(&office, "roster_sheet")?.len(), 1, "a draft is not a roster");
    office.act("roster_sheet", Some(february.record), json!({ "do": "publish", "note": "夜班由中控室另排" }))?;
    assert!(rings(&office, "roster_sheet")?.is_empty());
    assert_eq!(rings(&desk, "roster_sheet")?.len(), 1, "the desk has not heard of it");

    fleet.start_server().await?;
    fleet.meet(&[&desk, &office, &tablet]).await?;
    for device in [&desk, &tablet] {
        assert!(rings(device, "roster_sheet")?.is_empty());
    }
    let unread = tablet.client.my_duty()?.unread;
    assert_eq!(unread.iter().map(|sheet| sheet.view.version).collect::<Vec<_>>(), [1]);
    tablet.act("roster_sheet", Some(february.record), json!({ "do": "read" }))?;
    assert!(tablet.client.my_duty()?.unread.is_empty());
    fleet.meet(&[&desk, &office, &tablet]).await?;
    assert_eq!(sheet_of(&office, february.record)?.reads.len(), 1);
    fleet.finish(&[&desk, &office, &tablet]).await
}

/// A8 f: 未批准顶岗 within five seconds on the LAN.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_not_rostered_rings_at_the_desk_within_five_seconds() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    assert_eq!(mark(&tablet, "秩序维护员甲", "2026-11-24")?, "休");

    let mut heard = desk.client.changes();
    let stop = CancellationToken::new();
    let running: Vec<_> = [&desk, &tablet].map(|it| tokio::spawn(it.client.clone().keep_synced(stop.clone()))).into();
    let record = tablet.act("attendance", None, sign_in())?.record;
    let told = async {
        while rings(&desk, "attendance")?.iter().all(|alarm| alarm.record != record) {
            heard.recv().await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.context("five seconds are over")??;
    let alarm = rings(&desk, "attendance")?.remove(0);
    assert!(alarm.words.zh.contains("未批准顶岗"), "{}", alarm.words.zh);

    // It rings until the supervisor has decided, with a reason.
    assert_eq!(desk.client.duty_board()?.now[0].duty.state, DutyState::Unrostered);
    let decide = json!({ "do": "decide", "verdict": "cover_allowed", "reason": "电话批准" });
    ensure!(desk.act("attendance", Some(record), decide.clone()).is_err(), "not the duty officer");
    desk.sign_in("客服主任")?;
    desk.act("attendance", Some(record), decide)?;
    assert!(rings(&desk, "attendance")?.is_empty());
    stop.cancel();
    for task in running {
        task.await?;
    }
    fleet.finish(&[&desk, &tablet]).await
}

/// D1.1.1: nobody has to make the record of somebody who does not come.
#[tokio::test(flavor = "multi_thread")]
async fn a_duty_officer_who_does_not_come_rings_and_only_a_person_calls_it_absence() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 21:50").await?;
    let desk = fleet.desk().await?;
    let night = record_of(id_of(&desk, "中控室值班员乙")?, day("2026-11-24"), "夜");
    assert_eq!(mark(&desk, "中控室值班员乙", "2026-11-24")?, "夜");
    let codes = |device: &Device| -> Result<Vec<String>> {
        let mine = rings(device, "attendance")?.into_iter().filter(|alarm| alarm.record == night);
        let mut codes: Vec<String> = mine.filter_map(|it| it.id.rsplit('/').next().map(str::to_owned)).collect();
        codes.sort();
        Ok(codes)
    };
    for (minutes, wanted) in [(0, vec![]), (14, vec![]), (1, vec!["call"]), (10, vec!["call", "cover"])] {
        desk.clock.advance_minutes(minutes);
        assert_eq!(codes(&desk)?, wanted);
    }
    // In the morning it is to be verified, and nothing else.
    desk.clock.advance_minutes(11 * 60);
    let open = desk.client.duty_board()?.to_decide;
    let duty = open.iter().find(|shown| shown.duty.record == night).context("to be verified")?;
    assert_eq!(duty.duty.state_words.zh, "未到,待核实");
    let code = |device: &Device| -> Result<String> {
        let sheet = device.client.month_sheet(month("2026-11"))?;
        let person = id_of(device, "中控室值班员乙")?;
        let row = sheet.rows.into_iter().find(|row| row.person.person == person).context("no row")?;
        Ok(row.cells[23].mark.clone())
    };
    assert_eq!(code(&desk)?, "核");
    desk.sign_in("客服主任")?;
    desk.act("attendance", Some(night), json!({ "do": "decide", "verdict": "absent", "reason": "联系不上" }))?;
    assert_eq!(code(&desk)?, "旷");
    assert!(codes(&desk)?.is_empty());
    fleet.finish(&[&desk]).await
}

/// D1.2.3 with three signatures on three devices; the cover's is a tablet, which holds no personnel volume.
#[tokio::test(flavor = "multi_thread")]
async fn a_swap_is_applied_for_covered_and_approved_on_three_devices() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "值班员乙").await?;
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    office.sign_in("客服主任")?;
    let all = [&desk, &tablet, &office];
    let before: Vec<String> = [("值班员甲", "2026-11-27"), ("值班员乙", "2026-11-27")]
        .iter()
        .map(|(who, on)| mark(&desk, who, on))
        .collect::<Result<_>>()?;
    assert_ne!(before[0], before[1], "the demo's roster gives them different shifts");

    let apply = json!({
        "do": "apply", "form": { "form": "swap", "day": "2026-11-27", "back": null },
        "cover": desk.person("值班员乙")?, "reason": "考试",
    });
    let record = desk.act("absence", None, apply)?.record;
    fleet.meet(&all).await?;
    let mine = tablet.client.my_duty()?.absences;
    assert_eq!(mine[0].id, record, "the cover finds it on the tablet");
    ensure!(office.act("absence", Some(record), json!({ "do": "approve" })).is_err(), "the cover comes first");
    tablet.act("absence", Some(record), json!({ "do": "accept_cover" }))?;
    fleet.meet(&all).await?;
    let done = office.act("absence", Some(record), json!({ "do": "approve", "opinion": "同意" }))?;
    assert_eq!(done.records.len(), 2, "the application and the roster, in one");
    fleet.meet(&all).await?;
    for device in all {
        assert_eq!(state_of(device, record)?, AbsenceState::Approved);
        assert_eq!(mark(device, "值班员甲", "2026-11-27")?, before[1]);
        assert_eq!(mark(device, "值班员乙", "2026-11-27")?, before[0]);
    }
    fleet.finish(&all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_approvals_made_apart_that_clash_are_both_shown_until_the_supervisor_decides() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 09:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "值班员乙").await?;
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    let all = [&desk, &tablet, &office];
    // Both swap the 27th with 值班员丙, who says yes to both.
    let third = desk.person("值班员丙")?;
    let apply = json!({
        "do": "apply", "form": { "form": "swap", "day": "2026-11-27", "back": null }, "cover": third, "reason": "家中有事",
    });
    let one = desk.act("absence", None, apply.clone())?.record;
    let two = tablet.act("absence", None, apply)?.record;
    fleet.meet(&all).await?;
    let person = id_of(&desk, "值班员丙")?;
    desk.client.sign_in(person, "3690")?;
    for record in [one, two] {
        desk.act("absence", Some(record), json!({ "do": "accept_cover" }))?;
    }
    fleet.meet(&all).await?;
    fleet.stop_server().await?;

    for (device, record) in [(&desk, one), (&office, two)] {
        device.sign_in("客服主任")?;
        device.act("absence", Some(record), json!({ "do": "approve" }))?;
    }
    fleet.start_server().await?;
    fleet.meet(&all).await?;
    let november = roster::record_of(month("2026-11"));
    for device in all {
        let view = sheet_of(device, november)?;
        assert!(view.clashes(), "both are shown");
        assert!(rings(device, "roster_sheet")?.iter().any(|alarm| alarm.words.zh.contains("两次批准相冲突")));
        assert_eq!(view.in_force, sheet_of(&desk, november)?.in_force, "and every device reads the same");
    }
    let choice =
        sheet_of(&desk, november)?.side_by_side.into_iter().find(|choice| choice.in_force).context("a choice")?;
    assert_eq!(choice.person.person, person);
    let cell = json!({ "person": choice.person, "day": choice.day, "mark": choice.values[0].mark });
    desk.act("roster_sheet", Some(november), json!({ "do": "decide", "cells": [cell], "reason": "先到先得" }))?;
    fleet.meet(&all).await?;
    for device in all {
        assert!(rings(device, "roster_sheet")?.is_empty());
    }
    fleet.finish(&all).await
}

/// A8 a, as far as duty goes: all of it without a network.
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leaving_the_post_and_going_home_work_without_a_network() -> Result<()> {
    let mut fleet = Fleet::demo("2026-11-24 08:00").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "维修员甲").await?;
    fleet.stop_server().await?;
    let plan = tablet.client.my_duty()?;
    let shift = plan.shift.context("the early shift can be signed in for")?.duty.record;
    tablet.act("attendance", Some(shift), sign_in())?;
    let back = tablet.client.now().plus_minutes(20);
    let cover = tablet.person("维修员乙")?;
    tablet.act(
        "attendance",
        Some(shift),
        json!({ "do": "leave_post", "reason": "领料", "cover": cover, "back_at": back }),
    )?;
    tablet.sign_in("维修员乙")?;
    assert_eq!(tablet.client.my_duty()?.posts_to_cover.len(), 1);
    tablet.act("attendance", Some(shift), json!({ "do": "accept_cover" }))?;
    tablet.sign_in("维修员甲")?;
    tablet.clock.advance_minutes(25);
    tablet.act("attendance", Some(shift), json!({ "do": "return" }))?;
    tablet.clock.advance_minutes(9 * 60 + 5);
    tablet.act("attendance", Some(shift), json!({ "do": "sign_out", "note": "" }))?;

    fleet.start_server().await?;
    fleet.meet(&[&desk, &tablet]).await?;
    desk.clock.advance_minutes(9 * 60 + 30);
    let board = desk.client.duty_board()?.now;
    let duty = board.iter().find(|shown| shown.duty.record == shift).context("on the desk's board")?;
    assert_eq!(duty.duty.state, DutyState::Off);
    assert!(duty.duty.findings.is_empty(), "in time, and not before the end");
    // The ledger has a line of every fact.
    let asked = dutybook_client::LedgerAsked { record: Some(shift), ..Default::default() };
    assert_eq!(desk.client.ledger(&asked)?.len(), 5);
    fleet.finish(&[&desk, &tablet]).await
}

/// D2.7.1: an hour without a sign of whoever is on shift asks them, on their own device and softly; whatever they write
/// is a sign, and so is the answer. Nobody is asked who is off, or away with somebody at the post.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_silent_on_shift_is_asked_whether_they_are_there() -> Result<()> {
    let fleet = Fleet::demo("2026-11-24 21:50").await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let asked = |device: &Device| -> Result<Vec<Alarm>> {
        Ok(device.client.alarms()?.into_iter().filter(|alarm| alarm.what == AlarmWhat::Here).collect())
    };
    tablet.clock.advance_minutes(70);
    assert!(asked(&tablet)?.is_empty(), "not on duty, not asked");
    let shift = tablet.act("attendance", None, sign_in())?.record;
    tablet.clock.advance_minutes(59);
    assert!(asked(&tablet)?.is_empty());
    tablet.clock.advance_minutes(1);
    let soft = asked(&tablet)?;
    assert_eq!((soft.len(), soft[0].record, soft[0].for_me), (1, shift, true));
    assert!(asked(&desk)?.is_empty(), "it is a matter between the device and who holds it");

    tablet.act("attendance", Some(shift), json!({ "do": "confirm_presence" }))?;
    assert!(asked(&tablet)?.is_empty());
    tablet.clock.advance_minutes(40);
    // Work is a sign as well.
    let found = json!({ "do": "register", "way": "visit", "category": "enquiry", "summary": "夜间访客" });
    tablet.act("contact_record", None, found)?;
    tablet.clock.advance_minutes(40);
    assert!(asked(&tablet)?.is_empty());
    tablet.clock.advance_minutes(20);
    assert_eq!(asked(&tablet)?.len(), 1);
    tablet.act("attendance", Some(shift), json!({ "do": "sign_out" }))?;
    assert!(asked(&tablet)?.is_empty());
    fleet.finish(&[&desk, &tablet]).await
}

/// D2.7.3: an hour into a shift whose telephone lines nobody has tried, the desk hears of it; one row, and it is quiet.
#[tokio::test(flavor = "multi_thread")]
async fn a_shift_without_a_line_test_rings_until_one_is_written() -> Result<()> {
    let fleet = Fleet::demo("2026-11-25 08:00").await?;
    let desk = fleet.desk().await?;
    desk.clock.advance_minutes(95);
    let red = rings(&desk, "line_test")?;
    assert_eq!(red.len(), 1);
    assert!(red[0].words.zh.starts_with("超时:线路测试 早班"), "{}", red[0].words.zh);
    assert_eq!(desk.open(red[0].record)?.shown.offers[0].action, "write");
    let done = desk.act("line_test", None, json!({ "do": "write", "hotline": "fine", "second": "fine" }))?;
    assert_eq!(done.record, red[0].record, "what is written on that shift is what was owed");
    assert!(rings(&desk, "line_test")?.is_empty());
    // On paper stands what was written, not what the month still owes.
    let (first, last) = (Some(day("2026-11-01")), Some(day("2026-11-30")));
    let form =
        desk.client.form(&FormAsked { form: "line_test".into(), from: first, to: last, ..FormAsked::default() })?;
    let Part::Table { rows, .. } = &form.parts[0] else { anyhow::bail!("a register is a table") };
    assert_eq!(rows.len(), 1);
    fleet.finish(&[&desk]).await
}
