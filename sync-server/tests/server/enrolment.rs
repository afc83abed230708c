//! Taking devices in.

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::Class;
use dutybook_sync::GoodbyeCode;
use dutybook_sync_server::{SiteError, init, new_token, revoke};
use serde_json::Value;

use crate::harness::{Device, Site, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_its_place_for_a_token() {
    let site = Site::open().await;
    let tablet = Device::unknown(&site.folder.path().join("a"), site.key);
    let key = tablet.store.device_key().to_string();
    let token = site.token(AppRole::Tablet, "巡逻1");
    let answer = site.ask(&token, &key, "").await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["site"], "demo");
    assert_eq!(answer["site_name"], "示范小区 Demo Court");
    assert_eq!(answer["prefix"], "T1");
    assert_eq!(answer["role"], "tablet");
    assert_eq!(answer["name"], "巡逻1");
    // The answer was lost on the way: the same again.
    let again: Value = site.ask(&token, &key, "").await.json().await.unwrap();
    assert_eq!(again, answer);
    // Every replica learns of it.
    let desk = site.device(AppRole::Desk, "前台").await;
    let mut link = desk.connect(&site).await;
    link.in_sync().await;
    let devices: Vec<(String, String)> =
        desk.store.devices().unwrap().into_iter().map(|device| (device.prefix, device.role)).collect();
    assert_eq!(devices, [("D1".to_owned(), "desk".to_owned()), ("T1".to_owned(), "tablet".to_owned())]);
    // A new one is known at once where somebody is connected.
    site.device(AppRole::Tablet, "巡逻2").await;
    eventually("the desk knows the new tablet", || desk.store.devices().unwrap().len() == 3).await;
}

/// The answers that docs/protocol.md shows are what the server answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_answers_are_the_real_ones() {
    let vector: Value = serde_json::from_str(include_str!("../../../docs/vectors/enrolment.json")).unwrap();
    let site = Site::with_key([3; 32]).await;
    let token = site.token(AppRole::Tablet, "巡逻1");
    let key = vector["request"]["device_key"].as_str().unwrap();
    let answer = site.ask(&token.to_lowercase(), key, vector["request"]["name"].as_str().unwrap()).await;
    assert_eq!(u64::from(answer.status().as_u16()), vector["status"]);
    let mut answer: Value = answer.json().await.unwrap();
    // The site has another name in these tests.
    answer["site_name"] = vector["answer"]["site_name"].clone();
    assert_eq!(answer, vector["answer"]);
    let refused = site.ask(vector["request"]["token"].as_str().unwrap(), key, "").await;
    assert_eq!(u64::from(refused.status().as_u16()), vector["refused"]["status"]);
    assert_eq!(refused.json::<Value>().await.unwrap(), vector["refused"]["answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_once_and_a_wrong_one_never() {
    let site = Site::open().await;
    let key = |name: &str| Device::unknown(&site.folder.path().join(name), site.key).store.device_key().to_string();
    let token = site.token(AppRole::Desk, "前台");
    assert_eq!(site.ask(&token, &key("a"), "").await.status(), 200);
    for (token, key) in [(token.as_str(), key("b")), ("AAAAA-AAAAA-AAAAA-AAAAA", key("c")), ("", key("d"))] {
        let answer = site.ask(token, &key, "").await;
        assert_eq!(answer.status(), 403);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["code"], "bad_token");
        assert!(answer["message"].as_str().unwrap().contains("make a new one"));
    }
    assert_eq!(site.health().await["devices"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_in_words() {
    let site = Site::open().await;
    let answer = site.ask("x", "not a key", "").await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "bad_key");
    let http = reqwest::Client::new();
    for body in ["", "{}", "token=1", &"x".repeat(100_000)] {
        let request = http.post(site.url("/enrol")).header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}", answer.status());
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "unreadable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_tablet_is_sent_away_and_what_it_signs_is_not_taken() {
    let site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let mut at_the_desk = desk.connect(&site).await;
    at_the_desk.in_sync().await;
    let lost = site.device(AppRole::Tablet, "丢失").await;
    lost.write(Class::Duty, 2, 100);
    let mut link = lost.connect(&site).await;
    link.in_sync().await;
    assert_eq!(revoke(&site.data(), "t1", "丢失").unwrap(), "丢失");
    // The running server notices, and sends it away.
    let (goodbye, by_peer) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!((goodbye.code, by_peer), (GoodbyeCode::RevokedDevice, true));
    let mut link = lost.connect(&site).await;
    let (goodbye, _) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!(goodbye.code, GoodbyeCode::RevokedDevice);
    // The others learn of it, and keep what it wrote before.
    eventually("the desk knows", || desk.store.devices().unwrap().iter().any(|device| device.revoked)).await;
    eventually("what it wrote before stays", || desk.entries() == 5).await;
    assert!(matches!(revoke(&site.data(), "T1", "again"), Err(SiteError::NoSuchDevice(_))));
    assert_eq!(site.health().await["devices"], 1);
}

#[test]
fn a_folder_is_set_up_once_and_only_a_servers_folder_serves() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(matches!(new_token(&data, AppRole::Desk, "x"), Err(SiteError::NoSite(_))));
    assert!(!data.exists(), "looking makes nothing");
    let key = init(&data, "demo".parse().unwrap(), "Demo").unwrap();
    let error = init(&data, "other".parse().unwrap(), "Other").unwrap_err();
    assert!(matches!(error, SiteError::SiteThere { .. }), "{error}");
    assert!(error.to_string().contains("demo"));
    let device = Device::unknown(&folder.path().join("device"), key);
    device.set_identity("T1", AppRole::Tablet);
    let error = new_token(&folder.path().join("device"), AppRole::Desk, "x").unwrap_err();
    assert!(matches!(error, SiteError::OfDevice(_)), "{error}");
}
