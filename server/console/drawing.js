// One drawing: who is in it, what is held, what happened, how fast, and what the owner can do.

import { ask, confirm, el, icon, say, sync, tell } from "./elements.js";
import { chart, drawAnswers, drawRate } from "./chart.js";
import { invite } from "./invite.js";
import { called, makeBan, makePerson, updatePerson } from "./people.js";
import { face } from "./shelf.js";
import { looked, now } from "./state.js";
import { ago, atClock, atDay, count, held, iso, number } from "./words.js";

const MINOR = new Set(["locked", "unlocked", "granted", "resumed", "queued", "withdrawn", "declined"]);

export function sheet(leave) {
  const empty = el("p", { class: "empty" }, "Choose a drawing to see who is in it and what they do.");
  const title = el("h1", { tabindex: "-1" });
  const broken = el("p", { class: "notice bad", role: "alert", hidden: true });
  const counts = el("div", { class: "counts" });
  const figures = ["people", "locks", "entities", "entries"].map((name) => {
    const value = el("b", {});
    counts.append(el("span", { "data-count": name }, value, ` ${name}`));
    return value;
  });
  const back = el("button", { type: "button", class: "plain back", onclick: leave }, icon("back"), "Drawings");
  const pen = el("button", { type: "button", class: "plain small", "aria-label": "Rename", title: "Rename", onclick: () => rename(true) }, icon("pen"));
  const inviting = el("button", { type: "button", class: "primary act", onclick: () => invite(looked()) }, icon("link"), "Invite");
  const dxf = el("a", { class: "button", download: true, onclick: download }, icon("down"), "DXF");
  const log = el("a", { class: "button", download: true, onclick: download }, icon("down"), "Log");
  const away = el("button", { type: "button", class: "act", onclick: () => archive() }, icon("box"), el("span", {}));
  const name = el("input", { "aria-label": "Name of the drawing", maxlength: 120, required: true });
  const renaming = el("form", { class: "rename", hidden: true, onsubmit: (event) => { event.preventDefault(); save(); } },
    name, el("button", { class: "primary" }, "Rename"), el("button", { type: "button", onclick: () => rename(false) }, "Cancel"));
  renaming.addEventListener("keydown", (event) => { if (event.key === "Escape") rename(false); });
  /** The drawing whose name is being typed. */
  let renamed = null;
  const heading = el("div", { class: "title" }, title);
  const header = el("header", {}, back, heading, pen, renaming, el("span", { class: "spring" }), inviting, dxf, log, away, counts);

  const people = box("People", "people", "Nobody is in this drawing.");
  const bans = box("Kept out", "bans", "Nobody is banned.");
  const locks = box("Locks", "locks", "Nothing is held.");
  const lines = box("What happened", "log", "Its log was not read yet.");
  const rate = chart("ops a second");
  const answers = chart("to answer");
  const body = el("div", { class: "columns" },
    el("div", { class: "column" }, people.element, bans.element, locks.element),
    el("div", { class: "column" }, el("div", { class: "charts" }, rate.figure, answers.figure), lines.element));
  const content = [header, broken, body];
  const element = el("section", { class: "sheet", "aria-label": "Drawing" }, empty, ...content);
  let shown = null;

  function rename(on) {
    [heading, pen].forEach((part) => { part.hidden = on; });
    const within = renaming.contains(document.activeElement);
    renaming.hidden = !on;
    if (!on) {
      // Whoever was in the form is back where they came from.
      if (within) pen.focus();
      return;
    }
    renamed = looked().name;
    name.value = looked().title;
    name.focus();
    name.select();
  }

  async function save() {
    if (await act(renamed, "PATCH", "", { title: name.value })) rename(false);
  }

  async function archive() {
    const drawing = looked();
    if (drawing.archived) {
      if (await act(drawing.name, "PATCH", "", { archived: false })) tell(`${drawing.title} is back; it can be joined again.`);
      return;
    }
    const there = drawing.people.length;
    const told = there > 0 ? `${count(there, "person is", "people are")} in it, who will be told and sent off. ` : "";
    const go = await confirm(`Archive ${drawing.title}?`, `${told}Nobody can join it until you bring it back. Nothing in it is lost.`, "Archive");
    if (go && await act(drawing.name, "PATCH", "", { archived: true })) tell(`${drawing.title} is archived.`);
  }

  async function override(token, session) {
    const drawing = looked();
    const lock = drawing.locks.find((each) => each.token === token && each.session === session);
    if (!lock) return;
    const who = holder(drawing, lock);
    const go = await confirm(`End ${who}'s lock?`,
      `${who} holds ${held(lock)}. They are told, and have a few seconds to finish; what they did so far is kept. Then whoever waits for it has it.`, "End the lock");
    if (go && await act(drawing.name, "DELETE", `/locks/${token}?of=${session}`)) tell(`${who}'s lock ends in a moment.`);
  }

  /** Follows a link to a file if there is one to be had: a browser shows no sentence of the server's when there is none. */
  async function download(event) {
    event.preventDefault();
    const { href } = event.currentTarget;
    const { title, broken } = looked();
    try {
      const { signed_in } = await ask("GET", "/api/session");
      if (!signed_in) throw new Error("You are signed out; sign in with the owner's secret.");
      if (broken !== undefined) throw new Error(`There is no file of ${title}: ${broken}.`);
      const link = el("a", { href, download: true, hidden: true });
      document.body.append(link);
      link.click();
      link.remove();
    } catch (error) {
      tell(error.message, true);
    }
  }

  /** Does something to the drawing that was named, whichever is looked at by now. */
  async function act(drawing, method, path, body) {
    try {
      await ask(method, `/api/drawings/${drawing}${path}`, body);
      return true;
    } catch (error) {
      tell(error.message, true);
      return false;
    }
  }

  function render() {
    const drawing = looked();
    empty.hidden = drawing !== null;
    content.forEach((part) => { part.hidden = drawing === null; });
    if (drawing === null) return;
    if (shown !== drawing.name) {
      shown = drawing.name;
      rename(false);
      dxf.href = `/api/drawings/${drawing.name}/drawing.dxf`;
      log.href = `/api/drawings/${drawing.name}/log.linework`;
    }
    say(title, drawing.title);
    broken.hidden = drawing.broken === undefined;
    say(broken, `It can't be worked on: ${drawing.broken}.`);
    say(away.lastElementChild, drawing.archived ? "Bring back" : "Archive");
    inviting.hidden = pen.hidden = drawing.archived;
    if (!renaming.hidden) pen.hidden = true;
    const objects = drawing.locks.reduce((sum, lock) => sum + lock.count, 0);
    [drawing.people.length, objects, drawing.entities, drawing.entries].forEach((value, at) => {
      // A drawing that was never opened since the server started has not told these.
      say(figures[at], at > 1 && Number(drawing.entries) === 0 ? "–" : number(Number(value)));
    });
    say(figures[1].nextSibling, ` ${objects === 1 ? "object held" : "objects held"}`);
    const time = now();
    const names = called(drawing.people);
    people.update(drawing.people, (person) => person.session, makePerson, (row, person) => updatePerson(row, person, names, time));
    const kept = drawing.bans ?? [];
    bans.update(kept, (ban) => ban.seq, makeBan, () => {});
    bans.element.hidden = kept.length === 0;
    locks.update(drawing.locks, (lock) => `${lock.token} of ${lock.session}`, (lock) => makeLock(lock, override), (row, lock) => updateLock(row, lock, drawing, time));
    say(locks.more, drawing.locks_more > 0 ? `and ${number(drawing.locks_more)} more` : "");
    lines.update(drawing.lines.toReversed(), (line) => line.seq, makeLine, () => {});
    say(lines.more, drawing.lines.length > 0 ? `the last ${drawing.lines.length} entries` : "");
    const second = Math.floor(time / 1000);
    drawRate(rate, drawing.samples, second);
    drawAnswers(answers, drawing.samples, second);
  }
  return { element, render, focus: () => title.focus() };
}

function box(title, name, none) {
  const list = el("ul", { class: `rows ${name}`, id: name });
  const more = el("span", { class: "quiet" });
  const nothing = el("p", { class: "none" }, none);
  const element = el("section", { class: "box", "aria-label": title }, el("header", {}, el("h2", {}, title), more), nothing, list);
  const update = (items, key, make, change) => {
    nothing.hidden = items.length > 0;
    sync(list, items, key, make, change);
  };
  return { element, more, update };
}

const holder = (drawing, lock) => called(drawing.people).get(lock.session) ?? "Somebody";

function makeLock(lock, override) {
  const place = el("span", {});
  const who = el("span", { class: "name" });
  const what = el("span", { class: "cut" });
  const since = el("time", { class: "since quiet", datetime: iso(lock.since_ms), title: `since ${atDay(lock.since_ms)}` });
  const end = el("button", { type: "button", class: "small", onclick: () => override(lock.token, lock.session) }, "End lock");
  return Object.assign(el("li", { "data-token": lock.token }, place, who, what, since, end), { parts: { place, who, what, since, end } });
}

function updateLock(row, lock, drawing, time) {
  const { place, who, what, since, end } = row.parts;
  const person = drawing.people.find((each) => each.session === lock.session);
  if (person && place.childElementCount === 0) place.append(face(person));
  const name = holder(drawing, lock);
  say(who, name);
  say(what, held(lock));
  what.title = held(lock);
  say(since, ago(time - lock.since_ms));
  end.setAttribute("aria-label", `End ${name}'s lock on ${held(lock)}`);
}

function makeLine(line) {
  const starts = line.who !== "" && line.what.startsWith(line.who);
  const words = starts ? [el("span", { class: "who" }, line.who), line.what.slice(line.who.length)] : [line.what];
  return el("li", { class: MINOR.has(line.kind) ? "minor" : null, "data-seq": line.seq },
    el("time", { datetime: iso(line.time_ms), title: `entry ${line.seq}, ${atDay(line.time_ms)}` }, atClock(line.time_ms)),
    el("span", {}, ...words));
}
