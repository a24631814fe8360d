// Small charts of the last two minutes, a bar a second, drawn by hand.

import { svg, el, say } from "./elements.js";
import { brief, number } from "./words.js";

const SECONDS = 120;
const HEIGHT = 56;

export function chart(title) {
  const value = el("b", {});
  const caption = el("span", { class: "peak" });
  const picture = svg("svg", { viewBox: `0 0 ${SECONDS * 2} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const figure = el("figure", { class: "box chart" },
    el("figcaption", {}, value, el("span", {}, title), caption), picture,
    el("div", { class: "axis", "aria-hidden": "true" }, el("span", {}, "2 min ago"), el("span", {}, "now")));
  const bars = { high: [], low: [] };
  for (const [kind, name] of [["high", "high-mark"], ["low", "bar-mark"]]) {
    for (let at = 0; at < SECONDS; at += 1) {
      const bar = svg("rect", { x: at * 2, width: 1.6, y: HEIGHT, height: 0, class: name });
      bars[kind].push(bar);
      picture.append(bar);
    }
  }
  return { figure, value, caption, picture, bars };
}

/** Draws a value a second: `low` solid, `high` behind it. */
function draw({ bars }, samples, second, low, high, scale) {
  const by = new Map(samples.map((sample) => [sample.second, sample]));
  for (let at = 0; at < SECONDS; at += 1) {
    const sample = by.get(second - SECONDS + 1 + at);
    for (const [bar, of] of [[bars.low[at], low], [bars.high[at], high]]) {
      const tall = sample && of ? Math.max(1, (of(sample) / scale) * (HEIGHT - 2)) : 0;
      const height = tall.toFixed(1);
      if (bar.getAttribute("height") === height) continue;
      bar.setAttribute("height", height);
      bar.setAttribute("y", (HEIGHT - tall).toFixed(1));
    }
  }
}

const within = (samples, second) => samples.filter((sample) => sample.second > second - SECONDS);

/** Requests that were stored. */
export function drawRate(parts, samples, second) {
  const recent = within(samples, second);
  const peak = Math.max(0, ...recent.map((sample) => sample.stored));
  // The second that is under way is not known yet.
  const last = recent.find((sample) => sample.second === second - 1)?.stored ?? 0;
  draw(parts, recent, second, (sample) => sample.stored, null, Math.max(peak, 5));
  say(parts.value, number(last));
  say(parts.caption, `peak ${number(peak)}`);
  parts.picture.setAttribute("aria-label", `Operations a second over two minutes: now ${last}, at most ${peak}`);
}

/** How long answers took. */
export function drawAnswers(parts, samples, second) {
  const recent = within(samples, second);
  const worst = Math.max(0, ...recent.map((sample) => sample.answer_us_max));
  const last = recent.at(-1);
  draw(parts, recent, second, (sample) => sample.answer_us_mean, (sample) => sample.answer_us_max, Math.max(worst, 2000));
  say(parts.value, last ? brief(last.answer_us_mean) : "–");
  say(parts.caption, last ? `worst ${brief(worst)}` : "");
  const words = last ? `lately ${brief(last.answer_us_mean)} on average, at worst ${brief(worst)}` : "nothing was asked";
  parts.picture.setAttribute("aria-label", `Time to answer over two minutes: ${words}`);
}
