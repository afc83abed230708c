//! TCP connections before and after it is known whose they are.
//!
//! Anybody on the network can open a connection, and only a device of the site is worth keeping one for. Until a
//! connection has shown that it is one it is a stranger's: it may send no more than a first message, has little time,
//! and gives way to newer ones when there are too many. A device needs milliseconds for what a stranger gets seconds for,
//! so whoever is pushed out was up to something else.
//!
//! Invariants
//! - What strangers can make this process hold is bounded: so many connections, so many bytes each.
//! - The same for half a request, a slow request, an idle one, and a socket that never says hello: one deadline.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use dutybook_sync::{HANDSHAKE_MS, HELLO_BYTES};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Strangers at once. The oldest goes when one more comes.
const STRANGERS: usize = 256;
/// How long a connection may stay a stranger's: what the session gives it, and what the way there takes.
const STRANGER_TIME: Duration = Duration::from_millis(HANDSHAKE_MS + 5_000);
/// Bytes that are read of a stranger: the first message, and the requests around it.
const STRANGER_BYTES: usize = HELLO_BYTES + 16 * 1024;
/// How long what a stranger sends too much is still taken from it, so that it can read why it is sent away.
const LINGER: Duration = Duration::from_secs(2);
/// How long to wait when the system gives no more connections.
const OUT_OF_BREATH: Duration = Duration::from_millis(100);

/// More was sent than is read of a stranger.
#[derive(Debug, thiserror::Error)]
#[error("more than a first message came before the device was known")]
pub(crate) struct TooMuch;

/// Where connections come in.
pub(crate) struct Gate {
    listener: TcpListener,
    strangers: Arc<Strangers>,
}

#[derive(Default)]
struct Strangers {
    passes: Mutex<BTreeMap<u64, Weak<Pass>>>,
    next: AtomicU64,
}

/// What is known of a connection.
pub(crate) struct Pass {
    number: u64,
    known: AtomicBool,
    read: AtomicUsize,
    ended: CancellationToken,
    strangers: Arc<Strangers>,
}

impl Gate {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, strangers: Arc::default() }
    }
}

impl Strangers {
    fn let_in(self: &Arc<Self>) -> Arc<Pass> {
        let pass = Arc::new(Pass {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            known: AtomicBool::new(false),
            read: AtomicUsize::new(0),
            ended: CancellationToken::new(),
            strangers: Arc::clone(self),
        });
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        passes.insert(pass.number, Arc::downgrade(&pass));
        if passes.len() > STRANGERS {
            let oldest = passes.pop_first();
            drop(passes);
            if let Some(oldest) = oldest.and_then(|(_, oldest)| oldest.upgrade()) {
                oldest.ended.cancel();
            }
        }
        pass
    }

    fn forget(&self, number: u64) {
        self.passes.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

impl Pass {
    /// It is a device's from now on.
    pub(crate) fn is_known(&self) {
        self.known.store(true, Ordering::Relaxed);
        self.strangers.forget(self.number);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.strangers.forget(self.number);
    }
}

impl Listener for Gate {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    // A commit is one small packet, and somebody waits for its acknowledgement.
                    let _ = stream.set_nodelay(true);
                    let pass = self.strangers.let_in();
                    let ended = Box::pin(pass.ended.clone().cancelled_owned());
                    let deadline = Box::pin(tokio::time::sleep(STRANGER_TIME));
                    return (Line { stream: Some(stream), pass, ended, deadline, too_much: false }, from);
                }
                // Whoever dialled has hung up; the next one is waiting.
                Err(error) if is_the_callers(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken");
                    tokio::time::sleep(OUT_OF_BREATH).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn is_the_callers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Who calls.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) from: SocketAddr,
    pub(crate) pass: Arc<Pass>,
}

impl Connected<IncomingStream<'_, Gate>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        Self { from: *stream.remote_addr(), pass: Arc::clone(&stream.io().pass) }
    }
}

/// One connection.
pub(crate) struct Line {
    /// `None` once it has gone on to linger.
    stream: Option<TcpStream>,
    pass: Arc<Pass>,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    deadline: Pin<Box<Sleep>>,
    too_much: bool,
}

impl Line {
    /// Whether it may go on; wakes the task when that changes.
    fn may_go_on(&mut self, cx: &mut Context<'_>) -> io::Result<&mut TcpStream> {
        let known = self.pass.known.load(Ordering::Relaxed);
        if !known && (self.ended.as_mut().poll(cx).is_ready() || self.deadline.as_mut().poll(cx).is_ready()) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it was not said in time who calls"));
        }
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let known = self.pass.known.load(Ordering::Relaxed);
        if !known && self.pass.read.load(Ordering::Relaxed) > STRANGER_BYTES {
            self.too_much = true;
            return Poll::Ready(Err(io::Error::other(TooMuch)));
        }
        let stream = self.may_go_on(cx)?;
        let before = buf.filled().len();
        ready!(Pin::new(stream).poll_read(cx, buf))?;
        if !known {
            self.pass.read.fetch_add(buf.filled().len() - before, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self.may_go_on(cx)?).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.may_go_on(cx)?).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.may_go_on(cx)?).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.may_go_on(cx)?).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A socket closed with unread bytes in it would take back what was said last.
        if let (true, Some(mut stream), Ok(runtime)) =
            (self.too_much, self.stream.take(), tokio::runtime::Handle::try_current())
        {
            let pass = Arc::clone(&self.pass);
            runtime.spawn(async move {
                let mut scrap = [0; 4096];
                let drained = async { while let Ok(1..) = stream.read(&mut scrap).await {} };
                tokio::select! {
                    () = drained => {}
                    () = pass.ended.cancelled() => {}
                    () = tokio::time::sleep(LINGER) => {}
                }
            });
        }
    }
}
