//! Lines: the sockets of a listener, measured. How much came over a line and when says more than whole messages do, which
//! may be long on their way; and whoever hasn't said hello yet gets only so many bytes taken in.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections are measured.
pub(crate) struct Lines(pub TcpListener);

/// A connection, and its meter.
pub(crate) struct Line {
    socket: TcpStream,
    meter: Meter,
}

/// What goes over one connection; clones are of the same.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Where it comes from.
    from: SocketAddr,
    /// Bytes that may still come in; unbounded at the greatest number.
    left: AtomicUsize,
    /// Bytes that came in, and that went out; they wrap around, since only change counts.
    read: AtomicUsize,
    written: AtomicUsize,
}

impl Meter {
    fn new(from: SocketAddr) -> Meter {
        Meter(Arc::new(Counts {
            from,
            left: AtomicUsize::new(usize::MAX),
            read: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        }))
    }

    /// Where the connection comes from.
    pub(crate) fn from(&self) -> SocketAddr {
        self.0.from
    }

    /// From here on so many bytes come in, give or take one read; then the connection fails.
    pub(crate) fn allow(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::Relaxed);
    }

    /// Takes the bound away.
    pub(crate) fn allow_all(&self) {
        self.allow(usize::MAX);
    }

    /// Bytes that have come in: more than before says that somebody is there, whether or not it makes a message yet.
    pub(crate) fn read(&self) -> usize {
        self.0.read.load(Ordering::Relaxed)
    }

    /// Bytes that the system has taken to send.
    pub(crate) fn written(&self) -> usize {
        self.0.written.load(Ordering::Relaxed)
    }

    fn note_read(&self, bytes: usize) {
        self.0.read.fetch_add(bytes, Ordering::Relaxed);
        let less = |left| if left == usize::MAX { None } else { Some(usize::saturating_sub(left, bytes)) };
        // None is no failure: there is no bound.
        let _ = self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Line, Self::Addr) {
        let (socket, address) = Listener::accept(&mut self.0).await;
        // A cursor is worth nothing late, so that small messages go out at once.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small messages back");
        }
        (Line { socket, meter: Meter::new(address) }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Meter {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Meter {
        stream.io().meter.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if line.meter.0.left.load(Ordering::Relaxed) == 0 {
            return Poll::Ready(Err(io::Error::other("more was said than a hello takes")));
        }
        let before = to.filled().len();
        ready!(Pin::new(&mut line.socket).poll_read(context, to))?;
        line.meter.note_read(to.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = ready!(Pin::new(&mut line.socket).poll_write(context, bytes))?;
        line.meter.0.written.fetch_add(written, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = ready!(Pin::new(&mut line.socket).poll_write_vectored(context, slices))?;
        line.meter.0.written.fetch_add(written, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
