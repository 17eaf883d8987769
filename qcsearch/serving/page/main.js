// The page's conversation with the service. The key lives in this variable and nowhere else.

class Problem extends Error {
  constructor(message, fix = null, status = 0) { super(message); this.fix = fix; this.status = status; }
}

const at = (id) => document.getElementById(id);
let key = "", model = null;

async function call(path, body = null) {
  const headers = { ...(key && { Authorization: `Bearer ${key}` }), ...(body && { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
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
  if (image) { at("ink").value = told.parameters.brightest ?? (Math.max(...shape) <= 8 ? 16 : 255); pad.shape(...shape); }
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

function hide_answer() { at("found").hidden = at("inside").hidden = true; }

function rows() {
  if (at("draw").hidden) return readRows(at("row").value, model.names);
  if (!pad.marked) throw new Problem("There is nothing on the pad.", "draw something.");
  return [drawing()];
}

const drawing = () => pad.pixels(at("fit").checked).map((share) => Math.round(share * at("ink").value * 1000) / 1000);

const pad = new Pad(at("pad"), at("pad-said"), () => {
  paint(at("seen"), drawing(), model.shape, 0, Number(at("ink").value), 120);
});

async function predict() {
  const body = { model: model.name, rows: rows() };
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
    const exact = await predict(), answers = [exact];
    at("answers").replaceChildren(...answers.map(answerCard));
    at("worth").textContent = exact.measured ? "" : "This key may not see how it came about: that takes the scope 'explain'.";
    at("found").hidden = false; at("inside").hidden = !exact.measured;
    if (exact.measured) at("steps").replaceChildren(...wayOf(exact, answers));
    at("status").textContent = `${exact.kind}: ${words(exact.prediction.label)}`;
  } catch (error) { hide_answer(); complain(error); } finally { at("predict").disabled = false; }
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  key = at("key").value.trim();
  at("key").value = "";
  begin();
});
at("forget").addEventListener("click", () => { key = ""; begin(); });
at("model").addEventListener("change", () => choose(at("model").value).catch(complain));
at("ways").addEventListener("change", turn);
at("clear").addEventListener("click", () => { pad.clear(); hide_answer(); at("status").textContent = ""; });
for (const id of ["fit", "ink"]) at(id).addEventListener("change", () => pad.update());
at("sample").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
begin().catch(complain);
