//! What one connection is doing: waiting for its peer, or being answered. A peer that keeps
//! the server waiting for too long is hung up on.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// How long a peer may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may stay open between two requests.
const IDLE: Duration = Duration::from_secs(60);
/// How long a request may take; the routes themselves give up before.
const WORK: Duration = Duration::from_secs(60);

/// What a connection is doing, and since when.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<Now>>);

#[derive(Debug, Clone, Copy)]
struct Now {
    doing: Doing,
    since: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// The head of a request is awaited.
    Head,
    /// A request is being answered.
    Work,
    /// Nothing: the answer was given.
    Idle,
}

impl Activity {
    /// Of a connection that was just opened.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Now {
            doing: Doing::Head,
            since: Instant::now(),
        })))
    }

    fn now(&self) -> Now {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, doing: Doing) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Now {
            doing,
            since: Instant::now(),
        };
    }

    /// A request is being answered from now on.
    pub(super) fn begin(&self) {
        self.set(Doing::Work);
    }

    /// The answer is ready.
    pub(super) fn end(&self) {
        self.set(Doing::Idle);
    }

    /// Since when the peer keeps the server waiting; absent while a request is answered.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let now = self.now();
        (now.doing != Doing::Work).then_some(now.since)
    }

    /// Returns once the peer has had more time than it may have.
    pub(super) async fn expired(&self) {
        loop {
            let now = self.now();
            let patience = match now.doing {
                Doing::Head => HEAD,
                Doing::Work => WORK,
                Doing::Idle => IDLE,
            };
            let deadline = now.since + patience;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    /// The first bytes after an answer begin another request.
    fn received(&self) {
        if self.now().doing == Doing::Idle {
            self.set(Doing::Head);
        }
    }
}

/// A connection that notes when its peer sends something.
#[derive(Debug)]
pub(super) struct Watched {
    stream: TcpStream,
    activity: Activity,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, activity: Activity) -> Self {
        Self { stream, activity }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
