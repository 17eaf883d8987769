"""A search space bound to a device and a data set: only what is possible is left of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from optuna.trial import BaseTrial

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.lowering import with_layers
from qcsearch.data.preprocessing.pipeline import n_components
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import best_regions, topology
from qcsearch.errors import CandidateError, DeviceError, SpaceError
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.file import STATE, IntRange, SpaceFile, TrainingPart
from qcsearch.search.space.parameters import Label, Parameters
from qcsearch.search.space.samples import suited
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_OBSERVABLES
from qcsearch.training.heads import head_suits
from qcsearch.training.losses import DEFAULT_LOSSES, loss_task

__all__ = ["BoundSpace", "observable_labels"]

_LINE_OVERSAMPLING = 6

Regions = dict[int, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class BoundSpace:
    """The parameters of every trial of one study, and the way from their values to a candidate.

    Attributes:
        parameters: what is asked of the sampler.
        regions: for each number of qubits the best connected sets of physical qubits, best first.
        device: whose qubits they are.
        training: what all candidates have in common.
        left_out: reductions that these data do not allow, and why.
    """

    parameters: Parameters
    regions: Regions
    device: Device
    training: TrainingPart
    left_out: Mapping[Label, str]

    @classmethod
    def of(cls, name: str, file: SpaceFile, parameters: Parameters, context: SearchContext) -> BoundSpace:
        """Drop what cannot be: reductions and heads that do not fit the data, more qubits than there are.

        A loss that is for another task gives way to the one of `DEFAULT_LOSSES`.

        Raises:
            SpaceError: if none of the alternatives of a part is possible.
        """
        parameters = suited(name, parameters, context.quantum)
        reductions, left_out = _possible(name, parameters.choices["reduction"], context)
        task = context.target.task
        heads = {
            label: choice
            for label, choice in parameters.choices["head"].items()
            if head_suits(choice.name, task)
        }
        if not heads:
            raise SpaceError(
                f"No head of the search space '{name}' is for {task}.",
                "take a space with the head 'linear', which is for every task.",
            )
        losses = {
            label: loss if loss_task(loss) == task else DEFAULT_LOSSES[task]
            for label, loss in parameters.choices["loss"].items()
        }
        sizes = parameters.ints["n_qubits"]
        regions = _regions(name, context.device, sizes, file.circuit.regions, file.circuit.shape)
        kept = replace(
            parameters,
            choices={**parameters.choices, "reduction": reductions, "head": heads, "loss": losses},
            ints={**parameters.ints, "n_qubits": IntRange(min=sizes.min, max=max(regions), step=sizes.step)},
        )
        return cls(kept, regions, context.device, file.training, left_out)

    @property
    def notices(self) -> tuple[str, ...]:
        """One sentence that names the reductions that were left out; none if there are none."""
        if not self.left_out:
            return ()
        names = ", ".join(f"'{label}'" for label in self.left_out)
        reason = next(iter(self.left_out.values()))
        these = "reduction" if len(self.left_out) == 1 else "reductions"
        return (f"These data do not allow the {these} {names}: {reason}",)

    def draw(self, trial: BaseTrial) -> dict[str, Json]:
        """Ask a trial of Optuna for every parameter."""
        return self.parameters.draw(trial)

    def candidate(self, params: Mapping[str, Json]) -> Candidate:
        """The candidate that a full set of parameters means: always the same one."""
        chosen = {name: values[params[name]] for name, values in self.parameters.choices.items()}
        regions = self.regions[params["n_qubits"]]
        qubits = regions[params["region"] % len(regions)]
        low, high = chosen["angle_range"]
        return Candidate(
            encoding=chosen["encoding"],
            ansatz=with_layers(chosen["ansatz"], params["n_layers"]),
            qubits=qubits,
            observables=_observables(self.device, qubits, chosen["observables"], chosen["measured"]),
            preprocessing=Preprocessing(
                chosen["reduction"], chosen["scaling"], (low * math.pi, high * math.pi)
            ),
            head=chosen["head"],
            input_layer=chosen["input_layer"],
            training=self._options(params, chosen),
        )

    def _options(self, params: Mapping[str, Json], chosen: Mapping[str, Any]) -> TrainingOptions:
        return TrainingOptions(
            optimizer=chosen["optimizer"],
            learning_rate=params["learning_rate"],
            head_rate=params["head_rate"],
            schedule=self.training.schedule,
            steps=params["steps"],
            batch_size=chosen["batch_size"] or None,
            loss=chosen["loss"],
            noise=self.training.noise,
            init_scale=chosen["init_scale"],
            weight_decay=chosen["weight_decay"],
            validate_every=self.training.validate_every,
            patience=self.training.patience,
            target_accuracy=self.training.target_accuracy,
        )


def _possible(
    name: str, reductions: Mapping[Label, Choice], context: SearchContext
) -> tuple[dict[Label, Choice], dict[Label, str]]:
    """The reductions that these data allow, and why not the others."""
    kept: dict[Label, Choice] = {}
    left_out: dict[Label, str] = {}
    for label, choice in reductions.items():
        try:
            n_components(
                Preprocessing(choice), context.n_features, context.image_shape, context.target.n_classes
            )
        except CandidateError as error:
            left_out[label] = error.message
        else:
            kept[label] = choice
    if not kept:
        reason = next(iter(left_out.values()))
        raise SpaceError(f"No reduction of the search space '{name}' fits these data: {reason}")
    return kept, left_out


def _regions(name: str, device: Device, sizes: IntRange, k: int, shape: str) -> Regions:
    """The best regions of each size, up to the first size that the device does not have."""
    regions: Regions = {}
    reason = ""
    for size in range(sizes.min, sizes.max + 1, sizes.step):
        try:
            found = _lines(device, size, k) if shape == "line" else _any(device, size, k)
        except DeviceError as error:
            found, reason = (), error.message
        if not found:
            break
        regions[size] = found
    if not regions:
        raise SpaceError(
            f"The search space '{name}' needs {sizes.min} connected qubits (shape '{shape}'), which "
            f"'{device.name}' does not have. {reason}".rstrip()
        )
    return regions


def _any(device: Device, size: int, k: int) -> tuple[tuple[int, ...], ...]:
    return tuple(region.qubits for region in best_regions(device, size, k))


def _lines(device: Device, size: int, k: int) -> tuple[tuple[int, ...], ...]:
    """The best regions whose couplings are one open line, their qubits numbered along it."""
    found = (region.qubits for region in best_regions(device, size, k * _LINE_OVERSAMPLING))
    lines = (_along(qubits, topology(device, qubits)) for qubits in found)
    return tuple(line for line in lines if line is not None)[:k]


def _along(qubits: tuple[int, ...], couplings: Topology) -> tuple[int, ...] | None:
    """The qubits in the order of the line that couples them; None if it is not a line."""
    neighbours: dict[int, list[int]] = {q: [] for q in range(len(qubits))}
    for a, b in couplings.edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    ends = [q for q, near in neighbours.items() if len(near) <= 1]
    if len(couplings.edges) != len(qubits) - 1 or any(len(near) > 2 for near in neighbours.values()):
        return None
    order = [ends[0]]
    while len(order) < len(qubits):
        order.append(next(q for q in neighbours[order[-1]] if q not in order))
    return tuple(qubits[q] for q in order)


def _observables(
    device: Device, qubits: tuple[int, ...], scheme: str, measured: str | int
) -> tuple[str, ...]:
    """The observables on all qubits, or on the `measured` ones with the least readout error."""

    def readout(q: int) -> tuple[float, int]:
        return device.qubits[qubits[q]].p01 + device.qubits[qubits[q]].p10, q

    count = len(qubits) if measured == "all" else min(int(measured), len(qubits))
    chosen = sorted(sorted(range(len(qubits)), key=readout)[:count])
    return observable_labels(scheme, chosen, topology(device, qubits))


def observable_labels(scheme: str, measured: Iterable[int], couplings: Topology) -> tuple[str, ...]:
    """Pauli strings: one-letter terms on each measured qubit, two-letter terms on each measured coupling; or all."""
    chosen = sorted(measured)
    if scheme == STATE:
        return tuple(_strings(chosen))
    pairs = [(a, b) for a, b in couplings.edges if a in chosen and b in chosen]
    labels: list[str] = []
    for term in scheme.split("+"):
        if len(term) == 1:
            labels += [f"{term}{q}" for q in chosen]
        else:
            labels += [f"{term[0]}{a}{term[1]}{b}" for a, b in pairs]
    return tuple(dict.fromkeys(labels))


def _strings(qubits: list[int]) -> Iterator[str]:
    """All Pauli strings but the identity, up to one more than a candidate may have: it is told so."""
    strings = ("".join(string) for string in product(*(["", *(f"{p}{q}" for p in "XYZ")] for q in qubits)))
    return islice(strings, 1, MAX_OBSERVABLES + 2)
