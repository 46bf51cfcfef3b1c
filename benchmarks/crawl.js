"use strict";
// One page at a time; answers are kept in the browser and saved as JSON for "crawl.py precision".
const pages = [...document.querySelectorAll("article")];
const bar = document.getElementById("bar");
const buttons = [...document.querySelectorAll("[data-answer]")];
const sample = bar.dataset.sample;
const key = "mtdetect crawl " + sample;
let answers = {};
let at = 0;
try {
  answers = JSON.parse(localStorage.getItem(key)) || {};
} catch {
  tellKept(false);
}

// Some browsers forbid storage to a page opened from a file, or have no room; then answers last as long as the page.
function tellKept(kept) {
  document.getElementById("kept").hidden = !kept;
  document.getElementById("unkept").hidden = kept;
}

function number(page) {
  return page.dataset.number;
}

function show(place) {
  at = Math.max(0, Math.min(place, pages.length - 1));
  pages.forEach((page, k) => { page.hidden = k !== at; });
  buttons.forEach((one) => {
    one.setAttribute("aria-pressed", String(answers[number(pages[at])] === one.dataset.answer));
  });
  const done = Object.keys(answers).length;
  document.getElementById("state").textContent =
    `Page ${at + 1} of ${pages.length}, ${done} judged` + (done === pages.length ? ": save your answers" : "");
  scrollTo(0, 0);
}

function judge(answer) {
  answers[number(pages[at])] = answer;
  try {
    localStorage.setItem(key, JSON.stringify(answers));
    tellKept(true);
  } catch {
    tellKept(false);
  }
  const open = [...pages.keys()].map((k) => (at + 1 + k) % pages.length).find((k) => !answers[number(pages[k])]);
  show(open === undefined ? at : open);
}

function save() {
  const link = document.createElement("a");
  const content = JSON.stringify({ sample, judgements: answers }, null, 1);
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = "judgements.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000); // some browsers begin to read it only after the click
}

if (pages.length) {
  bar.hidden = false;
  buttons.forEach((one) => one.addEventListener("click", () => judge(one.dataset.answer)));
  document.getElementById("back").addEventListener("click", () => show(at - 1));
  document.getElementById("on").addEventListener("click", () => show(at + 1));
  document.getElementById("save").addEventListener("click", save);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (["y", "n", "?"].includes(event.key)) judge(event.key);
    else if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "ArrowRight") show(at + 1);
  });
  show(0);
}
