"""Numbers as people read them: one wording for the command line, the report and what a backend's verdicts say."""

from __future__ import annotations

__all__ = [
    "cell",
    "error_rate",
    "interval",
    "is_share",
    "lifetime",
    "metric",
    "microseconds",
    "percent",
    "points",
    "probability",
    "score",
    "seconds",
]

_NONE = "–"
_UNMEASURED = "not measured"


def percent(share: float | None, digits: int = 1) -> str:
    """A share in [0, 1], such as an accuracy, as `97.9 %`; a dash for None."""
    return _NONE if share is None else f"{100 * share:.{digits}f} %"


def metric(name: str) -> str:
    """A metric of scikit-learn as people write it: `balanced accuracy`."""
    return "R²" if name == "r2" else name.replace("_", " ")


def is_share(name: str) -> bool:
    """Whether a metric is in [0, 1], and shown in percent."""
    return not name.startswith(("neg_", "d2_", "matthews", "r2", "explained"))


def score(value: float | None, name: str = "accuracy", digits: int = 1) -> str:
    """A score in the metric of that name: a share as `97.9 %`, what can leave [0, 1] as it is; a dash for None."""
    if value is None or is_share(name):
        return percent(value, digits)
    return f"{value:.{digits + 2}f}".replace("-", "−")


def interval(ends: tuple[float, float] | None, name: str = "accuracy") -> str:
    """The interval of a score in the metric of that name, of a share in percent: `95.1 – 98.8`; a dash for None."""
    if ends is None:
        return _NONE
    shown = (f"{100 * end:.1f}" if is_share(name) else f"{end:.3f}".replace("-", "−") for end in ends)
    return " – ".join(shown)


def points(difference: float, name: str = "accuracy") -> str:
    """A difference of two scores in the metric of that name with its sign: of shares `+0.4` percentage points."""
    text = f"{100 * difference:+.1f}" if is_share(name) else f"{difference:+.3f}"
    return text.replace("-", "−")


def probability(p: float) -> str:
    """A p-value with two significant digits, or that it is below what anyone tells apart: `0.034`, `< 0.001`."""
    return "< 0.001" if p < 1e-3 else f"{p:.2g}"


def error_rate(probability: float | None) -> str:
    """A calibrated error probability in percent with three significant digits: they range over decades."""
    return _UNMEASURED if probability is None else f"{100 * probability:.3g} %"


def lifetime(seconds: float | None) -> str:
    """A calibrated T1 or T2, given in seconds, in microseconds."""
    return _UNMEASURED if seconds is None else f"{1e6 * seconds:.4g} µs"


def microseconds(seconds: float) -> str:
    """How long a circuit takes, given in seconds, as `3.21 µs`."""
    return f"{1e6 * seconds:.2f} µs"


def seconds(value: float, digits: int = 1) -> str:
    """A wall-clock time as `12.3 s`."""
    return f"{value:.{digits}f} s"


def cell(value: object) -> str:
    """A cell of a table: floats with four digits, or three significant ones where those say nothing; a dash for None.

    Text comes back as it is; who shows it escapes it.
    """
    if value is None:
        return _NONE
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3g}"
    return str(value)
