//! What one device writes, the others have.

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::Class;

use crate::harness::{Device, Manner, Site, dial, eventually};

/// Waits until both devices hold the same.
async fn until_equal(a: &Device, b: &Device) {
    eventually("both hold the same", || a.frontiers() == b.frontiers()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tablet_wrote_offline_reaches_the_desk() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let desk = site.device(AppRole::Desk, "前台").await;
    tablet.write(Class::Duty, 40, 200);
    assert!(tablet.undelivered() > 0);
    let mut up = tablet.connect(&site).await;
    up.in_sync().await;
    assert_eq!(tablet.undelivered(), 0, "every entry is acknowledged");
    let mut down = desk.connect(&site).await;
    down.in_sync().await;
    until_equal(&tablet, &desk).await;
    // Live in both directions.
    desk.write(Class::Duty, 3, 100);
    until_equal(&tablet, &desk).await;
    tablet.write(Class::Duty, 3, 100);
    until_equal(&tablet, &desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_one_round_trip_on_the_real_socket() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    tablet.write(Class::Duty, 50, 100);
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    link.cut();
    let mut link = tablet.connect(&site).await;
    let state = link.in_sync().await;
    assert_eq!((state.sent, state.received), (1, 1));
    assert!(state.received_bytes < 200, "{}", state.received_bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_line_is_taken_up_where_it_broke() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    tablet.write(Class::Duty, 400, 4_000);
    let before = tablet.undelivered();
    let mut link = tablet.connect(&site).await;
    link.until(|state| state.received >= 2 && tablet.undelivered() < before).await;
    link.cut();
    let left = tablet.undelivered();
    assert!(left > 0, "the line was cut in the middle");
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    assert_eq!(tablet.undelivered(), 0);
    let health = site.health().await;
    assert_eq!(health["entries"], tablet.store.counts().unwrap().entries);
    assert_eq!(health["quarantined"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn personnel_volumes_stay_at_the_desk() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let office = site.device(AppRole::Desk, "主任").await;
    desk.write(Class::Personnel, 2, 100);
    desk.write(Class::Duty, 2, 100);
    let mut links = [desk.connect(&site).await, office.connect(&site).await, tablet.connect(&site).await];
    for link in &mut links {
        link.in_sync().await;
    }
    until_equal(&office, &desk).await;
    eventually("the tablet has its part", || tablet.frontiers().len() == 2).await;
    assert_eq!(desk.frontiers().len(), 3);
    assert!(tablet.frontiers().keys().all(|volume| volume.class != dutybook_log::Class::Personnel));
    // And what a tablet writes there is not taken.
    tablet.write(Class::Personnel, 1, 100);
    tablet.write(Class::Duty, 1, 100);
    eventually("the office has the tablet's remark", || {
        office.frontiers().values().map(dutybook_log::Frontier::len).sum::<usize>() == 4
    })
    .await;
    assert!(tablet.undelivered() > 0, "it stays on the tablet, and is not shown as delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_brought_up_to_date_in_the_background() {
    let site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    tablet.write(Class::Duty, 30, 100);
    let mut link = tablet.connect(&site).await;
    link.in_sync().await;
    // 30 remarks and the device's own record.
    let health = site.health_until(|health| health["pending"] == 0).await;
    assert_eq!(health["records"], 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restored_from_an_old_copy_is_filled_again() {
    let mut site = Site::open().await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let mut up = tablet.connect(&site).await;
    up.in_sync().await;
    up.cut();
    site.stop().await;
    let data = site.data();
    let copy = site.folder.path().join("copy.sqlite");
    std::fs::copy(data.join("book.sqlite"), &copy).unwrap();
    site.start().await;
    tablet.write(Class::Duty, 20, 100);
    desk.write(Class::Duty, 20, 100);
    let mut links = [tablet.connect(&site).await, desk.connect(&site).await];
    for link in &mut links {
        link.in_sync().await;
    }
    until_equal(&tablet, &desk).await;
    let [tablet_link, desk_link] = links;
    tablet_link.cut();
    desk_link.cut();
    site.stop().await;
    for old in ["book.sqlite", "book.sqlite-wal", "book.sqlite-shm"] {
        let _ = std::fs::remove_file(data.join(old));
    }
    std::fs::copy(&copy, data.join("book.sqlite")).unwrap();
    site.start().await;
    // The desk alone comes back and delivers for both.
    let mut link = desk.connect(&site).await;
    link.in_sync().await;
    let entries = desk.store.counts().unwrap().entries;
    site.health_until(|health| health["entries"] == entries).await;
    assert_eq!(desk.undelivered(), 0);
}

/// What the status page says a device has not acknowledged.
fn undelivered(page: &str, prefix: &str) -> u32 {
    let row = page.split(&format!("device-{prefix}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
    row.rsplit("<td class=\"n\">").next().unwrap().trim_end_matches("</td>").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_whose_disk_is_an_older_copy_is_not_shown_as_holding_what_it_lost() {
    let site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let (folder, copy) = (site.folder.path().join("巡逻1"), site.folder.path().join("copy"));
    drop(tablet);
    std::fs::create_dir(&copy).unwrap();
    for file in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    let tablet = Device::unknown(&folder, site.key);
    desk.write(Class::Duty, 5, 100);
    let mut links = [desk.connect(&site).await, tablet.connect(&site).await];
    for link in &mut links {
        link.in_sync().await;
    }
    until_equal(&desk, &tablet).await;
    site.page_until(|page| undelivered(page, "T1") == 0).await;
    // It comes back with the older disk, and takes nothing.
    let older = Device::unknown(&copy, site.key);
    assert_eq!(older.store.device_key(), tablet.store.device_key());
    let (socket, challenge) = dial(&site).await;
    let _silent = older.drive(socket, challenge, "demo", site.key, Manner::Silent);
    site.page_until(|page| undelivered(page, "T1") >= 5).await;
}
