//! A page in the browser, and what a person does with it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::PATIENCE;
use crate::browser::Browser;
use crate::shots;

/// How a page is looked at.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

/// A desktop's screen, and a telephone's.
pub const DESKTOP: Look = Look { width: 1440, height: 900, dark: true };
pub const PHONE: Look = Look { width: 375, height: 812, dark: true };

/// A page that is open in the browser.
pub struct Page<'b> {
    pub browser: &'b mut Browser,
    session: String,
}

impl<'b> Page<'b> {
    /// Opens an address.
    pub async fn open(browser: &'b mut Browser, url: &str, look: Look) -> Page<'b> {
        let target = browser.call(None, "Target.createTarget", json!({ "url": "about:blank" })).await;
        let target = target.expect("a page is made")["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = browser.call(None, "Target.attachToTarget", attach).await.expect("a page can be driven");
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let mut page = Page { browser, session };
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.look(look).await;
        page.call("Page.navigate", json!({ "url": url })).await;
        page.browser.event("Page.loadEventFired", |_| true).await;
        page
    }

    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.browser.call(Some(&self.session), method, params).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Shows the page at a size, dark or light.
    pub async fn look(&mut self, Look { width, height, dark }: Look) {
        let mobile = width < 500;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// What JavaScript says, once it is settled.
    pub async fn eval(&mut self, script: &str) -> Value {
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", params).await;
        assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer:#}");
        answer["result"]["value"].take()
    }

    /// Waits until something is so on the page, looking again whenever the page changes; what it is.
    pub async fn until(&mut self, condition: &str) -> Value {
        let patience_ms = PATIENCE.as_millis() / 2;
        let script = format!(
            "new Promise((resolve, reject) => {{
                const look = () => {{
                    const found = (() => {condition})();
                    if (!found) return;
                    observer.disconnect();
                    clearTimeout(timer);
                    resolve(found === true || typeof found === 'string' || typeof found === 'number' ? found : true);
                }};
                const observer = new MutationObserver(look);
                const timer = setTimeout(() => reject(new Error('still not so: ' + document.body.innerText)), {patience_ms});
                const all = {{ subtree: true, childList: true, attributes: true, characterData: true }};
                observer.observe(document, all);
                look();
            }})"
        );
        self.eval(&script).await
    }

    /// Waits until a text is anywhere on the page.
    pub async fn until_text(&mut self, text: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    /// Clicks, with the mouse, in the middle of what a selector finds; of several the one with this text.
    pub async fn click(&mut self, selector: &str, text: &str) {
        let find = format!(
            "[...document.querySelectorAll({})].find((each) => each.offsetParent !== null && each.textContent.trim().includes({}))",
            json!(selector),
            json!(text)
        );
        self.until(&format!("Boolean({find})")).await;
        let place = self
            .eval(&format!(
                "(() => {{ const it = {find}; it.scrollIntoView({{ block: 'nearest' }});
                const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types where the keyboard goes.
    pub async fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key.
    pub async fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            other => panic!("what key is {other}?"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Gives the page a file, as its file dialog does.
    pub async fn give_file(&mut self, file: &Path) {
        let input = self.call("Runtime.evaluate", json!({ "expression": "document.getElementById('file')" })).await;
        let params = json!({ "files": [file], "objectId": input["result"]["objectId"] });
        self.call("DOM.setFileInputFiles", params).await;
    }

    /// Downloads what a link with this text leads to; the file.
    pub async fn download(&mut self, text: &str, folder: &Path) -> PathBuf {
        let behaviour = json!({ "behavior": "allowAndName", "downloadPath": folder, "eventsEnabled": true });
        self.browser.call(None, "Browser.setDownloadBehavior", behaviour).await.expect("downloads are allowed");
        self.click("a.button", text).await;
        let began = self.browser.event("Browser.downloadWillBegin", |_| true).await;
        let id = began["guid"].as_str().expect("a download has a name").to_owned();
        let ended = |event: &Value| event["guid"] == *id && event["state"] != "inProgress";
        let ended = self.browser.event("Browser.downloadProgress", ended).await;
        assert_eq!(ended["state"], "completed", "{began}");
        let path = folder.join(began["suggestedFilename"].as_str().expect("a file has a name"));
        std::fs::rename(folder.join(id), &path).expect("the download is there");
        path
    }

    /// Keeps a picture of the page where pictures are wanted.
    pub async fn shoot(&mut self, name: &str) {
        if shots::are_wanted() {
            let picture = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
            shots::keep(name, picture["data"].as_str().expect("a picture"));
        }
    }

    /// Nothing went wrong on the page that a person wouldn't see: no error, nothing that its policy forbids. What the
    /// server refuses is logged by the browser too, and no fault.
    pub fn assert_clean(&self) {
        let thrown = self.browser.happened("Runtime.exceptionThrown");
        assert!(thrown.is_empty(), "{thrown:#?}");
        let logged = self.browser.happened("Log.entryAdded");
        let faults = logged.into_iter().filter(|event| {
            let entry = &event["entry"];
            entry["source"] != "network" && matches!(entry["level"].as_str(), Some("warning" | "error"))
        });
        let faults: Vec<_> = faults.collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
