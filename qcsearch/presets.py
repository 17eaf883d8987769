"""Where the data presets lie: search spaces and calibration snapshots.

A wheel carries them in `qcsearch/_data/<kind>`; in a checkout (and an editable install, which does not see
the wheel's forced files) they lie beside the package. The wheel's place is asked first.
"""

from __future__ import annotations

from pathlib import Path

from qcsearch.errors import InputError

__all__ = ["KINDS", "preset_files", "preset_root"]

KINDS = ("noise_models", "search_spaces")
"""The folders of presets."""

_PACKAGE = Path(__file__).resolve().parent


def preset_root(kind: str) -> Path | None:
    """The folder that holds the presets of `kind`, or None if this installation carries none.

    Raises:
        InputError: if `kind` is not one of `KINDS`.
    """
    if kind not in KINDS:
        raise InputError(f"The kind of preset must be one of {', '.join(KINDS)}. Got {kind!r}.")
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    return None


def preset_files(kind: str, suffix: str) -> dict[str, Path]:
    """Find the presets of one kind.

    Args:
        kind: `search_spaces` or `noise_models`.
        suffix: of the files, with its dot: `.toml` or `.json`.

    Returns:
        Path by name, sorted by name; the name is the path below the folder without suffix, with `/`:
        `default`, `fake_torino/2025-02-26`. Empty if there are none.

    Raises:
        InputError: if `kind` is not one of `KINDS`.
    """
    root = preset_root(kind)
    if root is None:
        return {}
    files = (path for path in root.rglob(f"*{suffix}") if path.is_file())
    named = {path.relative_to(root).as_posix().removesuffix(suffix): path for path in files}
    return dict(sorted(named.items()))
