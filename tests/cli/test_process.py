"""Ctrl-C and SIGTERM end a command within two seconds, wherever it is, unless it has an account to close."""

import signal
import subprocess
import sys
import time

import pytest

LISTEN = """
import sys
from qcsearch.cli.process import be_patient, listen, say_at_end
listen()
say_at_end("Over.")
"""
AS_A_COMMAND = """
try:
    exec(sys.argv[1])
except KeyboardInterrupt:
    print("Over.", file=sys.stderr)
    sys.exit(130)
"""
IN_A_LIBRARY = """
import numpy as np
a = np.random.default_rng(0).normal(size=(6000, 6000))
print("ready", flush=True)
np.linalg.svd(a)
"""
IN_THREADS = """
import time
from concurrent.futures import ThreadPoolExecutor
def work():
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.01)
with ThreadPoolExecutor(1) as pool:
    pool.submit(work)
    print("ready", flush=True)
"""
SWALLOWED = """
import time
print("ready", flush=True)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    try:
        time.sleep(0.1)
    except KeyboardInterrupt:
        pass
"""
CLEANING_UP = """
import time
be_patient()
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(2.5)
    print("closed", flush=True)
    sys.exit(130)
"""


def child(code):
    return subprocess.Popen(
        [sys.executable, "-c", LISTEN + AS_A_COMMAND, code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "code", [IN_A_LIBRARY, IN_THREADS, SWALLOWED], ids=["library", "threads", "swallowed"]
)
def test_a_command_that_does_not_hear_is_ended(code, number):
    with child(code) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)  # until it is in there
        sent = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert time.monotonic() - sent < 2
        assert err.splitlines()[-1] == "Over."


def test_a_command_that_has_ended_leaves_at_once_with_its_code_and_what_it_said():
    code = """
import atexit, time
from qcsearch.cli.process import leave
atexit.register(time.sleep, 60)
print("said")
leave(3)
"""
    with child(code) as process:
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out) == (3, "said\n")


def test_the_second_signal_ends_at_once():
    with child(SWALLOWED) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(30)
        assert process.returncode == 130
        assert time.monotonic() - sent < 1.5


def test_a_command_with_an_open_account_closes_it_first():
    with child(CLEANING_UP) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert out == "closed\n"
        assert process.returncode == 130
