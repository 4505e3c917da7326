// The sounder: off until a person turns it on. Two falling notes, never a siren; it is no fire alarm (safety S41).
// It is driven by the stream's messages, which reach a hidden tab too, and says so when the browser keeps it silent.
"use strict";
(() => {
  const AGAIN_S = {1: 4, 2: 12, 3: 30}, KEY = "ironkeep.sound";
  const who = document.querySelector(".who");
  if (!who || !window.AudioContext) return;
  const button = document.createElement("button");
  button.type = "button"; button.id = "sound"; button.className = "plain";
  who.before(button);
  let heard = null, last = -1e9, known = "";
  const wanted = () => localStorage.getItem(KEY) === "on";
  const blocked = () => wanted() && (!heard || heard.state !== "running");
  function label() {
    const says = !wanted() ? "Sound off" : blocked() ? "Sound blocked by the browser: click" : "Sound on";
    if (button.textContent === says) return;  // what does not change must not wake the observer below
    button.textContent = says;
    button.setAttribute("aria-pressed", String(wanted()));
    button.classList.toggle("trouble", blocked());
    button.title = "A tone of our own while an alarm waits. It is no fire alarm and no evacuation signal.";
  }
  function note(at, hertz, length) {
    const tone = heard.createOscillator(), loud = heard.createGain();
    tone.frequency.value = hertz; tone.type = "triangle";
    loud.gain.setValueAtTime(0, at); loud.gain.linearRampToValueAtTime(0.25, at + 0.02);
    loud.gain.setValueAtTime(0.25, at + length - 0.05); loud.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(loud).connect(heard.destination); tone.start(at); tone.stop(at + length);
  }
  function sing(priority) {
    const now = heard.currentTime;
    note(now, priority === 1 ? 784 : 523, 0.22); note(now + 0.26, priority === 1 ? 523 : 392, 0.34);
    button.dataset.sung = String(Number(button.dataset.sung || 0) + 1);
  }
  async function wake() {
    if (!wanted()) return label();
    heard ??= new AudioContext();
    heard.onstatechange = label;
    if (heard.state !== "running") await Promise.race([heard.resume(), new Promise(done => setTimeout(done, 500))]).catch(() => {});
    label();
  }
  function look() {
    const pulse = document.getElementById("r-pulse");
    const priority = Number(pulse?.dataset.waits || 0), count = Number(pulse?.dataset.count || 0);
    const lost = Boolean(document.documentElement.dataset.stream);
    const title = (lost ? "? " : count ? `(${count}) ` : "") + document.title.replace(/^(\? |\(\d+\) )/, "");
    if (document.title !== title) document.title = title;
    label();
    if (!wanted() || blocked() || (!priority && !lost)) { known = ""; return; }
    const now = performance.now() / 1000, state = lost ? "lost" : `${priority}/${count}`;
    if (state !== known || now - last >= AGAIN_S[lost ? 2 : priority]) { known = state; last = now; sing(lost ? 2 : priority); }
  }
  button.addEventListener("click", () => {
    if (!blocked()) localStorage.setItem(KEY, wanted() ? "off" : "on");
    if (wanted()) wake().then(() => { if (!blocked()) sing(3); }); else { heard?.close(); heard = null; }
    label();
  });
  document.addEventListener("keydown", () => { if (blocked()) wake(); }, {capture: true});
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ["data-waits", "data-count", "data-stream"]});
  setInterval(look, 1000);
  wake(); look();
})();
