//! A handover on the tablet with a radio missing (A8 e): counted, explained, signed by both, and read at the desk.

use anyhow::Result;
use dutybook_tests::windows::{Window, journey};
use xtask::demo::{self, DUTY_OFFICER, GUARD, Person};

use crate::people::{DESK, TABLET, keep_looks, see_synced};

const INCOMING: Person = ("秩序维护员乙", "1358");

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_radio_is_explained_before_both_sign() -> Result<()> {
    journey("handover", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        demo::sign_in(&demo.tablet, GUARD)?;
        let (desk, tablet) = (stage.open("desk").await?, stage.open("tablet").await?);

        tablet.click("rounds-all").await?;
        tablet.click("page-handover").await?;
        keep_looks(stage, &tablet, "list", &TABLET).await?;
        tablet.click_text("handover-row", "南大门岗 秩序日班→秩序夜班").await?;
        tablet.insert_text("prepare-summary", "夜间平稳").await?;
        tablet.insert_text("prepare-notices", "明早 9 点停水,注意解释").await?;
        tablet.click("handover-prepare").await?;
        tablet.see_text("handover-outgoing", GUARD.0).await?;
        tablet.click("handover-arrive").await?;
        tablet.click_word("confirm-person-*", INCOMING.0).await?;
        confirm(&tablet, INCOMING).await?;
        tablet.see_text("handover-incoming", INCOMING.0).await?;
        tablet.click("handover-read").await?;
        // What is done steps aside for what is to do; the tab leads back to it.
        tablet.see_attribute("handover-step-forms", "data-open", "0").await?;
        tablet.click("handover-step-forms").await?;
        tablet.see_text("reading-done", INCOMING.0).await?;
        keep_looks(stage, &tablet, "forms", &TABLET).await?;

        tablet.click("handover-step-items").await?;
        tablet.see("handover-items-none").await?;
        tablet.click("handover-step-inventory").await?;
        tablet.click("count-0-less").await?;
        tablet.click("handover-count").await?;
        tablet.see("count-answer").await?;
        keep_looks(stage, &tablet, "inventory", &TABLET).await?;

        tablet.click("handover-step-signatures").await?;
        tablet.see_text("handover-gaps", "对讲机").await?;
        tablet.click("handover-step-inventory").await?;
        tablet.click("count-answer").await?;
        tablet.insert_text("answer-whereabouts", "1 号机送修").await?;
        tablet.click("answer-confirm").await?;
        tablet.see_gone("count-answer").await?;
        tablet.click("handover-step-instructions").await?;
        tablet.click("handover-read-instructions").await?;
        tablet.see("instructions-done").await?;

        tablet.click("handover-step-signatures").await?;
        tablet.see("handover-ready").await?;
        tablet.sign("sign-outgoing").await?;
        tablet.click("handover-sign").await?;
        confirm(&tablet, GUARD).await?;
        tablet.see("signed-outgoing").await?;
        keep_looks(stage, &tablet, "signatures", &TABLET).await?;
        tablet.sign("sign-incoming").await?;
        tablet.click("handover-seal").await?;
        confirm(&tablet, INCOMING).await?;
        tablet.see("paper-digest").await?;
        tablet.see_text("paper-counts", "1 号机送修").await?;
        keep_looks(stage, &tablet, "sealed", &TABLET).await?;

        see_synced(&tablet).await?;
        desk.click("key-F6").await?;
        desk.click_text("handover-row", "已交接").await?;
        desk.see_text("paper-counts", "1 号机送修").await?;
        desk.see("handover-late").await?;
        keep_looks(stage, &desk, "sealed", &DESK).await
    })
    .await
}

/// Types the person's own PIN; who is signed in stays signed in.
async fn confirm(window: &Window, person: Person) -> Result<()> {
    window.see_text("confirm-sheet", person.0).await?;
    for digit in person.1.chars() {
        window.click(&format!("confirm-pin-{digit}")).await?;
    }
    window.see_gone("confirm-sheet").await
}
