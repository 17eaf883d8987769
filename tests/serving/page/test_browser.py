"""The page in a real Chromium: drawn, pasted, refused, by keyboard, with a key; and what axe finds wrong with it."""

from __future__ import annotations

import math
import shutil

import pytest
from sklearn.datasets import load_digits, load_wine, make_multilabel_classification

from qcsearch.bundle.write import write_bundle
from qcsearch.serving.access import keys
from qcsearch.training.single import train

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]


OF_LABELS = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1, 2, 3],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 30, "loss": "binary_cross_entropy"},
}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(serve, bundles):
    with serve(*bundles, "--page", "--drain-seconds", "0") as service:
        yield service.address


@pytest.fixture
def opened(browser):
    """Open a page; whatever the browser complains of, or is asked of another host, ends the test."""
    contexts, heard = [], []

    def open_(address, **choices):
        contexts.append(browser.new_context(**choices))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: heard.append(str(error)))
        # A refusal is a "console error" of the browser, too, which no page can keep it from.
        page.on(
            "console",
            lambda said: None if "Failed to load resource" in said.text else heard.append(said.text),
        )
        page.on(
            "request",
            lambda sent: None if sent.url.startswith((address, "data:")) else heard.append(sent.url),
        )
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert heard == []


def draw(page, points):
    """Draw a line with the pointer; points in shares of the pad."""
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


ZERO = [(0.5 + 0.25 * math.cos(t * math.pi / 12), 0.5 + 0.34 * math.sin(t * math.pi / 12)) for t in range(25)]
ONE = [(0.5, 0.15), (0.5, 0.85)]


def predict(page):
    page.click("#predict")
    page.wait_for_selector("#found:not([hidden])")
    return page.inner_text("#answers .said")


def choose(page, model):
    page.select_option("#model", model)
    page.wait_for_selector("#paste:not([hidden])" if model == "wine" else "#draw:not([hidden])")


def faults(page):
    """What axe finds, of any weight."""
    found = axe.Axe().run(page).response["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize(("drawn", "label"), [(ZERO, "0"), (ONE, "1")], ids=["zero", "one"])
def test_a_digit_that_is_drawn_is_predicted_and_shown_step_by_step(opened, address, drawn, label):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    draw(page, drawn)
    assert predict(page) == label
    assert page.inner_text("#answers .kind") == "simulated exact"
    titles = page.locator("#steps h3").all_inner_texts()
    assert titles == ["Preprocessed pixels", "Angles", "Circuit", "Expectation values", "Outputs of the head"]
    assert page.locator("#steps svg .gate").count() > 20
    assert page.locator("#steps .chips li").count() == 16
    assert page.locator("#steps .signed").first.locator("tr").count() == 3
    shares = page.locator("#answers .number").all_inner_texts()
    assert sum(float(share.removesuffix(" %")) for share in shares) == pytest.approx(100, abs=0.2)


def test_the_keyboard_alone_draws_and_predicts(opened, address):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    page.focus("#pad")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    for _ in range(8):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    assert page.inner_text("#pad-said") == "Row 8, column 5"
    page.keyboard.press("Enter")
    page.wait_for_selector("#found:not([hidden])")
    assert page.inner_text("#answers .said") == "1"
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem p")
    assert page.inner_text("#problem p >> nth=0") == "There is nothing on the pad."
    page.keyboard.press("Space")
    page.fill("#ink", "")
    page.click("#predict")
    page.locator("#problem", has_text="The value of full ink must be a number above 0.").wait_for()


def test_full_ink_is_as_bright_as_the_images_of_the_training(opened, address):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    assert float(page.input_value("#ink")) == 16 == load_digits(n_class=2).data.max()


def test_what_is_sent_is_the_mean_of_each_pixels_area(opened, address):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    page.uncheck("#fit")
    page.fill("#ink", "255")
    page.focus("#pad")
    page.keyboard.press("Space")  # a whole pixel, of row 5 and column 5
    with page.expect_request("**/v1/explain") as asked:
        page.keyboard.press("Enter")
    (row,) = asked.value.post_data_json["rows"]
    assert row == [255.0 if i == 4 * 8 + 4 else 0 for i in range(64)]


ROWS = load_wine(as_frame=True).data[["alcohol", "hue", "proline"]]
PASTED = {
    "CSV with names": ROWS.iloc[[9]].to_csv(index=False),
    "CSV with more columns, in quotes": '"proline";"note";"hue";"alcohol"\n1480;"a;b";1.04;14.1\n',
    "CSV without names": "13.1,0.9,700",
    "JSON by name": '{"hue": 1.04, "proline": 1480, "alcohol": 14.1}',
    "JSON in order": "[14.1, 1.04, 1480]",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_a_row_that_is_pasted_is_predicted(opened, address, text, wine):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    choose(page, "wine")
    page.fill("#row", text)
    expected = wine.predict([[13.1, 0.9, 700] if "700" in text else ROWS.iloc[9].tolist()])
    assert predict(page) == expected[0]


WRONG = {
    "1,2": ("X has 2 features, but model is expecting 3 features as input.", True),
    "a,b,c": ("X holds the text 'a' in row 1, column 'alcohol'; every feature must be a number.", True),
    "[1, 2,": ("The row is no JSON", False),
    "": ("There is no row.", True),
    "1,2,3\n4,5,6": ("A request must have at most 1 sample. It has 2.", True),
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_is_said_in_the_services_sentence(opened, address, text, said):
    page = opened(address)
    page.wait_for_selector("#ask:not([hidden])")
    choose(page, "wine")
    page.fill("#row", text)
    page.click("#predict")
    page.wait_for_selector("#problem p")
    sentence, whole = said
    found = page.inner_text("#problem p >> nth=0")
    assert found == sentence if whole else found.startswith(sentence)
    assert page.locator("#found").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(opened, address, scheme, width):
    page = opened(address, color_scheme=scheme, viewport={"width": width, "height": 800})
    page.wait_for_selector("#ask:not([hidden])")
    draw(page, ZERO)
    predict(page)
    page.locator("summary").click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    choose(page, "wine")
    page.fill("#row", "1,2")
    page.click("#predict")
    page.wait_for_selector("#problem p")
    assert faults(page) == []


def test_a_key_is_asked_for_held_by_the_tab_and_nowhere_else(opened, serve, bundles, tmp_path):
    path = tmp_path / "keys.json"
    _, looks = keys.create(path, "looks", ["predict", "explain"], None, None)
    _, asks = keys.create(path, "asks", ["predict"], None, None)
    with serve(*bundles, "--page", "--keys", path, "--drain-seconds", "0") as service:
        page = opened(service.address)
        page.wait_for_selector("#door:not([hidden])")
        assert page.evaluate("document.activeElement.id") == "key"
        assert faults(page) == []
        page.keyboard.type("qcs_000000000000_wrong")
        page.keyboard.press("Enter")
        page.locator("#about", has_text="is not valid").wait_for()
        for key, inside in ((looks, True), (asks, False)):
            page.fill("#key", key)
            page.keyboard.press("Enter")
            page.wait_for_selector("#ask:not([hidden])")
            draw(page, ONE)
            assert predict(page) == "1"
            assert page.locator("#inside").is_visible() is inside
            assert ("scope 'explain'" in page.inner_text("#worth")) is not inside
            held = page.evaluate(
                "[document.documentElement.outerHTML, document.cookie, location.href].join()"
            )
            held += page.evaluate("JSON.stringify([localStorage, sessionStorage])") + page.input_value("#key")
            assert key not in held
            page.click("#forget")
            page.wait_for_selector("#door:not([hidden])")
        page.reload()
        page.wait_for_selector("#door:not([hidden])")
        assert looks not in "".join(service.lines)


def test_labels_that_hold_are_told_by_name(opened, serve, tmp_path):
    X, Y = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    write_bundle(train(OF_LABELS, X, Y, device="fake_manila"), tmp_path / "labels")
    with serve(tmp_path / "labels", "--page", "--drain-seconds", "0") as service:
        page = opened(service.address)
        page.wait_for_selector("#paste:not([hidden])")
        page.fill("#row", ",".join(map(str, X[0])))
        said = predict(page)
        with service.client() as client:
            found = client.post("/v1/predict", json={"rows": [X[0].tolist()]}).json()["predictions"][0]
        names = [name for name, holds in zip(found["probabilities"], found["label"], strict=True) if holds]
        assert said == (", ".join(names) or "none of them")


def test_the_backend_answers_beside_the_exact_engine_under_its_own_name(opened, serve, bundles, tmp_path):
    backend = (
        "--backend",
        "local:fake_manila",
        "--shots",
        "1024",
        "--window-seconds",
        "2",
        "--state",
        tmp_path / "state",
    )
    with serve(bundles[0], "--page", "--drain-seconds", "0", *backend) as service:
        page = opened(service.address)
        page.wait_for_selector("#ask:not([hidden])")
        draw(page, ZERO)
        assert predict(page) == "0"
        page.click("#backend")
        page.click("#cancel")
        page.locator("#backend-said", has_text="The job was cancelled.").wait_for()
        page.click("#backend")
        page.locator(".answer.measured").wait_for()
        assert page.locator("#answers .kind").all_inner_texts() == ["simulated exact", "fake-backend"]
        assert (
            page.locator("#answers .answer > .note").all_inner_texts()[1] == "local:fake_manila, 1024 shots"
        )
        exact, measured = (
            page.locator("#answers .answer").nth(i).locator(".number").all_inner_texts() for i in (0, 1)
        )
        assert all("±" in share for share in measured)
        assert not any("±" in share for share in exact)
        assert faults(page) == []
        draw(page, ONE)
        predict(page)
        assert page.locator("#answers .answer").count() == 1  # what was measured was of another sample
