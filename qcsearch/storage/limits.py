"""What a bundle, a snapshot, a run folder or a space may hold: one rule, checked before anything is allocated.

A file that agrees with its digest may still have been made to do harm, by being large, or by being small and
asking for much. Nobody's work comes near these bounds; what goes beyond one is refused in a sentence by whoever
reads it. What is written keeps them too, so that whatever was saved can be read.
"""

from __future__ import annotations

__all__ = [
    "MAX_ARCHIVE_RATIO",
    "MAX_ARRAYS",
    "MAX_CLASSES",
    "MAX_CLOCK_BYTES",
    "MAX_DEPTH",
    "MAX_DEVICE_GATES",
    "MAX_DEVICE_QUBITS",
    "MAX_FEATURES",
    "MAX_GATES",
    "MAX_IMAGES",
    "MAX_JOURNAL_BYTES",
    "MAX_JOURNAL_LINE_BYTES",
    "MAX_JSON_BYTES",
    "MAX_JSON_MEMORY",
    "MAX_LABEL",
    "MAX_LEARNED",
    "MAX_NUMBERS",
    "MAX_OBSERVABLES",
    "MAX_PARAMETER",
    "MAX_PIXELS",
    "MAX_QUBITS",
    "MAX_SPACE_BYTES",
    "MAX_TABLE_BYTES",
    "SMALL_ARCHIVE",
]

MB = 2**20

MAX_DEPTH = 32
"""Lists and objects within one another in a JSON file."""

MAX_JSON_BYTES = 64 * MB
"""Text of one JSON file."""

MAX_JSON_MEMORY = 160 * MB
"""What the values of one JSON file may take in memory, by an estimate from above."""

MAX_TABLE_BYTES = 8 * MB
"""Text of a table of calibrations; that of 156 qubits has 60 kB."""

MAX_SPACE_BYTES = MB
"""Text of one search space."""

MAX_CLOCK_BYTES = 4096
"""Text of clock.json."""

MAX_JOURNAL_BYTES = 512 * MB
"""A study's journal; a trial takes some kilobytes."""

MAX_JOURNAL_LINE_BYTES = 16 * MB
"""One line of a journal: one change of one trial."""

SMALL_ARCHIVE = 64 * MB
"""Arrays that an archive may always unpack to."""

MAX_ARCHIVE_RATIO = 100
"""Larger arrays may take so many times the archive's own bytes; an archive that is not compressed always may."""

MAX_ARRAYS = 1000
"""Arrays in one archive."""

MAX_IMAGES = 1_000_000
"""Images in one folder."""

MAX_PIXELS = 100_000_000
"""Pixels of all images of one folder together; those of MNIST are half of it."""

MAX_NUMBERS = 2_000_000
"""Numbers in any matrix that the settings of a reduction ask for."""

MAX_FEATURES = 1_000_000
"""Raw features of a model: pixels, of an image of a thousand by a thousand."""

MAX_CLASSES = 10_000
"""Classes of a model."""

MAX_LABEL = 256
"""Characters of a class."""

MAX_PARAMETER = 1e9
"""Size of a weight of a circuit or a head, and of a constant or a factor in an angle."""

MAX_LEARNED = 1e200
"""Size of a number that the preprocessing learned; samples end at 1e100, so no product of the two overflows."""

MAX_GATES = 10_000
"""Gates of one logical circuit, and features that it reads; Qiskit takes some seconds to build that."""

MAX_QUBITS = 1000
"""Qubits of one circuit."""

MAX_OBSERVABLES = 1000
"""Observables of one circuit."""

MAX_DEVICE_QUBITS = 10_000
"""Qubits of a device."""

MAX_DEVICE_GATES = 100_000
"""Calibrated gates of a device, one for each place that it acts on."""
