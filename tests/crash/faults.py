"""The shim of `shim.c` as tests use it: building it, setting it up, reading its log; trials in a row.

A trial is a function of no argument that answers with the broken promises it saw, in words.
"""

import concurrent.futures
import mmap
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from office import test_verdict

SOURCE = Path(__file__).with_name("shim.c")


def build(folder):
    """Compiles the shim; where there is no compiler that is said, as a stage that is left out."""
    library = folder / "shim.so"
    command = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        print("no C compiler here")
        sys.exit(77)
    return library


class Call(NamedTuple):
    """One call that writes into the state folder, as the shim noted it."""

    number: int
    at: int
    name: str
    file: str
    size: int
    failed: bool


class Shim:
    """The environment under which phobien meets faults, and what the shim saw."""

    def __init__(self, library, state, log):
        self.file = log
        self.env = {"LD_PRELOAD": str(library), "SHIM_FOLDER": str(state), "SHIM_LOG": str(log)}

    def fail(self, number, errno, how):
        """The call of this number fails, and with `on` every one after it."""
        self.env["SHIM_FAIL"] = f"{number}:{errno}:{how}"
        return self

    def haste(self, factor):
        """Time passes faster, so that patience ends sooner."""
        self.env["SHIM_HASTE"] = str(factor)
        return self

    def calls(self):
        if not self.file.exists():
            return []
        words = (line.split() for line in self.file.read_text().splitlines())
        return [Call(int(n), int(at), name, file, int(size), end == "failed")
                for n, at, name, file, size, end in words]


class Clock:
    """A wall clock that can be set wrong by whole seconds while phobien runs."""

    def __init__(self, file):
        file.write_bytes(bytes(8))
        self.env = {"SHIM_CLOCK": str(file)}
        with open(file, "r+b") as opened:
            self.map = mmap.mmap(opened.fileno(), 8)

    def wrong_by(self, seconds):
        self.map[:] = struct.pack("=q", seconds)


def play(name, trials, jobs=1):
    """Plays named trials, tells each fault, prints the counts; answers how many failed."""
    test_verdict()

    def one(trial):
        try:
            return trial()
        except (subprocess.SubprocessError, OSError, ValueError, KeyError, AssertionError) as error:
            return [f"broken off: {type(error).__name__} {error} {(getattr(error, 'stderr', '') or '')[-600:]}"]

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(one, trial): title for title, trial in trials}
        failed = 0
        for done in concurrent.futures.as_completed(waiting):
            if faults := done.result():
                failed += 1
                print(f"FAIL {waiting[done]}")
                for fault in faults:
                    print(f"  {fault[:1000]}", flush=True)
    print(f"{name}: {len(waiting) - failed} passed, {failed} failed", flush=True)
    return failed


def scratch():
    """A folder for one run, where memory is the disk if there is such a place: fsync then costs
    nothing, and what is tried here does not depend on the disk."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
