// The connection by which the server tells what is new. It comes back by itself.

const SUBPROTOCOL = "linework.v1.json";
const HEARTBEAT_MS = 5_000;
const PAUSES_MS = [250, 500, 1_000, 2_000, 5_000];

export class Link {
  #handlers;
  #socket = null;
  #failures = 0;
  #beat = null;
  #ended = false;
  #looking = null;

  /** `handlers`: overview(overview, first), status(word, text), signedOut(why). */
  constructor(handlers) {
    this.#handlers = handlers;
    addEventListener("online", () => this.#again(0));
    this.#connect();
  }

  /** Wants the lines of a drawing, also of one that nobody works on. */
  look(drawing) {
    this.#looking = drawing;
    this.#say({ look: { drawing } });
  }

  end() {
    this.#ended = true;
    clearInterval(this.#beat);
    this.#socket?.close();
  }

  #say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, SUBPROTOCOL);
    this.#socket = socket;
    let first = true;
    let farewell = null;
    socket.onopen = () => {
      this.#say({ watch: {} });
      if (this.#looking !== null) this.#say({ look: { drawing: this.#looking } });
      clearInterval(this.#beat);
      this.#beat = setInterval(() => this.#say("heartbeat"), HEARTBEAT_MS);
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.overview) {
        if (first) {
          this.#failures = 0;
          this.#handlers.status("good", "Live");
        }
        this.#handlers.overview(message.overview, first);
        first = false;
      } else if (message.bye) {
        farewell = message.bye;
      }
    };
    socket.onclose = () => {
      if (this.#ended || socket !== this.#socket) return;
      clearInterval(this.#beat);
      if (farewell && !farewell.retry) {
        this.#ended = true;
        this.#handlers.signedOut(farewell.why);
        return;
      }
      const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
      this.#failures += 1;
      const away = navigator.onLine ? "Reconnecting…" : "No network";
      this.#handlers.status(this.#failures > 3 ? "broken" : "waiting", away);
      this.#again(pause);
    };
  }

  #timer = null;
  #again(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const state = this.#socket?.readyState;
      if (!this.#ended && state !== WebSocket.OPEN && state !== WebSocket.CONNECTING) this.#connect();
    }, pause);
  }
}
