"""The figures: files in real colours, the page's in its own, nothing left in matplotlib's global state."""

from dataclasses import replace

import matplotlib as mpl
import pytest

from qcsearch.reporting.plots import canvas, plots
from qcsearch.reporting.plots.figures import run_figures, trial_points
from qcsearch.reporting.plots.palette import FILE, STAND_IN
from qcsearch.training.judging.residuals import Residuals


def test_a_run_has_all_six_figures_and_each_is_written_as_svg_and_png(facts, tmp_path):
    figures = run_figures(facts)
    assert list(figures) == ["progress", "pareto", "learning", "importance", "confusion", "reliability"]
    for figure in figures.values():
        for ending, magic in (("svg", b"<?xml"), ("png", b"\x89PNG")):
            path = tmp_path / f"{figure.name}.{ending}"
            canvas.save(figure.draw(FILE), path)
            assert path.read_bytes().startswith(magic)


def test_a_figure_file_is_the_same_each_time(facts, tmp_path):
    draw = run_figures(facts)["learning"].draw
    canvas.save(draw(FILE), tmp_path / "a.svg")
    canvas.save(draw(FILE), tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_drawing_leaves_matplotlib_as_it_was(facts, tmp_path):
    before = dict(mpl.rcParams)
    canvas.inline(run_figures(facts)["pareto"].draw(STAND_IN), "pareto", "pareto")
    canvas.save(run_figures(facts)["pareto"].draw(FILE), tmp_path / "p.png")
    assert dict(mpl.rcParams) == before


def test_labels_are_text_never_mathematics_or_markup():
    figure = plots.confusion([[1, 0], [0, 1]], [r"$\frac{1}{", "<script>"], STAND_IN)
    drawing = canvas.inline(figure, 'a "quoted" <label>', "c")
    assert "<script>" not in drawing
    assert "&lt;script&gt;" in drawing
    assert 'aria-label="a &quot;quoted&quot; &lt;label&gt;"' in drawing


@pytest.mark.parametrize("label", ["手書き", "صفر", "🙂"])
def test_a_label_in_any_script_is_drawn_without_a_warning(label, tmp_path):
    canvas.save(plots.confusion([[1, 0], [0, 1]], [label, "b"], FILE), tmp_path / "c.png")
    assert label in canvas.inline(plots.confusion([[1, 0], [0, 1]], [label, "b"], STAND_IN), "c", "c")


def test_the_front_holds_what_nothing_beats_in_both():
    points = [(5, 0.8), (3, 0.7), (9, 0.8), (5, 0.6), (7, 0.9), (3, 0.7)]
    assert plots.pareto_front(points) == [(3, 0.7), (5, 0.8), (7, 0.9)]
    assert plots.pareto_front([]) == []


def test_a_pruned_trial_is_shown_with_the_best_it_had_reached(facts):
    by_number = {point.number: point for point in trial_points(facts)}
    assert by_number[2].state == "pruned"
    assert by_number[2].score == pytest.approx(0.4 + 50 / 300)
    assert by_number[3].state == "infeasible"
    assert by_number[3].score is None


def test_numbers_are_drawn_against_their_predictions_a_panel_each(facts, tmp_path):
    names = ("$price", "rent", "a", "b", "c")
    found = tuple(Residuals(name, (1.0, 2.0, 4.0), (1.5, 2.0, 3.0)) for name in names)
    figures = run_figures(replace(facts, confusion=(), calibration=None, residuals=found))
    assert list(figures)[-2:] == ["predicted", "residuals"]
    drawn = figures["residuals"].draw(FILE)
    assert len(drawn.axes) == 4
    offsets = drawn.axes[0].collections[0].get_offsets()
    assert offsets.tolist() == [[1.5, -0.5], [2.0, 0.0], [3.0, 1.0]]
    canvas.save(drawn, tmp_path / "residuals.svg")
    assert "$price" in (tmp_path / "residuals.svg").read_text()
