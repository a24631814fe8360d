// Inviting somebody: a link and its picture, for whom, as what, for how long.

import { ask, confirm, el, show, tell } from "./elements.js";

/** A pause in typing after which a link is made. */
const TYPED_MS = 400;

export function invite(drawing) {
  const role = el("select", { name: "role" }, ...[["editor", "Edit"], ["reviewer", "Comment"], ["viewer", "Look"], ["owner", "Own it"]]
    .map(([value, words]) => el("option", { value }, words)));
  const whom = el("input", { name: "for", maxlength: 64, autocomplete: "off", placeholder: "Whoever has it" });
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
  const need = el("p", { class: "notice", hidden: true }, "Say for whom it is: who is to own a drawing is invited by name.");
  let latest = 0;
  let typing = null;
  const wanted = async (renew) => {
    // What is shown is never another link than the one that is chosen: there is none until the server has made it.
    const asked = latest += 1;
    address.value = "";
    picture.replaceChildren();
    copy.disabled = true;
    // Who owns a drawing is somebody: there is nothing to make before it is said who.
    const unnamed = role.value === "owner" && whom.value.trim() === "";
    need.hidden = !unnamed;
    again.disabled = unnamed;
    if (unnamed) return;
    try {
      const made = await ask("POST", `/api/drawings/${drawing.name}/invites`,
        { role: role.value, name: whom.value.trim() || null, hours: hours.value === "" ? null : Number(hours.value), renew });
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
  const again = el("button", { type: "button", onclick: async () => {
    const go = await confirm("Make a new link?",
      "Every link to this drawing that was given away before stops working, and whoever came in by one needs the new one.", "Make a new link");
    if (go) await wanted(true);
  } }, "New link");
  role.onchange = hours.onchange = whom.onchange = () => wanted(false);
  // Nobody leaves the field only to see the link: what is there is no longer for the one who is being named.
  whom.oninput = () => {
    latest += 1;
    address.value = "";
    picture.replaceChildren();
    copy.disabled = true;
    clearTimeout(typing);
    typing = setTimeout(() => wanted(false), TYPED_MS);
  };
  const dialog = el("dialog", { "aria-label": `Invite to ${drawing.title}` },
    el("form", { method: "dialog" },
      el("h2", {}, `Invite to ${drawing.title}`),
      el("label", {}, "For (name, optional)", whom),
      el("div", { class: "row" }, el("label", {}, "They may", role), el("label", {}, "It lets them in", hours)),
      need, picture, address, here,
      el("p", { class: "quiet" }, "Opened in Linework, it leads into the drawing. Give it to those who may come in, and to nobody else. " +
        "Who is named is called so by everybody, whatever they call themselves. Whoever is in when its time is over stays until they leave."),
      el("div", { class: "end" }, again, el("span", { class: "spring" }), el("button", { type: "submit" }, "Close"), copy)));
  show(dialog);
  wanted(false);
}
