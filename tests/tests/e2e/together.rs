//! There is no server: two devices in one network exchange what they have, by what one screen shows and the other reads.

use anyhow::{Result, ensure};
use dutybook_tests::windows::{POINTS, journey};
use xtask::demo::DUTY_OFFICER;

use crate::offline::report_a_dripping_pump;
use crate::people::{DESK, TABLET, keep_looks, sign_in_by_keys, walk_to_the_pumps};

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_and_the_desk_exchange_directly() -> Result<()> {
    journey("together", async |stage| {
        let mut demo = stage.demo()?;
        demo.server.stop()?;
        let (tablet, desk) = (stage.open("tablet").await?, stage.open("desk").await?);
        tablet.resize(1180, 820).await?;
        desk.resize(1366, 768).await?;
        walk_to_the_pumps(&tablet).await?;
        report_a_dripping_pump(&tablet).await?;
        sign_in_by_keys(&desk, DUTY_OFFICER).await?;
        desk.see_text("column-pending-count", "0").await?;

        desk.click("sync-badge").await?;
        desk.choose("near-auto-on").await?;
        desk.see("near-own").await?;
        let address = desk.texts("near-own").await?.remove(0);
        ensure!(address.contains(':'), "{address}");
        keep_looks(stage, &desk, "shown", &DESK).await?;

        tablet.click("sync-badge").await?;
        tablet.type_text("near-address", "楼下").await?;
        tablet.click("near-go").await?;
        tablet.see_text("near-problem", "192.168").await?;
        tablet.type_text("near-address", &address).await?;
        tablet.click("near-go").await?;
        tablet.see("near-done").await?;
        keep_looks(stage, &tablet, "met", &TABLET).await?;

        desk.see("near-device").await?;
        desk.press(thirtyfour::Key::Escape).await?;
        desk.see_text("column-pending", POINTS[1].name).await?;
        Ok(())
    })
    .await
}
