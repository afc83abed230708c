//! What people do on the screens, in their words.

use anyhow::{Context, Result};
use dutybook_tests::windows::{POINTS, Point, ROUND, Stage, Window};
use thirtyfour::Key;
use xtask::demo::{GUARD, Person};

/// The sizes that the tablet is looked at in.
pub(crate) const TABLET: [(u32, u32); 2] = [(800, 1280), (1180, 820)];
/// The sizes that the desk is looked at in.
pub(crate) const DESK: [(u32, u32); 2] = [(1920, 1080), (1366, 768)];

/// Chooses the person and types the PIN on the pad, as on a tablet.
pub(crate) async fn sign_in_by_touch(tablet: &Window, person: Person) -> Result<()> {
    choose(tablet, person).await?;
    for digit in person.1.chars() {
        tablet.click(&format!("pin-{digit}")).await?;
    }
    tablet.see_text("duty-line", person.0).await
}

/// Chooses the person and types the PIN on the keyboard, as at a desk.
pub(crate) async fn sign_in_by_keys(desk: &Window, person: Person) -> Result<()> {
    choose(desk, person).await?;
    desk.see("pin").await?;
    desk.press(person.1).await?;
    desk.see_text("duty-line", person.0).await
}

async fn choose(window: &Window, (name, _): Person) -> Result<()> {
    window.type_text("sign-in-filter", name).await?;
    window.click_word("person-*", name).await
}

/// Looks up the emergency contacts from whatever screen is shown: one tap.
pub(crate) async fn look_up_the_emergency_contacts(window: &Window) -> Result<()> {
    window.click("emergency-key").await?;
    for number in ["110", "119", "120"] {
        window.see_text("emergency-call", number).await?;
    }
    window.click("emergency-sheet-close").await?;
    window.see_gone("emergency-sheet").await
}

/// How many entries the window says are kept on the device while it is offline.
pub(crate) async fn kept_here(window: &Window) -> Result<u32> {
    window.see_attribute("sync-badge", "data-kind", "offline").await?;
    window.see_text("sync-badge", "已离线").await?;
    let badge = window.texts("sync-badge").await?.join(" ");
    let Some((_, kept)) = badge.split_once("本机存") else { return Ok(0) };
    let number: String = kept.chars().filter(char::is_ascii_digit).collect();
    number.parse().with_context(|| format!("no number in {badge:?}"))
}

/// Waits until the window says that everything is delivered.
pub(crate) async fn see_synced(window: &Window) -> Result<()> {
    window.see_attribute("sync-badge", "data-kind", "synced").await?;
    window.see_text("sync-badge", "已同步").await
}

/// Sets out on the round that can be started now.
pub(crate) async fn set_out(tablet: &Window) -> Result<()> {
    tablet.click_in("run-card", ROUND, "run-start").await?;
    tablet.see("patrol").await?;
    see_accounted(tablet, 0).await
}

/// Types the code of a point, as on the sticker.
pub(crate) async fn type_code(tablet: &Window, point: Point) -> Result<()> {
    tablet.click("patrol-scan").await?;
    tablet.type_text("scan-code", point.code).await?;
    tablet.click("scan-take").await?;
    tablet.see_gone("scan-sheet").await?;
    tablet.see_text("patrol-stop-name", point.name).await?;
    tablet.see("patrol-stop-proof").await
}

/// Says that all (or all the rest) is normal at the point called `at`, and waits for the next one.
pub(crate) async fn all_normal(tablet: &Window, next: Point) -> Result<()> {
    tablet.click("patrol-all-normal").await?;
    tablet.see_text("patrol-stop-name", next.name).await
}

/// The guard signs in on the tablet and has come to the pump room, the second point of the round.
pub(crate) async fn walk_to_the_pumps(tablet: &Window) -> Result<()> {
    sign_in_by_touch(tablet, GUARD).await?;
    set_out(tablet).await?;
    let [gate, pumps, ..] = POINTS;
    type_code(tablet, gate).await?;
    all_normal(tablet, pumps).await?;
    type_code(tablet, pumps).await
}

/// Waits until so many points of the round are accounted for.
pub(crate) async fn see_accounted(tablet: &Window, points: usize) -> Result<()> {
    tablet.see_text("patrol-sum", &format!("{points}/{}", POINTS.len())).await
}

/// Leaves the tablet for the next person.
pub(crate) async fn sign_out(tablet: &Window) -> Result<()> {
    tablet.click("duty-line").await?;
    tablet.click("sign-out").await?;
    tablet.see("sign-in").await
}

/// Chooses the person called `name` in the list by the digit that stands there.
pub(crate) async fn pick_by_digit(desk: &Window, name: &str) -> Result<()> {
    desk.see_text("person-picker-*", name).await?;
    let tiles = desk.texts("person-picker-*").await?;
    let tile = tiles.iter().find(|tile| tile.contains(name)).with_context(|| format!("{name} is not to choose"))?;
    let digit = tile.lines().next().context("a tile without a digit")?.trim();
    desk.press(digit).await?;
    desk.press(Key::Enter).await
}

/// Keeps how `window` looks now, in every one of `sizes`; the last one stays.
pub(crate) async fn keep_looks(stage: &Stage, window: &Window, what: &str, sizes: &[(u32, u32)]) -> Result<()> {
    for (width, height) in sizes {
        window.resize(*width, *height).await?;
        let file = stage.evidence().join(format!("{}-{what}-{width}x{height}.png", window.name()));
        window.screenshot(&file).await?;
    }
    Ok(())
}
