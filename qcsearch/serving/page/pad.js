// The drawing pad: ink on a hidden canvas, shown under a cursor for the keyboard, read as the model's pixels.

const PAD = 280, PEN = 30, FINE = 16;

class Pad {
  constructor(canvas, said, changed) {
    this.canvas = canvas; this.said = said; this.changed = changed;
    this.ink = document.createElement("canvas");
    this.pen = this.ink.getContext("2d", { willReadFrequently: true });
    this.cursor = [0, 0];
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.last = null; });
    canvas.addEventListener("keydown", (event) => this.press(event));
    for (const way of ["focus", "blur"]) canvas.addEventListener(way, () => this.show());
  }

  shape(height, width) {
    this.height = height; this.width = width;
    const scale = PAD / Math.max(height, width);
    for (const canvas of [this.canvas, this.ink]) {
      canvas.width = Math.max(40, Math.round(width * scale));
      canvas.height = Math.max(40, Math.round(height * scale));
    }
    this.canvas.setAttribute("aria-label", `Drawing pad, ${height} rows of ${width} pixels`);
    this.cursor = [Math.floor(height / 2), Math.floor(width / 2)];
    this.clear();
  }

  clear() {
    this.pen.clearRect(0, 0, this.ink.width, this.ink.height);
    this.marked = false;
    this.update();
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.stroke(this.last, this.last);
  }

  move(event) {
    if (!this.last) return;
    const here = this.place(event);
    this.stroke(this.last, here);
    this.last = here;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left - 1) * this.canvas.width / (box.width - 2),
            (event.clientY - box.top - 1) * this.canvas.height / (box.height - 2)];
  }

  stroke(from, to) {
    const { pen } = this;
    pen.lineWidth = PEN; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#fff";
    pen.beginPath(); pen.moveTo(...from); pen.lineTo(to[0] + 0.01, to[1]); pen.stroke();
    this.marked = true;
    this.update();
  }

  press(event) {
    const [row, column] = this.cursor;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    let done = "";
    if (steps[event.key]) {
      const [down, right] = steps[event.key];
      this.cursor = [Math.min(this.height - 1, Math.max(0, row + down)), Math.min(this.width - 1, Math.max(0, column + right))];
    } else if (event.key === " " || event.key === "Backspace") {
      const cell = this.cell(row, column);
      if (event.key === " ") { this.pen.fillStyle = "#fff"; this.pen.fillRect(...cell); this.marked = true; done = ", ink"; }
      else { this.pen.clearRect(...cell); done = ", wiped"; }
    } else if (event.key === "Delete") { this.clear(); this.said.textContent = "The pad is empty"; event.preventDefault(); return; }
    else if (event.key === "Enter") { this.canvas.closest("form").requestSubmit(); event.preventDefault(); return; }
    else return;
    event.preventDefault();
    this.said.textContent = `Row ${this.cursor[0] + 1}, column ${this.cursor[1] + 1}${done}`;
    this.update();
  }

  cell(row, column) {
    const wide = this.ink.width / this.width, high = this.ink.height / this.height;
    return [column * wide, row * high, wide, high];
  }

  update() { this.show(); this.changed(); }

  show() {
    const sheet = this.canvas.getContext("2d");
    sheet.fillStyle = "#000"; sheet.fillRect(0, 0, this.canvas.width, this.canvas.height);
    sheet.drawImage(this.ink, 0, 0);
    if (document.activeElement !== this.canvas || !this.canvas.matches(":focus-visible")) return;
    const [x, y, wide, high] = this.cell(...this.cursor);
    sheet.strokeStyle = "#f0975c"; sheet.lineWidth = 2;
    sheet.strokeRect(x + 1, y + 1, Math.max(2, wide - 2), Math.max(2, high - 2));
  }

  // Shares of ink in [0, 1], row by row: each pixel the mean of its area.
  pixels(fit) {
    const wide = this.width * FINE, high = this.height * FINE;
    const fine = document.createElement("canvas");
    fine.width = wide; fine.height = high;
    const sheet = fine.getContext("2d", { willReadFrequently: true });
    const box = fit && this.marked ? this.bounds() : null;
    if (box) {
      const margin = this.height >= 20 ? 1 / 7 : 0;  // small images are filled by a digit, larger ones frame it
      const [left, top, right, bottom] = box, across = right - left, down = bottom - top;
      const scale = Math.min(wide * (1 - 2 * margin) / across, high * (1 - 2 * margin) / down);
      sheet.drawImage(this.ink, left, top, across, down,
        (wide - across * scale) / 2, (high - down * scale) / 2, across * scale, down * scale);
    } else sheet.drawImage(this.ink, 0, 0, wide, high);
    const data = sheet.getImageData(0, 0, wide, high).data, sums = new Array(this.width * this.height).fill(0);
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++)
        sums[Math.floor(y / FINE) * this.width + Math.floor(x / FINE)] += data[4 * (y * wide + x) + 3];
    return sums.map((sum) => sum / (255 * FINE * FINE));
  }

  // Left, top, right, bottom of the ink; null if there is none.
  bounds() {
    const { width, height } = this.ink, data = this.pen.getImageData(0, 0, width, height).data;
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (data[4 * (y * width + x) + 3] > 60) {
          left = Math.min(left, x); right = Math.max(right, x + 1); top = Math.min(top, y); bottom = Math.max(bottom, y + 1);
        }
    return right > left ? [left, top, right, bottom] : null;
  }
}

// Show values, row by row, as grey pixels: `low` is black, `high` white, null see-through.
function paint(canvas, values, [height, width], low, high, side) {
  canvas.width = width; canvas.height = height;
  const scale = Math.max(1, side / Math.max(height, width));
  canvas.style.width = `${width * scale}px`; canvas.style.height = `${height * scale}px`;
  const sheet = canvas.getContext("2d"), image = sheet.createImageData(width, height);
  values.forEach((value, i) => {
    const grey = value === null ? 0 : 255 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    image.data.set([grey, grey, grey, value === null ? 0 : 255], 4 * i);
  });
  sheet.putImageData(image, 0, 0);
}
