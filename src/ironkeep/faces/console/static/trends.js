// Trends as uPlot islands. Where uPlot is missing, the server's drawing is fetched again instead.
"use strict";
(() => {
  const AGAIN_MS = 5000;
  const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const pad = n => String(n).padStart(2, "0");
  const clock = s => { const d = new Date(s * 1000); return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`; };
  const spans = {"%": 4, "°C": 4, V: 2, A: 2, kW: 2};
  const scale = {W: [1e-3, "kW"], Wh: [1e-3, "kWh"], ohm: [1e-6, "MΩ"], C: [1, "°C"]};

  function draw(figure, told) {
    const [factor, unit] = scale[told.unit] || [1, told.unit];
    const times = row => row.map(v => (v === null ? null : v * factor));
    const data = [told.at_s, times(told.high), times(told.low), times(told.mean)];
    const last = [...data[3]].reverse().find(v => v !== null);
    const label = figure.querySelector(".last");
    if (label) label.textContent = last === undefined ? "not known" : `${last.toFixed(Math.abs(last) < 10 ? 2 : 1).replace("-", "\u2212")} ${unit}`;
    let box = figure.querySelector("div.plot");
    if (figure.plot && box) { figure.plot.setData(data); return; }
    const image = figure.querySelector("picture");
    if (!box) { box = document.createElement("div"); box.className = "plot"; figure.append(box); }
    const axis = {stroke: ink("--mute"), grid: {stroke: ink("--line"), width: 1}, ticks: {stroke: ink("--line")}, font: "11px sans-serif"};
    figure.plot = new uPlot({
      width: Math.max(figure.clientWidth, 200), height: 150, cursor: {drag: {x: false, y: false}}, legend: {show: false},
      tzDate: s => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      scales: {x: {time: true, range: (u, low, high) => [low, high]}, y: {range: (u, low, high) => { const gap = Math.max((spans[unit] || 0) - (high - low), 0) / 2, slack = (high - low) * 0.08; return low === null ? [0, 1] : [low - gap - slack, high + gap + slack]; }}},
      axes: [{...axis, values: (u, ts) => ts.map(clock), space: 60}, {...axis, size: 52, values: (u, vs) => vs.map(v => String(+v.toFixed(3)).replace("-", "\u2212"))}],
      bands: [{series: [1, 2], fill: ink("--track")}],
      series: [{}, {stroke: "transparent", points: {show: false}}, {stroke: "transparent", points: {show: false}}, {stroke: ink("--ink"), width: 1.5, spanGaps: false, points: {show: (u, i) => u.data[i].filter(v => v !== null).length < 4, size: 4}}],
    }, data, box);
    if (image) image.remove();
    new ResizeObserver(() => figure.plot.setSize({width: Math.max(figure.clientWidth, 200), height: 150})).observe(figure);
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
  }
})();
