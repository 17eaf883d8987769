"""Seals that are none, put in the place of a good one again and again."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from qcsearch.bundle import load_bundle, seal_bundle, write_bundle
from qcsearch.bundle.seal import SEAL
from qcsearch.bundle.sealing import create_seal_key
from service.process import Line, serving

TIMES = 100


@dataclass(frozen=True)
class Forger:
    """What a forger has: the service's bundle of another model, in whose place it puts seals."""

    other: Path
    another_key: Path
    good: bytes
    old: bytes
    rng: random.Random

    def none(self) -> None:
        """No seal."""
        (self.other / SEAL).unlink(missing_ok=True)

    def another(self) -> None:
        """Their own."""
        seal_bundle(self.other, self.another_key, name="it")

    def claimed(self) -> None:
        """Their own, with the trusted key written over theirs."""
        mine = seal_bundle(self.other, self.another_key, name="it")
        trusted = self.good.split(b'"key": "')[1][:64].decode()
        (self.other / SEAL).write_text(mine.model_copy(update={"key": trusted}).text())

    def swapped(self) -> None:
        """That of the good bundle."""
        (self.other / SEAL).write_bytes(self.good)

    def put_back(self) -> None:
        """The one of this bundle that was good before a newer one was served."""
        (self.other / SEAL).write_bytes(self.old)

    def edited(self) -> None:
        """That one, with a byte changed, cut or grown."""
        place = self.rng.randrange(len(self.old))
        part = self.rng.choice([b"", self.rng.randbytes(1), self.rng.randbytes(3), b" " * 5000])
        changed = self.old[:place] + part + self.old[place + 1 :]
        (self.other / SEAL).write_bytes(changed if changed != self.old else self.old[:-1])


def seals(bundle: Path, times: int = TIMES) -> Line:
    """A service that asks for seals is told to load another bundle, with each kind of seal that is none."""
    statuses, served, rng = Counter[int](), set(), random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place, other = folder / "current", folder / "other"
        public, _ = create_seal_key(folder / "seal.key")
        create_seal_key(folder / "another.key")
        model = load_bundle(bundle)
        weights = replace(model.parameters, weights=model.parameters.weights + 0.5)
        write_bundle(replace(model, parameters=weights), other)
        old = seal_bundle(other, folder / "seal.key", name="it").text().encode()
        write_bundle(model, folder / "good")
        good = seal_bundle(folder / "good", folder / "seal.key", name="it").text().encode()
        shutil.copytree(folder / "good", place)
        forger = Forger(place, folder / "another.key", good, old, rng)
        tricks: list[Callable[[], None]] = [
            forger.none, forger.another, forger.claimed, forger.swapped, forger.put_back, forger.edited,
        ]  # fmt: skip
        arguments = ("--seal-key", public, "--state", folder / "state")
        with serving(place, *arguments) as service, service.client() as client:
            before = client.get("/v2/models/it").json()["parameters"]["digest"]
            for again in range(times):
                shutil.rmtree(place)
                shutil.copytree(other, place)
                tricks[again % len(tricks)]()
                statuses[client.post("/v2/repository/models/it/load").status_code] += 1
                served.add(client.get("/v2/models/it").json()["parameters"]["digest"])
            seal_bundle(shutil.copytree(other, place, dirs_exist_ok=True), folder / "seal.key", name="it")
            last = client.post("/v2/repository/models/it/load").status_code
    told = f"{times} of {len(tricks)} kinds: {dict(statuses)}, {len(served)} digest served; a good one then: {last}"
    return Line(
        "a bad seal is never served", told, set(statuses) == {409} and served == {before} and last == 200
    )
