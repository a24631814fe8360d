//! What somebody does on the page happens to what they saw when they did it, and once.

use serde_json::json;

use crate::browser::Browser;
use crate::journey::sign_in;
use crate::page::{DESKTOP, Page};
use crate::sample;
use crate::served::Served;

/// A point, as a file.
const DXF: &str = "0\nSECTION\n2\nENTITIES\n0\nPOINT\n8\n0\n10\n1\n20\n1\n0\nENDSEC\n0\nEOF\n";

/// Drops a file on the page, as the browser tells a page of it.
async fn drop_file(page: &mut Page<'_>, name: &str) {
    let script = format!(
        "(() => {{ const dataTransfer = new DataTransfer();
           dataTransfer.items.add(new File([{}], '{name}'));
           for (const kind of ['dragenter', 'dragover', 'drop'])
             document.body.dispatchEvent(new DragEvent(kind, {{ bubbles: true, cancelable: true, dataTransfer }})); }})()",
        json!(DXF)
    );
    page.eval(&script).await;
}

/// Files that the page has sent so far.
fn sent(page: &Page<'_>) -> usize {
    let requests = page.browser.happened("Network.requestWillBeSent").into_iter().map(|event| &event["request"]);
    let is_upload = |url: &str| url.contains("/api/drawings?file=");
    requests.filter(|request| request["url"].as_str().is_some_and(is_upload)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_added_once_however_often_one_signed_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(&folder.path().join("data"), 0);
    let secret = served.secret.clone().expect("a first start");
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    page.until("document.activeElement?.id === 'secret'").await;
    drop_file(&mut page, "early.dxf").await;
    page.until_text("Sign in before you drop files here; nothing was added.").await;
    for _ in 0..2 {
        sign_in(&mut page, &secret).await;
        page.click("button", "Sign out").await;
        page.until("document.activeElement?.id === 'secret'").await;
    }
    sign_in(&mut page, &secret).await;
    for name in ["one", "two", "three"] {
        drop_file(&mut page, &format!("{name}.dxf")).await;
    }
    for name in ["one", "two", "three"] {
        page.until(&format!("document.querySelector('[data-drawing={name}]') !== null")).await;
    }
    page.until("document.querySelectorAll('.uploads > li').length === 0").await;
    assert_eq!(sent(&page), 3);
    assert_eq!(page.eval("document.querySelectorAll('#drawings > li').length").await, 3);
    page.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_about_is_what_is_archived_and_renamed() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(&folder.path().join("data"), 0);
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    sign_in(&mut page, served.secret.as_deref().expect("a first start")).await;
    for name in ["one", "two"] {
        drop_file(&mut page, &format!("{name}.dxf")).await;
        page.until(&format!("document.querySelector('[data-drawing={name}][aria-current=true]') !== null")).await;
    }
    page.click("button", "Archive").await;
    page.until_text("Archive two?").await;
    // An upload ends meanwhile, and even if another drawing came to be looked at, this one is meant.
    drop_file(&mut page, "three.dxf").await;
    page.until("document.querySelector('[data-drawing=three]') !== null").await;
    page.until("document.querySelector('dialog #notes')?.innerText.includes('three was added') === true").await;
    assert_eq!(page.eval("document.querySelector('[aria-current=true]').dataset.drawing").await, "two");
    page.eval("document.querySelector('[data-drawing=one]').click()").await;
    page.click("dialog button.primary", "Archive").await;
    page.until("document.querySelector('.shelf details [data-drawing=two]') !== null").await;
    assert_eq!(page.eval("document.querySelectorAll('.shelf details li').length").await, 1);

    // A name that is being typed is not thrown away by what comes in.
    page.click("button[aria-label=Rename]", "").await;
    page.type_text("First").await;
    drop_file(&mut page, "four.dxf").await;
    page.until("document.querySelector('[data-drawing=four]') !== null").await;
    page.until_text("four was added").await;
    page.press("Enter").await;
    page.until("document.querySelector('[data-drawing=one] .name')?.textContent === 'First'").await;
    page.until("document.activeElement?.getAttribute('aria-label') === 'Rename'").await;
    page.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_link_is_shown_than_the_one_that_is_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(&folder.path().join("data"), 0);
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    sign_in(&mut page, served.secret.as_deref().expect("a first start")).await;
    page.give_file(&sample()).await;
    page.until("document.querySelector('[data-drawing=sample][aria-current=true]') !== null").await;
    page.click("button", "Invite").await;
    page.until("document.querySelector('dialog .qr svg path') !== null").await;
    let choose = |name: &str, value: &str| {
        format!(
            "(() => {{ const it = document.querySelector('dialog select[name={name}]'); it.value = '{value}';
              it.dispatchEvent(new Event('change')); }})()"
        )
    };
    let nothing =
        "document.getElementById('invite-link').value === '' && document.querySelector('dialog .qr svg') === null
        && [...document.querySelectorAll('dialog button.primary')].at(-1).disabled";
    let network =
        |offline: bool| json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    page.call("Network.emulateNetworkConditions", network(true)).await;
    page.eval(&choose("role", "viewer")).await;
    page.until("document.querySelector('dialog #notes')?.innerText.includes('be reached') === true").await;
    assert_eq!(page.eval(nothing).await, true, "the link to edit is gone");
    page.call("Network.emulateNetworkConditions", network(false)).await;

    // The first answer comes after the second.
    page.eval(
        "{ const real = window.fetch; let held = 0;
           window.fetch = async (path, how) => {
             const first = String(path).includes('/invites') && held++ === 0;
             const answer = await real(path, how);
             if (first) await new Promise((go) => { window.letGo = go; });
             return answer;
           }; }",
    )
    .await;
    page.eval(&choose("role", "editor")).await;
    page.eval(&choose("role", "viewer")).await;
    page.until("document.getElementById('invite-link').value.includes('v1.viewer.')").await;
    page.eval("new Promise((go) => { const look = () => window.letGo ? go(window.letGo()) : requestAnimationFrame(look); look(); })").await;
    page.eval("fetch('/api/session').then((answer) => answer.text())").await;
    assert_eq!(page.eval("document.getElementById('invite-link').value.includes('v1.viewer.')").await, true);
    page.assert_clean();
}
