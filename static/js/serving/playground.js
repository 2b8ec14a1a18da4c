/**
 * The playground: both sides are asked at once and each text grows as it is written.
 * Pieces are only ever set as text; the finished text comes drawn by the server, its marks in it.
 */

const form = document.querySelector("[data-playground]");
const picker = document.querySelector("[data-record-form]");
let halt = null;

function say(box, message, kind) {
  const alert = Object.assign(document.createElement("div"), { className: `alert ${kind}` });
  alert.setAttribute("role", "alert");
  alert.append(Object.assign(document.createElement("p"), { textContent: message }));
  box.replaceChildren(alert);
}

function take(box, raw, event) {
  if (event.text !== undefined) raw.textContent += event.text;
  else if (event.html !== undefined) box.innerHTML = event.html;
  else say(box, event.error, "is-failed");
  return event.text === undefined;
}

async function read(body, box, raw) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  let ended = false;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    held += step.value;
    const events = held.split("\n\n");
    held = events.pop();
    for (const event of events) ended = take(box, raw, JSON.parse(event.replace(/^data: /, ""))) || ended;
  }
  if (!ended) say(box, "The connection broke before the text was finished. Write it again.", "is-failed");
}

async function ask(side, signal) {
  const box = side.querySelector("[data-trial]");
  const model = side.querySelector("select").value;
  if (!model) return say(box, "No model is chosen for this side.", "is-look");
  const raw = Object.assign(document.createElement("p"), { className: "draft trial-raw", dir: "auto" });
  const body = new FormData(form);
  body.set("model", model);
  box.replaceChildren(raw);
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.write, { method: "POST", body, signal });
    const isStream = (answer.headers.get("Content-Type") ?? "").startsWith("text/event-stream");
    if (isStream) await read(answer.body, box, raw);
    else {
      const refusal = await answer.json().catch(() => ({ message: `The server answered ${answer.status}.` }));
      say(box, `${refusal.message} ${refusal.hint ?? ""}`.trim(), "is-look");
    }
  } catch (error) {
    say(box, error.name === "AbortError" ? "Halted." : "The server could not be reached.", "is-look");
  } finally {
    box.setAttribute("aria-busy", "false");
  }
  return undefined;
}

if (form) {
  const stop = form.querySelector("[data-halt]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    halt?.abort();
    const mine = (halt = new AbortController());
    stop.hidden = false;
    const sides = [...form.querySelectorAll("[data-side]")];
    const chosen = sides.filter((side) => side.querySelector("select").value);
    await Promise.all((chosen.length ? chosen : sides).map((side) => ask(side, mine.signal)));
    if (halt === mine) stop.hidden = true;
  });
  stop.addEventListener("click", () => halt?.abort());
}

picker?.addEventListener("submit", () => {
  for (const kept of picker.querySelectorAll("[data-chosen]")) {
    kept.value = form.querySelector(`#model-${kept.dataset.chosen}`).value;
  }
});
