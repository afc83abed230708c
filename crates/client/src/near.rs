//! Two devices directly, where there is no server in reach (顺路带回): on any network both are in, found by
//! [`discovery`] or by an address that one shows and the other reads.
//!
//! Invariants
//! - The same session as with the server, so whatever one device carries of anybody reaches the other and goes on from
//!   there. Only devices of this site that are not out of use are spoken to, and each proves its key.
//! - Neither side says more than both may see: two roles decide, and the narrower one counts (A7).
//! - What was heard by [`discovery`] is a hint where to knock, nothing else.
//! - Of two that look for each other, the one with the smaller key dials at once and the other a little later, so that
//!   one connection is made and not two.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use data_encoding::HEXLOWER;
use dutybook_domain::{Timestamp, Words, words};
use dutybook_log::DeviceKey;
use dutybook_store::Device;
use dutybook_sync::{CHALLENGE_HEADER, DEVICE_HEADER, Event, Goodbye, GoodbyeCode, Scope, Session};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_util::sync::CancellationToken;

mod address;
mod discovery;

pub use address::Meeting;
use discovery::{Discovery, Heard};

use crate::client::Client;
use crate::clock::random;
use crate::error::Error;
use crate::shown::{NearDevice, NearShown, NearWord};
use crate::sync::connection::{Connection, Dialled, Until, blocking, config, dial, offline};

/// Setting that says whether this device looks for others by itself.
const NEAR: &str = "near";
/// The port one tries first, so that an address is mostly the same.
const PORT: u16 = 7610;
/// More than any site has devices in one place.
const CONNECTIONS: usize = 64;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the device with the greater key waits for the other to dial.
const GRACE: Duration = Duration::from_secs(3);
/// How long before a device that did not answer is tried again.
const AGAIN: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_secs(2);

/// What is known of the devices near by.
#[derive(Debug, Default)]
pub(crate) struct Near {
    on: bool,
    listening: Option<Meeting>,
    peers: BTreeMap<DeviceKey, Peer>,
}

#[derive(Debug, Default)]
struct Peer {
    /// Where it was heard of, while it is.
    addresses: Vec<SocketAddr>,
    /// Connections with it.
    open: u32,
    in_sync: bool,
    /// Entries it handed over since this program was started.
    received: usize,
    met: Option<Timestamp>,
    trouble: Option<Words>,
    not_before: Option<Instant>,
}

impl Client {
    fn with_near(&self, change: impl FnOnce(&mut Near)) {
        self.inner.near.send_modify(change);
        // Whoever shows how sync stands shows this as well.
        self.inner.link.send_modify(|_| {});
    }

    fn with_peer(&self, peer: DeviceKey, change: impl FnOnce(&mut Peer)) {
        self.with_near(|near| change(near.peers.entry(peer).or_default()));
    }

    /// Entries of the log came from another device.
    pub(crate) fn received_from(&self, peer: DeviceKey, entries: usize) {
        self.with_peer(peer, |peer| peer.received += entries);
    }

    /// A device has shown who it is.
    pub(crate) fn met(&self, peer: DeviceKey) {
        self.with_peer(peer, |peer| {
            peer.open += 1;
            peer.trouble = None;
        });
    }

    /// This device and the other hold the same.
    pub(crate) fn in_sync_with(&self, peer: DeviceKey) {
        let now = self.now();
        self.with_peer(peer, |peer| (peer.in_sync, peer.met) = (true, Some(now)));
    }

    /// A connection with a device is over.
    pub(crate) fn parted(&self, peer: DeviceKey) {
        self.with_peer(peer, |peer| {
            peer.open = peer.open.saturating_sub(1);
            peer.in_sync &= peer.open > 0;
        });
    }

    /// Whether this device looks for others by itself and answers them.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn is_near_on(&self) -> Result<bool, Error> {
        Ok(self.inner.store.setting(NEAR)?.as_deref() != Some("off"))
    }

    /// Lets this device be found, or not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn set_near(&self, on: bool) -> Result<(), Error> {
        self.inner.store.set_setting(NEAR, Some(if on { "on" } else { "off" }))?;
        self.with_near(|near| near.on = on);
        Ok(())
    }

    /// The devices near by, and where this one is to be found.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn near(&self) -> Result<NearShown, Error> {
        let known = self.inner.store.devices()?;
        let on = self.is_near_on()?;
        let near = self.inner.near.borrow();
        let shown = |(key, peer): (&DeviceKey, &Peer)| {
            let device = known.iter().find(|device| device.key == *key)?;
            let word = match peer {
                Peer { open: 1.., in_sync: true, .. } => NearWord::Same,
                Peer { open: 1.., .. } => NearWord::Exchanging,
                Peer { trouble: Some(_), .. } => NearWord::Trouble,
                Peer { addresses, met, .. } if met.is_none() && !addresses.is_empty() => NearWord::Found,
                Peer { met: None, .. } => return None,
                _ => NearWord::Met,
            };
            Some(NearDevice {
                key: key.to_string(),
                label: device.label.clone(),
                prefix: device.prefix.clone(),
                word,
                reachable: !peer.addresses.is_empty(),
                received: u32::try_from(peer.received).unwrap_or(u32::MAX),
                met: peer.met,
                trouble: peer.trouble.clone(),
            })
        };
        let (code, addresses) = match near.listening.as_ref().filter(|_| on) {
            Some(meeting) => (Some(meeting.to_string()), meeting.addresses.iter().map(ToString::to_string).collect()),
            None => (None, Vec::new()),
        };
        Ok(NearShown { on, code, addresses, devices: near.peers.iter().filter_map(shown).collect() })
    }

    // ---- being dialled ----------------------------------------------------------------------------------------------

    /// Answers whoever dials, until told to stop.
    pub async fn answer(self, listener: TcpListener, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                    match accepted {
                        Ok((stream, from)) => {
                            connections.spawn(self.clone().answer_one(stream, from, stop.clone()));
                        }
                        Err(error) => {
                            // Too many open files, or the network went away: neither passes at once.
                            tracing::warn!(%error, "nobody can be answered at the moment");
                            tokio::time::sleep(LOOK).await;
                        }
                    }
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn answer_one(self, stream: TcpStream, from: SocketAddr, stop: CancellationToken) {
        let _ = stream.set_nodelay(true);
        let challenge: [u8; 32] = random();
        let key = self.store().device_key();
        // What the other end of the handshake expects is decided by the library.
        #[allow(clippy::result_large_err, reason = "the library's own signature")]
        let headers = move |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            if request.uri().path() != "/sync" {
                let mut nothing = ErrorResponse::new(Some("this is a Dutybook device; there is nothing here\n".into()));
                *nothing.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::NOT_FOUND;
                return Err(nothing);
            }
            for (name, bytes) in [(CHALLENGE_HEADER, &challenge), (DEVICE_HEADER, &key.0)] {
                // Hex is always a header value.
                if let Ok(value) = HeaderValue::from_str(&HEXLOWER.encode(bytes)) {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(response)
        };
        let shaken = tokio_tungstenite::accept_hdr_async_with_config(stream, headers, Some(config()));
        let socket = match tokio::time::timeout(HANDSHAKE, shaken).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return tracing::debug!(%from, %error, "somebody who does not speak the protocol"),
            Err(_) => return tracing::debug!(%from, "somebody who said nothing"),
        };
        let session = Session::answer(self.replica(), challenge);
        let outcome = Connection::new(self.clone(), session, None, Until::Stopped(stop)).run(socket).await;
        if let Err(error) = outcome {
            tracing::debug!(%from, %error, "the connection ended");
        }
    }

    /// What this device lets another see, or why not.
    pub(crate) fn authorise(&self, device: DeviceKey) -> Result<Event, Error> {
        Ok(match self.knows(device)? {
            Ok(known) => Event::Authorised(self.book(&self.scope_with(&known))?),
            Err(goodbye) => Event::End(goodbye),
        })
    }

    fn scope_with(&self, peer: &Device) -> Scope {
        Scope::of_role(self.role().word()).narrowed(&Scope::of_role(&peer.role))
    }

    fn knows(&self, device: DeviceKey) -> Result<Result<Device, Goodbye>, Error> {
        if device == self.store().device_key() {
            let text = "this is the same device, or a copy of it; let both meet the server";
            return Ok(Err(Goodbye::new(GoodbyeCode::UnknownDevice, text)));
        }
        Ok(match self.store().device(device)? {
            None => Err(Goodbye::new(
                GoodbyeCode::UnknownDevice,
                "the other device does not know this one yet; let one of them meet the server, or read a bundle, first",
            )),
            Some(known) if known.revoked => {
                Err(Goodbye::new(GoodbyeCode::RevokedDevice, "the device was taken out of use at this site"))
            }
            Some(known) => Ok(known),
        })
    }

    // ---- dialling ---------------------------------------------------------------------------------------------------

    /// Meets the device at an address (`192.168.43.1:7610`, or the text of the code it shows), exchanges everything, and
    /// returns its name when both hold the same.
    ///
    /// # Errors
    /// [`Error::Address`] for what is none; [`Error::Offline`], [`Error::SentAway`]; what was exchanged until then stays
    /// exchanged.
    pub async fn meet(&self, address: &str) -> Result<String, Error> {
        let meeting: Meeting = address.parse()?;
        let peer = self.meet_until(&meeting.addresses, meeting.device, Until::InSync).await?;
        self.label_of(peer)
    }

    fn label_of(&self, peer: DeviceKey) -> Result<String, Error> {
        let known = self.store().device(peer)?.map(|device| device.label);
        // The server has no record of its own.
        Ok(known.unwrap_or_else(|| format!("{} (服务器 server)", self.identity().site_name)))
    }

    /// Meets the device at an address and stays with it: what either writes is on the other at once.
    ///
    /// # Errors
    /// As [`Client::meet`].
    pub async fn stay_with(&self, address: &str, stop: CancellationToken) -> Result<(), Error> {
        let meeting: Meeting = address.parse()?;
        self.meet_until(&meeting.addresses, meeting.device, Until::Stopped(stop)).await.map(|_| ())
    }

    /// Meets a device that was found, by its key.
    ///
    /// # Errors
    /// As [`Client::meet`].
    pub async fn meet_found(&self, key: &str) -> Result<String, Error> {
        let peer: Option<DeviceKey> = key.parse().ok();
        let addresses = peer.and_then(|peer| Some(self.inner.near.borrow().peers.get(&peer)?.addresses.clone()));
        match (peer, addresses.filter(|addresses| !addresses.is_empty())) {
            (Some(peer), Some(addresses)) => {
                self.meet_until(&addresses, Some(peer), Until::InSync).await?;
                self.label_of(peer)
            }
            _ => Err(offline(&"the device is not near any more")),
        }
    }

    async fn meet_until(
        &self,
        addresses: &[SocketAddr],
        expected: Option<DeviceKey>,
        until: Until,
    ) -> Result<DeviceKey, Error> {
        let mut dialled = Err(offline(&"no address was given"));
        for address in addresses {
            dialled = dial(&format!("http://{address}")).await;
            if dialled.is_ok() {
                break;
            }
        }
        let Dialled { socket, challenge, device } = dialled?;
        let sent_away = |goodbye: Goodbye| Error::SentAway { code: goodbye.code.as_str().into(), text: goodbye.text };
        let peer = device.ok_or_else(|| offline(&"what answered there is no Dutybook"))?;
        if expected.is_some_and(|expected| expected != peer) {
            return Err(offline(&"another device answers there now"));
        }
        let client = self.clone();
        let book = blocking(move || {
            if peer == client.identity().server {
                return client.book(&Scope::everything());
            }
            let known = client.knows(peer)?.map_err(sent_away)?;
            client.book(&client.scope_with(&known))
        })
        .await?;
        let session = Session::dial(self.replica(), peer, challenge, random(), book);
        let outcome = Connection::new(self.clone(), session, Some(peer), until).run(socket).await;
        if let Err(error) = &outcome {
            let words = error.words();
            self.with_peer(peer, |peer| peer.trouble = Some(words));
        }
        outcome.map(|()| peer)
    }

    // ---- by itself --------------------------------------------------------------------------------------------------

    /// Answers devices near by and, while the server is out of reach, looks for them, until told to stop.
    pub async fn keep_meeting(self, stop: CancellationToken) {
        let on = self.is_near_on().unwrap_or(true);
        let mut near = self.inner.near.subscribe();
        self.with_near(|near| near.on = on);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = until(&mut near, |near| near.on) => {}
            }
            let off = stop.child_token();
            let meeting = self.clone().meet_others(off.clone());
            tokio::pin!(meeting);
            tokio::select! {
                () = &mut meeting => {}
                () = until(&mut near, |near| !near.on) => {
                    off.cancel();
                    meeting.await;
                }
            }
            self.with_near(|near| {
                near.listening = None;
                near.peers.values_mut().for_each(|peer| peer.addresses.clear());
            });
        }
    }

    async fn meet_others(self, stop: CancellationToken) {
        let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let bound = match TcpListener::bind(any(PORT)).await {
            Ok(bound) => Ok(bound),
            // Another book is open on this machine.
            Err(_) => TcpListener::bind(any(0)).await,
        };
        let port = bound.as_ref().ok().and_then(|listener| listener.local_addr().ok()).map(|address| address.port());
        let (Ok(listener), Some(port)) = (bound, port) else {
            tracing::warn!("this device cannot be dialled by others");
            stop.cancelled().await;
            return;
        };
        let key = self.store().device_key();
        let answering = tokio::spawn(self.clone().answer(listener, stop.clone()));
        let mut discovery = Discovery::start(&self.identity().site, key, port);
        let mut dialling = JoinSet::new();
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = dialling.join_next() => {}
                heard = discovery.next() => self.heard(heard),
                _ = look.tick() => {
                    self.listen_at(port);
                    self.dial_those_near(&mut dialling, &stop);
                }
            }
        }
        drop(discovery);
        while dialling.join_next().await.is_some() {}
        let _ = answering.await;
    }

    /// Addresses come and go with networks.
    fn listen_at(&self, port: u16) {
        let mut addresses: Vec<SocketAddr> = if_addrs::get_if_addrs()
            .unwrap_or_default()
            .into_iter()
            .filter(|interface| !interface.is_loopback())
            .map(|interface| interface.ip())
            .filter(IpAddr::is_ipv4)
            .map(|ip| SocketAddr::new(ip, port))
            .collect();
        if addresses.is_empty() {
            addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
        let meeting = Some(Meeting { addresses, device: Some(self.store().device_key()) });
        if self.inner.near.borrow().listening != meeting {
            self.with_near(|near| near.listening = meeting);
        }
    }

    fn heard(&self, heard: Heard) {
        match heard {
            Heard::Here { device, addresses } => {
                let known = self.knows(device);
                if !matches!(known, Ok(Ok(_))) {
                    return;
                }
                let patient = self.store().device_key() > device;
                self.with_peer(device, |peer| {
                    peer.addresses = addresses;
                    peer.not_before = patient.then(|| Instant::now() + GRACE);
                });
            }
            Heard::Gone { device } => self.with_peer(device, |peer| peer.addresses.clear()),
        }
    }

    fn dial_those_near(&self, dialling: &mut JoinSet<()>, stop: &CancellationToken) {
        // While the server is there everything goes through it.
        if self.inner.link.borrow().connected {
            return;
        }
        let now = Instant::now();
        let mut due = Vec::new();
        self.inner.near.send_if_modified(|near| {
            for (key, peer) in &mut near.peers {
                let waits = peer.not_before.is_some_and(|not_before| now < not_before);
                if peer.open == 0 && !waits && !peer.addresses.is_empty() {
                    // Drawn, so that many do not come at one moment.
                    let drawn = u32::from(u16::from_le_bytes(random()));
                    peer.not_before = Some(now + AGAIN + AGAIN * drawn / 65_536);
                    due.push((*key, peer.addresses.clone()));
                }
            }
            false
        });
        for (key, addresses) in due {
            let (client, stop) = (self.clone(), stop.child_token());
            dialling.spawn(async move {
                let mut link = client.link();
                let meeting = client.meet_until(&addresses, Some(key), Until::Stopped(stop.clone()));
                tokio::pin!(meeting);
                let outcome = tokio::select! {
                    outcome = &mut meeting => outcome,
                    () = until(&mut link, |link| link.connected) => {
                        stop.cancel();
                        meeting.await
                    }
                };
                if let Err(error) = outcome {
                    tracing::debug!(%error, "a device near by was not met");
                }
            });
        }
    }
}

/// Waits until it is so; for ever once nobody can change it any more.
async fn until<T>(watched: &mut watch::Receiver<T>, is: impl FnMut(&T) -> bool) {
    if watched.wait_for(is).await.is_err() {
        std::future::pending().await
    }
}

/// The words for an address that is none.
pub(crate) fn no_address(text: &str) -> Words {
    words!(
        "「{text}」不是地址。请照对方屏幕上的写,例如 192.168.43.1:7610,或扫对方的二维码。",
        "“{text}” is no address. Write what the other screen shows, such as 192.168.43.1:7610, or scan its code."
    )
}
