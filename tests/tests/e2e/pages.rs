//! Every page there is: it opens, says what it is, and fits the screen, in both languages and with text at twice its size.

use anyhow::{Context, Result, bail, ensure};
use dutybook_tests::windows::{Stage, Window, journey, until};
use serde_json::{Value, json};
use thirtyfour::Key;
use xtask::command_line::CommandLine;
use xtask::demo::{self, DUTY_OFFICER, GUARD, PLUMBER, Person};

use crate::people::{DESK, TABLET, keep_looks, see_synced};

/// Sees every page, those of the supervisors too.
const MANAGER: Person = ("客服部经理", "9631");

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_and_fits_the_screen() -> Result<()> {
    journey("pages", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        a_busy_morning(&demo.desk)?;
        demo.desk.ask(&["sync", &demo.server.url()])?;
        demo::sign_in(&demo.desk, MANAGER)?;
        demo::sign_in(&demo.tablet, GUARD)?;

        let desk = stage.open("desk").await?;
        walk(stage, &desk, DeskFrame).await?;
        let tablet = stage.open("tablet").await?;
        see_synced(&tablet).await?;
        tablet.see("rounds-all").await?;
        walk(stage, &tablet, TabletFrame).await
    })
    .await
}

/// How one gets to the list of all pages, and what the window is looked at in.
trait Frame {
    const SIZES: [(u32, u32); 2];
    async fn all_pages(&self, window: &Window) -> Result<()>;
}

struct DeskFrame;
impl Frame for DeskFrame {
    const SIZES: [(u32, u32); 2] = DESK;
    async fn all_pages(&self, window: &Window) -> Result<()> {
        window.press(Key::F10).await
    }
}

struct TabletFrame;
impl Frame for TabletFrame {
    const SIZES: [(u32, u32); 2] = TABLET;
    async fn all_pages(&self, window: &Window) -> Result<()> {
        if !window.texts("all-pages").await?.is_empty() {
            return Ok(());
        }
        if window.texts("rounds-all").await?.is_empty() {
            window.click("page-back").await?;
        }
        window.click("rounds-all").await
    }
}

async fn walk<F: Frame>(stage: &Stage, window: &Window, frame: F) -> Result<()> {
    frame.all_pages(window).await?;
    window.see("all-pages").await?;
    keep_looks(stage, window, "all", &F::SIZES).await?;
    let tiles = window
        .run("return [...document.querySelectorAll('[data-testid=all-pages] [data-testid^=page-]')].map((e) => e.dataset.testid)", vec![])
        .await?;
    let tiles: Vec<String> = serde_json::from_value(tiles).context("the list of pages")?;
    ensure!(tiles.len() > 4, "{}: only {tiles:?}", window.name());
    for tile in tiles {
        let page = tile.trim_start_matches("page-");
        frame.all_pages(window).await?;
        window.click(&tile).await?;
        window.see_gone("all-pages").await?;
        see_a_page(window, page).await?;
        keep_looks(stage, window, page, &F::SIZES).await?;
        fits(window, page).await?;
        prints(window, page).await?;
        for (choice, what) in [("view-language-en", "in English"), ("view-scale-2", "at 200 %")] {
            look(window, choice).await?;
            see_a_page(window, page).await?;
            let file = format!("{}-{page}-{}.png", window.name(), choice.trim_start_matches("view-"));
            window.screenshot(&stage.evidence().join(file)).await?;
            fits(window, &format!("{page} {what}")).await?;
        }
        look(window, "view-scale-1").await?;
        look(window, "view-language-zh").await?;
    }
    Ok(())
}

async fn look(window: &Window, choice: &str) -> Result<()> {
    window.click("view-key").await?;
    window.choose(choice).await?;
    window.click("view-sheet-close").await?;
    window.see_gone("view-sheet").await
}

/// Waits until the page has its heading and nothing is still being fetched, and wants no error on it.
async fn see_a_page(window: &Window, page: &str) -> Result<()> {
    let heading = until(&format!("{}: the heading of {page}", window.name()), async || {
        let script = "const main = document.querySelector('main')
             if (main?.querySelector('[aria-busy=true]')) return null
             return main?.querySelector('h1, h2')?.innerText.trim() || null";
        Ok(window.run(script, vec![]).await?.as_str().map(str::to_owned))
    })
    .await?;
    let problems = window
        .run("return [...document.querySelectorAll('main [role=alert]')].map((e) => e.innerText)", vec![])
        .await?;
    ensure!(problems == json!([]), "{}: {page} ({heading}) says {problems}", window.name());
    // A8 k: wherever somebody is, the numbers and SOS are one press away, in sight and not covered.
    for key in ["emergency-key", "sos"] {
        let script = "const key = document.querySelector(`[data-testid=${arguments[0]}]`)
             const { left, top, right, bottom } = key?.getBoundingClientRect() ?? {}
             const inside = left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1
             return inside && key.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2))";
        let there = window.run(script, vec![json!(key)]).await?;
        ensure!(there == json!(true), "{}: on {page} {key} is not in reach", window.name());
    }
    Ok(())
}

/// Every key that prints writes a file, and says where it is.
async fn prints(window: &Window, page: &str) -> Result<()> {
    let keys = window
        .run(
            "return [...document.querySelectorAll('main [data-testid$=-print-pdf]:not(:disabled)')].map((e) => e.dataset.testid)",
            vec![],
        )
        .await?;
    let keys: Vec<String> = serde_json::from_value(keys).context("the keys that print")?;
    for key in keys {
        window.click(&key).await?;
        window.see_text("toast", "已存为文件").await?;
        let said = window.texts("toast").await?.join(" ");
        let (_, path) = said.split_once('：').context("no path in the toast")?;
        let file = std::fs::read(path.trim()).with_context(|| format!("{page}: {key} wrote {path:?}"))?;
        ensure!(file.starts_with(b"%PDF-"), "{page}: {key} wrote something else than a PDF");
        window.click("toast-close").await?;
        window.see_gone("toast").await?;
    }
    Ok(())
}

/// Nothing sticks out at the side, except what scrolls on its own: a wide table, a board, a drawing.
async fn fits(window: &Window, page: &str) -> Result<()> {
    let out = window
        .run(
            "const main = document.querySelector('main')
             const scrolls = (e) => e !== main && /auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)
             const own = (e) => { for (let up = e; up && up !== main; up = up.parentElement) if (scrolls(up)) return true; return false }
             const { left, right } = main.getBoundingClientRect()
             return [...main.querySelectorAll('*')]
               .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !own(e))
               .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && (r.right > right + 1 || r.left < left - 1) })
               .map((e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} ${e.innerText?.slice(0, 30) ?? ''}`).slice(0, 4)",
            vec![],
        )
        .await?;
    if let Some(first) = out.as_array().and_then(|out| out.first()) {
        bail!("{}: {page} is wider than the screen: {first} …", window.name());
    }
    Ok(())
}

/// What a morning at the desk leaves in the book.
fn a_busy_morning(desk: &CommandLine) -> Result<()> {
    let people = demo::list(desk, "person")?;
    let plumber = people.iter().find(|person| person["card"]["title"] == PLUMBER.0).context("no plumber")?;
    let send = json!([{ "person": plumber["id"], "name": PLUMBER.0 }]);
    let calls: [(&str, &str, &str, &str, Value); 5] = [
        ("repair", "critical", "3-2-1502", "厨房水管爆裂,正在漏水", send.clone()),
        ("repair", "normal", "1-1-301", "楼道灯不亮", send),
        ("help", "urgent", "2-1-802", "老人被锁在门外,需要帮助", json!([])),
        ("enquiry", "normal", "5-1-1201", "装修垃圾什么时候清运", json!([])),
        ("complaint", "urgent", "3-1-602", "电梯困人后无人道歉", json!([])),
    ];
    for (category, urgency, unit, summary, to) in calls {
        let make_order = category == "repair" || category == "help";
        desk.ask(&[
            "act",
            "new:contact_record",
            &json!({
                "do": "register", "way": "call", "rings": 2, "category": category, "urgency": urgency,
                "unit_label": unit, "name": "业户", "phone": "5550-1502", "summary": summary,
                "make_order": make_order, "dispatch_to": to,
            })
            .to_string(),
        ])?;
    }
    Ok(())
}
