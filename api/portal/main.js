// The portal: signs in with an API key, and shows the view that the address names after its `#`.
//
// It is a client of the public API as any other, and can do nothing that the key's owner could not do with curl.

import { get } from "./api.js";
import { batch, batches } from "./batches.js";
import { el, fill } from "./dom.js";
import { failures } from "./failures.js";
import { jobs } from "./jobs.js";
import { overview } from "./overview.js";
import { problemBox } from "./parts.js";
import { proof } from "./proof.js";
import * as session from "./session.js";

const VIEWS = [
  [/^\/?$/, "Overview", overview],
  [/^\/failures$/, "Failures", failures],
  [/^\/jobs$/, "Jobs", jobs],
  [/^\/batches$/, "Batches", batches],
  [/^\/proofs\/(?<id>\w+)$/, "Proof", proof],
  [/^\/batches\/(?<id>\w+)$/, "Batch", batch],
];

const part = (id) => document.getElementById(id);
const [nav, view, signIn, signOutButton, form, field] = ["nav", "view", "sign-in", "sign-out", "sign-in-form", "key"].map(part);
let leaving = new AbortController();

/** Shows what the address names. What the view before was about to do is stopped. */
async function show() {
  leaving.abort(new Error("the view was left"));
  leaving = new AbortController();
  const { signal } = leaving;
  if (session.key() === null) {
    askForKey();
    return;
  }
  signIn.hidden = true;
  nav.hidden = signOutButton.hidden = false;
  const [path, query] = (location.hash.slice(1) || "/").split("?");
  const [pattern, title, render] = VIEWS.find(([pattern]) => pattern.test(path)) ?? VIEWS[0];
  const parameters = { ...Object.fromEntries(new URLSearchParams(query)), ...pattern.exec(path)?.groups };
  document.title = `${title} – Zapiki portal`;
  mark(path);
  view.setAttribute("aria-busy", "true");
  try {
    // Drawn aside: what comes late, after the view was left, must not be shown over the next.
    const drawn = el("div");
    await render(drawn, parameters, { signal, refresh: show });
    signal.throwIfAborted();
    fill(view, [...drawn.childNodes]);
    // Who listens to the page hears where it is.
    view.querySelector("h1")?.focus();
  } catch (problem) {
    if (signal.aborted) return;
    if (problem.status === 401) signOut(problem);
    else fill(view, problemBox(problem), el("p", {}, el("button", { type: "button", onclick: show }, "Try again")));
  } finally {
    if (!signal.aborted) view.removeAttribute("aria-busy");
  }
}

function mark(path) {
  for (const link of nav.querySelectorAll("a")) {
    const own = link.hash.slice(1);
    const isHere = own === path || (own !== "/" && path.startsWith(`${own}/`));
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function askForKey(problem) {
  fill(view);
  document.title = "Sign in – Zapiki portal";
  nav.hidden = signOutButton.hidden = true;
  signIn.hidden = false;
  fill(part("sign-in-problem"), problem && problemBox(problem));
  field.focus();
}

/** Forgets the key, and whatever was shown with it. */
function signOut(problem) {
  leaving.abort(new Error("signed out"));
  session.wipe();
  askForKey(problem);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = field.value;
  field.value = "";
  if (!session.keep(text)) {
    askForKey({ title: "Not an API key", detail: "A key is one word of letters, digits, - and _, and begins with zk_." });
    return;
  }
  try {
    await get("jobs", { limit: 1 });
    await show();
  } catch (problem) {
    signOut(problem);
  }
});
signOutButton.addEventListener("click", () => {
  signOut();
  history.replaceState(null, "", location.pathname);
});
// Not by its address: what stands after the `#` names a view.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  part("main").focus();
});
addEventListener("hashchange", show);
// A page that the browser kept aside and shows again may be one that was signed out of.
addEventListener("pageshow", (event) => event.persisted && show());
show();
