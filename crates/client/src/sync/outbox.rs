//! Frames on their way to a socket.
//!
//! Invariant: sending never keeps a side from receiving. Two devices that both wait until the other takes what they
//! send would wait for ever; so frames go to a task of their own, and while too much waits there nothing more is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt as _};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message;

/// How long the other side has to take the last words.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// Bounded by the session's window, and by whoever stops reading while [`Outbox::waiting`] is high.
pub(super) struct Outbox {
    frames: Option<UnboundedSender<Message>>,
    waiting: Arc<AtomicUsize>,
    /// Told whenever something was taken.
    pub(super) room: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Outbox {
    pub(super) fn start<S>(mut sink: SplitSink<S, Message>) -> Self
    where
        S: Sink<Message> + Send + 'static,
    {
        let (frames, mut queue) = unbounded_channel::<Message>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let room = Arc::new(Notify::new());
        let task = tokio::spawn({
            let (waiting, room) = (Arc::clone(&waiting), Arc::clone(&room));
            async move {
                while let Some(frame) = queue.recv().await {
                    let bytes = frame.len();
                    let sent = sink.send(frame).await.is_ok();
                    // What can no longer be sent waits for nobody; the reading half notices the same by itself.
                    waiting.fetch_sub(bytes, Ordering::Relaxed);
                    room.notify_one();
                    if !sent {
                        return;
                    }
                }
                let _ = sink.close().await;
            }
        });
        Self { frames: Some(frames), waiting, room, task }
    }

    pub(super) fn send(&self, frame: Message) {
        let bytes = frame.len();
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if self.frames.as_ref().is_none_or(|frames| frames.send(frame).is_err()) {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes that the other side has not taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Sends what is left and closes; whoever does not take it within [`LAST_WORDS`] is left alone.
    pub(super) async fn finish(&mut self) {
        self.frames = None;
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.task).await;
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}
