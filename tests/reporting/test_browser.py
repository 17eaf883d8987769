"""The report in a real browser; needs chromium."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]


def browse(tmp_path, page, *flags):
    (tmp_path / "page.html").write_text(page, "utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--hide-scrollbars", "--enable-logging=stderr", "--v=0", f"--user-data-dir={tmp_path / 'profile'}",
        *flags, (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def picture(tmp_path, page, *flags):
    from PIL import Image

    path = tmp_path / "page.png"
    browse(tmp_path, page, f"--screenshot={path}", "--window-size=1200,4000", *flags)
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=float)


def test_the_page_shows_without_a_complaint_of_the_browser(page, tmp_path):
    outcome = browse(tmp_path, page, "--dump-dom")
    assert outcome.stdout.count("<svg") == page.count("<svg")
    assert "CONSOLE" not in outcome.stderr


def test_a_hostile_name_runs_nothing(hostile_facts, tmp_path):
    from qcsearch.reporting.page.page import render

    outcome = browse(tmp_path, render(hostile_facts), "--dump-dom")
    assert "<script" not in outcome.stdout
    assert "CONSOLE" not in outcome.stderr


@pytest.mark.parametrize(("flag", "dark"), [(1, False), (0, True)], ids=["light", "dark"])
def test_the_page_follows_the_theme_and_is_drawn_all_the_way_down(page, tmp_path, flag, dark):
    grey = picture(tmp_path, page, f"--blink-settings=preferredColorScheme={flag}")
    paper = grey[:, :40].mean()
    assert (paper < 60) if dark else (paper > 230)
    for band in np.array_split(grey, 8):
        assert (np.abs(band - paper) > 80).mean() > 0.002


MEASURE = """<body style="margin:0"><iframe src="report.html" style="border:0;width:{width}px;height:800px"></iframe>
<script>onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const places = (query) => [...page.querySelectorAll(query)].map((e) => {{
    const box = e.getBoundingClientRect(); return [box.left, box.top, box.right];
  }});
  document.body.textContent = "MEASURED" + JSON.stringify({{
    tiles: places(".tile"), pairs: [...page.querySelectorAll(".pair")].map((e) =>
      [...e.children].map((c) => [c.getBoundingClientRect().left, c.getBoundingClientRect().top])),
    width: page.documentElement.scrollWidth }}) + "END";
}}</script>"""


@pytest.mark.parametrize(("width", "columns"), [(360, 1), (500, 1), (760, 1), (800, 3), (1200, 4)])
def test_on_a_narrow_screen_tiles_and_columns_stand_one_below_the_other(page, tmp_path, width, columns):
    (tmp_path / "report.html").write_text(page, "utf-8")
    dom = browse(tmp_path, MEASURE.format(width=width), "--allow-file-access-from-files", "--dump-dom").stdout
    found = json.loads(re.search("MEASURED(.*)END", dom).group(1))
    assert len({round(left) for left, _, _ in found["tiles"]}) == columns
    assert len({round(top) for _, top, _ in found["tiles"]}) == -(-4 // columns)
    assert len(found["pairs"]) >= 2
    for pair in found["pairs"]:
        assert len({round(left) for left, _ in pair}) == min(columns, len(pair))
    assert found["width"] <= width
    assert all(right <= width for _, _, right in found["tiles"])
