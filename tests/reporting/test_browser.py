"""The report in a real browser; needs chromium."""

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
    from qcsearch.reporting.page import render

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
