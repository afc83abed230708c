//! Two people decide the same thing, neither knowing of the other.

use anyhow::{Context, Result, ensure};
use dutybook_tests::windows::{Window, journey, until};
use serde_json::json;
use thirtyfour::Key;
use xtask::demo::{self, DUTY_OFFICER, DeviceRole, PLUMBER, Person};

use crate::people::{DESK, keep_looks, kept_here, pick_by_digit, see_synced};

const SUPERVISOR: Person = ("客服主任", "9630");
const ELECTRICIAN: &str = "维修员乙(强弱电)";
const FITTER: &str = "维修员丙(综合)";

#[tokio::test(flavor = "multi_thread")]
async fn two_responsible_persons_stand_side_by_side_until_somebody_decides() -> Result<()> {
    journey("side-by-side", async |stage| {
        let mut demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        let plumber = demo::list(&demo.desk, "person")?
            .into_iter()
            .find(|person| person["card"]["title"] == PLUMBER.0)
            .context("no plumber")?;
        let call = json!({
            "do": "register", "way": "call", "rings": 2, "category": "repair", "urgency": "urgent",
            "unit_label": "3-2-1502", "name": "业户", "phone": "5550-1502", "summary": "卧室插座无电", "make_order": true,
            "dispatch_to": [{ "person": plumber["id"], "name": PLUMBER.0 }],
        });
        demo.desk.ask(&["act", "new:contact_record", &call.to_string()])?;
        demo.desk.ask(&["sync", &demo.server.url()])?;
        let office = demo.another_device("office", DeviceRole::Desk, "主任电脑")?;
        demo::sign_in(&office, SUPERVISOR)?;
        demo.server.stop()?;

        let (desk, office) = (stage.open("desk").await?, stage.open("office").await?);
        name_responsible(&desk, ELECTRICIAN, "插座归强弱电").await?;
        name_responsible(&office, FITTER, "乙今天在外培训").await?;

        demo.server.start()?;
        for window in [&desk, &office] {
            see_synced(window).await?;
            window.see_text("two-values", ELECTRICIAN).await?;
            window.see_text("two-values", FITTER).await?;
        }
        desk.click("two-values-row").await?;
        for value in [ELECTRICIAN, FITTER, DUTY_OFFICER.0, SUPERVISOR.0, "乙今天在外培训", "主任电脑"] {
            desk.see_text("side-responsible", value).await?;
        }
        ensure!(desk.texts("side-responsible-value").await?.len() == 2, "not two values");
        keep_looks(stage, &desk, "two-values", &DESK).await?;

        desk.click_in("side-responsible-value", FITTER, "side-responsible-take-*").await?;
        desk.type_text("act-reason", "以现场到岗为准").await?;
        desk.press(Key::Control + Key::Enter).await?;
        desk.see_gone("side-responsible").await?;
        for window in [&desk, &office] {
            window.see_gone("two-values").await?;
            see_responsible(window, FITTER).await?;
            see_synced(window).await?;
        }
        // What was not chosen stays readable.
        desk.see_text("history", ELECTRICIAN).await
    })
    .await
}

/// Names who is responsible for the only order on the board.
async fn name_responsible(window: &Window, name: &str, reason: &str) -> Result<()> {
    window.resize(1366, 768).await?;
    window.click("order-card").await?;
    window.click("offer-set-responsible").await?;
    window.type_text("act-reason", reason).await?;
    window.click("person-picker").await?;
    pick_by_digit(window, name).await?;
    window.see_gone("act-set_responsible").await?;
    see_responsible(window, name).await?;
    ensure!(kept_here(window).await? > 0, "{}: nothing is said to be kept here", window.name());
    Ok(())
}

async fn see_responsible(window: &Window, name: &str) -> Result<()> {
    until(&format!("{}: {name} on the card", window.name()), async || {
        let cards = window.texts("order-card").await?;
        Ok((cards.len() == 1 && cards.iter().all(|card| card.contains(name))).then_some(()))
    })
    .await
}
