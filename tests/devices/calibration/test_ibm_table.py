"""Calibration tables of IBM's web pages, as they were over the years and as spreadsheets leave them."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.errors import DeviceError

HERON = (
    '"Qubit","T1 (us)","T2 (us)","Readout assignment error ","Prob meas0 prep1 ","Prob meas1 prep0 ",'
    '"Readout length (ns)","ID error ","RX error ","Z-axis rotation (rz) error ","√x (sx) error ","Pauli-X error ",'
    '"CZ error ","RZZ error ","Gate time (ns)","Operational"\n'
    '"0","206.5","176.25","0.05","0.04","0.06","2600","0.0002","0.0002","0","0.0002","0.0003","0_1:0.004","0_1:0.0003","0_1:68","true"\n'
    '"1","243.5","343.5","0.02","0.01","0.03","2600","0.0003","0.0003","0","0.0003","0.0003","1_0:0.004;1_2:1","1_0:0.002;1_2:0.002","1_0:68;1_2:84","true"\n'
    '"2","","","0.03","0.02","0.04","2600","1","1","0","1","1","2_1:1","2_1:0.002","2_1:84","true"\n'
)
FALCON = (
    "Qubit,T1 (us),T2 (us),Frequency (GHz),Anharmonicity (GHz),Readout assignment error ,Prob meas0 prep1 ,"
    "Prob meas1 prep0 ,Readout length (ns),ID error ,√x (sx) error ,Single-qubit Pauli-X error ,CNOT error ,"
    "Gate time (ns)\n"
    "Q0,100.5,50.25,5.2,-0.34,0.02,0.03,0.01,5351.11,0.0002,0.0002,0.0002,0_1:0.0075; 0_2:0.008,0_1:302.2; 0_2:400\n"
    "Q1,100,60,5.1,-0.34,0.02,0.03,0.01,5351.11,0.0002,0.0002,0.0002,1_0:0.0075,1_0:337.7\n"
    "Q2,100,70,5.1,-0.34,0.02,0.03,0.01,5351.11,0.0002,0.0002,0.0002,2_0:0.008,2_0:435.5\n"
)
OLD = (
    "Qubit,T1 (µs),T2 (µs),Frequency (GHz),Readout error,Single-qubit U2 error rate,CNOT error rate,Date\n"
    'Q0,43.5,80.5,5.25,3e-2,6.5e-4,"cx0_1: 1.25e-2, cx0_2: 1.5e-2",Fri Feb 28 2020\n'
    'Q1,57,44,5,5.5e-2,6.2e-4,"cx1_0: 1.25e-2",Fri Feb 28 2020\n'
    'Q2,81,60,5,2e-2,6.2e-4,"cx2_0: 1.5e-2",Fri Feb 28 2020\n'
)


@pytest.fixture
def table(tmp_path):
    """A device out of the text of a file."""

    def read(text, name="ibm_fez_calibrations_2025-03-01T12_30_00Z.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return get_device(path)

    return read


def test_a_table_of_today_has_units_dead_gates_and_missing_times(table):
    device = table(HERON)
    assert (device.name, device.provider) == ("ibm_fez", "ibm")
    assert device.calibrated_at == "2025-03-01T12:30:00+00:00"
    assert device.basis_gates == ("cz", "id", "rz", "sx", "x")
    assert device.qubits[0].t1 == pytest.approx(206.5e-6)
    assert device.qubits[0].t2 == pytest.approx(176.25e-6)
    assert (device.qubits[0].p01, device.qubits[0].p10) == (0.04, 0.06)
    assert device.qubits[0].readout_duration == pytest.approx(2.6e-6)
    assert device.coupling_map == ((0, 1), (1, 0))
    (gate,) = device.gates_on[0, 1]
    assert (gate.name, gate.error, gate.duration) == ("cz", 0.004, pytest.approx(68e-9))
    assert {gate.name: gate.error for gate in device.gates_on[(0,)]} == {
        "id": 2e-4,
        "rz": 0,
        "sx": 2e-4,
        "x": 3e-4,
    }
    assert device.usable_qubits == (0, 1)
    said = "\n".join(device.notices)
    assert "on request only: RX error, RZZ error." in said
    assert "Two-qubit error is 0.5 or more, so the edge is removed: 1-2." in said
    assert "T1 or T2 is unknown, so no region holds qubit 2." in said
    assert "Gate duration is unknown, and counted as 0: id 0, sx 0, x 0" in said
    assert "rz 0" not in said


def test_a_table_of_2022_assumes_a_virtual_rz_and_says_so(table):
    device = table(FALCON)
    assert device.basis_gates == ("cx", "id", "rz", "sx", "x")
    assert device.edges == ((0, 1), (0, 2))
    assert device.gates_on[1, 0][0].duration == pytest.approx(337.7e-9)
    said = "\n".join(device.notices)
    assert "The table has no rz, which is taken as virtual" in said
    assert "Columns that are not read: 'Frequency (GHz)', 'Anharmonicity (GHz)'." in said


def test_a_table_of_2020_has_u2_and_symmetric_readout(table):
    device = table(OLD, "essex.csv")
    assert (device.name, device.calibrated_at) == ("essex", "")
    assert device.basis_gates == ("cx", "u1", "u2", "u3")
    assert device.gates_on[0, 2][0].error == 1.5e-2
    errors = {gate.name: gate.error for gate in device.gates_on[(0,)]}
    assert errors == {"u1": 0.0, "u2": 6.5e-4, "u3": pytest.approx(1.3e-3, rel=1e-3)}
    assert device.qubits[1].p10 == device.qubits[1].p01 == 5.5e-2
    said = "\n".join(device.notices)
    for sentence in (
        "u1 is taken as virtual",
        "does not say when",
        "not reported apart",
        "Gate duration is unknown",
    ):
        assert sentence in said


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("√x (sx)", "�x (sx)"),
        lambda text: text.replace("√x (sx)", "âˆšx (sx)"),
        lambda text: (
            text.replace(" error ", " error").replace(" prep0 ", " prep0").replace(" prep1 ", " prep1")
        ),
        lambda text: text.replace("error", "Error").replace("Prob meas", "PROB  MEAS"),
        lambda text: text.replace('","', '"\t"'),
        lambda text: text.replace('"true"', '"Yes"'),
        lambda text: text.replace('"true"', '""'),
        lambda text: text + '"","","","","","","","","","","","","","","",""\n\n',
        lambda text: "\n" + text,
        lambda text: "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]),
        lambda text: text.replace("T1 (us)", "T1 [us]").replace("T2 (us)", "T2 (μs)"),
    ],
)
def test_what_programs_do_to_a_table_changes_nothing(table, change):
    assert table(change(HERON)) == table(HERON)


def test_decimal_commas_and_semicolons_are_read(table):
    lines = []
    for line in HERON.replace("T1 (us)", "T1 (us)").splitlines():
        cells = [cell.strip('"') for cell in line.split('","')]
        lines.append(";".join(f'"{cell}"' for cell in cells))
    text = "\n".join([lines[0], *(line.replace(".", ",") for line in lines[1:])])
    assert table(text) == table(HERON)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings_of_spreadsheets_are_read(table, encoding):
    text = HERON if encoding != "latin-1" else HERON.replace("√", "?").replace("(us)", "(µs)")
    assert table(text, encoding=encoding) == table(HERON)


def test_units_are_those_of_the_titles(table):
    text = HERON.replace("T1 (us)", "T1 (ms)").replace('"206.5"', '"0.2065"').replace('"243.5"', '"0.2435"')
    assert table(text).qubits[0].t1 == pytest.approx(206.5e-6)


def test_lengths_of_one_qubit_gates_are_read(table):
    text = HERON.replace('"Readout length (ns)"', '"Single-qubit gate length (ns)","Readout length (ns)"')
    text = text.replace('"2600"', '"32","2600"')
    durations = {gate.name: gate.duration for gate in table(text).gates_on[(0,)]}
    assert durations == {
        "id": pytest.approx(3.2e-8),
        "rz": 0,
        "sx": pytest.approx(3.2e-8),
        "x": pytest.approx(3.2e-8),
    }


def test_a_qubit_that_is_not_operational_is_left_out(table):
    text = HERON.replace('68;1_2:84","true"', '68;1_2:84","false"')
    device = table(text)
    assert device.usable_qubits == (0,)
    assert "Not operational, so no region holds qubit 1." in device.notices


@pytest.mark.parametrize("missing", ["", "NaN", "N/A", "-", "null"])
def test_cells_that_are_empty_are_not_measured(table, missing):
    device = table(HERON.replace('"206.5"', f'"{missing}"'))
    assert device.qubits[0].t1 is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"206.5"', '"fast"', r"'T1 \(us\)' of qubit 0 in .* must be a number. Got 'fast'"),
        ('"206.5"', '"-3"', r"'T1 \(us\)' of qubit 0 in .* must be a number >= 0"),
        ('"206.5"', '"inf"', "must be a number >= 0"),
        ('"0.04"', '"4.0"', "'Prob meas0 prep1' of qubit 0 in .* must be in \\[0, 1\\]. Got 4.0"),
        ('"0_1:0.004"', '"0_9:0.004"', "'CZ error' of qubit 0 .* must be pairs of qubits"),
        ('"0_1:0.004"', '"0_0:0.004"', "must be pairs of qubits"),
        ('"0_1:0.004"', '"0.004"', "must be pairs of qubits"),
        ('"0_1:0.004"', '"0_1:0.004;0_1:0.005"', "one number for the pair 0_1"),
        ('"0_1:0.004"', '"0_1:0.004x"', "must be a number. Got '0.004x'"),
        ('"0_1:0.004"', '"0_1:1.5"', "must be in \\[0, 1\\]"),
        ('"true"', '"perhaps"', "'Operational' of qubit 0 .* must be true or false"),
        ('"1","243.5"', '"0","243.5"', "must be 0 to 2, each once. Row 2 has '0'"),
        ('"1","243.5"', '"7","243.5"', "must be 0 to 2, each once. Row 2 has '7'"),
        ('"1","243.5"', '"one","243.5"', "each once. Row 2 has 'one'"),
        ('"1","243.5"', '"1","243.5","1"', "Row 2 of .* must have 16 cells"),
        ('"ID error "', '"CZ error"', "'CZ error' of .* must stand once|The column .* must stand once"),
        ('"Qubit"', '"Name"', "must be a snapshot in JSON, or a calibration table"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row_and_column(table, old, new, says):
    assert old in HERON
    with pytest.raises(DeviceError, match=says) as caught:
        table(HERON.replace(old, new, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a,b\n1,2\n", HERON.splitlines()[0], "\0", "Qubit\n0\n", '"' * 3]
)
def test_what_is_no_such_table_is_refused(table, text):
    with pytest.raises(DeviceError):
        table(text)


def test_a_list_of_pairs_that_goes_on_and_on_takes_no_time(table):
    with pytest.raises(DeviceError, match="must be"):
        table(HERON.replace('"0_1:0.004"', f'"0_1:{" " * 100_000}x:"'))


def spoiled(rng):
    """A table with a few characters, cells or lines changed."""
    text = rng.choice([HERON, FALCON, OLD])
    for _ in range(rng.randint(1, 4)):
        i, j = sorted(rng.randrange(len(text)) for _ in range(2))
        new = "".join(rng.choice(string.digits + '",;:_.-\n\t eE√Qx') for _ in range(rng.randint(0, 4)))
        j = min(j, i + rng.choice([0, 1, 3, 40]))
        text = text[:i] + new + text[j:]
    return text


def check_spoiled(folder, seed):
    """Right, or one sentence."""
    path, said = folder / "some.csv", ""
    path.write_text(spoiled(random.Random(seed)), encoding="utf-8")
    try:
        device = get_device(path)
    except DeviceError as error:
        said = str(error)
    else:
        assert device_from_json(device.to_json()) == device
    assert len(said.splitlines()) <= 1


some = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


@some
@given(seed=st.integers(0, 2**32))
def test_a_spoiled_table_is_read_or_refused_in_one_sentence(tmp_path_factory, seed):
    check_spoiled(tmp_path_factory.getbasetemp(), seed)


@pytest.mark.exhaustive
@many
@given(seed=st.integers(0, 2**32))
def test_thousands_of_spoiled_tables(tmp_path_factory, seed):
    check_spoiled(tmp_path_factory.getbasetemp(), seed)
