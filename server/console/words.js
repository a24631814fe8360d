// How things are said: numbers, times, people.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const grouped = new Intl.NumberFormat("en");

export const number = (value) => grouped.format(value);
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
/** The time of day, or for another day than today the day. */
export const atClock = (ms) => (new Date(ms).toDateString() === new Date().toDateString() ? clock : date).format(ms);
export const atDay = (ms) => day.format(ms);
export const iso = (ms) => new Date(ms).toISOString();

/** How long ago, roughly, as people say it. */
export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return count(Math.floor(seconds / 86400), "day");
}

/** Microseconds as a length of time. */
export function brief(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 10_000) return `${(us / 1000).toFixed(1)} ms`;
  if (us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

export function bytes(value) {
  if (value < 1024) return `${value} B`;
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(0)} KiB`;
  const short = (of) => String(Number(of.toFixed(1)));
  if (value < 1024 ** 3) return `${short(value / 1024 ** 2)} MiB`;
  return `${short(value / 1024 ** 3)} GiB`;
}

/** Two letters for a person. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]].map((word) => [...word][0]) : [...words[0]].slice(0, 2);
  return letters.join("").toUpperCase();
}

/** What somebody is at. */
export function doing(person, now) {
  if (!person.connected) return "connection lost";
  if (person.active_ms === undefined) return "looking";
  const idle = now - person.active_ms;
  if (person.attention === "away") return "away";
  if (person.attention === "idle") return "idle";
  if (idle > 60_000) return `idle ${ago(idle)}`;
  return person.tool ? person.tool : "active";
}

export const ROLES = ["viewer", "reviewer", "editor", "owner"];
export const role = (name) => ({ viewer: "may look", reviewer: "may comment", editor: "may edit", owner: "owns it" })[name] ?? name;

/** What is held, in a few words. */
export function held(lock) {
  const handles = lock.handles.length === 0 ? "" : ` · ${lock.handles.join(", ")}${lock.count > lock.handles.length ? " …" : ""}`;
  const kinds = lock.count > 100 ? `${number(lock.count)}: ${lock.kinds} …` : lock.kinds;
  return `${kinds}${handles}`;
}
