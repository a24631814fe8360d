//! A program around the host, such as one with a window of its own, shows the console signed in.

use server::{Host, Options};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::browser::Browser;
use crate::page::{DESKTOP, Page};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_around_the_host_signs_in_once_by_a_ticket() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::new(folder.path().join("data"));
    let host = Host::open(options, tokio::runtime::Handle::current()).expect("the folder opens");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn({
        let host = host.clone();
        async move { host.serve(listener, async { stopped.await.unwrap_or(()) }).await }
    });
    let url = format!("http://127.0.0.1:{port}/#ticket={}", host.ticket().expect("there is a console"));
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &url, DESKTOP).await;
    page.until("document.querySelector('.status.good') !== null").await;
    assert_eq!(page.eval("location.hash").await, "");
    page.assert_clean();

    // Shown once more by a program around it, the page stays as it is: what goes on in it goes on.
    page.eval("window.kept = true").await;
    let again = format!("location.hash = '#ticket={}'", host.ticket().expect("there is a console"));
    page.eval(&again).await;
    page.eval("new Promise((go) => { const look = () => location.hash === '' ? go() : requestAnimationFrame(look); look(); })").await;
    page.until("document.querySelector('.status.good') !== null").await;
    assert_eq!(page.eval("window.kept").await, true);

    // A new secret signs out whoever watches, by the connection that they watch over.
    host.new_owner_secret().await.expect("it is made");
    page.until_text("You are signed out").await;
    let again = format!("location.hash = '#ticket={}'", host.ticket().expect("there is a console"));
    page.eval(&again).await;
    page.until("document.querySelector('.status.good') !== null").await;
    assert_eq!(page.eval("window.kept").await, true);
    stop.send(()).expect("it serves");
    serving.await.expect("serving doesn't panic").expect("serving ends well");
    host.close().await;
}
