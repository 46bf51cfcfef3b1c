// The web page: sends texts to its own service and shows the answers.
// Texts, and everything else from outside, enter the document through textContent only.

const $ = (id) => document.getElementById(id);

const pageTexts = fetch("/assets/words.json").then((response) => response.json());

const SIDES = ["suspect", "original"];
const LARGEST_FILE = 4_000_000;
const WORDINGS = 15;
const names = { suspect: null, original: null };
let shown = null; // the texts that the download buttons refer to
let round = 0; // number of the latest check; answers to earlier ones are discarded

// -- building elements

function element(tag, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Characters that change the writing direction could make a text look different from what it says.
const readable = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, "");

// Rounding never shows 0 % or 100 %.
function percent(share) {
  if (share > 0.99 && share < 1) return "> 99 %";
  return share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`;
}

const small = (share) => (share < 0.001 ? share.toExponential(0) : String(Number(share.toPrecision(2))));

// Offsets of the service count code points; JavaScript strings count UTF-16 units.
function slicer(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (start, end) => text.slice(start, end);
  const points = Array.from(text);
  return (start, end) => points.slice(start, end).join("");
}

function facts(list, rows) {
  list.replaceChildren(
    ...rows.map(([name, value, share]) => {
      const figure = element("dd", { text: value });
      if (share !== undefined) {
        const bar = element("span");
        bar.style.width = `${Math.round(100 * share)}%`;
        figure.append(element("span", { className: "scale", "aria-hidden": "true" }, bar));
      }
      return element("div", {}, element("dt", { text: name }), figure);
    }),
  );
}

// -- requests

async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  if ($("token").value) headers.Authorization = `Bearer ${$("token").value}`;
  let response;
  try {
    response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    throw new Error("The service cannot be reached.");
  }
  if (response.ok) return response;
  let message = `The service answered ${response.status}.`;
  try {
    message = (await response.json()).error.message;
  } catch {
    // Not from this service but, for example, from a proxy: show the status.
  }
  if (response.status === 401) {
    $("token-field").hidden = false;
    $("token").focus();
  }
  throw new Error(message.charAt(0).toUpperCase() + message.slice(1));
}

function showProblem(message) {
  $("problem").textContent = message ?? "";
  $("problem").hidden = !message;
}

// -- showing a verdict

async function showVerdict(verdict, text) {
  const terms = await pageTexts;
  $("verdict").textContent = terms.headings[verdict.label] ?? verdict.label;
  const degraded = verdict.label === "spun" || verdict.label === "machine_translated";
  const tone = degraded ? "bad" : verdict.label === "original" ? "good" : "open";
  $("verdict").closest(".card").className = `card verdict-card ${tone}`;
  $("why").textContent = explained(verdict);
  const judged = verdict.label !== "unsupported";
  facts($("facts"), [
    ...(judged
      ? [
          ["probability of machine translation or spinning", percent(verdict.score), verdict.score],
          ["quality of the English", `${verdict.quality.toFixed(1)} of 100`, verdict.quality / 100],
          ["human texts that score as high", verdict.p_value < 0.0005 ? "under 0.05 %" : `${small(verdict.p_value * 100)} %`],
        ]
      : []),
    ["words", verdict.words.toLocaleString("en")],
    ...(judged ? [["translation engine", verdict.retranslated ? "consulted" : "not consulted"]] : []),
    ...(verdict.decision ? [["policy", verdict.decision.action]] : []),
  ]);
  $("model").textContent = `Model ${verdict.model.name} ${verdict.model.version}, ${verdict.model.sha256.slice(0, 12)}.`;
  for (const id of ["reading", "phrases"]) $(id).hidden = !judged;
  showLegend(terms);
  const marks = showText(verdict, text, terms);
  showPhrases(verdict, marks, terms);
  $("reasons").hidden = verdict.reasons.length === 0;
  const reasons = new Set(verdict.reasons.map((one) => one.text));
  $("reason-list").replaceChildren(...[...reasons].map((text) => element("li", { text })));
}

function explained(verdict) {
  if (verdict.label === "unsupported") return `This is not English prose that can be scored (${verdict.reason}).`;
  if (verdict.reason === "short") return "The text is too short for a verdict.";
  if (verdict.reason === "fragments") return "The text is a list or headlines: without sentences there is no verdict.";
  if (verdict.reason === "budget") return "The score is high, but not high enough for the accepted false-positive rate.";
  if (verdict.label === "spun") return "Words seem to have been replaced by an automatic synonym substituter.";
  if (verdict.label === "machine_translated") return "The wording resembles the output of a translation engine.";
  return "There is no sign of machine translation or spinning.";
}

const level = (score, terms) => terms.levels.filter((bound) => score >= bound).length;

function showLegend(terms) {
  const bounds = [0, ...terms.levels, 1];
  const rows = bounds.slice(1).map((high, k) => {
    const low = bounds[k];
    const row = element("li", { className: `h${k}`, text: `${low.toFixed(1)} to ${high.toFixed(1)}` });
    if (low >= terms.numbered) row.append(element("sup", { text: low.toFixed(2) }));
    return row;
  });
  $("legend").replaceChildren(...rows, element("li", {}, element("mark", { text: "underlined" }), " phrases with a suggestion"));
}

// Of overlapping spans, only the one with the largest weight is marked; the table lists all.
function apart(evidence) {
  const chosen = [];
  const order = evidence.map((one, index) => ({ ...one, index })).sort((a, b) => b.weight - a.weight);
  for (const one of order) {
    if (one.end > one.start && !chosen.some((other) => one.start < other.end && other.start < one.end)) chosen.push(one);
  }
  return chosen.sort((a, b) => a.start - b.start);
}

function note(one, terms) {
  const kind = terms.kinds[one.kind] ?? one.kind;
  return one.suggestion ? `→ ${one.suggestion} (${kind})` : kind;
}

function showText(verdict, text, terms) {
  const slice = slicer(text);
  const spans = apart(verdict.evidence);
  const end = Array.from(text).length;
  const cuts = new Set([0, end]);
  for (const one of [...spans, ...verdict.sentences]) {
    cuts.add(Math.min(one.start, end));
    cuts.add(Math.min(one.end, end));
  }
  const bounds = [...cuts].sort((a, b) => a - b);
  const marks = new Map();
  const content = new DocumentFragment();
  let parent = content;
  let s = 0;
  let e = 0;
  let open = null;
  for (let k = 0; k + 1 < bounds.length; k += 1) {
    const [from, to] = [bounds[k], bounds[k + 1]];
    while (s < verdict.sentences.length && verdict.sentences[s].end <= from) s += 1;
    while (e < spans.length && spans[e].end <= from) e += 1;
    const sentence = s < verdict.sentences.length && verdict.sentences[s].start <= from ? verdict.sentences[s] : null;
    const evidence = e < spans.length && spans[e].start <= from ? spans[e] : null;
    if (sentence !== open) {
      open = sentence;
      parent = content;
      if (sentence) {
        parent = element("span", { className: `s h${level(sentence.score, terms)}`, title: `score ${sentence.score.toFixed(2)}` });
        content.append(parent);
      }
    }
    const piece = readable(slice(from, to));
    if (evidence) {
      const description = note(evidence, terms);
      const mark = element("mark", { text: piece, tabindex: "0", "data-note": description, "aria-describedby": `phrase-${evidence.index}` });
      if (!marks.has(evidence.index)) marks.set(evidence.index, mark);
      parent.append(mark);
    } else {
      parent.append(piece);
    }
    if (sentence && to === sentence.end) {
      if (sentence.score >= terms.numbered) {
        parent.append(element("sup", { text: sentence.score.toFixed(2), title: "score of this sentence" }));
      }
      open = null;
      parent = content;
    }
  }
  $("text").replaceChildren(content);
  return marks;
}

function showPhrases(verdict, marks, terms) {
  const count = verdict.evidence.length;
  $("phrases-title").textContent = `Marked phrases (${count})`;
  $("no-phrases").hidden = count > 0;
  $("phrase-table").hidden = count === 0;
  $("phrase-rows").replaceChildren(
    ...verdict.evidence.map((one, index) => {
      const found = element("td");
      const mark = marks.get(index);
      const phrase = readable(one.text);
      if (mark) {
        const jump = element("button", { text: phrase, className: "jump", type: "button", title: "show in the text" });
        jump.addEventListener("click", () => reveal(mark));
        found.append(jump);
      } else {
        found.textContent = phrase;
      }
      const wording = element("td", { text: one.suggestion ? readable(one.suggestion) : "–" });
      return element("tr", { id: `phrase-${index}` }, found, wording, element("td", { text: terms.kinds[one.kind] ?? one.kind }));
    }),
  );
}

function reveal(target) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  target.focus({ preventScroll: true });
}

// -- showing a comparison

async function showComparison(comparison, texts) {
  const terms = await pageTexts;
  $("comparison").hidden = false;
  $("relation").textContent = terms.relations[comparison.relation] ?? comparison.relation;
  $("relation").closest(".card").className = `card verdict-card ${comparison.is_copy ? "bad" : "good"}`;
  $("direction").textContent = concluded(comparison);
  facts($("comparison-facts"), [
    ["confidence", percent(comparison.confidence), comparison.confidence],
    ["share of the text copied", percent(comparison.copied), comparison.copied],
    ["share of the original covered", percent(comparison.covered), comparison.covered],
    ["sentences aligned", comparison.alignment.length.toLocaleString("en")],
  ]);
  const anchors = { suspect: new Map(), original: new Map() };
  for (const side of SIDES) {
    $(`side-${side}`).textContent = names[side] ?? (side === "suspect" ? "Text" : "Suspected original");
    showSide(side, comparison, texts[side], anchors);
  }
  showWordings(comparison.substitutions, WORDINGS);
}

function showWordings(substitutions, most) {
  const rest = substitutions.length - most;
  $("wording-table").hidden = substitutions.length === 0;
  $("more").hidden = rest <= 0;
  $("more").textContent = `Show ${rest.toLocaleString("en")} more`;
  $("more").onclick = () => showWordings(substitutions, substitutions.length);
  $("wording-rows").replaceChildren(
    ...substitutions.slice(0, most).map((one) =>
      element(
        "tr",
        {},
        element("td", { text: readable(one.suspect) || "–" }),
        element("td", { text: readable(one.original) || "–" }),
        element("td", { text: one.kind }),
        element("td", { text: String(one.count), className: "n" }),
      ),
    ),
  );
}

function concluded(comparison) {
  if (!comparison.is_copy) return "Neither text was copied from the other.";
  if (comparison.direction === "suspect_is_copy") return "The text is the copy.";
  if (comparison.direction === "original_is_copy") return "The suspected original is the copy.";
  return "The wording does not show which of the two is the copy.";
}

function showSide(side, comparison, text, anchors) {
  const other = side === "suspect" ? "original" : "suspect";
  const { sentences, changes } = comparison.spans[side];
  const slice = slicer(text);
  const links = new Map();
  comparison.alignment.forEach((link, index) => link[side].forEach((sentence) => links.set(sentence, { link, number: index + 1 })));
  const content = new DocumentFragment();
  let at = 0;
  let c = 0;
  sentences.forEach(([start, end], sentence) => {
    content.append(readable(slice(at, start)));
    at = end;
    const found = links.get(sentence);
    if (!found) {
      content.append(readable(slice(start, end)));
      return;
    }
    const { link, number } = found;
    const box = element("span", { className: `s ${link.similarity === 1 ? "same" : "pair"}`, tabindex: "-1" });
    let from = start;
    while (c < changes.length && changes[c][1] <= start) c += 1;
    while (c < changes.length && changes[c][0] < end) {
      const [first, last] = [Math.max(changes[c][0], from), Math.min(changes[c][1], end)];
      if (first < last) {
        box.append(readable(slice(from, first)), element("mark", { text: readable(slice(first, last)) }));
        from = last;
      }
      c += 1;
    }
    box.append(readable(slice(from, end)));
    const label = `Pair ${number}: show the counterpart`;
    const jump = element("button", { text: String(number), className: "link", type: "button", "aria-label": label, title: label });
    jump.addEventListener("click", () => {
      light([box, anchors[other].get(number)]);
      reveal(anchors[other].get(number));
    });
    box.append(jump);
    content.append(box);
    if (!anchors[side].has(number)) anchors[side].set(number, box);
  });
  content.append(readable(slice(at, Infinity)));
  $(`text-${side}`).replaceChildren(content);
}

function light(boxes) {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  for (const box of boxes) box.classList.add("lit");
}

// -- actions

async function check() {
  const mine = (round += 1);
  const texts = { suspect: $("suspect").value, original: $("original-section").hidden ? "" : $("original").value };
  const fpr = Number($("fpr").value);
  showProblem();
  if (!texts.suspect.trim()) {
    showProblem("Paste a text first, or drop a file.");
    $("suspect").focus();
    return;
  }
  busy(true);
  $("status").textContent = "Scoring…";
  try {
    const [scored, compared] = await Promise.allSettled([
      ask("/v1/score", { text: texts.suspect, fpr, id: names.suspect }).then((answer) => answer.json()),
      texts.original.trim()
        ? ask("/v1/compare", { ...texts, names: [names.suspect, names.original], spans: true }).then((answer) => answer.json())
        : null,
    ]);
    if (mine !== round) return;
    if (scored.status === "rejected") throw scored.reason;
    $("comparison").hidden = true;
    await showVerdict(scored.value, texts.suspect);
    if (compared.status === "rejected") showProblem(compared.reason.message);
    else if (compared.value) await showComparison(compared.value, texts);
    shown = { texts, fpr, names: { ...names } };
    $("result").hidden = false;
    document.body.classList.add("compact");
    $("status").textContent = `Done: ${$("verdict").textContent}.`;
    $("result").focus({ preventScroll: true });
    $("result").scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (mine !== round) return;
    $("status").textContent = "";
    showProblem(error.message);
  } finally {
    if (mine === round) busy(false);
  }
}

function busy(now) {
  $("check").setAttribute("aria-disabled", String(now));
  $("form").setAttribute("aria-busy", String(now));
}

async function download(compared) {
  if (!shown) return;
  showProblem();
  try {
    const body = { text: shown.texts.suspect, name: shown.names.suspect, fpr: shown.fpr };
    if (compared) Object.assign(body, { original: shown.texts.original, original_name: shown.names.original });
    const response = await ask("/v1/report", body);
    const address = URL.createObjectURL(await response.blob());
    element("a", { href: address, download: compared ? "mtdetect-comparison.html" : "mtdetect-report.html" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    showProblem(error.message);
  }
}

function count(side) {
  const found = $(side).value.length;
  $(`${side}-count`).textContent = `${found.toLocaleString("en")} character${found === 1 ? "" : "s"}`;
}

function fill(side, text, name) {
  $(side).value = text;
  rename(side, name);
  count(side);
}

function rename(side, name) {
  names[side] = name ? name.slice(0, 200) : null;
  $(`${side}-file`).textContent = name ? readable(name) : "";
}

async function open(side, file) {
  if (!file) return;
  showProblem();
  if (file.size > LARGEST_FILE) {
    showProblem("That file is too large for this page; use mtdetect on the command line.");
    return;
  }
  const bytes = await file.arrayBuffer();
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  fill(side, text, file.name);
}

function withOriginal(visible) {
  $("original-section").hidden = !visible;
  $("add-original").hidden = visible;
  $("add-original").setAttribute("aria-expanded", String(visible));
  $("inputs").classList.toggle("two", visible);
  if (!visible) fill("original", "", null);
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("check").getAttribute("aria-disabled") !== "true") check();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("form").requestSubmit();
});
$("fpr").addEventListener("change", () => {
  if (shown) check();
});
$("add-original").addEventListener("click", () => {
  withOriginal(true);
  $("original").focus();
});
$("drop-original").addEventListener("click", () => {
  withOriginal(false);
  $("add-original").focus();
});
$("example").addEventListener("click", async () => {
  const { example } = await pageTexts;
  fill("suspect", example.suspect, null);
  withOriginal(true);
  fill("original", example.original, null);
});
$("download").addEventListener("click", () => download(false));
$("download-comparison").addEventListener("click", () => download(true));
for (const side of SIDES) {
  $(side).addEventListener("input", () => {
    if (!$(side).value) rename(side, null);
    count(side);
  });
  $(`${side}-input`).addEventListener("change", (event) => {
    open(side, event.target.files[0]);
    event.target.value = "";
  });
  const box = document.querySelector(`[data-side="${side}"]`);
  document.querySelector(`[data-open="${side}"]`).addEventListener("click", () => $(`${side}-input`).click());
  box.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    box.classList.add("over");
  });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    box.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    open(side, event.dataTransfer.files[0]);
  });
  count(side);
}
