// The shell's page: chooses where the server listens, and says how it is doing.

const { invoke } = window.__TAURI__.core;
const by = (id) => document.getElementById(id);
let networks = [];
let serving = null;
let people = 0;

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
  people = status.people;
  const there = people === 1 ? "1 person is in" : `${people} people are in`;
  const drawings = status.drawings === 1 ? "1 drawing" : `${status.drawings} drawings`;
  by("state").textContent = serving ? `Serving ${drawings} at ${serving}; ${there}.` : "Not serving.";
  by("start").textContent = serving ? "Serve there instead" : "Start serving";
  by("start").classList.toggle("main", !serving);
  by("console").hidden = !serving;
  by("console").classList.toggle("main", Boolean(serving));
  by("stop").hidden = by("renew").hidden = !serving;
  by("data").textContent = status.data;
  say(status.trouble);
}

/** Runs something that may fail, with the buttons off meanwhile. What it gives has the keyboard after it. */
async function run(work) {
  const buttons = [...document.querySelectorAll("button:not(dialog button)")];
  buttons.forEach((button) => (button.disabled = true));
  let next = null;
  try {
    next = await work();
  } catch (trouble) {
    // Whatever failed, the page says how the server is doing now.
    const status = await invoke("status").catch(() => null);
    if (status) show(status);
    say(String(trouble));
  } finally {
    buttons.forEach((button) => (button.disabled = false));
    if (next instanceof HTMLElement) next.focus();
  }
}

/** Whether to go on although people are in, who would be sent off. */
async function sure(what, go) {
  const status = await invoke("status");
  show(status);
  if (!serving || people === 0) return true;
  by("sure-text").textContent = `${people === 1 ? "1 person is" : `${people} people are`} in and will be told and sent off. ${what}`;
  by("sure-go").textContent = go;
  const asked = by("sure");
  asked.returnValue = "stay";
  asked.showModal();
  await new Promise((closed) => asked.addEventListener("close", closed, { once: true }));
  return asked.returnValue === "go";
}

/** Shows the owner's secret: what is shown once is not shown in passing. */
function showSecret(secret) {
  by("copied").textContent = "";
  by("secret").hidden = false;
  by("secret-text").textContent = secret;
  return invoke("owner_secret_shown");
}

by("serve").addEventListener("input", sayPlainly);
by("serve").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(by("serve"));
  const network = networks[Number(form.get("network"))];
  run(async () => {
    if (!(await sure("They can come back to the new place by a new link.", "Serve there instead"))) return null;
    show(await invoke("start", { address: network.address, port: Number(form.get("port")), open: form.get("open") === "on" }));
    const secret = await invoke("owner_secret");
    if (secret === null) return invoke("open_console");
    await showSecret(secret);
    return by("console");
  });
});
by("copy").addEventListener("click", () => run(async () => {
  await navigator.clipboard.writeText(by("secret-text").textContent);
  by("copied").textContent = "It was copied.";
  return by("copy");
}));
by("renew").addEventListener("click", () => run(async () => {
  await showSecret(await invoke("new_owner_secret"));
  return by("copy");
}));
by("console").addEventListener("click", () => run(() => invoke("open_console")));
by("stop").addEventListener("click", () => run(async () => {
  if (await sure("Everything is kept.", "Stop serving")) show(await invoke("stop"));
}));

run(async () => {
  const [all, status, secret] = await Promise.all([invoke("networks"), invoke("status"), invoke("owner_secret")]);
  networks = all;
  showNetworks(status.settings.address);
  by("port").value = status.settings.port;
  by("open").checked = status.settings.open;
  show(status);
  sayPlainly();
  if (secret !== null) await showSecret(secret);
});
