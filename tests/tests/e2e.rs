//! The real apps end to end. Needs `cargo build --workspace` first; `cargo xtask test` sees to it.

use anyhow::Result;
use dutybook_tests::windows::journey;

#[tokio::test(flavor = "multi_thread")]
async fn the_app_starts_and_shows_its_first_screen() -> Result<()> {
    journey("first-screen", async |stage| {
        let window = stage.open("desk").await?;
        window.resize(1366, 768).await?;
        window.screenshot(&stage.evidence().join("first-screen.png")).await
    })
    .await
}
