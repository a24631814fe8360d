// What the server told so far, put together.

const LINES_MAX = 100;
const SAMPLES_MAX = 120;

export const state = {
  /** What doesn't change while one watches. */
  server: null,
  /** Drawings by name. */
  drawings: new Map(),
  /** Which drawing is looked at. */
  looked: null,
  /** How far the server's clock is ahead of this one's. */
  ahead_ms: 0,
};

/** The server's time now. */
export const now = () => Date.now() + state.ahead_ms;

/** Takes in what is new; the first of a connection names everything, and tells lines and seconds from the start. */
export function take(overview, first) {
  state.ahead_ms = overview.now_ms - Date.now();
  if (overview.server) state.server = overview.server;
  if (first) {
    const there = new Set(overview.drawings.map((drawing) => drawing.name));
    for (const name of state.drawings.keys()) if (!there.has(name)) state.drawings.delete(name);
  }
  for (const told of overview.drawings) {
    const before = first ? undefined : state.drawings.get(told.name);
    const { lines, samples, ...live } = told.live;
    const drawing = { ...told, ...live, live: undefined };
    drawing.lines = [...(before?.lines ?? []), ...lines].slice(-LINES_MAX);
    drawing.samples = [...(before?.samples ?? []), ...samples].slice(-SAMPLES_MAX);
    state.drawings.set(told.name, drawing);
  }
}

const byTitle = (one, other) => one.title.localeCompare(other.title, undefined, { numeric: true });
export const onShelf = () => [...state.drawings.values()].filter((drawing) => !drawing.archived).sort(byTitle);
export const archived = () => [...state.drawings.values()].filter((drawing) => drawing.archived).sort(byTitle);
export const looked = () => state.drawings.get(state.looked) ?? null;
