// The page's conversation with the service. The key lives in this variable and nowhere else.

class Problem extends Error {
  constructor(message, fix = null, status = 0) { super(message); this.fix = fix; this.status = status; }
}

const at = (id) => document.getElementById(id);
let key = "", model = null, jobs = false, asked = null;

async function call(path, body = null, { method = body ? "POST" : "GET", ...more } = {}) {
  const headers = { ...more, ...(key && { Authorization: `Bearer ${key}` }), ...(body && { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  } catch { throw new Problem("The service cannot be reached.", "see whether it still runs."); }
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(told?.detail ?? `The service answered with ${answer.status}.`, told?.fix, answer.status);
  return told;
}

function complain(error) {
  if (!(error instanceof Problem)) console.error(error);
  const said = [make("p", {}, error instanceof Problem ? error.message : "This page failed; its console knows more.")];
  if (error.fix) said.push(make("p", { class: "fix" }, `Fix: ${error.fix}`));
  at("problem").replaceChildren(...said);
  at("status").textContent = "";
  if (error.status === 401) ask_for_key();
}

function ask_for_key() {
  key = "";
  at("door").hidden = false; at("let-in").hidden = true; at("ask").hidden = true; at("choice").hidden = true;
  at("about").textContent = "This service answers who has a key.";
  at("key").focus();
}

async function begin() {
  hide_answer();
  let names;
  try { names = (await call("v1/models")).models; } catch (error) {
    if (error.status !== 401) { at("about").textContent = error.message; return; }
    const wrong = key;
    ask_for_key();
    if (wrong) at("about").textContent = `${error.message} ${error.fix ? `Fix: ${error.fix}` : ""}`;
    return;
  }
  jobs = "/v1/jobs" in ((await call("openapi.json").catch(() => null))?.paths ?? {});
  at("door").hidden = true; at("let-in").hidden = !key;
  at("model").replaceChildren(...names.map((name) => make("option", {}, name)));
  at("choice").hidden = names.length < 2;
  if (names.length) await choose(names[0]); else at("about").textContent = "There is no model that may be asked.";
}

async function choose(name) {
  hide_answer();
  at("problem").replaceChildren();
  const told = await call(`v2/models/${encodeURIComponent(name)}`);
  const [, ...shape] = told.inputs[0].shape, names = told.parameters.feature_names;
  model = { name, shape, names };
  const image = shape.length === 2;
  at("about").textContent = `${name}, version ${told.versions[0]}: ${image ? `images of ${shape.join("×")} pixels` : `rows of ${shape[0]} ${shape[0] === 1 ? "number" : "values"}`}.`;
  at("ways").hidden = !image;
  document.querySelector(`[name=way][value=${image ? "draw" : "paste"}]`).checked = true;
  turn();
  if (image) { at("ink").value = told.parameters.brightest ?? 255; pad.shape(...shape); }
  at("columns").textContent = columns(names, shape);
  at("ask").hidden = false;
}

function columns(names, shape) {
  const count = shape.reduce((a, b) => a * b, 1);
  if (!names.length) return `${count} values in the order of the training; the columns have no names.`;
  return `Columns, in this order or by name: ${names.slice(0, 24).join(", ")}${names.length > 24 ? ` and ${names.length - 24} more` : ""}.`;
}

function turn() {
  const drawn = document.querySelector("[name=way]:checked").value === "draw";
  at("draw").hidden = !drawn; at("paste").hidden = drawn;
}

function hide_answer() {
  at("found").hidden = at("inside").hidden = at("more").hidden = true;
  asked = null;
}

function rows() {
  if (at("draw").hidden) return readRows(at("row").value, model.names);
  if (!pad.marked) throw new Problem("There is nothing on the pad.", "draw something.");
  if (!(Number(at("ink").value) > 0)) throw new Problem("The value of full ink must be a number above 0.", "255 of most images.");
  return [drawing()];
}

const drawing = () => pad.pixels(at("fit").checked).map((share) => Math.round(share * at("ink").value * 1e6) / 1e6);

const pad = new Pad(at("pad"), at("pad-said"), () => {
  paint(at("seen"), drawing(), model.shape, 0, Number(at("ink").value), 120);
});

async function predict(body) {
  try { return await call("v1/explain", body); } catch (error) {
    if (error.status !== 403) throw error;
    const { predictions: [prediction], ...told } = await call("v1/predict", body);  // the key may ask, but not look inside
    return { ...told, prediction };
  }
}

async function submit() {
  at("problem").replaceChildren();
  at("predict").disabled = true;
  at("status").textContent = "Asking …";
  try {
    const body = { model: model.name, rows: rows() }, exact = await predict(body);
    hide_answer();
    asked = { body, exact };
    show([exact]);
    offer_backend("Its shots are finite, and may be billed.");
    at("status").textContent = `${exact.kind}: ${said(exact.prediction)}`;
  } catch (error) { hide_answer(); complain(error); } finally { at("predict").disabled = false; }
}

function show(answers) {
  const [exact] = answers;
  at("answers").replaceChildren(...answers.map(answerCard));
  at("worth").textContent = exact.measured ? "" : "This key may not see how it came about: that takes the scope 'explain'.";
  at("found").hidden = false; at("inside").hidden = !exact.measured;
  if (exact.measured) at("steps").replaceChildren(...wayOf(exact, answers));
}

// The same sample on the service's backend: a job, which is asked for until it has ended.
function offer_backend(note) {
  at("more").hidden = !jobs; at("backend").hidden = false; at("cancel").hidden = true;
  at("backend-said").textContent = note;
}

async function ask_backend() {
  const mine = asked;
  mine.once ??= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  at("backend").hidden = true;
  at("backend-said").textContent = "Asking the backend …";
  try {
    mine.job = await call("v1/jobs", mine.body, { "Idempotency-Key": mine.once });
    while (mine === asked && ["waiting", "running"].includes(mine.job.status)) {
      at("cancel").hidden = mine.job.status !== "waiting";
      at("backend-said").textContent = `The backend's job is ${mine.job.status} …`;
      await new Promise((done) => setTimeout(done, 1000));
      mine.job = await call(`v1/jobs/${mine.job.id}`).catch((error) => { if (![429, 503].includes(error.status)) throw error; return mine.job; });
    }
  } catch (error) {
    if (mine === asked) { offer_backend(error.message); if (error.status === 401) complain(error); }
    return;
  }
  if (mine === asked) show_job(mine);
}

function show_job({ exact, job }) {
  if (job.status !== "done") { asked.once = null; offer_backend(job.problem ?? `The job was ${job.status}.`); return; }
  const { predictions: [prediction], ...told } = job.result;
  show([exact, { ...told, prediction }]);
  at("cancel").hidden = true;
  at("backend-said").textContent = `${told.kind}: ${said(prediction)}. It took ${job.qpu_seconds.toFixed(2)} s of the backend, ${job.dollars.toFixed(2)} US dollars.`;
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  key = at("key").value.trim();
  at("key").value = "";
  begin();
});
at("forget").addEventListener("click", () => { key = ""; begin(); });
at("backend").addEventListener("click", ask_backend);
at("cancel").addEventListener("click", () => {
  const { job } = asked;
  at("cancel").hidden = true;
  call(`v1/jobs/${job.id}`, null, { method: "DELETE" }).catch((error) => { at("backend-said").textContent = error.message; });
});
at("model").addEventListener("change", () => choose(at("model").value).catch(complain));
at("ways").addEventListener("change", turn);
at("clear").addEventListener("click", () => { pad.clear(); hide_answer(); at("status").textContent = ""; });
for (const id of ["fit", "ink"]) at(id).addEventListener("change", () => pad.update());
at("sample").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
begin().catch(complain);
