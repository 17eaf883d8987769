"""What a calibration may say that physics, or experience, would not: one table, each with its sentence.

A rule finds locations, qubits or gates, in a device. What makes the device useless is refused; everything else is
said in a notice, for a figure may be odd and true. Bounds of experience are far outside of what any processor has
shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qcsearch.devices.calibration.violations import (
    Location,
    apart,
    bare,
    coarse_dt,
    dead_singles,
    endless,
    gates,
    late,
    odd_day,
    outlast,
    qubits,
    rigid,
    too_good,
    too_long,
    too_short,
    unlike,
    untimed,
    without_times,
)
from qcsearch.devices.device import DEAD, Device, GateCalibration
from qcsearch.errors import DeviceError

__all__ = ["RULES", "RUNS_NOTHING", "Rule", "contradictions", "edge_name", "qubits_named", "some"]

_SHOWN = 12  # locations named in one notice; the rest is counted


@dataclass(frozen=True)
class Rule:
    """One thing that may be odd.

    Attributes:
        finds: where a device has it; nothing if it has not.
        says: the sentence, with `{}` for the locations.
        contradicts: whether facts of the snapshot cannot all be true then.
        fix: makes it a refusal, and says the way out.
    """

    finds: Callable[[Device], Iterable[Location]]
    says: str
    contradicts: bool = False
    fix: str | None = None

    def note(self, device: Device) -> str | None:
        """The sentence, if the device has it.

        Raises:
            DeviceError: if it is refused.
        """
        if not (locations := list(self.finds(device))):
            return None
        sentence = self.says.format(_named(locations), name=device.name)
        if self.fix is not None:
            raise DeviceError(sentence, self.fix)
        return sentence


def contradictions(device: Device) -> tuple[str, ...]:
    """Facts of one snapshot that cannot all be true, a sentence each."""
    notes = (rule.note(device) for rule in RULES if rule.contradicts)
    return tuple(note for note in notes if note is not None)


# --- locations -----------------------------------------------------------------------------------------


def edge_name(edge: Sequence[int]) -> str:
    """Qubits of a gate or a coupling as a notice names them."""
    return "-".join(map(str, edge))


def qubits_named(locations: Sequence[object]) -> str:
    """Qubits as a notice names them."""
    return f"{'qubit' if len(locations) == 1 else 'qubits'} {some(locations)}"


def some(locations: Iterable[object]) -> str:
    """The first locations; more are counted."""
    names = [str(location) for location in locations]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _named(locations: Sequence[Location]) -> str:
    if isinstance(locations[0], int):
        return qubits_named(locations)
    return some(
        f"{location.name} {edge_name(location.qubits)}" if isinstance(location, GateCalibration) else location
        for location in locations
    )


_GATES = "a device needs gates such as rz and sx, rx and rz, or u3 on its qubits."

RUNS_NOTHING = Rule(bare, "The device {name} must have one-qubit gates. It lists none.", fix=_GATES)
"""Of whatever is to run circuits; couplings alone can still be looked at."""

RULES: tuple[Rule, ...] = (
    Rule(
        rigid,
        "The one-qubit gates of {name} must make every rotation of a qubit. Got {}.",
        fix=_GATES,
    ),
    Rule(
        apart,
        "The two-qubit gates of {name} must make a cx with its one-qubit gates. Got {}.",
        fix="a device needs a gate such as cx, cz, ecr or rzz on its couplings.",
    ),
    Rule(
        without_times,
        "No qubit has both T1 and T2: the device is used without thermal relaxation where they miss.",
    ),
    Rule(untimed, "T1 or T2 is unknown, so no region holds {}."),
    Rule(
        qubits(lambda x: x.readout_error >= DEAD),
        f"Readout error is {DEAD} or more, so no region holds {{}}.",
    ),
    Rule(
        qubits(lambda x: x.readout_error < DEAD and max(x.p10, x.p01) >= DEAD),
        "One of the two states is misread more often than not, which makes the readout nearly useless, on {}.",
    ),
    Rule(
        qubits(lambda x: x.readout_error >= 0.25 and max(x.p10, x.p01) < DEAD),
        "Readout error is 0.25 or more on {}.",
    ),
    Rule(dead_singles, f"A one-qubit gate's error is {DEAD} or more, so no region holds {{}}."),
    Rule(lambda device: device.incomplete_qubits, "A one-qubit gate is missing, so no region holds {}."),
    Rule(
        lambda device: [q for q in device.stiff_qubits if q not in device.incomplete_qubits],
        "One-qubit gates make no rotation, so no region holds {}.",
    ),
    Rule(
        qubits(lambda x: x.readout_duration is None),
        "Readout duration is unknown, and counted as 0, on {}.",
    ),
    Rule(
        qubits(lambda x: x.readout_duration == 0),
        "Readout duration is given as exactly 0, which no readout takes, on {}.",
    ),
    Rule(
        qubits(lambda x: x.readout_duration is not None and 0 < x.readout_duration < 1e-8),
        "Readout is shorter than 10 ns, so a unit may be wrong, on {}.",
    ),
    Rule(
        qubits(lambda x: x.readout_error == 0),
        "Readout error is given as exactly 0, which no readout has, on {}.",
    ),
    Rule(
        gates(lambda gate: gate.error == 0, 2),
        "Two-qubit error is given as exactly 0, which no gate has: {}.",
    ),
    Rule(
        gates(lambda gate: gate.error == 0 and gate.name not in ("id", "delay") and bool(gate.duration), 1),
        "One-qubit error is given as exactly 0 beside a duration above 0: {}.",
    ),
    Rule(
        gates(lambda gate: bool(gate.error) and gate.duration == 0),
        "Gate duration is given as exactly 0 beside an error above 0: {}.",
    ),
    Rule(
        gates(lambda gate: bool(gate.duration) and (gate.duration or 0.0) < 1e-9),
        "A gate is shorter than 1 ns, so a unit may be wrong: {}.",
    ),
    Rule(gates(lambda gate: gate.error is None), "Gate error is unknown, and only relaxation acts: {}."),
    Rule(gates(lambda gate: gate.duration is None), "Gate duration is unknown, and counted as 0: {}."),
    Rule(
        gates(lambda gate: (gate.error or 0.0) >= 0.1, 2),
        "Two-qubit error is 0.1 or more, so little is left of what runs there: {}.",
    ),
    Rule(
        gates(lambda gate: (gate.error or 0.0) >= 0.02, 1),
        "One-qubit error is 0.02 or more, so a qubit is bad, or the unit percent: {}.",
    ),
    Rule(
        gates(lambda gate: 0 < (gate.error or 0.0) < 1e-5, 2),
        "Two-qubit error is below 10⁻⁵, which no processor has reached: {}.",
    ),
    Rule(
        too_short,
        "T1 or T2 is shorter than 0.2 µs, so a unit may be wrong, on {}.",
    ),
    Rule(
        too_long,
        "T1 or T2 is over 10 ms, as only qubits with slower gates have it, so a unit may be wrong, on {}.",
    ),
    Rule(unlike, "T1 or T2 is over 100 times from the device's median, so one of them is wrong, on {}."),
    Rule(odd_day, "The time of calibration is {}, when no such device was calibrated."),
    Rule(outlast, "A gate lasts longer than T1, so a unit may be wrong: {}.", contradicts=True),
    Rule(late, "Readout lasts longer than T1, so one of the two is wrong, on {}.", contradicts=True),
    Rule(too_good, "Gate error is over 10 times below what T1 and T2 allow: {}.", contradicts=True),
    Rule(endless, "T1 is over 10⁸ gates long, so a unit may be wrong, on {}.", contradicts=True),
    Rule(coarse_dt, "The dt of {} is longer than a gate, so a unit may be wrong.", contradicts=True),
)
"""Everything that is looked for, in the order in which it is said."""
