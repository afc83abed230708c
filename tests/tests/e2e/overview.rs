//! The manager's overview: what the book holds is what the charts say, and a figure leads to its record.

use anyhow::{Context, Result, ensure};
use dutybook_tests::windows::{POINTS, ROUND, journey, until};
use serde_json::{Value, json};
use thirtyfour::Key;
use xtask::command_line::CommandLine;
use xtask::demo::{self, DUTY_OFFICER, GUARD, PLUMBER, Person};

use crate::people::{DESK, keep_looks};

const MANAGER: Person = ("客服部经理", "9631");

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_counts_what_the_book_holds() -> Result<()> {
    journey("overview", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.tablet, GUARD)?;
        walk_two_points(&demo.tablet)?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        repairs(&demo.desk, &[("critical", "厨房水管爆裂"), ("normal", "楼道灯不亮"), ("urgent", "门禁失灵")])?;
        for device in [&demo.tablet, &demo.desk] {
            device.ask(&["sync", &demo.server.url()])?;
        }
        demo::sign_in(&demo.desk, MANAGER)?;

        let desk = stage.open("desk").await?;
        desk.resize(1366, 768).await?;
        desk.click("view-key").await?;
        desk.choose("view-theme-day").await?;
        desk.click("view-sheet-close").await?;
        desk.see_gone("view-sheet").await?;
        desk.press(Key::F10).await?;
        desk.click("page-overview").await?;
        desk.see_text("overview", "运行总览").await?;
        // Beside these two points others may fall due meanwhile: what was made is sure, what is owed is not.
        desk.see_text("over-rate", "2/").await?;
        desk.see_text("over-open", "3").await?;
        desk.see_text("over-rings", "100%").await?;
        // The charts are drawn, and say what they show to whoever cannot see them.
        until("the charts", async || {
            let drawn =
                desk.run("return document.querySelectorAll('[data-testid$=-chart] svg text').length", vec![]).await?;
            Ok(drawn.as_u64().filter(|texts| *texts > 20))
        })
        .await?;
        let said = desk.attribute("over-work-chart", "aria-label").await?.context("a chart without words")?;
        ensure!(said.contains("共 3 单在办"), "{said}");
        desk.click("over-patrol-table").await?;
        desk.see_text("over-patrol", POINTS[0].name).await?;
        desk.see_text("over-patrol", POINTS[1].name).await?;
        desk.click("over-work-table").await?;
        desk.see_text("over-work", "已派").await?;
        keep_looks(stage, &desk, "figures", &DESK).await?;

        desk.choose("over-days-30").await?;
        desk.see_attribute(
            "over-daily-chart",
            "aria-label",
            "每天来电、来访、工单、投诉: 30 天：来电 3，来访 0，新工单 3，投诉 0。",
        )
        .await?;
        desk.click_text("over-waiting-item", "水管爆裂").await?;
        desk.see_text("record-state", "已派").await?;

        // Its history opens the record as it was before it was dispatched, and leads back.
        desk.click_in("history-fact", "报修", "history-open").await?;
        desk.click("history-look").await?;
        desk.see_text("record-then-state", "待派").await?;
        desk.see_text("record-then", "此后又有").await?;
        keep_looks(stage, &desk, "then", &DESK).await?;
        desk.see_text("record-state", "已派").await?;
        desk.click("record-then-now").await?;
        desk.see_gone("record-then").await?;
        desk.press(Key::Escape).await?;

        // The same work stands on the plan of the site, at its building.
        desk.press(Key::F10).await?;
        desk.click("page-floor_plan").await?;
        desk.see("plan-drawing").await?;
        desk.see_text("plan-list", "在办 3 单").await?;
        keep_looks(stage, &desk, "plan", &DESK).await?;
        desk.click_text("plan-pin", "3").await?;
        desk.see_text("plan-looked", "水管爆裂").await?;
        desk.click_text("plan-work", "水管爆裂").await?;
        desk.see_text("record-state", "已派").await?;
        desk.press(Key::Escape).await?;

        // A storm is announced: twice the rounds, from here.
        desk.press(Key::F7).await?;
        desk.click("strengthen").await?;
        desk.click("strengthen-until-2").await?;
        desk.click("strengthen-phrase-2").await?;
        keep_looks(stage, &desk, "strengthen", &DESK).await?;
        desk.click("strengthen-send").await?;
        desk.see_text("strengthened", "暴雨大风预警").await?;
        desk.see_text("monitor", "(加强)").await?;
        keep_looks(stage, &desk, "strengthened", &DESK).await
    })
    .await
}

/// The first two points of the round, scanned and found normal.
fn walk_two_points(tablet: &CommandLine) -> Result<()> {
    let runs = tablet.ask(&["rounds"])?;
    let runs = runs.as_array().context("a list of runs")?;
    let run = runs.iter().find(|run| run["route_name"] == ROUND).context("no round for now")?;
    let target = format!("patrol_run:{}", run["record"].as_str().context("no record")?);
    let act = |action: Value| tablet.ask(&["act", &target, &action.to_string()]);
    act(json!({ "do": "start", "route": run["route"], "day": run["day"], "slot": run["slot"] }))?;
    for (stop, point) in POINTS.iter().enumerate().take(2) {
        act(json!({ "do": "scan", "code": point.code, "method": "qr" }))?;
        act(json!({ "do": "all_normal", "stop": stop }))?;
    }
    Ok(())
}

fn repairs(desk: &CommandLine, repairs: &[(&str, &str)]) -> Result<()> {
    let people = demo::list(desk, "person")?;
    let plumber = people.iter().find(|person| person["card"]["title"] == PLUMBER.0).context("no plumber")?;
    for (urgency, summary) in repairs {
        let call = json!({ "do": "register", "way": "call", "rings": 2, "category": "repair", "urgency": urgency,
            "unit_label": "3-2-1502", "name": "业户", "phone": "5550-1502", "summary": summary, "make_order": true });
        let done = desk.ask(&["act", "new:contact_record", &call.to_string()])?;
        let records = done["records"].as_array().context("no records")?;
        let order = records.iter().find(|it| it["kind"] == "work_order").context("no order")?;
        let order = format!("work_order:{}", order["id"].as_str().context("no id")?);
        let send = json!({ "do": "dispatch", "to": [{ "person": plumber["id"], "name": PLUMBER.0 }] });
        desk.ask(&["act", &order, &send.to_string()])?;
    }
    Ok(())
}
