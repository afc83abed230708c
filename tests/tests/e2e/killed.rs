//! The battery is empty in mid-patrol.

use anyhow::{Result, ensure};
use dutybook_tests::windows::{POINTS, ROUND, journey};
use xtask::demo::GUARD;

use crate::people::{TABLET, all_normal, keep_looks, see_accounted, set_out, sign_in_by_touch, type_code};

#[tokio::test(flavor = "multi_thread")]
async fn the_tablet_is_killed_in_mid_patrol_and_goes_on_where_it_was() -> Result<()> {
    journey("killed", async |stage| {
        let demo = stage.demo()?;
        let tablet = stage.open("tablet").await?;
        tablet.resize(1180, 820).await?;
        sign_in_by_touch(&tablet, GUARD).await?;
        set_out(&tablet).await?;
        let run = tablet.attribute("patrol", "data-run").await?;
        let [gate, pumps, control, garage] = POINTS;
        type_code(&tablet, gate).await?;
        all_normal(&tablet, pumps).await?;
        type_code(&tablet, pumps).await?;
        all_normal(&tablet, control).await?;

        tablet.kill().await?;
        tablet.reopen().await?;

        tablet.resize(1180, 820).await?;
        tablet.see_text("duty-line", GUARD.0).await?;
        tablet.see("patrol").await?;
        ensure!(tablet.attribute("patrol", "data-run").await? == run, "another run is open");
        see_accounted(&tablet, 2).await?;
        for done in [0, 1] {
            tablet.see_attribute(&format!("patrol-stop-{done}"), "data-state", "on_time").await?;
        }
        tablet.see_text("patrol-stop-name", control.name).await?;
        keep_looks(stage, &tablet, "goes-on", &TABLET).await?;

        type_code(&tablet, control).await?;
        all_normal(&tablet, garage).await?;
        type_code(&tablet, garage).await?;
        tablet.click("patrol-all-normal").await?;
        tablet.click("patrol-finish").await?;
        tablet.sign("finish-signature").await?;
        keep_looks(stage, &tablet, "finish", &TABLET).await?;
        tablet.click("finish-save").await?;
        tablet.see_text("rounds-done", ROUND).await?;
        tablet.see_text("rounds-done", &format!("{0}/{0}", POINTS.len())).await?;

        tablet.kill().await?;
        let rounds = demo.tablet.ask(&["rounds"])?;
        let round = rounds.as_array().into_iter().flatten().find(|round| round["route_name"] == ROUND);
        ensure!(round.is_some_and(|round| round["state"] == "done"), "the round is not done: {round:?}");
        Ok(())
    })
    .await
}
