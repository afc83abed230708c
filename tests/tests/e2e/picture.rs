//! A picture of what was found: taken on the tablet without a server, seen at the desk.

use anyhow::{Context, Result};
use dutybook_tests::pictures::camera;
use dutybook_tests::windows::{ROUND, journey};
use xtask::demo::DUTY_OFFICER;

use crate::people::{DESK, TABLET, keep_looks, see_synced, sign_in_by_keys, walk_to_the_pumps};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_photographed_in_the_basement_is_seen_at_the_desk() -> Result<()> {
    journey("picture", async |stage| {
        let mut demo = stage.demo()?;
        demo.server.stop()?;
        let (tablet, desk) = (stage.open("tablet").await?, stage.open("desk").await?);
        tablet.resize(1180, 820).await?;
        desk.resize(1366, 768).await?;
        walk_to_the_pumps(&tablet).await?;

        tablet.click("patrol-abnormal").await?;
        tablet.click("finding-item-pump").await?;
        let taken = stage.folder("dripping.jpg");
        std::fs::write(&taken, camera(2400, 1800, 7)).context("the camera's card")?;
        tablet.choose_file("finding-photo-file", &taken).await?;
        tablet.see("finding-photo-picture").await?;
        tablet.type_text("finding-text", "机械密封滴漏").await?;
        keep_looks(stage, &tablet, "taken", &TABLET).await?;
        tablet.click("finding-save").await?;
        tablet.see_gone("finding-sheet").await?;
        tablet.click("sync-badge").await?;
        tablet.see_text("sync-pictures", "1").await?;
        tablet.press(thirtyfour::Key::Escape).await?;

        demo.server.start()?;
        see_synced(&tablet).await?;
        sign_in_by_keys(&desk, DUTY_OFFICER).await?;
        see_synced(&desk).await?;
        desk.press(thirtyfour::Key::F7).await?;
        desk.click_in("run-row", ROUND, "run-open").await?;
        desk.see("picture").await?;
        keep_looks(stage, &desk, "seen", &DESK).await?;
        desk.click("picture").await?;
        desk.see("picture-large").await?;
        keep_looks(stage, &desk, "large", &DESK).await?;
        Ok(())
    })
    .await
}
