// Keeps a page up to date while its reader looks at it, and starts the check. Without it the page is whole, and stands still.
document.documentElement.classList.add("js");

const live = document.getElementById("live");
const say = (words) => { live.textContent = words; };

// Puts what is new in the place of what was there, and leaves the reader where they were.
function renew(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return false;
  const at = old.contains(document.activeElement) ? document.activeElement : null;
  const href = at?.getAttribute("href");
  const open = [...old.querySelectorAll("details[open] > summary")].map((it) => it.textContent);
  old.replaceChildren(...fresh.childNodes);
  for (const summary of old.querySelectorAll("details > summary")) summary.parentElement.open ||= open.includes(summary.textContent);
  if (at) ([...old.querySelectorAll("a")].find((it) => it.getAttribute("href") === href) ?? document.getElementById("main")).focus({ preventScroll: true });
  return true;
}

let asked = 0;
async function refresh() {
  const mine = ++asked;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  const text = await answer.text();
  // A later question has a later answer.
  if (mine !== asked) return;
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh && renew(part, fresh) && part.id !== "top") {
      part.classList.remove("fresh");
      void part.offsetWidth; // the animation begins anew
      part.classList.add("fresh");
    }
  }
  // Parts that were not there before, such as the first ballot of a case.
  for (const fresh of page.querySelectorAll("[data-live]")) {
    if (document.getElementById(fresh.id)) continue;
    const before = fresh.previousElementSibling && document.getElementById(fresh.previousElementSibling.id);
    before ? before.after(fresh) : document.getElementById("main").append(fresh);
  }
  const panel = page.getElementById("check");
  if (panel) document.getElementById("check").dataset.reasons = panel.dataset.reasons;
}

// Not all at once: a page that many look at is asked for by each of them. A page that nobody looks at waits until somebody does.
let waiting;
let stale = false;
function soon(words) {
  say(words);
  stale = true;
  clearTimeout(waiting);
  waiting = setTimeout(whenSeen, 100 + Math.random() * 900);
}
function whenSeen() {
  if (!stale || document.hidden) return;
  stale = false;
  refresh().catch(() => say("The page could not be renewed; reload it."));
}
document.addEventListener("visibilitychange", whenSeen);

const feed = document.body.dataset.events;
let lost = false;
let pause = 5_000;
let source;
// A browser has few connections to one server, six by HTTP/1.1: a page that nobody looks at holds none.
function listen() {
  if (source || document.hidden) return;
  source = new EventSource(feed);
  source.addEventListener("open", () => {
    if (lost) soon("Connected again."); else say("This page follows the record.");
    lost = false;
    pause = 5_000;
  });
  source.addEventListener("error", () => {
    lost = true;
    say("Not connected: what is shown may be out of date.");
    // A browser comes again by itself where a connection broke, and not after another answer than events: of a proxy whose server
    // starts anew, or that too many listen.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    setTimeout(listen, pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, 60_000);
  });
  source.addEventListener("entry", (event) => {
    const entry = JSON.parse(event.data);
    soon(`New: entry ${entry.entry}, ${entry.by} ${entry.what}.`);
  });
  source.addEventListener("state", (event) => {
    const { changes } = JSON.parse(event.data);
    soon(`New: ${changes.join("; ")}.`);
  });
}
if (feed) {
  listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { listen(); return; }
    source?.close();
    source = undefined;
    lost = true;
  });
}

const panel = document.getElementById("check");
if (panel) {
  document.getElementById("server").textContent = location.origin;
  const button = panel.querySelector("button");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const result = panel.querySelector(".result");
    try {
      const { check } = await import(panel.dataset.script);
      const { log, anchor, reasons } = panel.dataset;
      await check(result, { log, anchor, reasons: reasons.split(" ").filter(Boolean).map(Number) });
      button.textContent = "Check again";
    } catch {
      result.textContent = "Not checked: what checks it could not be loaded. Reload the page, or use the command below.";
    } finally {
      button.disabled = false;
    }
  });
}
