"""What a script against real servers says and counts: one line a check, one last line that `tests/run` reads."""

import sys

results = {"passed": 0, "failed": 0}


def check(what, ok, detail=""):
    """One check; the detail is shown where it failed."""
    results["passed" if ok else "failed"] += 1
    print(f"  {'ok  ' if ok else 'FAIL'} {what}" + (f": {str(detail).strip()}" if detail and not ok else ""))


def finish(name):
    """The last line, and the end of the process."""
    print(f"{name}: {results['passed']} passed, {results['failed']} failed")
    sys.exit(1 if results["failed"] or not results["passed"] else 0)
