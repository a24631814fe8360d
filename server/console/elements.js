// Elements: making them, keeping a list of them in step, asking, telling.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Properties that start with "on" listen, "class" and the like are attributes, false and null leave out. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const PATHS = {
  lock: "M4 7h8v6H4z M5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  pen: "M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2z",
  back: "M10 3L5 8l5 5",
  link: "M6.5 9.5l3-3 M7 5l1.5-1.5a2.5 2.5 0 0 1 4 4L11 9 M9 11l-1.500 1.500a2.500 2.500 0 0 1-4-4L5 7",
  down: "M8 2.500v8 M4.500 7.500L8 11l3.500-3.500 M3 13.500h10",
  box: "M2.500 3h11v3h-11z M3.500 6v7h9V6 M6.500 9h3",
  plus: "M8 3v10 M3 8h10",
  close: "M4 4l8 8 M12 4l-8 8",
};

export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));

/** Sets text only where it is another, so that nothing is touched for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Keeps the children of `parent` in step with `items`: what stays is updated in place, so that it keeps its focus. */
export function sync(parent, items, key, make, update) {
  const known = (parent.known ??= new Map());
  const wanted = new Set();
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    wanted.add(name);
    let child = known.get(name);
    if (!child) {
      child = make(item);
      known.set(name, child);
    }
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
    update(child, item);
  }
  for (const [name, child] of known) {
    if (wanted.has(name)) continue;
    child.remove();
    known.delete(name);
  }
}

/** Shows a dialog until it is closed. Messages are in the topmost one: nothing else is read or clicked meanwhile. */
export function show(dialog) {
  const notes = document.getElementById("notes");
  const raise = () => ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(notes);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    raise();
    dialog.remove();
  });
  dialog.showModal();
  raise();
}

/** Asks before something is done that can't be taken back by a key; resolves to whether to go on. */
export function confirm(title, what, go) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-label": title, onclose: () => resolve(dialog.returnValue === "go") },
      el("form", { method: "dialog" },
        el("h2", {}, title),
        el("p", { class: "quiet" }, what),
        el("div", { class: "end" },
          el("button", { type: "submit", value: "stay", autofocus: true }, "Cancel"),
          el("button", { type: "submit", value: "go", class: "primary" }, go))));
    show(dialog);
  });
}

/** Messages that are there at a time. */
const NOTES_MAX = 50;

/** Tells something in the corner: what went well goes by itself, what didn't stays until it is closed. */
export function tell(text, wrong = false) {
  const note = el("div", { class: wrong ? "note wrong" : "note", role: wrong ? "alert" : null },
    el("p", {}, text),
    el("button", { class: "plain small", type: "button", "aria-label": "Close this message", onclick: () => note.remove() }, icon("close")));
  const notes = document.getElementById("notes");
  // What went well before is seen on the page by now.
  notes.querySelectorAll(".note:not(.wrong)").forEach((before) => before.remove());
  notes.append(note);
  while (notes.childElementCount > NOTES_MAX) notes.firstElementChild.remove();
  if (!wrong) setTimeout(() => note.remove(), 6000);
}

/** Asks the server for something; what it says when it refuses is thrown as a sentence. */
export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The server can't be reached; nothing was changed.");
  }
  const text = await response.text();
  let answer = null;
  try { answer = text === "" ? null : JSON.parse(text); } catch { /* Not from this server: the status says it. */ }
  if (!response.ok) {
    const refused = new Error(answer?.why ?? `The server answered ${response.status}; nothing was changed.`);
    refused.status = response.status;
    throw refused;
  }
  return answer;
}
