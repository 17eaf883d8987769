"""`qcsearch warm-up`: the kernels compiled before anybody waits for them."""

from __future__ import annotations

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.output import emit, tell
from qcsearch.errors import InputError


@examples(
    "qcsearch warm-up",
    "qcsearch warm-up --json",
)
def warm_up(json: Json = False, verbose: Verbose = False) -> None:
    """Compile the exact engine's kernels now, all that predicting and searching need, and keep them.

    Once a machine, at installation or when a container image is built. They are kept in the folder that NUMBA_CACHE_DIR
    names, or beside the program, or else in the user's cache, for one kind of processor; a later process finds them
    there, and needs not be allowed to write.
    """
    from qcsearch.simulation import warm_up as compile_kernels
    from qcsearch.simulation.compile import kernel_folder, processor

    folder = kernel_folder()
    if folder is None:
        raise InputError(
            "The machine code of the kernels cannot be kept: neither the program's folder nor a cache of the user may "
            "be written.",
            "name a folder that may: NUMBA_CACHE_DIR=DIR qcsearch warm-up.",
        )
    seconds = compile_kernels()
    if json:
        emit({"seconds": seconds, "folder": str(folder), "processor": processor()})
        return
    tell(f"Compiled in {seconds:.0f} s." if seconds else "All kernels were there.")
    tell(f"They are in {folder}, for processors such as {processor()}.")
