// Trends as uPlot islands. Where uPlot is missing, the server's drawing is fetched again instead.
"use strict";
(() => {
  const AGAIN_MS = 5000, GAP_NAMED = 80, HIGH = 150;
  const PAPER = {"--ink": "#000", "--mute": "#333", "--line": "#999", "--track": "#ddd", "--trust": "#000"}, PAPER_WIDE = 690, PAPER_BESIDE = 340;
  let paper = false;  // a canvas knows no print rules: it is drawn anew, in ink and as wide as its place on A4
  const ink = name => paper ? PAPER[name] : getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const pad = n => String(n).padStart(2, "0");
  const stamp = s => { const d = new Date(s * 1000); return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}Z`; };
  const day = s => stamp(s).slice(5, 16);
  const text = (v, unit) => (v > 0 && signed.has(unit) ? "+" : "") + v.toFixed(Math.abs(v) < 10 ? 2 : 1).replace("-", "\u2212");
  const clock = s => { const d = new Date(s * 1000); return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`; };
  const signed = new Set(["kW", "A", "kvar"]);
  const spans = {"%": 4, "°C": 4, V: 2, A: 2, kW: 2};
  const scale = {W: [1e-3, "kW"], var: [1e-3, "kvar"], Wh: [1e-3, "kWh"], ohm: [1e-6, "MΩ"], C: [1, "°C"]};

  function read(figure, u, unit) {
    const at = figure.querySelector(".at"), i = u.cursor.idx;
    if (!at) return;
    const value = i === null || i === undefined ? undefined : u.data[3][i];
    at.textContent = value === undefined ? "" : value === null ? `${stamp(u.data[0][i])} not known` : `${stamp(u.data[0][i])} ${text(value, unit)} ${unit}` + (u.data[1][i] > u.data[2][i] ? `, ${text(u.data[2][i], unit)} to ${text(u.data[1][i], unit)}` : "");
  }
  function gaps(u) {  // what was not known is drawn as not known, never as a line
    const pen = u.ctx, at = u.data[0], mean = u.data[3], top = u.bbox.top, high = u.bbox.height;
    pen.save(); pen.strokeStyle = ink("--trust"); pen.setLineDash([2, 4]); pen.lineWidth = 1;
    for (let i = 0, from = -1; i <= at.length; i++) {
      const known = i < at.length && mean[i] !== null;
      if (!known && i < at.length && from < 0) from = i;
      if (from >= 0 && (known || i === at.length)) {
        const left = u.valToPos(at[Math.max(from - 1, 0)], "x", true), right = u.valToPos(at[Math.min(i, at.length - 1)], "x", true);
        pen.strokeRect(left, top, Math.max(right - left, 1), high); from = -1;
        if (right - left > GAP_NAMED * devicePixelRatio) { pen.fillStyle = ink("--trust"); pen.font = `${11 * devicePixelRatio}px sans-serif`; pen.textAlign = "center"; pen.fillText("not known", (left + right) / 2, top + high / 2); }
      }
    }
    pen.restore();
  }
  function walk(figure, event) {
    const u = figure.plot, end = u.data[0].length - 1, now = u.cursor.idx ?? end;
    const to = {ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 20, PageDown: now + 20, Home: 0, End: end}[event.key];
    if (to === undefined) return;
    event.preventDefault(); event.stopPropagation();
    const i = Math.min(Math.max(to, 0), end), value = u.data[3][i];
    u.setCursor({left: u.valToPos(u.data[0][i], "x"), top: value === null ? 0 : u.valToPos(value, "y")});
  }
  function size(figure) {
    const wide = !paper ? Math.max(figure.clientWidth, 200) : figure.closest(".stacked") ? PAPER_WIDE : PAPER_BESIDE;
    return {width: wide, height: HIGH};
  }
  function draw(figure, told) {
    const [factor, unit] = scale[told.unit] || [1, told.unit];
    const times = row => row.map(v => (v === null ? null : v * factor));
    const data = [told.at_s, times(told.high), times(told.low), times(told.mean)];
    const label = figure.querySelector(".last"), end = data[3].length - 1, last = data[3].findLastIndex(v => v !== null);
    if (label) label.textContent = last < 0 ? "not known" : `${last < end - 1 ? "last known " : ""}${text(data[3][last], unit)} ${unit}, ${last < end - 1 ? stamp(data[0][last]) : `mean of ${Math.round(data[0][end] - data[0][end - 1])} s at ${stamp(data[0][last]).slice(11)}`}`;
    let box = figure.querySelector("div.plot");
    if (figure.plot && box) { figure.plot.setData(data); return; }
    const image = figure.querySelector("picture");
    if (!box) { box = document.createElement("div"); box.className = "plot"; box.tabIndex = 0; box.setAttribute("role", "application"); box.setAttribute("aria-label", `${figure.querySelector("figcaption").firstChild.textContent.trim()}: arrow keys read the values`); figure.append(box); }
    const axis = {stroke: () => ink("--mute"), grid: {stroke: () => ink("--line"), width: 1}, ticks: {stroke: () => ink("--line")}, font: "11px sans-serif"};
    figure.plot = new uPlot({
      ...size(figure), cursor: {drag: {x: false, y: false}, sync: {key: "trends"}}, hooks: {drawAxes: [gaps], setCursor: [u => read(figure, u, unit)]}, legend: {show: false},
      tzDate: s => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      scales: {x: {time: true, range: (u, low, high) => [low, high]}, y: {range: (u, low, high) => { const gap = Math.max((spans[unit] || 0) - (high - low), 0) / 2, slack = (high - low) * 0.08; if (low === null) return [0, 1]; const over = unit !== "%" ? 0 : high <= 100 && high + gap + slack > 100.2 ? high + gap + slack - 100.2 : low >= 0 && low - gap - slack < -0.2 ? low - gap - slack + 0.2 : 0; return [low - gap - slack - over, high + gap + slack - over]; }}},
      axes: [{...axis, size: 30, values: (u, ts) => ts.map(u.data[0].at(-1) - u.data[0][0] > 86400 ? day : clock), space: 80}, {...axis, size: 56, values: (u, vs) => vs.map(v => String(+v.toFixed(3)).replace("-", "\u2212"))}],
      bands: [{series: [1, 2], fill: () => ink("--track")}],
      series: [{}, {stroke: "transparent", points: {show: false}}, {stroke: "transparent", points: {show: false}}, {stroke: () => ink("--ink"), width: 1.5, spanGaps: false, points: {show: (u, i) => u.data[i].filter(v => v !== null).length < 4, size: 4}}],
    }, data, box);
    if (image) image.remove();
    box.addEventListener("keydown", event => walk(figure, event));
    box.addEventListener("focus", () => figure.querySelector(".at")?.setAttribute("aria-live", "polite"));
    box.addEventListener("blur", () => figure.querySelector(".at")?.setAttribute("aria-live", "off"));
    new ResizeObserver(() => figure.plot.setSize(size(figure))).observe(figure);
  }

  async function refresh(figure) {
    if (document.hidden && figure.plot) return;
    if (typeof uPlot === "undefined") {
      for (const each of figure.querySelectorAll("source, img")) {
        const key = each.tagName === "IMG" ? "src" : "srcset";
        each[key] = each[key].replace(/&at=\d+$/, "") + `&at=${Math.floor(Date.now() / AGAIN_MS)}`;
      }
      return;
    }
    try {
      const answer = await fetch(figure.dataset.trend, {headers: {accept: "application/json"}});
      if (answer.ok) draw(figure, await answer.json());
    } catch { /* the stream's own band says that the console is away */ }
  }

  const figures = [...document.querySelectorAll("figure[data-trend]")];
  if (figures.length) {
    figures.forEach(refresh);
    setInterval(() => figures.forEach(refresh), AGAIN_MS);
    for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) window.addEventListener(event, () => { paper = on; for (const each of figures) each.plot?.setSize(size(each)); });
  }
})();
