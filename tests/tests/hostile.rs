//! The short form of `cargo xtask hostile`: every attack, few actions of the honest desk, generous about time.

use anyhow::Result;
use dutybook_tests::hostile::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_desk_goes_on_working_whatever_others_send() -> Result<()> {
    let report = run(Plan::short()).await?;
    assert!(report.failures().is_empty(), "{:#?}\n{}", report.failures(), report.table());
    Ok(())
}
