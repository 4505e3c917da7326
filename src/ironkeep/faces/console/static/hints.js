// What is found so far, under the field of the search, while somebody types. Without it the field is a form like others.
"use strict";
(() => {
  const WAIT_MS = 150, field = document.getElementById("q"), list = document.getElementById("hints");
  if (!field || !list) return;
  let chosen = -1, timer = 0, asked = "";
  const rows = () => [...list.children];
  field.setAttribute("role", "combobox"); field.setAttribute("aria-expanded", "false"); field.setAttribute("aria-controls", "hints"); field.setAttribute("aria-autocomplete", "list");
  function show(open) { list.hidden = !open; field.setAttribute("aria-expanded", String(open)); if (!open) choose(-1); }
  function choose(at) {
    chosen = at;
    rows().forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) field.setAttribute("aria-activedescendant", rows()[at].id); else field.removeAttribute("aria-activedescendant");
  }
  function row(hit, i) {
    const made = document.createElement("li"), name = document.createElement("b"), more = document.createElement("small"), kind = document.createElement("i");
    made.id = `hint-${i}`; made.setAttribute("role", "option"); made.dataset.href = hit.href;
    name.textContent = hit.name; more.textContent = hit.more; kind.textContent = hit.kind;
    made.append(name, more, kind);
    made.addEventListener("pointerdown", event => { event.preventDefault(); location.href = hit.href; });
    return made;
  }
  async function ask() {
    const text = asked = field.value.trim();
    if (!text) { show(false); return; }
    try {
      const answer = await fetch("/search?q=" + encodeURIComponent(text), {headers: {accept: "application/json"}});
      const hits = answer.ok ? await answer.json() : [];
      if (text !== asked || document.activeElement !== field) return;
      list.replaceChildren(...hits.map(row)); choose(-1); show(hits.length > 0);
    } catch { show(false); }
  }
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
  field.addEventListener("blur", () => show(false));
  field.addEventListener("keydown", event => {
    if (list.hidden) return;
    const many = rows().length;
    if (event.key === "ArrowDown") choose((chosen + 1) % many);
    else if (event.key === "ArrowUp") choose((chosen <= 0 ? many : chosen) - 1);
    else if (event.key === "Enter" && chosen >= 0) location.href = rows()[chosen].dataset.href;
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault(); event.stopPropagation();
  });
})();
