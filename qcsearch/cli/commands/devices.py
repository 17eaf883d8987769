"""`qcsearch devices`: what processors are known, and what their calibration says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.calibration import readable, summary
from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.output import display, emit, facts, say, table, tell

if TYPE_CHECKING:
    from qcsearch.devices.device import Device

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, record, check and drift calibration snapshots of processors. A name (fake_torino) is the newest "
    "snapshot of that device, a name with a date (fake_torino@2025-02-26) that of a day.",
)

_Name = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE",
        help="A name, a name with a date (fake_torino@2025-02-26), a snapshot file, or a calibration table "
        "(CSV) of IBM's web pages.",
    ),
]


@app.command("list")
@examples(
    "qcsearch devices list",
    "qcsearch devices list --json",
)
def list_(json: Json = False, verbose: Verbose = False) -> None:
    """List the devices that are known by name."""
    from qcsearch.devices.calibration.providers import device_facts, list_devices

    listed = [(entry, device_facts(entry)) for entry in list_devices()]
    if json:
        emit({"devices": [asdict(entry) | asdict(found) for entry, found in listed]})
        return
    sources = {"preset": "snapshot shipped with qcsearch", "fake": "recorded in qiskit-ibm-runtime"}
    rows = [
        (e.name, x.n_qubits, ", ".join(x.basis_gates), ", ".join(e.dates) or x.calibrated, sources[e.source])
        for e, x in listed
    ]
    display(table(None, ("device", "qubits", "gates", "calibrated", "source"), rows))


@app.command("show")
@examples(
    "qcsearch devices show fake_torino",
    "qcsearch devices show my_device/2026-11-20.json --size 6",
)
def show(
    device: _Name,
    size: Annotated[
        int | None,
        typer.Option(
            "--size",
            help="Qubits of the best regions shown. Default: 4, or as many as can be used.",
            min=1,
            max=20,
        ),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show a device: its medians, its best regions, and the notices of its validation."""
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.devices.coupling import components
    from qcsearch.devices.selection.regions import best_regions

    found = get_device(device)
    largest = max((len(part) for part in components(found.usable_qubits, found.edges)), default=0)
    shown = min(largest, 4) if size is None else size
    regions = best_regions(found, shown, 5) if 0 < shown <= largest else []
    if json:
        ranked = [{"qubits": list(r.qubits), "score": r.score} for r in regions]
        emit({**summary(found), "regions": ranked, "notices": list(found.notices)})
        return
    display(facts(found.name, readable(found)))
    if regions:
        rows = [
            (", ".join(map(str, r.qubits)), r.score, r.two_qubit_success, r.readout_success) for r in regions
        ]
        columns = ("qubits", "score", "two-qubit success", "readout success")
        display(table(f"Best regions of {shown} qubit{'s' * (shown > 1)}", columns, rows))
    elif shown:
        tell(f"There is no connected region of {shown} usable qubits: the largest has {largest}.")
    else:
        tell("No qubit can be used, so there are no regions.")
    for notice in found.notices:
        tell(f"Note: {notice}")


@app.command("snapshot")
@examples(
    "qcsearch devices snapshot fake_kyiv -o my_models",
    "qcsearch devices snapshot ibm_torino",
    "qcsearch devices snapshot ibm_torino_calibrations_2026-11-20T06_00_00Z.csv -o my_models",
    "qcsearch devices snapshot env:iqm-env:iqm.qiskit_iqm:IQMFakeAdonis -o adonis.json",
)
def snapshot(
    backend: Annotated[
        str,
        typer.Argument(
            metavar="BACKEND",
            help="fake_…, the name of a processor that your IBM account can use, a calibration table (CSV) of IBM's "
            "web pages, backend:<package.module>:<object> or env:<folder>:<package.module>:<object>, any BackendV2, "
            "here or in a Python environment of its own.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="A folder, to write <device>/<UTC date>.json in, or a file *.json; what is there stays as it is.",
        ),
    ] = ".",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Record a backend's calibration of this moment as a file.

    Credentials come from the environment (QISKIT_IBM_TOKEN, QISKIT_IBM_INSTANCE) or the saved account.
    """
    from qcsearch.devices.calibration.snapshot_files import write_snapshot

    device = _device(backend)
    path = write_snapshot(device, Path(output))
    if json:
        emit({"path": str(path), **summary(device), "notices": list(device.notices)})
        return
    for notice in device.notices:
        say(f"Note: {notice}")
    tell(path)


@app.command("drift")
@examples(
    "qcsearch devices drift fake_torino --sigma 0.2 --seed 1 -o drifted.json",
    "qcsearch devices drift fake_torino@2025-02-26 -o drifted.json",
)
def drift(
    device: _Name,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; an existing path is refused."),
    ],
    sigma: Annotated[
        float,
        typer.Option(
            "--sigma", metavar="S", help="Standard deviation of each factor's logarithm, in [0, 2]."
        ),
    ] = 0.2,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Of the factors.")] = 0,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Draw a synthetic snapshot of a device with the drift model; it is no calibration, and says so.

    Errors, T1 and T2 are multiplied by independent log-normal factors of median 1; T2 stays within
    2·T1, and nothing that was usable fails. For tests of how a model does on another day.
    """
    from qcsearch.cli.options.inputs import refuse_existing
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.devices.calibration.snapshot import to_text
    from qcsearch.devices.calibration.synthetic import drifted
    from qcsearch.storage import files

    refuse_existing(output)
    found = drifted(get_device(device), sigma, seed)
    files.write_text(Path(output), to_text(found))
    if json:
        emit({"path": output, **summary(found), "notices": list(found.notices)})
        return
    say(f"Note: {found.notices[0]}")
    tell(output)


@app.command("check")
@examples(
    "qcsearch devices check my_models/ibm_torino/2026-11-20.json",
    "qcsearch devices check new.json --older fake_torino@2025-02-26",
)
def check(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A snapshot file, a calibration table (CSV) of IBM's web pages, or a device by name.",
        ),
    ],
    older: Annotated[
        str | None,
        typer.Option(
            "--older", metavar="DEVICE", help="An earlier snapshot of the same device to compare with."
        ),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check a snapshot as a physicist would: refuse the impossible, say what is doubtful, flag jumps."""
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.devices.calibration.validation import compare

    device = get_device(file)
    flags = [
        flag
        for flag in compare(device, None if older is None else get_device(older))
        if flag not in device.notices
    ]
    if json:
        emit(
            {
                "valid": bool(device.usable_qubits),
                **summary(device),
                "notices": list(device.notices),
                "flags": flags,
            }
        )
        return
    for notice in device.notices:
        tell(f"Note: {notice}")
    for flag in flags:
        tell(f"Flag: {flag}")
    usable = f"{len(device.usable_qubits)} of {device.n_qubits} qubits and {len(device.edges)} couplings"
    tell(f"{device.name} {'can' if device.usable_qubits else 'cannot'} be used: {usable}.")


def _device(backend: str) -> Device:
    """The calibration of whatever was named."""
    from qcsearch.deployment.executors.backend import load_backend
    from qcsearch.deployment.executors.environment import EnvironmentBackend
    from qcsearch.devices.calibration.backends import device_from_backend
    from qcsearch.devices.calibration.providers import fake_backend, get_device

    if Path(backend).is_file():
        return get_device(backend)
    kind, _, argument = backend.partition(":")
    if kind == "env":
        return EnvironmentBackend(argument).device
    if kind == "backend":
        return device_from_backend(load_backend(argument))
    return device_from_backend(fake_backend(backend)) if backend.startswith("fake_") else _live(backend)


def _live(name: str) -> Device:
    """A processor of the person's IBM account."""
    from qcsearch.deployment.ibm.connection.cloud import Cloud
    from qcsearch.devices.calibration.backends import device_from_backend

    cloud = Cloud(name)
    backend = cloud.backend
    cloud.call(backend.refresh)
    return cloud.call(lambda: device_from_backend(backend))
