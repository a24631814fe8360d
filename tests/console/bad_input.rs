//! What people give the page that makes no sense: a sentence each, and nothing is lost.

use std::io::{Seek as _, SeekFrom, Write as _};

use crate::browser::Browser;
use crate::journey::sign_in;
use crate::page::{DESKTOP, Page};
use crate::sample;
use crate::served::Served;

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_drawings_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let served = Served::start(&data, 0);
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    sign_in(&mut page, served.secret.as_deref().expect("a first start")).await;

    let huge = folder.path().join("huge.dxf");
    let mut file = std::fs::File::create(&huge).expect("a file");
    file.seek(SeekFrom::Start(1 << 30)).expect("a sparse file");
    file.write_all(b"0").expect("a sparse file");
    let zip = folder.path().join("packed.dxf");
    std::fs::write(&zip, b"PK\x03\x04\x14\0\0\0\x08\0garbage of a ZIP file").expect("a file");
    let empty = folder.path().join("empty.dxf");
    std::fs::write(&empty, b"").expect("a file");
    for (file, words) in [
        (&huge, "huge.dxf has 1 GiB, and a file may have 256 MiB here; nothing was added."),
        (&zip, "packed was not added: this is not a DXF file"),
        (&empty, "empty was not added: the file is empty."),
    ] {
        page.give_file(file).await;
        page.until_text(words).await;
    }
    page.shoot("refused").await;
    // A name is never a path, whoever says it.
    let sent = format!(
        "fetch('/api/drawings?file=' + encodeURIComponent('../../../{}/evil.dxf'), {{ method: 'POST',
           body: '0\\nSECTION\\n2\\nENTITIES\\n0\\nPOINT\\n8\\n0\\n10\\n1\\n20\\n1\\n0\\nENDSEC\\n0\\nEOF\\n' }})
           .then((answer) => answer.json()).then((answer) => answer.name)",
        folder.path().file_name().expect("a name").to_string_lossy()
    );
    assert_eq!(page.eval(&sent).await, "evil");
    page.until("document.querySelector('[data-drawing=evil]') !== null").await;
    assert!(data.join("evil.linework").exists());

    page.call(
        "Network.emulateNetworkConditions",
        serde_json::json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 }),
    )
    .await;
    page.give_file(&sample()).await;
    page.until_text("sample.dxf did not arrive whole, so nothing was added").await;
    page.assert_clean();
}
