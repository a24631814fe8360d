// The people in a drawing: who they are, what they may do, and what the owner says of them; and who is kept out.

import { ask, confirm, el, say, tell } from "./elements.js";
import { face } from "./shelf.js";
import { looked } from "./state.js";
import { ROLES, atDay, doing, number, role } from "./words.js";

/** What people are called, by session: those of one name are numbered in the order in which they came. */
export function called(people) {
  const [seen, names] = [new Map(), new Map()];
  for (const { session, name } of people) {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    names.set(session, before === 0 ? name : `${name} (${before + 1})`);
  }
  return names;
}

/** Asks the server for something to do with people; whether it was done. */
async function act(drawing, method, path, body) {
  try {
    await ask(method, `/api/drawings/${drawing}/${path}`, body);
    return true;
  } catch (error) {
    tell(error.message, true);
    return false;
  }
}

/** The person of a row, as they are by now, and the drawing that they are in. */
function whom(session) {
  const drawing = looked();
  const person = drawing?.people.find((each) => each.session === session);
  return person === undefined ? null : { drawing, person, name: called(drawing.people).get(session) };
}

async function setRole(session, select) {
  const found = whom(session);
  if (found === null) return;
  const { drawing, person, name } = found;
  const wanted = select.value;
  // Until the server says that it is so, it is as it was.
  select.value = person.role;
  if (await act(drawing.name, "PATCH", `people/${session}`, { role: wanted })) tell(`${name} ${role(wanted)} now.`);
}

async function remove(session) {
  const found = whom(session);
  if (found === null) return;
  const { drawing, name } = found;
  const go = await confirm(`Remove ${name}?`,
    `${name} is told and has to go; what they hold is free at once, and what was not stored stays with them. They can come back by their link.`, "Remove");
  if (go && await act(drawing.name, "DELETE", `people/${session}`)) tell(`${name} was removed.`);
}

async function ban(session) {
  const found = whom(session);
  if (found === null) return;
  const { drawing, name } = found;
  const go = await confirm(`Ban ${name}?`,
    `${name} is told and has to go, and this installation of theirs is not let in again, nor is an invite that was made out to them. You can lift the ban here.`, "Ban");
  if (go && await act(drawing.name, "POST", "bans", { session })) tell(`${name} is banned.`);
}

export function makePerson(person) {
  const name = el("span", { class: "name" });
  const what = el("span", { class: "cut quiet" });
  const may = el("select", { class: "small", onchange: () => setRole(person.session, may) },
    ...ROLES.map((each) => el("option", { value: each }, role(each))));
  const fixed = el("span", { class: "quiet", title: "Whoever serves a drawing stays its owner" }, "owner, serves it");
  const out = el("button", { type: "button", class: "small", onclick: () => remove(person.session) }, "Remove");
  const never = el("button", { type: "button", class: "small", onclick: () => ban(person.session) }, "Ban");
  const acts = el("span", { class: "acts" }, out, never);
  const row = el("li", { "data-session": person.session }, face(person), el("span", { class: "who" }, name, what), may, fixed, acts);
  return Object.assign(row, { parts: { name, what, may, fixed, acts, out, never } });
}

export function updatePerson(row, person, names, time) {
  const { name, what, may, fixed, acts, out, never } = row.parts;
  row.classList.toggle("away", !person.connected);
  const words = names.get(person.session);
  say(name, words);
  name.title = words;
  say(what, `${doing(person, time)} · ${person.holds > 0 ? `holds ${number(person.holds)}` : "holds nothing"}`);
  may.hidden = acts.hidden = person.within === true;
  fixed.hidden = !may.hidden;
  // Not under the hand of one who is just choosing.
  if (may !== document.activeElement && may.value !== person.role) may.value = person.role;
  may.setAttribute("aria-label", `What ${words} may do`);
  out.setAttribute("aria-label", `Remove ${words}`);
  never.setAttribute("aria-label", `Ban ${words}`);
}

export function makeBan(ban) {
  const lift = el("button", { type: "button", class: "small", "aria-label": `Let ${ban.name} in again`, onclick: async () => {
    const drawing = looked();
    if (await act(drawing.name, "DELETE", `bans/${ban.seq}`)) tell(`${ban.name} may come in again.`);
  } }, "Let in again");
  const how = ban.invited ? "this installation and invites made out to them" : "this installation";
  return el("li", { "data-ban": ban.seq },
    el("span", { class: "who" }, el("span", { class: "name", title: ban.name }, ban.name),
      el("span", { class: "cut quiet", title: how }, `by ${ban.by_name}, ${atDay(ban.time_ms)}: ${how}`)), lift);
}
