"""Machine code of kernels on disk: kept where this process may write, and read where another has left it, too.

Numba looks for a folder that it may write to: `NUMBA_CACHE_DIR`, `__pycache__` beside the source, the user's own cache.
What was compiled for all users, or into an image whose files cannot be changed, it would never read.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from numba.core import caching
from numba.core import config as numba_config

__all__ = ["KernelCache", "digest"]

_Implementation: Any = caching.CompileResultCacheImpl
_Cache: Any = caching.FunctionCache
_File: Any = caching.IndexDataCacheFile
_config: Any = numba_config


@cache
def digest() -> str:
    """SHA-256 of every file of this folder: a list of those whose code goes into the kernels would be forgotten."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


class _Shared:
    """The folder that is for all users of this installation, as Numba asks for one; this user may not write there."""

    def __init__(self, function: Any, file: str) -> None:
        self._line, self._file = function.__code__.co_firstlineno, file

    def get_cache_path(self) -> str:
        if _config.CACHE_DIR:
            subfolder = _Implementation._locator_classes[0].get_suitable_cache_subpath(self._file)
            return str(Path(_config.CACHE_DIR) / subfolder)
        return str(Path(self._file).parent / "__pycache__")

    def ensure_cache_path(self) -> None:
        raise PermissionError(f"Kernels cannot be kept in {self.get_cache_path()}.")

    def get_source_stamp(self) -> str:
        return digest()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Shared:
        return cls(py_func, py_file)


class _Index(_File):  # type: ignore[misc]  # numba is untyped
    """What is there of one kernel in one folder, if it is of today's sources.

    Numba would take code from the disk while the file of the function itself is unchanged, though code of other files
    is compiled into it. And it unpickles an index before it looks at the stamp in it, so one that names a module of
    other sources, which is gone by now, would end the import.
    """

    def __init__(self, folder: str, name: str) -> None:
        super().__init__(folder, name, digest())

    def _load_index(self) -> dict[Any, str]:
        try:
            fresh = digest().encode() in Path(self._index_path).read_bytes()
        except OSError:  # there is none, or none for this user
            return {}
        found: dict[Any, str] = super()._load_index() if fresh else {}
        return found


class _Places(_Index):
    """The same in the folder that is written to, and in the shared one."""

    def __init__(self, folder: str, shared: str, name: str) -> None:
        super().__init__(folder, name)
        self._shared = _Index(shared, name)

    def load(self, key: Any) -> Any:
        found = super().load(key)
        return self._shared.load(key) if found is None else found


class _Located(_Implementation):  # type: ignore[misc]
    _locator_classes = [*_Implementation._locator_classes, _Shared]  # noqa: RUF012  Numba's own


class KernelCache(_Cache):  # type: ignore[misc]
    """What Numba asks for the machine code of one kernel.

    Args:
        function: in Python.
    """

    _impl_class = _Located

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        shared = _Shared(function, function.__code__.co_filename).get_cache_path()
        self._cache_file = _Places(self._cache_path, shared, self._impl.filename_base)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if it can be: else this process alone has it."""
        with suppress(OSError):
            super().save_overload(sig, data)

    @property
    def writable(self) -> bool:
        """Whether what is compiled is kept for the next process."""
        return not isinstance(self._impl.locator, _Shared)
