// What was found, as elements: text is always text, never markup.

const KINDS = [["feature", "feature x"], ["weight", "trained weight θ"], ["both", "weight × feature"], ["fixed", "fixed gate"]];
const MOST_BARS = 32;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const round = (value, digits = 3) => value.toFixed(digits).replace("-", "−");
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const below = (index) => String(index).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const words = (label) => (Array.isArray(label) ? label.map(words).join(", ") : typeof label === "number" && !Number.isInteger(label) ? round(label, 4) : String(label));

// A table of bars: rows of [name, value, text]; `signed` from −most to most, else from 0.
function bars(caption, rows, { most = 1, signed = false, top = null } = {}) {
  const table = make("table", { class: signed ? "bars signed" : "bars" }, make("caption", { class: "unseen" }, caption));
  const body = make("tbody");
  for (const [name, value, text] of rows) {
    const bar = make("i"), share = Math.min(1, Math.abs(value) / most);
    bar.style.left = signed ? `${value < 0 ? 50 - 50 * share : 50}%` : "0";
    bar.style.width = `${(signed ? 50 : 100) * share}%`;
    body.append(make("tr", name === top ? { class: "top" } : {},
      make("th", { scope: "row", title: name }, name), make("td", {}, make("span", { class: "track", "aria-hidden": "true" }, bar)), make("td", { class: "number" }, text)));
  }
  table.append(body);
  return table;
}

// What is predicted: of labels that each hold or not, the names of those that do.
function said({ label, probabilities }) {
  const names = probabilities && Array.isArray(label) ? Object.keys(probabilities) : [];
  if (names.length !== label?.length || !names.length) return words(label);
  return names.filter((_, i) => label[i]).join(", ") || "none of them";
}

// One answer under its kind; `measured` where shots, not the exact engine, gave it.
function answerCard({ kind, source, shots, prediction }) {
  const card = make("div", { class: kind === "simulated exact" ? "answer" : "answer measured" },
    make("h3", {}, make("span", { class: "kind" }, kind)),
    make("p", { class: "note" }, shots ? `${source}, ${shots} shots` : source), make("p", { class: "said" }, said(prediction)));
  if (prediction.probabilities) {
    const shares = Object.entries(prediction.probabilities), best = shares.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    const shown = shares.length > MOST_BARS ? shares.toSorted((a, b) => b[1] - a[1]).slice(0, MOST_BARS) : shares;
    card.append(bars("Probabilities", shown.map(([name, share]) => [name, share, percent(share) + spread(prediction, name)]), { top: Array.isArray(prediction.label) ? null : best }));
    if (shown.length < shares.length) card.append(make("p", { class: "note" }, `The likeliest ${shown.length} of ${shares.length} classes.`));
  }
  return card;
}

const spread = ({ errors }, name) => (errors ? ` ± ${(100 * errors[name]).toFixed(1)}` : "");

function step(title, note, ...children) {
  return make("div", { class: "step" }, make("h3", {}, title), make("p", { class: "note" }, note), ...children);
}

function chips(names, values) {
  const list = make("ul", { class: "chips", tabindex: "0", "aria-label": "Values" });
  values.forEach((value, i) => list.append(make("li", {}, make("b", {}, names(i)), value === null ? "–" : round(value))));
  return list;
}

const tooLarge = () => make("p", { class: "note" }, "Too large to be shown.");

// What the preprocessing gives, and what the angles read of it; one step where that is the same.
function angleSteps({ prepared, features }) {
  const read = features ? chips((i) => `x${below(i)}`, features) : tooLarge();
  const angles = (note) => step("Angles", `${note}What the circuit reads: x, in radians where it is an angle.`, read);
  if (!prepared) return [angles("")];
  const { shape, names, values, interval, reduction } = prepared;
  const how = reduction === "none" ? "Every feature that varied is kept." : `Reduced by ${reduction}.`;
  const range = interval ? `Each value is an angle from ${round(interval[0], 2)} to ${round(interval[1], 2)} rad.` : "Nothing is scaled.";
  if (!shape) {
    const same = !names && features && values.length === features.length && values.every((value, i) => value === features[i]);
    return same ? [angles(`${how} ${range} `)] : [step("Preprocessed", `${how} ${range}`, chips((i) => names?.[i] ?? `${i + 1}`, values)), angles("")];
  }
  const canvas = make("canvas", { class: "pixels", role: "img", "aria-label": `Preprocessed image, ${shape[0]} rows of ${shape[1]} pixels` });
  const inked = values.filter((value) => value !== null), [low, high] = interval ?? [Math.min(...inked), Math.max(...inked)];
  paint(canvas, values, shape, low, high, 180);
  return [step("Preprocessed pixels", `${how} ${range} Black is the lowest, white the highest.`, canvas), angles("")];
}

function circuitStep({ circuit }) {
  if (!circuit) return step("Circuit", "The trained circuit with this sample's angles.", tooLarge());
  const { gates, qubits, drawing } = circuit;
  const svg = document.importNode(new DOMParser().parseFromString(
    drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '), "image/svg+xml").documentElement, true);
  svg.setAttribute("aria-label", `Circuit of ${qubits.length} qubits and ${gates.length} gates; the table after it lists them`);
  const shown = KINDS.filter(([kind]) => svg.querySelector(`.gate.${kind}`));
  const legend = make("p", { class: "legend" });
  for (const [kind, meaning] of shown) legend.append(make("span", { class: `key ${kind}` }), meaning);
  const body = make("tbody");
  gates.forEach((gate, i) => body.append(make("tr", {}, make("td", { class: "number" }, `${i + 1}`),
    make("td", {}, gate.formula), make("td", {}, gate.qubits.map((qubit) => `q${qubit}`).join(", ")),
    make("td", { class: "number" }, gate.angle === null ? "–" : round(gate.angle, 4)))));
  const head = make("tr", {}, ...["gate", "what", "wires", "angle, rad"].map((name) => make("th", { scope: "col" }, name)));
  return step("Circuit", `With this sample's angles in radians. Wires: logical qubit · physical qubit of the device.`, legend,
    make("div", { class: "drawn", tabindex: "0", role: "group", "aria-label": "Drawing of the circuit" }, svg),
    make("details", {}, make("summary", {}, `All ${gates.length} gates as a table`),
      make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Gates" }, make("table", {}, make("thead", {}, head), body))));
}

function measuredStep(answers) {
  const columns = answers.filter((answer) => answer.measured).map((answer) => {
    const rows = answer.measured.slice(0, 200).map(({ observable, value }) => [`⟨${observable}⟩`, value, round(value)]);
    return make("div", { class: answer.kind === "simulated exact" ? "" : "measured" }, make("p", { class: "note" }, answer.kind), bars(`Expectation values, ${answer.kind}`, rows, { signed: true }));
  });
  return step("Expectation values", "What is measured, from −1 to 1.", make("div", { class: columns.length > 1 ? "pair" : "" }, ...columns));
}

function outputsStep({ outputs, prediction }) {
  const names = prediction.probabilities ? Object.keys(prediction.probabilities) : outputs.map((_, i) => `${i + 1}`);
  const note = prediction.probabilities ? "What the head makes of them, before they are turned into probabilities." : "What the head makes of them, before it is put into units.";
  const rows = outputs.slice(0, 200).map((value, i) => [names[outputs.length === names.length ? i : 0] ?? `${i + 1}`, value, round(value)]);
  return step("Outputs of the head", note, bars("Outputs", rows, { signed: true, most: Math.max(1e-9, ...outputs.map(Math.abs)) }));
}

// Everything of one sample: the exact engine's way, and beside its values those of other answers.
function wayOf(exact, answers) {
  return [make("div", { class: "stepped" }, ...angleSteps(exact)), circuitStep(exact),
    make("div", { class: "stepped" }, measuredStep(answers), outputsStep(exact))];
}
