//! There is no server, and there will be none tonight: the round goes to the desk on a stick.

use anyhow::{Context, Result, ensure};
use dutybook_tests::windows::{POINTS, journey};
use xtask::command_line::CommandLine;
use xtask::demo::DUTY_OFFICER;

use crate::offline::report_a_dripping_pump;
use crate::people::{DESK, TABLET, keep_looks, sign_in_by_keys, walk_to_the_pumps};

#[tokio::test(flavor = "multi_thread")]
async fn a_round_reaches_the_desk_on_a_stick() -> Result<()> {
    journey("stick", async |stage| {
        let mut demo = stage.demo()?;
        demo.server.stop()?;
        let (tablet, desk) = (stage.open("tablet").await?, stage.open("desk").await?);
        tablet.resize(1180, 820).await?;
        desk.resize(1366, 768).await?;
        walk_to_the_pumps(&tablet).await?;
        report_a_dripping_pump(&tablet).await?;

        tablet.click("sync-badge").await?;
        tablet.see("carry").await?;
        tablet.click("carry-write-here").await?;
        tablet.see("carry-written").await?;
        keep_looks(stage, &tablet, "written", &TABLET).await?;

        // What somebody does with a stick.
        let papers = |device: &CommandLine| device.data().join("forms");
        std::fs::create_dir_all(papers(&demo.desk))?;
        let mut carried = 0;
        for file in std::fs::read_dir(papers(&demo.tablet))? {
            let file = file?.path();
            let name = file.file_name().context("a file has a name")?;
            std::fs::copy(&file, papers(&demo.desk).join(name))?;
            carried += 1;
        }
        ensure!(carried == 1, "{carried} files where one bundle was written");

        sign_in_by_keys(&desk, DUTY_OFFICER).await?;
        desk.see_text("column-pending-count", "0").await?;
        desk.click("sync-badge").await?;
        desk.see("carry-found").await?;
        desk.click("carry-read").await?;
        desk.see_text("carry-read-done", "新").await?;
        keep_looks(stage, &desk, "read", &DESK).await?;
        desk.press(thirtyfour::Key::Escape).await?;
        desk.see_text("column-pending", POINTS[1].name).await?;
        Ok(())
    })
    .await
}
