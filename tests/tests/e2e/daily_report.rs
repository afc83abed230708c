//! 《服务中心日报表》 as a duty officer makes it: it has filled itself, only the narrative is typed; then it lies on paper.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use dutybook_tests::windows::journey;
use serde_json::json;
use thirtyfour::Key;
use xtask::demo::{self, DUTY_OFFICER};

use crate::people::{DESK, keep_looks};

const PLAN: &str = "南门路灯复查";

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_report_is_typed_signed_and_printed() -> Result<()> {
    journey("daily-report", async |stage| {
        let demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        for (category, summary) in [("repair", "楼道灯不亮"), ("enquiry", "何时来电"), ("suggestion", "多放垃圾桶")]
        {
            let call = json!({ "do": "register", "way": "call", "category": category, "summary": summary });
            demo.desk.ask(&["act", "new:contact_record", &call.to_string()])?;
        }
        let desk = stage.open("desk").await?;
        desk.resize(1366, 768).await?;
        desk.press(Key::F8).await?;
        desk.see_text("daily-report", "服务中心日报表").await?;
        desk.type_text("report-weather", "多云").await?;
        desk.type_text("report-tomorrow", PLAN).await?;
        desk.click("offer-sign").await?;
        desk.see_text("signatures", "值班员甲").await?;
        keep_looks(stage, &desk, "signed", &DESK).await?;

        desk.click("report-print-pdf").await?;
        desk.see_text("toast", "已存为文件").await?;
        let toasts = desk.texts("toast").await?;
        let said = toasts.iter().find(|toast| toast.contains("已存为文件")).context("no toast about the file")?;
        let (_, path) = said.split_once('：').context("no path in the toast")?;
        let text = pdf_extract::extract_text(path.trim())?;
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for wanted in ["服务中心日报表", PLAN, "多云", "值班员甲"] {
            ensure!(text.contains(wanted), "{wanted} does not stand on it: {text}");
        }
        looks_like_a_page(Path::new(path.trim()), &stage.evidence().join("page"))
    })
    .await
}

/// Draws the first page, keeps the picture, and measures its ink: a page that is blank or black is no report.
fn looks_like_a_page(pdf: &Path, picture: &Path) -> Result<()> {
    let draw = |how: &[&str]| -> Result<()> {
        let drawn =
            Command::new("pdftoppm").args(how).args(["-r", "100", "-singlefile"]).arg(pdf).arg(picture).status();
        ensure!(drawn.context("`cargo xtask setup` installs pdftoppm")?.success(), "{} cannot be drawn", pdf.display());
        Ok(())
    };
    draw(&["-png"])?;
    draw(&["-gray"])?;
    let gray = std::fs::read(picture.with_extension("pgm"))?;
    std::fs::remove_file(picture.with_extension("pgm"))?;
    // P5, size, greatest value, then a byte a pixel.
    let pixels = gray.splitn(4, |byte| *byte == b'\n').nth(3).context("no picture")?;
    let dark = pixels.iter().filter(|pixel| **pixel < 128).count();
    let share = dark * 1000 / pixels.len().max(1);
    ensure!((5..300).contains(&share), "{share} thousandths of the page are ink");
    Ok(())
}
