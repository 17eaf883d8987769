"""The report: one file that needs nothing from anywhere, and in which no label can break out."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from qcsearch.data.targets import Classes
from qcsearch.reporting.page.page import render

VOID = {"meta", "br", "hr", "img"}


class Outline(HTMLParser):
    """Tags, attributes and texts of a page; fails on a tag that is closed out of turn."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_every_tag_is_closed_in_turn_and_ids_are_unique(page):
    outline = Outline(page)
    ids = [value for key, value in outline.attributes if key == "id"]
    assert len(ids) > 20
    assert len(ids) == len(set(ids))


def test_every_drawing_is_well_formed_xml(page):
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(drawings) == 9
    for drawing in drawings:
        ET.fromstring(drawing.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1))


def test_the_circuit_before_mapping_stands_beside_the_one_after(page, facts):
    section = page[page.index('id="circuit"') : page.index('id="device"')]
    assert re.findall(r'<td class="number">(.*?)</td>', section) == ["10", "23", "–", "12", "41", "3.10"]
    assert "no swap was inserted" in section
    routed = render(replace(facts, mapped=replace(facts.mapped, swaps=2)))
    assert "2 swaps were inserted" in routed
    assert "no swap" not in routed


def test_the_pareto_front_is_a_table_of_its_own(page, facts):
    section = page[page.index('id="tradeoffs"') : page.index('id="circuit"')]
    rows = re.findall(r"<tr[^>]*><td[^>]*>(\d+)</td>", section)
    assert [int(number) for number in rows] == list(facts.pareto)
    assert 1 < len(rows) < len(facts.ranking)
    empty = render(replace(facts, pareto=()))
    assert "<td" not in empty[empty.index('id="tradeoffs"') : empty.index('id="circuit"')]


def test_nothing_is_fetched_from_anywhere(page):
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    outline = Outline(page)
    assert not {"script", "link", "iframe", "object", "embed", "img"} & set(outline.tags)
    references = [value for key, value in outline.attributes if key in ("href", "xlink:href", "src")]
    assert references
    assert all(value.startswith("#") for value in references)
    assert all(target.startswith("#") for target in re.findall(r"url\((.*?)\)", page))


def test_every_link_of_the_contents_has_its_section(page):
    outline = Outline(page)
    ids = {value for key, value in outline.attributes if key == "id"}
    targets = {value[1:] for key, value in outline.attributes if key in ("href", "xlink:href")}
    assert targets <= ids


def test_labels_and_names_are_escaped_wherever_they_are_shown(hostile_facts):
    page = render(hostile_facts)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    outline = Outline(page)
    assert not any(key.startswith("on") for key, _ in outline.attributes)


def test_what_no_eye_can_see_is_spelled_in_texts_and_drawings_alike(facts):
    data = replace(facts.dataset, name="a\x1b[2Jb", target=Classes(("\u202eabc", "1", "2", "3")))
    page = render(replace(facts, dataset=data))
    assert not re.search("[\x1b\u202e]", page)
    assert "a\\x1b[2Jb on paper_133" in page
    assert page.count("\\u202eabc") == 4  # lead, table of the classes, both axes of the matrix


def test_no_stand_in_colour_is_left(page):
    assert "#01020" not in page
    names = set(re.findall(r"var\(--([a-z-]+\d?)\)", page))
    assert names
    for name in names:
        assert f"--{name}:" in page


def test_the_three_kinds_of_score_stand_apart_with_their_spread(page):
    text = " ".join(" ".join(Outline(page).texts).split())
    for title, value, spread in (
        ("Noiseless simulation", "97.2", "an ideal processor"),
        ("Noisy simulation", "95.1", "± 0.7 % over 3 trainings from other seeds"),
        ("Deployed", "94.8", "± 0.4 % by shots, 145 samples local:fake_torino (fake-backend)"),
    ):
        assert re.search(rf"{title} {value} +% .*?{re.escape(spread)}", text), title


def test_a_run_without_result_says_what_is_missing(facts):
    bare = replace(
        facts,
        winner=None, records=[], ranking=[], pareto=[], circuit=None, mapped=None, measured=(), scores=(), final=(),
        added="", curves=(), deployment=None, importance={}, calibration=None, confusion=(),
    )  # fmt: skip
    text = " ".join(Outline(render(bare)).texts)
    assert "No candidate was trained to its end." in text
    assert 'id="summary"' in render(bare)  # the contents link to it
    assert "There is no winner to draw." in text


def test_a_run_that_was_not_deployed_says_how_to(facts):
    page = render(replace(facts, scores=facts.scores[:2], deployment=None))
    assert "qcsearch deploy sends it to a backend" in page
    assert "#deployment" not in page


def test_a_deployment_has_its_own_table_and_says_which_weights_are_kept(page):
    text = " ".join(" ".join(Outline(page).texts).split())
    assert "accuracy 96.5 % 95.1 % 94.8 %" in text
    assert "± shots – – 0.4 %" in text
    assert "gain +1.0 ± 0.8 points); the new weights are kept." in text


@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_confusion_matrix_gives_recall_and_precision_of_each_class(facts, n_classes):
    counts = tuple(
        tuple(8 if i == j else (2 if j == 0 else 0) for j in range(n_classes)) for i in range(n_classes)
    )
    data = replace(facts.dataset, target=Classes(tuple(range(n_classes))))
    text = " ".join(" ".join(Outline(render(replace(facts, dataset=data, confusion=counts))).texts).split())
    recall, precision = 100 * 8 / 10, 100 * 8 / (8 + 2 * (n_classes - 1))
    assert f"{n_classes - 1} 10 {recall:.1f} % 49.0 – 94.3 100.0 %" in text
    assert f"0 8 100.0 % 67.6 – 100.0 {precision:.1f} %" in text


def test_unequal_classes_have_their_mean_recall_beside_accuracy(facts):
    data = replace(facts.dataset, target=Classes(("often", "seldom")))
    said = render(replace(facts, dataset=data, confusion=((90, 0), (6, 4))))
    assert "Balanced accuracy, the mean recall: 70.0\N{NO-BREAK SPACE}%" in said.replace(
        " %", "\N{NO-BREAK SPACE}%"
    )
    assert "Balanced accuracy" not in render(replace(facts, dataset=data, confusion=((9, 1), (6, 4))))


def test_the_page_says_how_far_probabilities_can_be_believed_and_by_which_temperature(page, facts):
    assert facts.calibration.sentence in page
    assert "temperature 1.20" in page
    assert "changes no predicted class" in page


def test_the_winner_is_held_against_its_baselines_with_their_errors_and_claims_nothing(page, facts):
    section = page[page.index("What it is compared with") : page.index("What it is</h3>")]
    text = section.replace("\N{NO-BREAK SPACE}", " ")
    for row in facts.final:
        assert f">{row.name}</td>" in text
    for cell in ("90.2 – 97.6", "+0.7", "−2.1 – +3.4", ">1<", "&lt; 0.001", "The seconds were used up."):
        assert cell in text
    assert facts.added in text
    assert 'class="winner"' not in section  # bold
    assert "at infinitely many shots" in page
