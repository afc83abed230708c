//! How a device shows things is its own choice: the language, and the light it stands in.

use anyhow::Result;
use dutybook_tests::windows::{Stage, Window, journey, until};
use serde_json::json;
use xtask::demo::{self, DUTY_OFFICER, GUARD};

use crate::people::{DESK, TABLET, keep_looks};

#[tokio::test(flavor = "multi_thread")]
async fn english_and_themes_are_a_matter_of_two_taps_and_stay() -> Result<()> {
    journey("views", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        demo::sign_in(&demo.tablet, GUARD)?;
        let (desk, tablet) = (stage.open("desk").await?, stage.open("tablet").await?);

        tablet.see_text("rounds", "今日巡视").await?;
        desk.see_text("desk-home", "来电登记").await?;
        for window in [&desk, &tablet] {
            window.click("view-key").await?;
            window.choose("view-language-en").await?;
            window.click("view-sheet-close").await?;
            window.see_gone("view-sheet").await?;
            window.see_text("sync-badge", "Synced").await?;
            window.see_text("emergency-key", "Emergency").await?;
            see_root(window, "lang", "en").await?;
        }
        tablet.see_text("rounds", "Rounds today").await?;
        desk.see_text("desk-home", "Call").await?;
        desk.see_text("key-F7", "Patrol").await?;
        keep_looks(stage, &tablet, "english", &TABLET).await?;
        keep_looks(stage, &desk, "english", &DESK).await?;

        in_every_light(stage, &tablet, &TABLET).await?;
        in_every_light(stage, &desk, &DESK).await?;

        tablet.kill().await?;
        tablet.reopen().await?;
        tablet.see_text("rounds", "Rounds today").await?;
        see_root(&tablet, "data-theme", "night").await
    })
    .await
}

/// Sunlight, day, and a dark that is really dark; the last one stays.
async fn in_every_light(stage: &Stage, window: &Window, sizes: &[(u32, u32)]) -> Result<()> {
    for theme in ["sun", "day", "night"] {
        window.click("view-key").await?;
        window.choose(&format!("view-theme-{theme}")).await?;
        window.click("view-sheet-close").await?;
        window.see_gone("view-sheet").await?;
        see_root(window, "data-theme", theme).await?;
        keep_looks(stage, window, theme, sizes).await?;
    }
    Ok(())
}

async fn see_root(window: &Window, attribute: &str, value: &str) -> Result<()> {
    until(&format!("{}: {attribute}={value} on the page", window.name()), async || {
        let script = "return document.documentElement.getAttribute(arguments[0])";
        let is = window.run(script, vec![json!(attribute)]).await?;
        Ok((is == *value).then_some(()))
    })
    .await
}
