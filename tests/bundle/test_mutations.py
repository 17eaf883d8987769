"""A changed byte anywhere is refused, by `verify` and by `load_bundle`, and no process dies of it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.verify import verify_bundle
from qcsearch.errors import BundleError


def flip(content, rng):
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def truncate(content, rng):
    return content[: rng.randrange(len(content))]


def insert(content, rng):
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.randbytes(rng.choice([1, 1, 7, 300])) + content[place:]


def delete(content, rng):
    place = rng.randrange(len(content))
    return content[:place] + content[place + rng.choice([1, 1, 5, 200]) :]


def swap(content, rng):
    one, two = sorted(rng.sample(range(len(content)), 2))
    return (
        content[:one]
        + content[two : two + 1]
        + content[one + 1 : two]
        + content[one : one + 1]
        + content[two + 1 :]
    )


def overwrite(content, rng):
    place = rng.randrange(len(content))
    block = rng.choice([b"\0", b"\xff", b"9", b" ", b"\n", b"PK\3\4", b"PK\5\6"]) * rng.choice([1, 4, 64])
    return content[:place] + block + content[place + len(block) :]


def repeat(content, rng):
    place = rng.randrange(len(content))
    return content[:place] + content[max(0, place - 64) :]


BYTES = [flip, truncate, insert, delete, swap, overwrite, repeat]


def exchange_files(folder: Path, rng):
    one, two = rng.sample(sorted(folder.iterdir()), 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def rename_file(folder: Path, rng):
    chosen = rng.choice(sorted(folder.iterdir()))
    chosen.rename(folder / rng.choice(["circuit.qpy2", "weights", "Manifest.json", chosen.name + " "]))


def remove_file(folder: Path, rng):
    rng.choice(sorted(folder.iterdir())).unlink()


def add_file(folder: Path, rng):
    (folder / rng.choice(["a", "deployment.json", ".x", "weights.npz"])).write_bytes(rng.randbytes(5))


FOLDER = [exchange_files, rename_file, remove_file, add_file]


def refused(path):
    for check in (verify_bundle, load_bundle):
        with pytest.raises(BundleError):
            check(path)


def mutate_folder(source: Path, target: Path, rng) -> None:
    """Copy with one change that changes something."""
    shutil.copytree(source, target)
    if rng.random() < 0.15:
        rng.choice(FOLDER)(target, rng)
        return
    chosen = rng.choice(sorted(target.iterdir()))
    content = chosen.read_bytes()
    chosen.write_bytes(changed(content, rng))


def changed(content: bytes, rng) -> bytes:
    after = content
    while after == content:
        after = rng.choice(BYTES)(content, rng)
    return after


def mutations(saved, folder: Path, number: int, seed: int) -> None:
    rng = random.Random(seed)
    archive = saved["zip"].read_bytes()
    for i in range(number):
        path = folder / f"{i}"
        if i % 2:
            mutate_folder(saved["folder"], path, rng)
        else:
            path.write_bytes(changed(archive, rng))
        refused(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_each_kind_of_change_is_refused(saved, tmp_path):
    rng = random.Random(0)
    for i, change in enumerate(FOLDER):
        shutil.copytree(saved["folder"], tmp_path / f"{i}")
        change(tmp_path / f"{i}", rng)
        refused(tmp_path / f"{i}")
    for change in BYTES:
        for source in (saved["zip"], *sorted(saved["folder"].iterdir())):
            shutil.rmtree(tmp_path / "copy", ignore_errors=True)
            shutil.copytree(saved["folder"], tmp_path / "copy")
            content = source.read_bytes()
            after = change(content, rng)
            if after == content:
                continue
            target = tmp_path / ("copy.zip" if source == saved["zip"] else f"copy/{source.name}")
            target.write_bytes(after)
            refused(target if source == saved["zip"] else tmp_path / "copy")


def test_a_hundred_random_changes_are_refused(saved, tmp_path):
    mutations(saved, tmp_path, 100, seed=1)


@pytest.mark.slow
def test_two_thousand_random_changes_are_refused(saved, tmp_path):
    mutations(saved, tmp_path, 2000, seed=2)


def test_a_bundle_that_was_not_changed_is_not_refused(saved, tmp_path):
    """The guard of the tests above."""
    shutil.copytree(saved["folder"], tmp_path / "copy")
    shutil.copy(saved["zip"], tmp_path / "copy.zip")
    for path in (tmp_path / "copy", tmp_path / "copy.zip"):
        verify_bundle(path)
        load_bundle(path)
