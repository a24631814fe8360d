//! Lines: the sockets of a listener, measured and bounded. How much came over a line and when says more than whole messages
//! do, which may be long on their way; whoever hasn't said hello yet gets only so many bytes taken in; and whoever holds a
//! line and asks nothing whole over it loses it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use prometheus_client::metrics::counter::Counter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// A listener whose connections are measured, and no more than so many at a time.
pub(crate) struct Lines {
    listener: TcpListener,
    free: Arc<Semaphore>,
    patience: Patience,
    totals: Totals,
}

/// Bytes that came in and went out over all lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals {
    /// In.
    pub read: Counter,
    /// Out.
    pub written: Counter,
}

/// How long a line may be held by one who asks nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// From the start until a first request has come whole.
    pub first: Duration,
    /// From what was last sent until the next request has come whole, or more of an answer is taken.
    pub next: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { first: Duration::from_secs(10), next: Duration::from_secs(60) }
    }
}

/// A connection, and its meter.
pub(crate) struct Line {
    socket: TcpStream,
    meter: Meter,
    patience: Patience,
    /// Wakes whoever reads or writes when patience ends.
    alarm: Pin<Box<Sleep>>,
    /// Goes to somebody else when the connection ends.
    _place: OwnedSemaphorePermit,
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
    totals: Totals,
    /// When the connection began.
    start: Instant,
    /// Requests that are being answered.
    attended: AtomicUsize,
    /// A request has come whole.
    asked: AtomicBool,
    /// It is no longer there to ask and be answered.
    stays: AtomicBool,
    /// When something was last sent or answered, in milliseconds after the start.
    quiet_since_ms: AtomicU64,
}

/// A request is looked after as long as this lives.
pub(crate) struct Attended(Meter);

impl Meter {
    fn new(from: SocketAddr, totals: Totals) -> Meter {
        Meter(Arc::new(Counts {
            from,
            left: AtomicUsize::new(usize::MAX),
            read: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
            totals,
            start: Instant::now(),
            attended: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            stays: AtomicBool::new(false),
            quiet_since_ms: AtomicU64::new(0),
        }))
    }

    /// A request has come, and is being answered until what this gives is dropped.
    pub(crate) fn attend(&self) -> Attended {
        self.0.asked.store(true, Ordering::Relaxed);
        self.0.attended.fetch_add(1, Ordering::Relaxed);
        Attended(self.clone())
    }

    /// From here on nobody asks over this line, and somebody else sees to it that it ends.
    pub(crate) fn stay(&self) {
        self.0.stays.store(true, Ordering::Relaxed);
    }

    fn note_quiet(&self) {
        self.0.quiet_since_ms.store(self.0.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// When whoever holds the line has held it for too long; never while they are being answered.
    fn patience_ends(&self, patience: Patience) -> Option<Instant> {
        if self.0.stays.load(Ordering::Relaxed) || self.0.attended.load(Ordering::Relaxed) > 0 {
            return None;
        }
        if !self.0.asked.load(Ordering::Relaxed) {
            return Some(self.0.start + patience.first);
        }
        Some(self.0.start + Duration::from_millis(self.0.quiet_since_ms.load(Ordering::Relaxed)) + patience.next)
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
        self.0.totals.read.inc_by(bytes as u64);
        let less = |left| if left == usize::MAX { None } else { Some(usize::saturating_sub(left, bytes)) };
        // None is no failure: there is no bound.
        let _ = self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.0.note_quiet();
        self.0.0.attended.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lines {
    pub(crate) fn new(listener: TcpListener, lines_max: usize, patience: Patience, totals: Totals) -> Lines {
        Lines { listener, free: Arc::new(Semaphore::new(lines_max)), patience, totals }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Line, Self::Addr) {
        let place = match self.free.clone().acquire_owned().await {
            Ok(place) => place,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        };
        let (socket, address) = Listener::accept(&mut self.listener).await;
        // A cursor is worth nothing late, so that small messages go out at once.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small messages back");
        }
        let (meter, patience) = (Meter::new(address, self.totals.clone()), self.patience);
        let alarm = Box::pin(sleep(patience.first));
        (Line { socket, meter, patience, alarm, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Line {
    /// Fails when patience has ended; else wakes whoever waits here when it does.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let Some(ends) = self.meter.patience_ends(self.patience) else { return Ok(()) };
        if self.alarm.deadline() != ends {
            self.alarm.as_mut().reset(ends);
        }
        match self.alarm.as_mut().poll(context) {
            Poll::Ready(()) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "nothing was asked over this connection in time"))
            }
            Poll::Pending => Ok(()),
        }
    }

    fn note_written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(written)) => {
                self.meter.0.written.fetch_add(written, Ordering::Relaxed);
                self.meter.0.totals.written.inc_by(written as u64);
                self.meter.note_quiet();
                Poll::Ready(Ok(written))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => match self.check(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
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
        let read = Pin::new(&mut line.socket).poll_read(context, to);
        // Also where something came: a byte now and then makes no request.
        line.check(context)?;
        ready!(read)?;
        line.meter.note_read(to.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = Pin::new(&mut line.socket).poll_write(context, bytes);
        line.note_written(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let written = Pin::new(&mut line.socket).poll_write_vectored(context, slices);
        line.note_written(context, written)
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::{ConnectInfo, Request};
    use axum::middleware::{Next, from_fn};
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// Serves at a free port; where.
    async fn serve(lines_max: usize, patience: Patience) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let attend = async |ConnectInfo(meter): ConnectInfo<Meter>, request: Request, next: Next| {
            let _attended = meter.attend();
            next.run(request).await
        };
        let router = Router::new().route("/", get(async || "here")).layer(from_fn(attend));
        let service = router.into_make_service_with_connect_info::<Meter>();
        tokio::spawn(async move {
            axum::serve(Lines::new(listener, lines_max, patience, Totals::default()), service).await
        });
        at
    }

    /// Says something, goes on with `more` as long as the line holds, and waits for its end; what was heard.
    async fn until_cut(at: SocketAddr, said: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        let hear = async {
            let (mut from, mut to) = stream.split();
            let dribble = async {
                while !more.is_empty() && to.write_all(more.as_bytes()).await.is_ok() {
                    tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.unwrap_err();
                }
                std::future::pending::<()>().await
            };
            tokio::select! {
                // One that is cut with something unread in it ends in an error, which is an end too.
                _ = from.read_to_end(&mut heard) => {}
                () = dribble => {}
            }
        };
        timeout(DEADLINE, hear).await.expect("the line is cut");
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test]
    async fn a_line_over_which_nothing_is_asked_whole_is_cut() {
        let patience = Patience { first: Duration::from_millis(200), next: Duration::from_millis(300) };
        let at = serve(2, patience).await;
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        for (said, more, answered) in [
            ("", "", false),
            ("GET / HT", "", false),
            ("GET / HTTP/1.1\r\nX: ", "x", false),
            (request, "", true),
            (&format!("{request}GET / HTTP/1.1\r\nX: "), "x", true),
        ] {
            let heard = until_cut(at, said, more).await;
            assert_eq!(heard.ends_with("here"), answered, "{said:?} {more:?}: {heard:?}");
        }
    }

    #[tokio::test]
    async fn there_are_no_more_lines_than_may_be() {
        let patience = Patience { first: Duration::from_millis(400), ..Patience::default() };
        let at = serve(2, patience).await;
        let began = Instant::now();
        let idle = [TcpStream::connect(at).await.unwrap(), TcpStream::connect(at).await.unwrap()];
        let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        // It waits until one of the others has lost its place.
        assert!(until_cut(at, request, "").await.ends_with("here"));
        assert!(began.elapsed() >= patience.first, "{:?}", began.elapsed());
        drop(idle);
    }
}
