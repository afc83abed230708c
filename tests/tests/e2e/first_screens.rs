//! What stands on the screen when the app opens.

use anyhow::Result;
use dutybook_tests::windows::journey;
use xtask::demo::{self, DUTY_OFFICER, GUARD};

#[tokio::test(flavor = "multi_thread")]
async fn the_app_starts_and_shows_its_first_screen() -> Result<()> {
    journey("first-screen", async |stage| {
        let window = stage.open("desk").await?;
        window.resize(1366, 768).await?;
        window.screenshot(&stage.evidence().join("first-screen.png")).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolled_devices_open_as_what_they_were_enrolled_and_go_on_with_who_was_signed_in() -> Result<()> {
    journey("desk-and-tablet", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        demo::sign_in(&demo.tablet, GUARD)?;
        let (desk, tablet) = (stage.open("desk").await?, stage.open("tablet").await?);
        desk.see("desk-frame").await?;
        desk.see_text("duty-line", DUTY_OFFICER.0).await?;
        tablet.see("tablet-frame").await?;
        tablet.see_text("duty-line", GUARD.0).await?;

        tablet.kill().await?;
        tablet.reopen().await?;
        tablet.see_text("duty-line", GUARD.0).await
    })
    .await
}
