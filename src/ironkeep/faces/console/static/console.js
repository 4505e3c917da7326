// Keys, focus, and the watch over the page's own stream. Nothing here decides; without it every page still works.
"use strict";
(() => {
  const LOST_MS = 3500, OLD_MS = 8000, POLL_MS = 5000, PAINT_MS = 2000;
  const root = document.documentElement;
  const main = document.querySelector("main[data-live]");
  let heard = performance.now(), looked = heard, polling = false, source = null;
  const ended = () => location.replace(main.dataset.page === "plain" ? "/login" : location.href);

  // --- the stream -------------------------------------------------------------------------------------------------
  function band(text) {
    let box = document.getElementById("lost");
    if (!text) { if (box) box.remove(); return; }
    if (!box) {
      box = document.createElement("p");
      box.id = "lost"; box.setAttribute("role", "alert");
      document.body.prepend(box);
    }
    if (box.dataset.text !== text) { box.dataset.text = text; box.textContent = ""; const head = document.createElement("strong"); head.textContent = "Stream lost. "; box.append(head, text); }
  }
  function alive() {
    heard = performance.now();
    if (root.dataset.stream) { delete root.dataset.stream; band(""); }
  }
  function look() {
    const now = performance.now(), quiet = now - heard, slack = polling ? POLL_MS : 0, before = looked;
    looked = now;
    // A tab hidden for minutes wakes once a minute: what was answered since the last waking is not lost, it is asked anew.
    if (polling && now - before > OLD_MS && heard > before) { poll(); return; }
    if (quiet > OLD_MS + slack) { root.dataset.stream = "old"; band(`Nothing was heard from the console for ${Math.round(quiet / 1000)} s. Values are not known. Alarms below are as last heard. Look at the equipment itself.`); }
    else if (quiet > LOST_MS + slack) { root.dataset.stream = "lost"; band("What stands below may be old."); }
  }

  // --- fragments without htmx: each region is replaced, the focus goes back to where it was -----------------------
  function replace(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    for (const part of holder.content.querySelectorAll("hx-partial")) {
      const target = document.querySelector(part.getAttribute("hx-target"));
      const fresh = part.firstElementChild;
      if (!target || !fresh || target.outerHTML === fresh.outerHTML) continue;
      const open = [...target.querySelectorAll("details")].map(d => d.open);
      const focus = target.contains(document.activeElement) ? document.activeElement.id : "";
      target.replaceWith(fresh);
      [...fresh.querySelectorAll("details")].forEach((d, i) => { if (i in open) d.open = open[i]; });
      if (focus) document.getElementById(focus)?.focus({preventScroll: true});
    }
  }
  async function poll() {
    try {
      const address = main.dataset.live + (main.dataset.live.includes("?") ? "&" : "?") + "poll=1";
      if (window.htmx) { await htmx.ajax("GET", address, {source: document.getElementById("act"), swap: "none"}); return; }
      const answer = await fetch(address, {headers: {accept: "text/html"}});
      if (answer.ok) { replace(await answer.text()); alive(); }
    } catch { /* look() tells */ }
  }
  function startPolling() {
    if (polling) return;
    polling = true;
    const told = document.createElement("span");
    told.id = "polled"; told.className = "polled"; told.textContent = "polled every 5 s";
    document.querySelector(".who")?.prepend(told);
    setInterval(poll, POLL_MS);
  }
  async function plainStream() {
    const probe = await fetch(main.dataset.live, {headers: {accept: "text/event-stream"}}).catch(() => null);
    if (probe && probe.headers.get("x-ironkeep-stream") === "poll") { startPolling(); return; }
    probe?.body?.cancel();
    source = new EventSource(main.dataset.live);
    source.onmessage = message => { alive(); replace(message.data); };
    source.addEventListener("ended", ended);
  }
  // --- scripts that the first paint need not wait for are named in the page and fetched after it --------------------
  function fetched(named) {
    return new Promise(done => {
      const script = document.createElement("script");
      script.async = false; script.integrity = named.dataset.integrity; script.src = named.dataset.src;
      script.onload = script.onerror = done;
      document.head.append(script);
    });
  }
  const painted = new Promise(done => {  // a hidden tab paints nothing, and a slow one must still become live
    setTimeout(done, document.hidden ? 0 : PAINT_MS);
    new PerformanceObserver(seen => { if (seen.getEntriesByName("first-contentful-paint").length) done(); }).observe({type: "paint", buffered: true});
  });
  const ready = painted.then(() => { for (const named of document.querySelectorAll("script[data-sheet]")) { const sheet = document.createElement("link"); sheet.rel = "stylesheet"; sheet.integrity = named.dataset.integrity; sheet.href = named.dataset.sheet; document.head.append(sheet); } return Promise.all([...document.querySelectorAll("script[data-src]")].map(fetched)); });
  function connect() {
    if (window.htmx) {
      // htmx starts by itself in a timer, which may run before the stream's extension is there: connect after it.
      setTimeout(() => { main.setAttribute("hx-sse:connect", main.dataset.live); htmx.process(main); }, 0);
      document.addEventListener("htmx:sse:after:message", alive);
      document.addEventListener("htmx:after:request", event => {
        const answer = event.detail?.ctx?.response;
        if (!answer) return;
        if (answer.headers?.get?.("x-ironkeep-stream") === "poll") { alive(); startPolling(); }
        if (answer.status === 401) ended();
      });
      main.addEventListener("ended", ended);
    } else plainStream();
  }
  if (main) {
    ready.then(connect);
    setInterval(look, 500);
    window.addEventListener("pagehide", () => source?.close());
  }

  // --- acknowledge: the focus goes on to the next row that waits ---------------------------------------------------
  let wanted = "";
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-ack]");
    if (!button) return;
    const all = [...document.querySelectorAll("[data-ack]")], at = all.indexOf(button);
    wanted = (all[at + 1] || all[at - 1])?.id || "-";
  });
  function moveOn() {
    if (!wanted) return;
    if (document.querySelector("#notice.bad")) { wanted = ""; return; }  // refused: stay where the hand is
    const next = document.getElementById(wanted) || document.querySelector("[data-ack]") || main;
    wanted = "";
    next?.focus();
  }
  document.addEventListener("htmx:after:swap", () => setTimeout(moveOn, 0));

  // --- plain posts without htmx stay plain; the export is always plain ---------------------------------------------
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-plain]");
    if (!button || !window.htmx) return;
    event.preventDefault();
    const form = document.createElement("form"), from = document.getElementById("act");
    form.method = "post"; form.action = button.getAttribute("formaction"); form.hidden = true;
    for (const field of from.querySelectorAll("input")) form.append(field.cloneNode());
    document.body.append(form); HTMLFormElement.prototype.submit.call(form); form.remove();
  });

  // --- keys --------------------------------------------------------------------------------------------------------
  function up() {
    const here = location.pathname, [, room, page, asset] = here.split("/");
    if (/^\/(rack|inventory\/asset)\/.*\./.test(here)) return here.replace(/\.[^.]*$/, "");  // a part leads to its whole
    if (page === "card" || page === "hands") return `/inventory/asset/${asset}`;
    if (room === "proof") return "/evidence";
    return page ? "/" + room : room ? "/" : "/fleet";
  }
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "Escape") { if (typing) event.target.blur(); else location.href = up(); return; }
    if (typing) return;
    const level = ["/fleet", "/", "/rack", "/diagnostics"]["1234".indexOf(event.key)];
    if ("1234".includes(event.key) && level) location.href = level;
    else if (event.key === "a") location.href = "/alarms";
    else if (event.key === "?") location.href = "/help";
    else if (event.key === "/") { event.preventDefault(); document.getElementById("q")?.focus(); }
    else if (event.key === "ArrowRight") document.activeElement?.closest?.("tr.alarm, .cards tbody tr, .inv tbody tr, tr:has([data-row])")?.querySelector("a")?.click();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const rows = [...document.querySelectorAll("tr.alarm, [data-row], .cards tbody tr, .inv tbody tr")].map(r => r.matches("a, button") ? r : r.querySelector("[data-ack]") || r.querySelector("a")).filter(Boolean);
      if (!rows.length) return;
      const at = rows.findIndex(r => (r.closest("tr") || r).contains(document.activeElement));
      const next = rows[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), rows.length - 1)];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
})();
