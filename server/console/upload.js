// Adding drawings: by a button, or by dropping files anywhere on the page.

import { el, icon, say, tell } from "./elements.js";
import { state } from "./state.js";
import { bytes, count } from "./words.js";

export function picker(look) {
  const input = el("input", { type: "file", accept: ".dxf", multiple: true, hidden: true, id: "file",
    onchange: () => { add([...input.files]); input.value = ""; } });
  const button = el("button", { type: "button", class: "small", onclick: () => input.click() }, icon("plus"), "Add");
  const uploads = el("ul", { class: "uploads", "aria-label": "Files on their way" });
  const drop = el("div", { class: "drop" }, el("span", {}, "Drop DXF files here to add them"), input);
  const add = (files) => files.forEach((file) => send(file, uploads, look));
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
    add([...event.dataTransfer.files]);
  });
  return { drop, uploads, button };
}

/** Sends one file; only this way of asking tells how far it has come. */
function send(file, uploads, look) {
  const max = state.server?.upload_bytes_max ?? Infinity;
  if (file.size > max) {
    tell(`${file.name} has ${bytes(file.size)}, and a file may have ${bytes(max)} here; nothing was added.`, true);
    return;
  }
  const request = new XMLHttpRequest();
  const words = el("span", {}, file.name);
  const bar = el("progress", { max: 1, value: 0, "aria-label": `${file.name} on its way` });
  const cancel = el("button", { type: "button", class: "plain small", "aria-label": `Cancel ${file.name}`, onclick: () => request.abort() }, icon("close"));
  const item = el("li", {}, words, cancel, bar);
  uploads.append(item);
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0;
    say(words, loaded < total ? `${file.name}, ${bytes(loaded)} of ${bytes(total)}` : `${file.name} is being read`);
  };
  request.onloadend = () => item.remove();
  request.onabort = () => tell(`${file.name} was not added.`);
  request.onerror = () => tell(`${file.name} did not arrive whole, so nothing was added; try again.`, true);
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
