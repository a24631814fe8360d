// The shell's page: chooses where the server listens, and says how it is doing.

const { invoke } = window.__TAURI__.core;
const by = (id) => document.getElementById(id);
let networks = [];
let serving = null;

/** Says in one sentence what the choices come to. */
function sayPlainly() {
  const chosen = networks[Number(new FormData(by("serve")).get("network") ?? 0)];
  const port = by("port").value || "...";
  if (!chosen) return;
  by("plain").textContent =
    chosen.reached_as === "127.0.0.1"
      ? `Only programs on this machine reach it, at 127.0.0.1:${port}.`
      : `Colleagues reach it at ${chosen.reached_as.includes(":") ? `[${chosen.reached_as}]` : chosen.reached_as}:${port}.`;
}

/** Draws the choices; `address` is the one that is chosen. */
function showNetworks(address) {
  const at = Math.max(0, networks.findIndex((network) => network.address === address));
  by("networks").replaceChildren(
    ...networks.map((network, index) => {
      const label = document.createElement("label");
      const input = Object.assign(document.createElement("input"), {
        type: "radio", name: "network", value: String(index), checked: index === at,
      });
      label.append(input, network.words);
      return label;
    }),
  );
}

function say(trouble) {
  by("trouble").hidden = !trouble;
  by("trouble").textContent = trouble ?? "";
}

/** Shows how the server is doing. */
function show(status) {
  serving = status.at;
  const people = status.people === 1 ? "1 person is in" : `${status.people} people are in`;
  const drawings = status.drawings === 1 ? "1 drawing" : `${status.drawings} drawings`;
  by("state").textContent = serving ? `Serving ${drawings} at ${serving}; ${people}.` : "Not serving.";
  by("start").textContent = serving ? "Serve there instead" : "Start serving";
  by("start").classList.toggle("main", !serving);
  by("console").hidden = !serving;
  by("console").classList.toggle("main", Boolean(serving));
  by("stop").hidden = !serving;
  by("data").textContent = status.data;
  say(status.trouble);
}

/** Runs something that may fail, with the buttons off meanwhile. */
async function run(work) {
  const buttons = [...document.querySelectorAll("button")];
  buttons.forEach((button) => (button.disabled = true));
  try {
    await work();
  } catch (trouble) {
    say(String(trouble));
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

by("serve").addEventListener("input", sayPlainly);
by("serve").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(by("serve"));
  const network = networks[Number(form.get("network"))];
  run(async () => {
    const { status, owner_secret: secret } = await invoke("start", {
      address: network.address, port: Number(form.get("port")), open: form.get("open") === "on",
    });
    show(status);
    // A secret that is shown once is not shown in passing.
    if (!secret) return invoke("open_console");
    by("secret").hidden = false;
    by("secret-text").textContent = secret;
    by("console").focus();
  });
});
by("copy").addEventListener("click", () => run(() => navigator.clipboard.writeText(by("secret-text").textContent)));
by("console").addEventListener("click", () => run(() => invoke("open_console")));
by("stop").addEventListener("click", () => run(async () => show(await invoke("stop"))));

run(async () => {
  const [all, status] = await Promise.all([invoke("networks"), invoke("status")]);
  networks = all;
  showNetworks(status.settings.address);
  by("port").value = status.settings.port;
  by("open").checked = status.settings.open;
  show(status);
  sayPlainly();
});
