//! A major complaint, from the call at the desk to the project manager's tablet and back.

use anyhow::{Result, ensure};
use dutybook_tests::windows::journey;
use thirtyfour::Key;
use xtask::demo::{self, DUTY_OFFICER, DeviceRole, Person};

use crate::people::{DESK, TABLET, keep_looks, see_synced};

const PROJECT_MANAGER: Person = ("项目经理", "8640");

#[tokio::test(flavor = "multi_thread")]
async fn a_major_complaint_is_the_project_manager_s_at_once() -> Result<()> {
    journey("complaint", async |stage| {
        let mut demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        let theirs = demo.another_device("pm", DeviceRole::Tablet, "项目经理平板")?;
        demo::sign_in(&theirs, PROJECT_MANAGER)?;
        demo.server.stop()?;

        let (desk, tablet) = (stage.open("desk").await?, stage.open("pm").await?);
        desk.resize(1366, 768).await?;
        desk.see_text("desk-home", "来电登记").await?;
        desk.type_text("register-unit", "3-2-1502").await?;
        desk.press(Key::Enter).await?;
        desk.click("register-category-complaint").await?;
        desk.type_text("register-summary", "电梯困人后无人道歉,要找媒体").await?;
        desk.choose("register-grade-major").await?;
        keep_looks(stage, &desk, "registration", &DESK).await?;
        desk.press(Key::Control + Key::Enter).await?;

        // It rings here at once, and says that it has not been delivered.
        desk.see_text("alarms", "重大投诉").await?;
        desk.see_text("alarms", "未送达").await?;
        desk.click("key-F10").await?;
        desk.click("page-complaints").await?;
        desk.see_text("complaints-tell", "找媒体").await?;
        desk.see_text("complaint-card-undelivered", "未送达").await?;
        keep_looks(stage, &desk, "board", &DESK).await?;
        ensure!(tablet.texts("at-once").await?.is_empty(), "the tablet knows of it before it was delivered");

        demo.server.start()?;
        see_synced(&desk).await?;
        desk.see_gone("complaint-card-undelivered").await?;
        tablet.see_text("at-once", "重大投诉").await?;
        keep_looks(stage, &tablet, "at-once", &TABLET).await?;
        tablet.click("at-once-read").await?;
        tablet.see_gone("at-once").await?;

        desk.click("complaint-card").await?;
        desk.click("complaints-open-record").await?;
        desk.see_text("complaint-major", "项目经理已知悉").await?;
        desk.see_text("complaint-judged", "本人已阅").await?;
        keep_looks(stage, &desk, "record", &DESK).await?;
        desk.click("offer-notify").await?;
        desk.press(Key::Control + Key::Enter).await?;
        desk.see_text("record-state", "方案中").await?;
        see_synced(&desk).await
    })
    .await
}
