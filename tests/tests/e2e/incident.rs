//! An emergency over desk and tablets, the server away at first.

use anyhow::{Context as _, Result, ensure};
use dutybook_tests::pictures::camera;
use dutybook_tests::windows::{Window, journey};
use serde_json::json;
use thirtyfour::Key;
use xtask::demo::{self, DUTY_OFFICER, DeviceRole, GUARD, Person};

use crate::people::{DESK, TABLET, keep_looks, kept_here, see_synced, sign_in_by_touch};

/// Whom a report of an emergency may call first: that depends on who is on shift at this hour.
const MANAGERS: [Person; 3] = [("总值班员甲", "7530"), ("总值班员乙", "7531"), ("项目经理", "8640")];

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_is_reported_without_the_server_and_acknowledged_when_it_comes() -> Result<()> {
    journey("incident", async |stage| {
        let mut demo = stage.demo()?;
        demo::sign_in(&demo.desk, DUTY_OFFICER)?;
        let manager = demo.another_device("manager", DeviceRole::Tablet, "总值班手机")?;
        demo.server.stop()?;

        // Nobody is signed in on the tablet; SOS works all the same, and says that it has not left the device.
        let tablet = stage.open("tablet").await?;
        tablet.resize(1180, 820).await?;
        tablet.hold("sos", "sos-state").await?;
        tablet.see_text("sos-delivered", "已记入本机").await?;
        tablet.see_text("sos-call", "119").await?;
        tablet.see_text("sos-taken", "还没有人接应").await?;
        keep_looks(stage, &tablet, "sos", &TABLET).await?;
        tablet.click("sos-sheet-close").await?;

        // The guard starts an incident with one tap, and reports before any paper.
        sign_in_by_touch(&tablet, GUARD).await?;
        go(&tablet, "incident").await?;
        tablet.click("incident-start-fire").await?;
        tablet.see_attribute("record-page", "data-state", "found").await?;
        tablet.click("offer-control").await?;
        tablet.type_text("act-measure", "已断电，用灭火器扑灭").await?;
        tablet.click("act-send").await?;
        tablet.see_attribute("record-page", "data-state", "controlled").await?;
        tablet.click("offer-report").await?;
        tablet.click("act-send").await?;
        tablet.see_text("report-standing", "未送达").await?;
        let called = tablet.texts("report-person").await?;
        let called = called.first().context("the report calls nobody")?;
        let called = MANAGERS.iter().find(|(name, _)| called.contains(name)).context("a stranger is called")?;
        demo::sign_in(&manager, *called)?;
        tablet.click("card-fire").await?;
        tablet.click("card-start").await?;
        tablet.click("plan-step-1").await?;
        tablet.see_text("plan-progress", "1/7").await?;
        ensure!(kept_here(&tablet).await? > 0, "nothing is said to be kept on the tablet");
        keep_looks(stage, &tablet, "incident", &TABLET).await?;

        demo.server.start()?;
        see_synced(&tablet).await?;
        let desk = stage.open("desk").await?;
        desk.resize(1366, 768).await?;
        desk.see_text("alarm-open", "SOS").await?;
        desk.press(Key::F5).await?;
        desk.click_word("incident-row", "火灾").await?;
        desk.see_text("plan-progress", "1/7").await?;
        desk.click("offer-give-task").await?;
        desk.type_text("act-department", "工程部").await?;
        desk.type_text("act-what", "切断 B1 非消防电源").await?;
        desk.click("act-send").await?;
        desk.see_text("incident-task", "待确认").await?;
        keep_looks(stage, &desk, "board", &DESK).await?;

        // Evidence: which file it was is noted, and the picture itself is kept.
        let taken = stage.folder("smoke.jpg");
        std::fs::write(&taken, camera(1600, 1200, 3)).context("the camera's card")?;
        desk.click("offer-keep-evidence").await?;
        desk.type_text("act-note", "B1 配电间烟熏").await?;
        desk.choose_file("act-file", &taken).await?;
        desk.see("act-file-marked").await?;
        desk.click("act-send").await?;
        desk.see("evidence-picture").await?;
        desk.see_text("incident-evidence", "B1 配电间烟熏").await?;

        // The duty manager's own device calls; showing it delivers it, and the desk sees both.
        let phone = stage.open("manager").await?;
        phone.resize(800, 1280).await?;
        phone.see_text("call-open", "请您确认").await?;
        keep_looks(stage, &phone, "called", &TABLET).await?;
        desk.see_text("report-person", "已送达").await?;
        phone.click_in("call", "已断电", "call-open").await?;
        phone.click("report-acknowledge").await?;
        phone.type_text("answer-words", "先疏散地下车库").await?;
        phone.click("answer-eta-20").await?;
        keep_looks(stage, &phone, "answer", &TABLET).await?;
        phone.click("answer-send").await?;
        see_synced(&phone).await?;

        // They come back to the site; the desk sees when, sends the electrician meanwhile, and notes them as there.
        desk.see_text("report-person", "返场途中").await?;
        desk.click("offer-make-order").await?;
        desk.type_text("act-title", "换配电间电缆").await?;
        keep_looks(stage, &desk, "make-order", &DESK).await?;
        desk.click("act-send").await?;
        desk.see_text("record-page", "派工单").await?;
        keep_looks(stage, &desk, "returning", &DESK).await?;
        desk.click("report-return").await?;
        desk.click("answer-send").await?;
        desk.see_text("report-person", "已到场").await?;
        keep_looks(stage, &desk, "acknowledged", &DESK).await?;
        desk.click("view-key").await?;
        desk.choose("view-language-en").await?;
        desk.choose("view-theme-night").await?;
        desk.click("view-sheet-close").await?;
        desk.see_gone("view-sheet").await?;
        keep_looks(stage, &desk, "english-night", &DESK).await?;
        desk.press(Key::F10).await?;
        desk.click("page-numbers").await?;
        desk.see_text("number-row", "110").await?;
        keep_looks(stage, &desk, "numbers", &DESK).await
    })
    .await
}

async fn go(window: &Window, place: &str) -> Result<()> {
    window.run("location.hash = arguments[0]", vec![json!(format!("#/{place}"))]).await?;
    window.see("incident-page").await
}
