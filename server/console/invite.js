// Inviting somebody: a link and its picture, as viewer or editor, for how long.

import { ask, confirm, el, show, tell } from "./elements.js";

export function invite(drawing) {
  const role = el("select", { name: "role" }, el("option", { value: "editor" }, "May edit"), el("option", { value: "viewer" }, "May look"));
  const hours = el("select", { name: "hours" }, ...[["", "For ever"], ["1", "One hour"], ["24", "One day"], ["168", "One week"], ["720", "30 days"]]
    .map(([value, words]) => el("option", { value }, words)));
  const address = el("input", { class: "mono", readonly: true, "aria-label": "Link", id: "invite-link", onfocus: () => address.select() });
  const picture = el("div", { class: "qr", role: "img", "aria-label": "The link as a QR code" });
  const here = el("p", { class: "notice", hidden: true },
    "Only this machine reaches the server: it listens on no network, or is on none. Where it listens is chosen in the host's window, or by --listen.");
  const copy = el("button", { type: "button", class: "primary", disabled: true, onclick: async () => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
      tell("The link was copied.");
    } catch {
      // Browsers keep the clipboard from pages that don't come over https.
      tell(document.execCommand("copy") ? "The link was copied." : "Copy the link that is selected.");
    }
  } }, "Copy link");
  let latest = 0;
  const wanted = async (renew) => {
    // What is shown is never another link than the one that is chosen: there is none until the server has made it.
    const asked = latest += 1;
    address.value = "";
    picture.replaceChildren();
    copy.disabled = true;
    try {
      const made = await ask("POST", `/api/drawings/${drawing.name}/invites`,
        { role: role.value, hours: hours.value === "" ? null : Number(hours.value), renew });
      if (renew) tell("There is a new link. The ones before let nobody in any more.");
      if (asked !== latest) return;
      address.value = made.address;
      const parsed = new DOMParser().parseFromString(made.picture, "image/svg+xml").documentElement;
      picture.replaceChildren(document.importNode(parsed, true));
      here.hidden = !made.only_here;
      copy.disabled = false;
    } catch (error) {
      tell(error.message, true);
    }
  };
  const renew = el("button", { type: "button", onclick: async () => {
    const go = await confirm("Make a new link?",
      "Every link to this drawing that was given away before stops working, and whoever came in by one needs the new one.", "Make a new link");
    if (go) await wanted(true);
  } }, "New link");
  role.onchange = hours.onchange = () => wanted(false);
  const dialog = el("dialog", { "aria-label": `Invite to ${drawing.title}` },
    el("form", { method: "dialog" },
      el("h2", {}, `Invite to ${drawing.title}`),
      el("div", { class: "row" }, el("label", {}, "Whoever has the link", role), el("label", {}, "It lets them in", hours)),
      picture, address, here,
      el("p", { class: "quiet" }, "Opened in Linework, it leads into the drawing. Give it to those who may come in, and to nobody else. " +
        "Whoever is in when its time is over stays until they leave."),
      el("div", { class: "end" }, renew, el("span", { class: "spring" }), el("button", { type: "submit" }, "Close"), copy)));
  show(dialog);
  wanted(false);
}
