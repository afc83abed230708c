//! A TCP relay on loopback that counts what goes through, for one connection at a time.
//!
//! Invariant: what a side says is noted before the other side can hear it, so the order of notes is the order in which
//! the two answered each other.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// How long a connection may take until it is closed on both sides.
const DEADLINE: Duration = Duration::from_secs(300);
/// First byte of a WebSocket frame that closes the connection.
const CLOSE_FRAME: u8 = 0x88;

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the device to the server.
    Up,
    /// From the server to the device.
    Down,
}

/// What one side said before the other side said something again.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Who to.
    pub way: Way,
    /// How much, without the headers of TCP and IP.
    pub bytes: u64,
    first: u8,
}

/// What went over a connection, in order.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Turn by turn.
    pub turns: Vec<Turn>,
}

impl Traffic {
    /// Bytes of one direction.
    #[must_use]
    pub fn bytes(&self, way: Way) -> u64 {
        self.turns.iter().filter(|turn| turn.way == way).map(|turn| turn.bytes).sum()
    }

    /// Bytes of both directions.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.bytes(Way::Up) + self.bytes(Way::Down)
    }

    /// How often the device said something and was answered; the farewell, which nobody waits for, is not counted.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.turns
            .windows(2)
            .filter(|pair| pair[0].way == Way::Up && pair[1].way == Way::Down && pair[0].first != CLOSE_FRAME)
            .count()
    }

    /// `↑312 ↓193`: turn by turn.
    #[must_use]
    pub fn spelled(&self) -> String {
        let turns: Vec<String> = self
            .turns
            .iter()
            .map(|turn| format!("{}{}", if turn.way == Way::Up { "↑" } else { "↓" }, turn.bytes))
            .collect();
        turns.join(" ")
    }

    fn note(&mut self, way: Way, said: &[u8]) {
        let bytes = said.len() as u64;
        match self.turns.last_mut().filter(|turn| turn.way == way) {
            Some(turn) => turn.bytes += bytes,
            None => self.turns.push(Turn { way, bytes, first: said.first().copied().unwrap_or_default() }),
        }
    }
}

/// A way to a server that counts.
#[derive(Debug)]
pub struct Proxy {
    listener: TcpListener,
    server: SocketAddr,
}

impl Proxy {
    /// In front of `server`.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0").await?, server })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn url(&self) -> Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Carries the next connection until both sides have closed it.
    ///
    /// # Errors
    /// When the server cannot be reached, or the connection does not end.
    pub async fn carry(&self) -> Result<Traffic> {
        tokio::time::timeout(DEADLINE, self.carry_on())
            .await
            .context("the connection through the proxy does not end")?
    }

    async fn carry_on(&self) -> Result<Traffic> {
        let (device, _) = self.listener.accept().await?;
        let server = TcpStream::connect(self.server).await?;
        device.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let traffic = Mutex::new(Traffic::default());
        let ((from_device, to_device), (from_server, to_server)) = (device.into_split(), server.into_split());
        tokio::join!(
            relay(from_device, to_server, Way::Up, &traffic),
            relay(from_server, to_device, Way::Down, &traffic)
        );
        Ok(traffic.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Way, traffic: &Mutex<Traffic>) {
    let mut buffer = vec![0; 64 * 1024];
    // A connection that was reset has ended like one that was closed.
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        traffic.lock().unwrap_or_else(PoisonError::into_inner).note(way, &buffer[..length]);
        // Whoever does not listen any more is still counted against.
        let _ = to.write_all(&buffer[..length]).await;
    }
    let _ = to.shutdown().await;
}
