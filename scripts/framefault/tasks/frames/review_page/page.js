"use strict";
// One question at a time. An answer is stored before the next question shows; what could not be
// stored is kept in this browser and sent again.

const $ = (id) => document.getElementById(id);
const all = (query) => [...document.querySelectorAll(query)];
const RETRY = 3000; // milliseconds

let overview; // of the review
let annotator; // a name, or null in the joint pass
let question = null; // what is shown
let draft; // the answer so far
let voters; // for whom a joint answer is given
let visit = 0; // counts changes of annotator, whose late answers show nothing
let busy = true; // no answer is taken: pictures load, or an answer is being stored
const pictures = new Map(); // address -> loaded picture

// Talking to the server ---------------------------------------------------------------------------

class Refused extends Error {}

async function ask(path, sent) {
  const options = sent && {
    method: "POST", body: JSON.stringify(sent), headers: { "Content-Type": "application/json" },
  };
  let response, found;
  try {
    response = await fetch(path, options);
    found = await response.json();
  } catch {
    throw new Error("The server does not answer. Start it again.");
  }
  if (response.ok) return found;
  if (response.status >= 500) throw new Error(found.error);
  throw Object.assign(new Refused(found.error), { status: response.status });
}

// Sends until there is an answer. `kept`: what is sent is also kept in the browser until then.
async function insist(path, sent, kept) {
  if (kept) localStorage.setItem(kept, JSON.stringify({ path, sent }));
  for (;;) {
    try {
      const found = await ask(path, sent);
      showProblem("");
      if (kept) localStorage.removeItem(kept);
      return found;
    } catch (error) {
      if (error instanceof Refused) {
        if (kept) localStorage.removeItem(kept);
        throw error;
      }
      showProblem(`${error.message}${sent ? " Your answer is kept here and sent again." : ""}`, true);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, RETRY);
        $("again").onclick = () => { clearTimeout(timer); resolve(); };
      });
    }
  }
}

const place = () => `/${overview.digest}`;
const keptAs = () => `review ${overview.digest} ${annotator ?? ""}`;
const token = () => crypto.randomUUID();

function fetchNext() {
  const query = annotator === null ? "" : `?annotator=${encodeURIComponent(annotator)}`;
  return insist(`${place()}/next${query}`);
}

// Sends an answer or an undo and shows what comes next.
async function send(path, sent) {
  const now = visit;
  setBusy(true);
  try {
    const found = await insist(path, sent, keptAs());
    if (now === visit) await show(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (now !== visit) return;
    if (error.status === 404) return location.reload(); // another review is served here now
    if (error.status === 409 || !question) await show(await fetchNext());
    else setBusy(false);
    showProblem(error.message);
  }
}

// Showing -----------------------------------------------------------------------------------------

function screen(name) {
  for (const each of all("main")) each.hidden = each.id !== name;
  if (!$(name).contains(document.activeElement)) $(name).focus();
}

function showProblem(text, again = false) {
  $("problem").hidden = !text;
  $("reason").textContent = text;
  $("again").hidden = !again;
}

function setBusy(value) {
  busy = value;
  $("controls").classList.toggle("busy", value);
  $("controls").setAttribute("aria-busy", value);
}

function picture(url) {
  if (!pictures.has(url)) {
    const image = new Image();
    image.src = url;
    image.draggable = false;
    pictures.set(url, { image, loaded: image.decode() });
    pictures.get(url).loaded.catch(() => pictures.delete(url)); // the next one to ask tries again
  }
  return pictures.get(url);
}

async function show(found) {
  const [next, ...later] = found.items;
  question = next ?? null;
  $("bar").max = Math.max(found.total, 1);
  $("bar").value = found.done;
  if (!question) return showDone(found);
  const pair = question.frames.length === 2;
  const number = `${Math.min(found.done + 1, found.total)} of ${found.total}`;
  draft = startOf(found.draft);
  voters = new Set(Object.keys(question.said ?? {}).filter((name) => !(name in question.jointly)));
  $("who").textContent = annotator ?? "Joint pass";
  $("count").textContent = number;
  $("similar").hidden = $("reasons").hidden = $("other").hidden = !pair;
  $("missing").hidden = pair;
  showChips();
  showDraft();
  screen("work");
  await showFrames();
  $("status").textContent = `${pair ? "Pair" : "Anchor"} ${number}`;
  preload(later);
}

async function showFrames() {
  const shown = question;
  const parts = question.frames.map(picture);
  ["anchor", "candidate"].forEach((id, number) => {
    if (!parts[number]) return $(id).replaceChildren();
    const classes = [...new Set([...question.labels[number], ...question.added])];
    const names = classes.map((each) => overview.classes[each]).join(", ");
    $(`${id}-labels`).textContent = names;
    parts[number].image.alt = `${id}: ${names}`;
    if ($(id).firstChild !== parts[number].image) $(id).replaceChildren(parts[number].image);
  });
  try {
    await Promise.all(parts.map((each) => each.loaded));
  } catch {
    // Nobody can judge what is not seen, so no answer is taken.
    showProblem(await whyNot(shown.frames), true);
    $("again").onclick = () => location.reload();
    return;
  }
  if (question === shown) setBusy(false);
}

// What the server says of the first frame that it does not have.
async function whyNot(urls) {
  for (const url of urls) {
    const response = await fetch(url).catch(() => null);
    if (!response) return "The server does not answer. Start it again.";
    if (!response.ok) return (await response.json()).error;
  }
  return "A frame is no picture that this browser can show.";
}

function preload(questions) {
  const wanted = new Set([question, ...questions].flatMap((each) => each.frames));
  for (const url of pictures.keys()) if (!wanted.has(url)) pictures.delete(url);
  wanted.forEach(picture);
}

function startOf(said) {
  return {
    labels: said?.labels ?? "right",
    similar: said?.similar ?? "",
    reasons: new Set((said?.reasons ?? "").split(";").filter(Boolean)),
    oneOnly: said?.one_only === "yes",
    added: new Set((said?.added ?? "").split(";").filter(Boolean).map(Number)),
    note: said?.note ?? "",
  };
}

function showDraft() {
  const press = (button, on) => button.setAttribute("aria-pressed", on);
  all("[data-set]").forEach((each) => press(each, draft.labels === each.dataset.value));
  all("[data-similar]").forEach((each) => press(each, draft.similar === each.dataset.similar));
  all("[data-reason]").forEach((each) => press(each, draft.reasons.has(each.dataset.reason)));
  all("[data-class]").forEach((each) => press(each, draft.added.has(+each.dataset.class)));
  press($("one-only"), draft.oneOnly);
  $("note").value = draft.note;
  $("store").disabled = question.frames.length === 2 && !draft.similar;
  showSaid();
}

function showSaid() {
  const said = question.said;
  $("said-by").hidden = !said;
  $("said").replaceChildren(...Object.keys(said ?? {}).map((name, number) => {
    const vote = question.jointly[name];
    const button = document.createElement("button");
    const text = document.createElement("span");
    text.append(name, small(`alone: ${inWords(said[name])}`));
    if (vote) text.append(small(`now: ${inWords(vote)}`));
    button.append(text);
    if (number < 9) {
      button.dataset.key = number + 1;
      button.append(Object.assign(document.createElement("kbd"), { textContent: number + 1 }));
    }
    button.disabled = Boolean(vote);
    button.setAttribute("aria-pressed", voters.has(name));
    button.onclick = () => {
      if (!voters.delete(name)) voters.add(name);
      button.setAttribute("aria-pressed", voters.has(name));
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function small(text) {
  return Object.assign(document.createElement("small"), { textContent: text });
}

function inWords(answer) {
  const alike = { yes: "similar", no: "different", unsure: "unsure if similar" }[answer.similar];
  const why = [...answer.reasons.split(";").filter(Boolean)];
  if (answer.one_only) why.push("feature in one only");
  const labels = { right: "", wrong: ", labels wrong", unsure: ", labels unsure" }[answer.labels];
  const note = answer.note && ` “${answer.note}”`;
  return `${alike}${why.length ? ` (${why.join(", ")})` : ""}${labels}${note}`;
}

function showChips() {
  if ($("missing").hidden) return;
  $("filter").value = "";
  $("chips").replaceChildren(...overview.classes.map((name, number) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.dataset.class = number;
    button.disabled = question.labels[0].includes(number);
    button.onclick = () => {
      if (!draft.added.delete(number)) draft.added.add(number);
      showDraft();
    };
    return button;
  }));
}

function showDone(found) {
  const joint = annotator === null;
  $("done-title").textContent = joint ? "The joint pass is done" : "All done, thank you";
  $("done-text").textContent = found.total
    ? `${found.total} ${joint ? "pairs were reviewed jointly" : "answers are stored"}.`
    : "No pair was marked as different, wrongly labelled or unsure.";
  setBusy(false);
  screen("done");
}

// Answering ---------------------------------------------------------------------------------------

function store() {
  const pair = question.frames.length === 2;
  const differ = draft.similar === "no";
  if (pair && !draft.similar) return showProblem("Say whether the frames look alike.");
  if (differ && !draft.reasons.size && !draft.oneOnly) return showProblem("Say in what they differ.");
  if (annotator === null && !voters.size) return showProblem("Say whom the answer is for.");
  showProblem("");
  return send(`${place()}/answers`, {
    token: token(), annotator, voters: [...voters], item: question.item, seen: question.seen,
    labels: draft.labels, similar: pair ? draft.similar : "",
    reasons: differ ? [...draft.reasons] : [], one_only: differ && draft.oneOnly,
    added: [...draft.added], note: $("note").value,
  });
}

function undo() {
  return send(`${place()}/undo`, { token: token(), annotator });
}

// Buttons do all; a key presses its button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.id === "again" || !button.closest("#work, #done")) return;
  if (event.detail) button.blur(); // else Enter would press it again
  if (busy) return event.stopImmediatePropagation();
}, true);

for (const each of all("[data-set]")) {
  each.onclick = () => { draft.labels = each.dataset.value; showDraft(); };
}
for (const each of all("[data-similar]")) {
  each.onclick = () => {
    draft.similar = each.dataset.similar;
    showDraft();
    if (draft.similar !== "no") store();
  };
}
for (const each of all("[data-reason]")) {
  each.onclick = () => {
    const reason = each.dataset.reason;
    if (!draft.reasons.delete(reason)) draft.reasons.add(reason);
    draft.similar = "no";
    showDraft();
  };
}
$("one-only").onclick = () => { draft.oneOnly = !draft.oneOnly; draft.similar = "no"; showDraft(); };
$("note").oninput = () => { draft.note = $("note").value; };
$("store").onclick = store;
$("undo").onclick = $("undo-last").onclick = undo;
$("filter").oninput = () => {
  const text = $("filter").value.trim().toLowerCase();
  for (const each of all("[data-class]")) each.hidden = !each.textContent.toLowerCase().includes(text);
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  const { target } = event;
  const key = event.key.toLowerCase();
  if ($("start").hidden === false) return;
  if (target.matches("input")) {
    if (key !== "enter" && key !== "escape") return;
    if (key === "escape" || target.id !== "filter" || !pressFound()) target.blur();
    event.preventDefault();
    return;
  }
  if (key === "enter" && target.matches("button, a")) return;
  const field = all("[data-focus]").find((each) => each.dataset.focus === key);
  const button = all("[data-key]").find((each) => each.dataset.key === key && each.checkVisibility());
  if (field?.checkVisibility()) field.focus();
  else if (button) {
    document.activeElement.blur();
    button.click();
  } else return;
  event.preventDefault();
});

// Presses the first class that was looked for; false if none was.
function pressFound() {
  if (!$("filter").value.trim()) return false;
  all("[data-class]").find((each) => !each.hidden && !each.disabled)?.click();
  $("filter").value = "";
  $("filter").oninput();
  return true;
}

// Beginning ---------------------------------------------------------------------------------------

async function showStart() {
  $("known").hidden = !overview.annotators.length;
  $("annotators").replaceChildren(...overview.annotators.map(({ name, done }) => {
    const button = document.createElement("button");
    button.append(name, small(`${done} of ${overview.total}`));
    button.onclick = () => go(name);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  const { done, total } = overview.joint;
  const late = overview.annotators.filter((each) => each.done < overview.total);
  $("together").hidden = !overview.annotators.length;
  $("waiting").textContent = late.length
    ? `Not finished: ${late.map((each) => `${each.name} (${overview.total - each.done} left)`).join(", ")}.`
      + " Who begins now learns what others said before answering alone."
    : `${done} of ${total} pairs are answered.`;
  $("jointly").textContent = late.length ? "Begin all the same" : "Begin";
  $("jointly").onclick = () => go(null);
  $("saved").hidden = !overview.annotators.length;
  $("table").href = `${place()}/answers.csv`;
  screen("start");
  $("name").focus();
}

// The address says who answers, so that a reload goes on where one was.
function go(name) {
  location.hash = name === null ? "joint" : name && new URLSearchParams({ as: name });
}

$("enter").onsubmit = (event) => {
  event.preventDefault();
  $("refused").textContent = "";
  const name = $("name").value.trim().replace(/\s+/g, " ");
  if (name) go(name);
};

async function begin() {
  const now = ++visit;
  setBusy(true);
  question = null;
  overview = await insist("/overview");
  if (now !== visit) return;
  const hash = new URLSearchParams(location.hash.slice(1));
  annotator = hash.get("as");
  if (!annotator && !hash.has("joint")) return showStart();
  const kept = localStorage.getItem(keptAs());
  if (kept) {
    const { path, sent } = JSON.parse(kept);
    return send(path, sent);
  }
  try {
    const found = await fetchNext();
    if (now === visit) await show(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    $("refused").textContent = error.message;
    go("");
  }
}

window.addEventListener("hashchange", () => begin());
begin();
