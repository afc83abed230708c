//! Programs that speak something else, and devices that do not belong here, are told so.

use dutybook_domain::device::AppRole;
use dutybook_sync::{FRAME_BYTES, GoodbyeCode};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::harness::{Device, Manner, Site, dial};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_told_where_it_is() {
    let site = Site::open().await;
    let answer = reqwest::get(site.url("/sync")).await.unwrap();
    assert!(answer.status().is_client_error());
    let text = answer.text().await.unwrap();
    assert!(text.contains("Dutybook sync protocol") && text.contains("值班簿"), "{text}");
    let answer = reqwest::get(site.url("/nowhere")).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("Dutybook server"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_subprotocol_is_refused_by_name() {
    let site = Site::open().await;
    let mut request = format!("ws://{}/sync", site.address).into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "graphql-ws, mqtt".parse().unwrap());
    let Err(Error::Http(response)) = tokio_tungstenite::connect_async(request).await else {
        panic!("it was let in");
    };
    assert_eq!(response.status(), 400);
    let text = String::from_utf8(response.body().clone().unwrap()).unwrap();
    assert!(text.contains("dutybook.sync.1") && text.contains("graphql-ws"), "{text}");
}

/// Sends one message to a fresh connection; answers with what came back before the end, and the reason it closed.
async fn say(site: &Site, message: Message) -> (Vec<Vec<u8>>, String) {
    let (mut socket, _) = dial(site).await;
    socket.send(message).await.unwrap();
    let mut frames = Vec::new();
    let mut reason = String::new();
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(frame) => frames.push(frame.to_vec()),
            Message::Close(Some(close)) => reason = close.reason.to_string(),
            _ => {}
        }
    }
    (frames, reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_is_answered_with_a_reason_for_programs_and_for_people() {
    let site = Site::open().await;
    for (message, code) in [
        (Message::text("{\"type\":\"connection_init\"}"), "malformed"),
        (Message::binary(b"\x16\x03\x01\x02\x00".to_vec()), "malformed"),
        (Message::binary(Vec::new()), "malformed"),
        (Message::binary(vec![0x83, 0, 9, 0]), "wrong-protocol"),
        (Message::binary(vec![0; 100_000]), "frame-too-large"),
        (Message::binary(vec![0; FRAME_BYTES + 1]), "frame-too-large"),
    ] {
        let (frames, reason) = say(&site, message).await;
        assert!(reason.starts_with(&format!("{code}: ")), "{code}: {reason}");
        let goodbye = frames.last().unwrap();
        assert_eq!(goodbye[..2], [0x83, 5], "a Goodbye");
        assert!(String::from_utf8_lossy(goodbye).contains(code));
    }
    // What is larger than any buffer is cut off without many words.
    let (mut socket, _) = dial(&site).await;
    let _ = socket.send(Message::binary(vec![0; 8 * FRAME_BYTES])).await;
    while let Some(Ok(_)) = socket.next().await {}
    let mut link = site.device(AppRole::Desk, "前台").await.connect(&site).await;
    link.in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_do_not_belong_here_are_told_why() {
    let site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;

    let stranger = Device::unknown(&site.folder.path().join("stranger"), site.key);
    let mut link = stranger.connect(&site).await;
    let (goodbye, by_peer) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!((goodbye.code, by_peer), (GoodbyeCode::UnknownDevice, true));

    let (socket, challenge) = dial(&site).await;
    let mut link = desk.drive(socket, challenge, "elsewhere", site.key, Manner::Honest);
    let (goodbye, _) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!(goodbye.code, GoodbyeCode::WrongSite);

    let (socket, _) = dial(&site).await;
    let mut link = desk.drive(socket, [7; 32], "demo", site.key, Manner::Honest);
    let (goodbye, _) = link.until(|state| state.over).await.goodbye.unwrap();
    assert_eq!(goodbye.code, GoodbyeCode::BadProof);
}

/// All that the other side says before it closes.
async fn heard(mut socket: crate::harness::Socket) -> Vec<u8> {
    let mut last = Vec::new();
    let listening = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Binary(frame) = message {
                last = frame.to_vec();
            }
        }
    };
    tokio::time::timeout(crate::harness::PATIENCE, listening).await.unwrap();
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_make_the_server_hold_megabytes() {
    use tokio::io::AsyncWriteExt as _;
    let site = Site::open().await;
    let (mut socket, _) = dial(&site).await;
    let tokio_tungstenite::MaybeTlsStream::Plain(stream) = socket.get_mut() else { panic!("plain here") };
    // The start of a message of 4 MiB, which never comes whole.
    stream.write_all(&[0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 7, 7, 7, 7]).await.unwrap();
    stream.write_all(&vec![0; 600 * 1024]).await.unwrap();
    let goodbye = heard(socket).await;
    assert!(String::from_utf8_lossy(&goodbye).contains("frame-too-large"), "{goodbye:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_silent_connections_make_room_for_those_who_say_who_they_are() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let mut crowd = Vec::new();
    for number in 0..600 {
        let mut stream = tokio::net::TcpStream::connect(site.address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET /sync HTTP/1.1\r\nHost: x\r\nX-").await.unwrap();
        }
        crowd.push(stream);
    }
    let mut link = desk.connect(&site).await;
    link.in_sync().await;
    // The oldest have gone; the newest are waited for a little longer.
    let mut byte = [0];
    let gone = tokio::time::timeout(crate::harness::PATIENCE, crowd[0].read(&mut byte)).await.unwrap();
    assert!(!matches!(gone, Ok(1)), "{gone:?}");
    assert!(!link.state().over);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_connects_again_and_again_loses_its_oldest_connections() {
    let site = Site::open().await;
    let desk = site.device(AppRole::Desk, "前台").await;
    let tablet = site.device(AppRole::Tablet, "巡逻1").await;
    let mut other = tablet.connect(&site).await;
    other.in_sync().await;
    let mut links = Vec::new();
    for _ in 0..6 {
        let mut link = desk.connect(&site).await;
        link.in_sync().await;
        links.push(link);
    }
    for link in &mut links[..2] {
        let (goodbye, by_peer) = link.until(|state| state.over).await.goodbye.unwrap();
        assert_eq!((&goodbye.code, by_peer), (&GoodbyeCode::Busy, true));
        assert!(goodbye.code.may_pass());
    }
    site.health_until(|health| health["connected"] == 5).await;
    assert!(links[2..].iter().all(|link| !link.state().over) && !other.state().over);
}
