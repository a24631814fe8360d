// The console: signing in, then the shelf and the drawing that is looked at, kept up to date by what the server tells.

import { ask, el, say, tell } from "./elements.js";
import { Link } from "./link.js";
import { shelf } from "./shelf.js";
import { sheet } from "./drawing.js";
import { onShelf, state, take } from "./state.js";
import { closePicker, hearDrops } from "./upload.js";

const main = document.getElementById("main");
const status = document.getElementById("status");
const leaving = document.getElementById("sign-out");
let link = null;
let views = [];
let due = false;

say(document.getElementById("place"), location.host);
leaving.addEventListener("click", async () => {
  try {
    await ask("DELETE", "/api/session");
    signedOut("");
  } catch (error) {
    tell(error.message, true);
  }
});
hearDrops();
addEventListener("visibilitychange", render);
// On a telephone the drawing takes the shelf's place, and going back leads to the shelf again.
addEventListener("popstate", (event) => { if (!isWide() && views.length > 0) look(event.state?.drawing ?? null); });
// A program around the server shows the console once more: it stays as it is, and whoever was signed out is in again.
addEventListener("hashchange", () => {
  if (link === null) begin();
  else history.replaceState(history.state, "", location.pathname);
});
// What happened stays still, what is "2 min ago" does not.
setInterval(render, 1000);

function render() {
  if (due || document.hidden) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    views.forEach((view) => view.render());
  });
}

function look(name) {
  state.looked = name;
  main.classList.toggle("looking", name !== null);
  if (name !== null) link?.look(name);
  render();
}

const isWide = () => matchMedia("(min-width: 761px)").matches;

/** Somebody chooses a drawing. */
function choose(name) {
  look(name);
  if (isWide()) return;
  if (history.state?.drawing === undefined) history.pushState({ drawing: name }, "");
  views.forEach((view) => view.render());
  views.forEach((view) => view.focus?.());
}

/** Back to the shelf. */
function leave() {
  if (history.state?.drawing === undefined) look(null);
  else history.back();
}

/** Looks at what was added, unless somebody is just asked about another drawing, or names it. */
function lookAtAdded(name) {
  if (document.querySelector("dialog[open], form.rename:not([hidden])") === null) look(name);
}

function signedIn() {
  views = [shelf(choose, lookAtAdded), sheet(leave)];
  main.className = "signed-in";
  // Whatever is painted first shows no part of a drawing that isn't there.
  views.forEach((view) => view.render());
  main.replaceChildren(...views.map((view) => view.element));
  leaving.hidden = status.hidden = false;
  showStatus("waiting", "Connecting…");
  let begun = false;
  link = new Link({
    status: showStatus,
    signedOut,
    overview: (overview, first) => {
      take(overview, first);
      // On a wide page the first drawing is looked at; on a narrow one that would hide the shelf.
      if (!begun && isWide() && state.looked === null && onShelf().length > 0) look(onShelf()[0].name);
      begun = true;
      render();
    },
  });
}

function showStatus(kind, words) {
  status.className = `status ${kind}`;
  say(status, words);
}

function signedOut(why) {
  link?.end();
  link = null;
  views = [];
  closePicker();
  state.drawings.clear();
  state.looked = null;
  leaving.hidden = status.hidden = true;
  status.className = "status";
  main.className = "signed-out";
  const wrong = el("p", { class: "bad", role: "alert", hidden: true });
  const secret = el("input", { type: "password", name: "secret", id: "secret", autocomplete: "current-password", required: true, spellcheck: "false" });
  const go = el("button", { class: "primary" }, "Sign in");
  const form = el("form", { class: "card", onsubmit: async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      await ask("POST", "/api/session", { secret: secret.value });
      signedIn();
    } catch (error) {
      wrong.hidden = false;
      say(wrong, error.message);
      go.disabled = false;
      secret.select();
    }
  } },
  el("h1", {}, "Sign in"),
  el("p", { class: "quiet" }, why === ""
    ? "The owner of this server looks after its drawings here. To join a drawing, open its link in Linework instead."
    : `${why[0].toUpperCase()}${why.slice(1)}.`),
  // Programs that keep secrets want to know whose it is.
  el("input", { type: "text", name: "username", value: "owner", autocomplete: "username", hidden: true }),
  el("label", {}, "Owner's secret", secret), wrong, go);
  main.replaceChildren(form);
  secret.focus();
}

/** A program around the server hands over a ticket behind #, which is good once. */
async function begin() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get("ticket");
  try {
    if (ticket !== null) {
      history.replaceState(null, "", location.pathname);
      await ask("POST", "/api/session", { secret: ticket });
    }
    const { signed_in } = await ask("GET", "/api/session");
    if (signed_in) signedIn();
    else signedOut("");
  } catch (error) {
    signedOut(error.message.replace(/\.$/, ""));
  }
}

begin();
