//! The server is gone and comes back.

use anyhow::{Result, ensure};
use dutybook_tests::windows::{POINTS, ROUND, Window, journey};
use thirtyfour::Key;
use xtask::command_line::CommandLine;
use xtask::demo::{DUTY_OFFICER, GUARD, PLUMBER};

use crate::people::{
    DESK, TABLET, all_normal, keep_looks, kept_here, look_up_the_emergency_contacts, pick_by_digit, see_accounted,
    see_synced, set_out, sign_in_by_keys, sign_in_by_touch, sign_out, type_code,
};

const UNIT: &str = "3-2-1502";
const CALL: &str = "厨房水管爆裂，正在漏水";
const FOUND: &str = "2号泵机械密封滴漏";

#[tokio::test(flavor = "multi_thread")]
async fn both_work_without_the_server_and_show_one_book_when_it_comes() -> Result<()> {
    journey("offline", async |stage| {
        let mut demo = stage.demo()?;
        demo.server.stop()?;
        let (tablet, desk) = (stage.open("tablet").await?, stage.open("desk").await?);
        tablet.resize(1180, 820).await?;
        desk.resize(1366, 768).await?;

        // The guard, who has never been told that there is no server.
        look_up_the_emergency_contacts(&tablet).await?;
        keep_looks(stage, &tablet, "sign-in", &TABLET).await?;
        sign_in_by_touch(&tablet, GUARD).await?;
        keep_looks(stage, &tablet, "rounds", &TABLET).await?;
        set_out(&tablet).await?;
        let [gate, pumps, control, _] = POINTS;
        type_code(&tablet, gate).await?;
        all_normal(&tablet, pumps).await?;
        let before = kept_here(&tablet).await?;
        ensure!(before > 0, "nothing is said to be kept on the tablet");
        type_code(&tablet, pumps).await?;
        report_a_dripping_pump(&tablet).await?;
        keep_looks(stage, &tablet, "finding", &TABLET).await?;
        all_normal(&tablet, control).await?;
        see_accounted(&tablet, 2).await?;
        look_up_the_emergency_contacts(&tablet).await?;
        ensure!(kept_here(&tablet).await? > before, "the number on the tablet does not grow");

        // The duty officer, who does not touch the mouse any more once signed in.
        sign_in_by_keys(&desk, DUTY_OFFICER).await?;
        register_and_dispatch(&desk).await?;
        desk.see_text("column-dispatched", UNIT).await?;
        ensure!(kept_here(&desk).await? > 0, "nothing is said to be kept at the desk");
        keep_looks(stage, &desk, "offline", &DESK).await?;

        demo.server.start()?;
        see_synced(&tablet).await?;
        see_synced(&desk).await?;

        // The desk has the order of the tablet, and sees how far the round is.
        desk.see_text("column-pending", pumps.name).await?;
        desk.see_text("column-pending-count", "1").await?;
        keep_looks(stage, &desk, "one-book", &DESK).await?;
        desk.press(Key::F7).await?;
        see_round(&desk, &format!("2/{}", POINTS.len())).await?;
        see_round(&desk, GUARD.0).await?;
        keep_looks(stage, &desk, "monitor", &DESK).await?;
        desk.press(Key::F4).await?;

        // The plumber takes over the tablet, finds the order of the desk there, and takes it.
        keep_looks(stage, &tablet, "patrol", &TABLET).await?;
        sign_out(&tablet).await?;
        sign_in_by_touch(&tablet, PLUMBER).await?;
        tablet.click("rounds-orders").await?;
        tablet.see_text("orders-takeable", pumps.name).await?;
        keep_looks(stage, &tablet, "orders", &TABLET).await?;
        tablet.click_text("order-row", UNIT).await?;
        tablet.see_attribute("order", "data-state", "dispatched").await?;
        tablet.click("order-accept").await?;
        tablet.see_attribute("order", "data-state", "accepted").await?;
        keep_looks(stage, &tablet, "order", &TABLET).await?;
        desk.see_text("column-working", UNIT).await?;
        desk.see_text("column-dispatched-count", "0").await?;
        see_synced(&tablet).await?;
        see_synced(&desk).await?;

        tablet.kill().await?;
        desk.kill().await?;
        demo.server.stop()?;
        let digest = |device: &CommandLine| Ok::<_, anyhow::Error>(device.ask(&["frontier"])?["digest"].clone());
        let (tablet, desk) = (digest(&demo.tablet)?, digest(&demo.desk)?);
        ensure!(tablet.is_string() && tablet == desk, "the books differ: tablet {tablet}, desk {desk}");
        Ok(())
    })
    .await
}

/// Something is wrong with a pump: one order from it, everything else is normal.
pub(crate) async fn report_a_dripping_pump(tablet: &Window) -> Result<()> {
    tablet.click("patrol-abnormal").await?;
    tablet.click("finding-item-pump").await?;
    tablet.click("finding-phrase-异响").await?;
    tablet.type_text("finding-text", FOUND).await?;
    tablet.see_text("finding-save", "转派工").await?;
    tablet.click("finding-save").await?;
    tablet.see_gone("finding-sheet").await?;
    tablet.see_text("patrol-findings", FOUND).await?;
    tablet.see_text("patrol-findings", "工单").await
}

/// A call about a burst pipe, registered and dispatched with the keyboard alone.
async fn register_and_dispatch(desk: &Window) -> Result<()> {
    desk.press(Key::F2).await?;
    desk.see_focus("register-unit").await?;
    desk.write("3d2dy1502").await?;
    desk.see_text("register-unit-option-*", UNIT).await?;
    desk.press(Key::Enter).await?;
    desk.see_focus("register-summary").await?;
    desk.see_value("register-unit", UNIT).await?;
    desk.see_value("register-name", "业户3-2-1502").await?;
    desk.see_value("register-phone", "5550-4033").await?;
    desk.write(CALL).await?;
    desk.press(Key::Control + Key::Shift + "1").await?;
    desk.press(Key::Control + Key::Shift + Key::Enter).await?;
    pick_by_digit(desk, PLUMBER.0).await?;
    desk.see_gone("send-dialog").await?;
    desk.see_focus("register-unit").await?;
    desk.see_value("register-unit", "").await?;
    desk.see_text("column-dispatched", "特急").await
}

/// Waits until the monitor's line of the round says `text`.
async fn see_round(desk: &Window, text: &str) -> Result<()> {
    dutybook_tests::windows::until(&format!("{}: {text:?} at {ROUND}", desk.name()), async || {
        let rows = desk.texts("run-row").await?;
        Ok(rows.iter().any(|row| row.contains(ROUND) && row.contains(text)).then_some(()))
    })
    .await
}
