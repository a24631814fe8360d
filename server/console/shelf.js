// The shelf: all drawings, who is in them, and where new ones are added.

import { el, icon, say, sync } from "./elements.js";
import { archived, now, onShelf, state } from "./state.js";
import { count, initials } from "./words.js";
import { picker } from "./upload.js";

const FACES_MAX = 5;

export function face(person) {
  return el("span", { class: `face person-${person.color}`, title: person.name, "aria-hidden": "true" }, initials(person.name));
}

/** `look` is called with what somebody chooses, `added` with what was added. */
export function shelf(look, added) {
  const list = el("ul", { id: "drawings", "aria-label": "Drawings" });
  const away = el("ul", { "aria-label": "Archived drawings" });
  const summary = el("summary", {});
  const details = el("details", {}, summary, away);
  const none = el("p", { class: "empty" }, "");
  const { drop, uploads, button } = picker(added);
  const element = el("section", { class: "shelf", "aria-label": "Shelf" },
    el("header", {}, el("h2", {}, "Drawings"), el("span", { class: "spring" }), button),
    el("div", { class: "scroll" }, none, list, details), uploads, drop);
  let opened = null;
  const render = () => {
    const [here, put] = [onShelf(), archived()];
    none.hidden = here.length > 0;
    say(none, put.length > 0 ? "Every drawing here is archived." : "There is no drawing yet. Add a DXF file below.");
    const lookedAt = state.drawings.get(state.looked);
    if (lookedAt?.archived && opened !== state.looked) details.open = true;
    opened = lookedAt?.archived ? state.looked : null;
    details.hidden = put.length === 0;
    say(summary, `Archived (${put.length})`);
    sync(list, here, (drawing) => drawing.name, (drawing) => row(drawing, look), update);
    sync(away, put, (drawing) => drawing.name, (drawing) => row(drawing, look), update);
  };
  return { element, render };
}

function row(drawing, look) {
  const name = el("span", { class: "name" });
  const faces = el("span", { class: "faces" });
  const words = el("span", { class: "words" });
  const number = el("span", {});
  const held = el("span", { class: "held" }, icon("lock"), number);
  const button = el("button", { type: "button", "data-drawing": drawing.name, onclick: () => look(drawing.name) },
    name, el("span", { class: "what" }, faces, words), held);
  return Object.assign(el("li", {}, button), { parts: { name, faces, words, number, held, button } });
}

function update(child, drawing) {
  const { name, faces, words, number, held, button } = child.parts;
  say(name, drawing.title);
  const shown = drawing.people.slice(0, FACES_MAX);
  sync(faces, shown, (person) => `${person.session} ${person.color} ${person.name}`, face, () => {});
  const rate = drawing.samples.find((sample) => sample.second === Math.floor(now() / 1000) - 1)?.stored ?? 0;
  const there = drawing.people.length === 0 ? "nobody here" : count(drawing.people.length, "person", "people");
  say(words, drawing.archived ? "archived" : rate > 0 ? `${there} · ${rate}/s` : there);
  const locks = drawing.locks.reduce((sum, lock) => sum + lock.count, 0);
  held.hidden = locks === 0;
  say(number, String(locks));
  button.setAttribute("aria-current", String(state.looked === drawing.name));
  button.setAttribute("aria-label", `${drawing.title}, ${there}${locks > 0 ? `, ${count(locks, "object")} held` : ""}`);
}
