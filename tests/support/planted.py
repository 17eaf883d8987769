"""An API key planted for a whole run of the tests; the run fails if it turns up in any file or output.

`conftest.py` registers the plugin. The key is in the environment and in the client's account file from the first
import on, and the local server of `ibm_server` accepts it, so whatever the tests make the program do with a key they do
with this one. Looked through are

* all files below the run's temporary folder and the planted home, members of archives too, at the end of the run;
* what tests print, log and warn, and what they capture themselves: of processes, by `redirect_stdout`, by `capsys`;
* what the report of a failure would show.

The account file is the one place where it may be. Half of the key is enough to be found, and Base64, percent-encoding
and hexadecimal digits do not hide it. The addresses of the client lead nowhere, so that no test can send it away.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

ACCOUNT = Path(".qiskit", "qiskit-ibm.json")
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/planted:planted::"
NOWHERE = "http://127.0.0.1:9"
_OUTPUT = "planted key"
_LARGEST = 64 * 2**20  # bytes; whatever has more is a bomb that a test made


def new_key() -> str:
    """A key as IBM's are, with characters that percent-encoding changes besides."""
    return f"planted+{secrets.token_urlsafe(48)}/="


def needles(key: str) -> list[bytes]:
    """What betrays the key: either half of it, plain or encoded in any of the usual ways."""
    found: set[str] = set()
    for half in (key[: len(key) // 2], key[len(key) // 2 :]):
        found |= {half, quote(half, safe=""), half.encode().hex(), json.dumps(half)[1:-1]}
        for shift in range(3):  # the same bytes look different at each place in a group of three
            whole = b"\0" * shift + half.encode()
            text = base64.b64encode(whole[: len(whole) // 3 * 3]).decode()[4 if shift else 0 :]
            found |= {text, text.replace("+", "-").replace("/", "_")}
    return sorted(one.encode() for one in found)


class Planted:
    """The plugin.

    Args:
        key: what is planted; a new one by default.
    """

    def __init__(self, key: str = "") -> None:
        self.key = key or new_key()
        self._needles = needles(self.key)
        self.leaks: list[str] = []
        self._home = Path(tempfile.mkdtemp(prefix="planted-home-"))
        self._undo: list[Callable[[], None]] = []
        self._test = "the collection"

    def plant(self) -> None:
        """Put the key into the environment and the account file, and watch what is captured."""
        keeps = Path.home() / ".cache"  # fonts and the like need not be looked for again
        account = self._home / ACCOUNT
        account.parent.mkdir()
        entry = {"channel": "ibm_quantum_platform", "token": self.key, "instance": CRN, "url": NOWHERE}
        account.write_text(json.dumps({"default-ibm-quantum-platform": entry}))
        account.chmod(0o600)
        addresses = dict.fromkeys(("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"), NOWHERE)
        os.environ.setdefault("XDG_CACHE_HOME", str(keeps))
        os.environ.update(
            addresses,
            HOME=str(self._home),
            QISKIT_IBM_TOKEN=self.key,
            QISKIT_IBM_INSTANCE=CRN,
            QISKIT_IBM_URL=f"{NOWHERE}/experimental",
        )
        self._watch(subprocess.Popen, "communicate", lambda _, found: found)
        self._watch(pytest.CaptureFixture, "readouterr", lambda _, found: found)
        for redirect in (contextlib.redirect_stdout, contextlib.redirect_stderr):
            self._watch(redirect, "__exit__", lambda one, _: (_value(one._new_target),))

    def look(self, text: str | bytes | None, where: str) -> None:
        """Remember `where` if the key is in a text."""
        data = (text or "").encode(errors="replace") if isinstance(text, str | None) else text
        if any(needle in data for needle in self._needles):
            self.leaks.append(where)

    def look_through(self, folder: Path) -> None:
        """Remember every file below a folder that holds the key, and is no account file."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.parts[-2:] != ACCOUNT.parts:
                with contextlib.suppress(OSError):
                    for part in _contents(path):
                        self.look(part, f"the file {path}")

    def _watch(self, owner: Any, name: str, outputs: Callable[[Any, Any], Any]) -> None:
        """Look at what each call of a method brings."""
        original = getattr(owner, name)

        def watched(one: Any, *arguments: Any, **options: Any) -> Any:
            found = original(one, *arguments, **options)
            for text in outputs(one, found):
                self.look(text, f"what was captured in {self._test}")
            return found

        setattr(owner, name, watched)
        self._undo.append(lambda: setattr(owner, name, original))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._test = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for title, text in [*report.sections, ("the failure", report.longreprtext)]:
            self.look(text, f"{title} of {report.nodeid}")

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        self.look(str(warning_message.message), f"a warning in {nodeid}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for folder in (self._home, session.config._tmp_path_factory.getbasetemp()):
            self.look_through(folder)
        if hasattr(
            session.config, "workeroutput"
        ):  # one of several processes, whose exit status nobody looks at
            session.config.workeroutput[_OUTPUT] = self._said()
        elif self.leaks:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist found; one that died found nothing and has failed the run."""
        self.leaks += getattr(node, "workeroutput", {}).get(_OUTPUT, [])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.leaks:
            terminalreporter.section("the planted API key turned up", red=True)
            for where in self._said():
                terminalreporter.line(where)

    def _said(self) -> list[str]:
        """Where the key turned up, each place once, without the key."""
        return [where.replace(self.key, "…") for where in dict.fromkeys(self.leaks)]

    def pytest_unconfigure(self) -> None:
        for undo in self._undo:
            undo()
        shutil.rmtree(self._home, ignore_errors=True)


def _value(target: Any) -> str:
    """All that a stream in memory holds."""
    with contextlib.suppress(AttributeError, ValueError):  # a file, or closed
        return target.getvalue()
    return ""


def _contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and those of its members if it is an archive."""
    with path.open("rb") as file:
        yield file.read(_LARGEST)
    with contextlib.suppress(Exception), zipfile.ZipFile(path) as archive:  # some tests' archives are hostile
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED and member.file_size < _LARGEST:
                yield archive.read(member)
