//! No server at all: devices that meet directly, and what each of them carries for others (顺路带回).

use std::net::SocketAddr;

use anyhow::{Context, Result};
use dutybook_client::Error;
use dutybook_client::shown::NearWord;
use dutybook_domain::device::AppRole;
use dutybook_tests::fleet::{Device, Fleet, readings};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const NIGHT: &str = "2026-11-24 21:50";

fn visit(what: &str) -> Value {
    json!({ "do": "register", "way": "visit", "category": "enquiry", "summary": what })
}

/// A device that answers others on loopback.
struct Answering {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Answering {
    async fn start(device: &Device) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, stop) = (listener.local_addr()?, CancellationToken::new());
        let task = tokio::spawn(device.client.clone().answer(listener, stop.clone()));
        Ok(Self { address, stop, task })
    }

    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

/// Waits until it stands so with the one device that is near.
async fn stands(device: &Device, word: NearWord) -> Result<()> {
    let mut link = device.client.link();
    tokio::time::timeout(std::time::Duration::from_secs(30), async {
        loop {
            link.mark_unchanged();
            if matches!(&device.client.near()?.devices[..], [one] if one.word == word) {
                return Ok(());
            }
            link.changed().await?;
        }
    })
    .await
    .with_context(|| format!("{}: {:?}", device.client.identity().label, device.client.near()))?
}

/// The first meets the second, the second meets the third: what the first wrote reaches the server through the third.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_device_wrote_goes_from_hand_to_hand() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let first = fleet.tablet("一号平板", "秩序维护员甲").await?;
    let second = fleet.tablet("二号平板", "秩序维护员乙").await?;
    fleet.meet(&[&desk, &first, &second]).await?;
    fleet.stop_server().await?;
    let seen = first.act("contact_record", None, visit("地下室有积水"))?.record;
    let asked = second.act("contact_record", None, visit("问车位"))?.record;

    let answering = Answering::start(&second).await?;
    assert_eq!(first.client.meet(&answering.address.to_string()).await?, "二号平板");
    assert_eq!(readings(first.client.store())?, readings(second.client.store())?, "one book");
    assert!(first.open(asked).is_ok() && second.open(seen).is_ok());
    // A second copy is no delivery.
    assert!(first.client.sync_shown()?.undelivered > 0);
    answering.stop().await?;

    let answering = Answering::start(&desk).await?;
    second.client.meet(&answering.address.to_string()).await?;
    answering.stop().await?;
    desk.act("contact_record", Some(seen), json!({ "do": "make_order", "title": "抽水", "urgency": "urgent" }))?;
    drop(first.switch_off());
    fleet.start_server().await?;
    desk.sync(&fleet.url()?).await?;
    let late = fleet.tablet("三号平板", "秩序维护员乙").await?;
    assert!(late.open(seen).is_ok(), "the first tablet was never near the server");
    fleet.finish_reading_the_same(&[&desk, &second, &late]).await
}

/// As long as they are together, what one writes is on the other at once.
#[tokio::test(flavor = "multi_thread")]
async fn devices_that_stay_together_work_on_one_book() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    let answering = Answering::start(&desk).await?;
    let together = CancellationToken::new();
    let staying = tokio::spawn({
        let (client, address, stop) = (tablet.client.clone(), answering.address.to_string(), together.clone());
        async move { client.stay_with(&address, stop).await }
    });
    for (from, to) in [(&tablet, &desk), (&desk, &tablet)] {
        let mut changes = to.client.changes();
        let written = from.act("contact_record", None, visit("门禁坏了"))?.record;
        tokio::time::timeout(std::time::Duration::from_secs(30), async {
            while to.open(written).is_err() {
                changes.recv().await.context("nothing changes any more")?;
            }
            anyhow::Ok(())
        })
        .await
        .context("it never came")??;
    }
    let near = desk.client.near()?;
    assert_eq!(near.devices.iter().map(|device| device.label.as_str()).collect::<Vec<_>>(), ["一号平板"]);
    stands(&desk, NearWord::Same).await?;
    stands(&tablet, NearWord::Same).await?;
    together.cancel();
    staying.await??;
    answering.stop().await?;
    stands(&desk, NearWord::Met).await?;
    stands(&tablet, NearWord::Met).await?;
    fleet.finish(&[&desk, &tablet]).await
}

/// A7: what is about people never leaves the desk, whoever dials.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_tablet_may_not_see_no_desk_gives_it() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let second = fleet.device(AppRole::Desk, "二号前台").await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &second, &tablet]).await?;
    fleet.stop_server().await?;
    let personnel = |device: &Device| -> Result<usize> {
        let (volumes, _) = device.client.store().book(&|_| true)?;
        Ok(volumes.keys().filter(|volume| volume.to_string().contains("personnel")).count())
    };
    desk.sign_in("客服主任")?;
    let person = desk.person("秩序维护员甲")?;
    let found = json!({ "do": "check", "person": person, "shift": "早班",
        "items": [{ "item": "到岗", "verdict": "good" }], "rectify_by": null });
    desk.act("spot_check", None, found)?;
    assert_eq!(personnel(&desk)?, 1);

    let answering = Answering::start(&desk).await?;
    tablet.client.meet(&answering.address.to_string()).await?;
    second.client.meet(&answering.address.to_string()).await?;
    answering.stop().await?;
    assert_eq!((personnel(&tablet)?, personnel(&second)?), (0, 1));
    let answering = Answering::start(&tablet).await?;
    second.client.meet(&answering.address.to_string()).await?;
    answering.stop().await?;
    assert_eq!(personnel(&tablet)?, 0);
    Ok(())
}

/// Who is not of the site, was taken out of use, or is somebody else than was expected, gets nothing and is told why.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_nothing() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let lost = fleet.tablet("丢失的平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &lost]).await?;
    let stranger = Fleet::demo(NIGHT).await?;
    let other = stranger.desk().await?;
    dutybook_sync_server::revoke(&fleet.server_folder(), &lost.client.identity().prefix, "丢失")?;
    desk.sync(&fleet.url()?).await?;
    let young = fleet.tablet("新平板", "秩序维护员乙").await?;
    fleet.stop_server().await?;
    let written = lost.act("contact_record", None, visit("捡到的人写的"))?.record;

    let answering = Answering::start(&desk).await?;
    let address = answering.address.to_string();
    let why = async |device: &Device, address: &str| match device.client.meet(address).await {
        Err(error @ Error::SentAway { .. }) => Ok((error.code().to_owned(), error.words().zh)),
        other => anyhow::bail!("{other:?}"),
    };
    let (code, words) = why(&lost, &address).await?;
    assert_eq!(code, "revoked-device");
    assert!(words.contains("停用"), "{words}");
    let (code, words) = why(&young, &address).await?;
    assert_eq!(code, "unknown-device", "the desk has not heard of it");
    assert!(words.contains("服务器"), "{words}");
    assert_eq!(why(&other, &address).await?.0, "unknown-device");
    assert!(desk.open(written).is_err());

    let expected = format!("dutybook:{address}#{}", "07".repeat(32));
    assert!(matches!(young.client.meet(&expected).await, Err(Error::Offline(_))), "another device answers there");
    assert!(matches!(young.client.meet("B2-PUMP").await, Err(Error::Address(_))));
    answering.stop().await?;
    assert!(matches!(young.client.meet(&address).await, Err(Error::Offline(_))), "nobody is there");

    // A bundle in person makes the new one known.
    let file = fleet.folder().join("新平板.dutybundle");
    young.client.write_bundle(&file, false)?;
    desk.client.read_bundle(&file)?;
    let answering = Answering::start(&desk).await?;
    assert_eq!(young.client.meet(&answering.address.to_string()).await?, "前台");
    answering.stop().await?;
    Ok(())
}

/// Both have more to send than any buffer on the way holds.
#[tokio::test(flavor = "multi_thread")]
async fn two_full_books_pass_each_other() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    let long = "楼道".repeat(10_000);
    for device in [&desk, &tablet] {
        for number in 0..60 {
            device.act("contact_record", None, visit(&format!("{number} {long}")))?;
        }
    }
    let answering = Answering::start(&desk).await?;
    tablet.client.meet(&answering.address.to_string()).await?;
    answering.stop().await?;
    assert_eq!(readings(desk.client.store())?, readings(tablet.client.store())?);
    fleet.finish(&[&desk, &tablet]).await
}

/// A connection that broke in the middle leaves a gap with a name: what is missing, and who has it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_with_who_could_bring_it() -> Result<()> {
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &tablet]).await?;
    assert!(desk.client.gaps()?.is_empty());
    fleet.stop_server().await?;
    let before = tablet.client.store().frontiers()?;
    for number in 0..3 {
        tablet.act("contact_record", None, visit(&format!("第{number}位")))?;
    }
    // The tablet said what it has, and was carried out of reach before it could hand it over.
    let after = tablet.client.store().frontiers()?;
    desk.client.store().set_peer_frontier(tablet.client.store().device_key(), &after)?;
    let gaps = desk.client.gaps()?;
    let missing: u64 = gaps.iter().map(|gap| gap.missing).sum();
    let count = |held: &[(_, dutybook_log::Frontier)]| -> u64 {
        held.iter().flat_map(|(_, frontier)| frontier.iter()).map(|(_, position)| position.seq).sum()
    };
    assert_eq!(missing, count(&after) - count(&before));
    assert!(gaps.iter().all(|gap| gap.holders.iter().any(|holder| holder.device.starts_with("一号平板"))), "{gaps:?}");

    let answering = Answering::start(&desk).await?;
    tablet.client.meet(&answering.address.to_string()).await?;
    answering.stop().await?;
    assert!(desk.client.gaps()?.is_empty());
    fleet.finish(&[&desk, &tablet]).await
}

/// Whether a device of this network hears what another one on the same machine says to all.
fn multicast_works() -> bool {
    let all = (std::net::Ipv4Addr::new(224, 0, 0, 251), 7611);
    let tried = || -> std::io::Result<bool> {
        let socket = std::net::UdpSocket::bind(("0.0.0.0", all.1))?;
        socket.join_multicast_v4(&all.0, &std::net::Ipv4Addr::UNSPECIFIED)?;
        socket.set_read_timeout(Some(std::time::Duration::from_secs(2)))?;
        socket.send_to(b"?", all)?;
        Ok(socket.recv(&mut [0; 8])? == 1)
    };
    tried().unwrap_or(false)
}

/// Nobody touches anything: the server is gone, both are in one network, and the book goes over.
#[tokio::test(flavor = "multi_thread")]
async fn devices_in_one_network_find_each_other() -> Result<()> {
    if !multicast_works() {
        eprintln!("skipped: nothing that is sent to all comes back on this machine's network");
        return Ok(());
    }
    let mut fleet = Fleet::demo(NIGHT).await?;
    let desk = fleet.desk().await?;
    let tablet = fleet.tablet("一号平板", "秩序维护员甲").await?;
    fleet.meet(&[&desk, &tablet]).await?;
    fleet.stop_server().await?;
    let seen = tablet.act("contact_record", None, visit("地下室有积水"))?.record;
    let stop = CancellationToken::new();
    let mut changes = desk.client.changes();
    let running = [&desk, &tablet].map(|device| tokio::spawn(device.client.clone().keep_meeting(stop.clone())));
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while desk.open(seen).is_err() {
            changes.recv().await.context("nothing changes any more")?;
        }
        anyhow::Ok(())
    })
    .await
    .context("they did not find each other")??;
    stop.cancel();
    for task in running {
        task.await?;
    }
    assert!(desk.client.near()?.devices.iter().any(|device| device.label == "一号平板" && device.met.is_some()));
    fleet.finish(&[&desk, &tablet]).await
}
