//! A line to a server, measured: bytes that come in or go out are signs of life, whether or not they make a whole message
//! yet. A large drawing over a slow line is one long message for minutes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// A stream whose bytes are counted.
#[derive(Debug)]
pub(super) struct Line<S> {
    stream: S,
    meter: Meter,
}

/// How many bytes went over a line; clones are of the same. The counts wrap around: only that they change matters.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: AtomicUsize,
    written: AtomicUsize,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S) -> Line<S> {
        Line { stream, meter: Meter::default() }
    }

    /// What is counted of it.
    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }
}

impl Meter {
    /// Bytes that have come in.
    pub(super) fn read(&self) -> usize {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Waits for something to be sent, as long as it goes on within `patience` each time, however little; none where it
    /// doesn't.
    pub(super) async fn while_it_goes_out<T>(&self, patience: Duration, sending: impl Future<Output = T>) -> Option<T> {
        let written = || self.0.written.load(Ordering::Relaxed);
        let mut sending = std::pin::pin!(sending);
        loop {
            let before = written();
            match timeout(patience, &mut sending).await {
                Ok(sent) => return Some(sent),
                Err(_) if written() != before => {}
                Err(_) => return None,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let before = to.filled().len();
        ready!(Pin::new(&mut line.stream).poll_read(context, to))?;
        line.meter.0.read.fetch_add(to.filled().len() - before, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = ready!(Pin::new(&mut line.stream).poll_write(context, bytes))?;
        line.meter.0.written.fetch_add(written, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
