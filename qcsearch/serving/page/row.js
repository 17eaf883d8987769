// A pasted row: JSON, or CSV with or without the names of its columns.

function readRows(text, names) {
  const said = text.trim();
  if (!said) throw new Problem("There is no row.", "paste one, as CSV or JSON.");
  return /^[[{]/.test(said) ? fromJson(said) : fromCsv(said, names);
}

function fromJson(text) {
  let found;
  try { found = JSON.parse(text); } catch (error) { throw new Problem(`The row is no JSON: ${error.message}.`); }
  if (!Array.isArray(found)) return Array.isArray(found.rows) ? found.rows : [found];
  return found.length && found.every((part) => part !== null && typeof part === "object") ? found : [found];
}

function fromCsv(text, names) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const mark = ["\t", ";", ","].find((sign) => lines[0].includes(sign)) ?? ",";
  const table = lines.map((line) => cells(line, mark));
  const known = new Set(names);
  const headed = table.length > 1 && table[0].every((cell) => known.has(cell) || typeof number(cell) !== "number");
  const rows = (headed ? table.slice(1) : table).map((row) => row.map(number));
  if (!headed) return rows;
  if (rows.some((row) => row.length !== table[0].length)) throw new Problem("The row must have as many cells as there are names. It has not.");
  return rows.map((row) => Object.fromEntries(table[0].map((name, i) => [name, row[i]])));
}

// Cells of one line; in quotes a mark is text, and two quotes are one.
function cells(line, mark) {
  const found = [];
  let cell = "", quoted = false;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (sign === '"' && quoted && line[i + 1] === '"') { cell += '"'; i++; }
    else if (sign === '"') quoted = !quoted;
    else if (sign === mark && !quoted) { found.push(cell.trim()); cell = ""; }
    else cell += sign;
  }
  return [...found, cell.trim()];
}

function number(cell) {
  if (cell === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : cell;
}
