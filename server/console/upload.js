// Adding drawings: by a button, or by dropping files anywhere on the page.

import { el, icon, say, tell } from "./elements.js";
import { state } from "./state.js";
import { bytes, count } from "./words.js";

/** Files that are sent at a time: a browser has few connections to one server, and other things are asked meanwhile. */
const SENT_AT_ONCE = 2;

// One list for as long as the page is there: what is on its way goes on when somebody signs out and in again.
const uploads = el("ul", { class: "uploads", "aria-label": "Files on their way" });
const waiting = [];
let sending = 0;
/** Takes files for whoever is signed in; nobody else adds any. */
let take = null;

export function picker(look) {
  const input = el("input", { type: "file", accept: ".dxf", multiple: true, hidden: true, id: "file",
    onchange: () => { take?.([...input.files]); input.value = ""; } });
  const button = el("button", { type: "button", class: "small", onclick: () => input.click() }, icon("plus"), "Add");
  const drop = el("div", { class: "drop" }, el("span", {}, "Drop DXF files here to add them"), input);
  take = (files) => files.forEach((file) => add(file, look));
  return { drop, uploads, button };
}

/** Nobody is signed in any more. */
export function closePicker() {
  take = null;
}

/** Hears of what is dropped on the page; once for the page, whoever signs in on it. */
export function hearDrops() {
  let depth = 0;
  const dropping = (on) => document.body.classList.toggle("dropping", on);
  const files = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => { if (files(event)) { depth += 1; dropping(true); } });
  addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); dropping(depth > 0); });
  addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    dropping(false);
    if (take === null) {
      tell("Sign in before you drop files here; nothing was added.", true);
      return;
    }
    const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()?.isDirectory === true);
    const dropped = [...event.dataTransfer.files];
    dropped.filter((_, at) => folders[at]).forEach(({ name }) => tell(`${name} is a folder; drop the DXF files in it. Nothing of it was added.`, true));
    take(dropped.filter((_, at) => !folders[at]));
  });
}

/** Puts a file in the line. */
function add(file, look) {
  const max = state.server?.upload_bytes_max ?? Infinity;
  if (file.size > max) {
    tell(`${file.name} has ${bytes(file.size)}, and a file may have ${bytes(max)} here; nothing was added.`, true);
    return;
  }
  const words = el("span", {}, `${file.name} waits for its turn`);
  const bar = el("progress", { max: 1, value: 0, "aria-label": `${file.name} on its way` });
  const cancel = el("button", { type: "button", class: "plain small", "aria-label": `Cancel ${file.name}` }, icon("close"));
  const upload = { file, look, words, bar, cancel, item: el("li", {}, words, cancel, bar) };
  cancel.onclick = () => {
    waiting.splice(waiting.indexOf(upload), 1);
    upload.item.remove();
    tell(`${file.name} was not added.`);
  };
  uploads.append(upload.item);
  waiting.push(upload);
  sendNext();
}

function sendNext() {
  while (sending < SENT_AT_ONCE && waiting.length > 0) {
    sending += 1;
    send(waiting.shift());
  }
}

/** Sends one file; only this way of asking tells how far it has come. */
function send({ file, look, words, bar, cancel, item }) {
  const request = new XMLHttpRequest();
  let arrived = false;
  say(words, file.name);
  cancel.onclick = () => request.abort();
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0;
    if (!arrived) say(words, `${file.name}, ${bytes(loaded)} of ${bytes(total)}`);
  };
  request.upload.onload = () => {
    // The server adds what has come whole, whoever waits for it: there is nothing to cancel any more.
    arrived = true;
    cancel.hidden = true;
    say(words, `${file.name} is being read`);
  };
  request.onloadend = () => {
    item.remove();
    sending -= 1;
    sendNext();
  };
  request.onabort = () => tell(`${file.name} was not added.`);
  request.onerror = () => tell(arrived
    ? `Whether ${file.name} was added is not known: the server can't be reached. Look at the list of drawings before you add it again.`
    : `${file.name} did not arrive whole, so nothing was added; try again.`, true);
  request.onload = () => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* Not from this server: the status says it. */ }
    if (request.status === 201) {
      const odd = answer.findings > 0 ? `, with ${count(answer.findings, "finding")}` : "";
      tell(`${answer.title} was added${odd}.`);
      look(answer.name);
    } else {
      tell(answer?.why ?? `The server answered ${request.status}; ${file.name} was not added.`, true);
    }
  };
  request.open("POST", `/api/drawings?file=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.send(file);
}
