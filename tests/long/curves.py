"""What a process looks like from outside, over time: samples, whether they stay flat, and a picture."""

import contextlib
import statistics
import urllib.request
from pathlib import Path

COLUMNS = ("seconds", "office", "pid", "rss_mb", "own_mb", "fds", "threads", "oldest_s", "ledger_mb", "wal_mb",
           "documents", "taken")
COLOURS = ("#1c4f9b", "#9b1c1c")
WIDTH, HEIGHT, LEFT, TOP = 400, 150, 60, 36
# What may grow from the second third of the time to the last and is no leak. In the first one caches
# fill up to their bounds and the allocator's holes up to the largest work; to ask for 1.10 from
# there to the end, twice as far, would find no smaller leak.
RSS_RATIO, FDS_MORE = 1.05, 4


def process(pid):
    """Memory (MB; in all, and of its own), open files and threads of a process; nothing where it is gone."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        said = {name: words.split() for name, words in (line.split(":", 1) for line in lines)}
        if "VmRSS" in said:
            files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            rss, own = (int(said[name][0]) / 1024 for name in ("VmRSS", "RssAnon"))
            return {"pid": pid, "rss_mb": rss, "own_mb": own, "fds": files, "threads": int(said["Threads"][0])}
    return {}


def figure(port, name):
    """One figure of phobien's own; None while nobody answers."""
    with contextlib.suppress(OSError), \
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as page:
        for line in page.read().decode().splitlines():
            if line.startswith(f"phobien_{name} "):
                return float(line.split()[1])
    return None


def size(file):
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size / 1e6
    return 0


def of(samples, name):
    return [s[name] for s in samples if s.get(name) is not None]


def thirds(samples, name):
    """The medians of a figure in each third of the time."""
    third = samples[-1]["seconds"] / 3
    parts = ([s for s in samples if third * n < s["seconds"] <= third * (n + 1)] for n in range(3))
    return tuple(statistics.median(of(part, name)) for part in parts)


def growth(samples):
    """What did not stay flat, in words."""
    faults = []
    _, second, last = thirds(samples, "rss_mb")
    if last > second * RSS_RATIO:
        faults.append(f"memory grew from {second:.1f} to {last:.1f} MB")
    _, second, last = thirds(samples, "fds")
    if last > second + FDS_MORE:
        faults.append(f"open files grew from {second:.0f} to {last:.0f}")
    return faults


def test_growth():
    """A leak is told, and what fills up within the first third is none."""
    def judged(memory):
        return growth([{"seconds": at * 60, "rss_mb": memory(at), "fds": 28} for at in range(1, 61)])
    assert judged(lambda at: 40 + at * 0.12), "a slow leak"
    assert not judged(lambda at: 40 + at * 0.05), "less than can be told from chance"
    assert not judged(lambda at: 30 + min(at, 20) * 0.5), "caches"
    assert growth([{"seconds": at, "rss_mb": 40, "fds": 20 + at} for at in range(1, 61)]), "files"


def csv(samples):
    def cell(value):
        return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
    rows = (",".join(cell(sample.get(name)) for name in COLUMNS) for sample in samples)
    return "\n".join((",".join(COLUMNS), *rows)) + "\n"


def ticks(most):
    """Round numbers from 0 to at least `most`."""
    step = 10 ** len(str(int(most))) / 10
    while most / step > 5:
        step *= 2
    while most / step < 2:
        step /= 2
    return [n * step for n in range(int(most / step) + 2)]


def panel(at, title, name, offices, lives):
    """One figure of every office over the minutes."""
    across = at[0] + LEFT, at[1] + TOP
    minutes = max(s["seconds"] for samples in offices.values() for s in samples) / 60
    marks = ticks(max(max(of(samples, name), default=0) for samples in offices.values()) or 1)

    def x(seconds):
        return across[0] + seconds / 60 / minutes * WIDTH

    def y(value):
        return across[1] + HEIGHT - value / marks[-1] * HEIGHT

    out = [f'<text x="{across[0]}" y="{at[1] + 20}" font-weight="bold">{title}</text>']
    for mark in marks:
        out.append(f'<line x1="{across[0]}" x2="{across[0] + WIDTH}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" '
                   f'stroke="#ddd"/><text x="{across[0] - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for mark in ticks(minutes)[:-1]:
        out.append(f'<text x="{x(mark * 60):.1f}" y="{across[1] + HEIGHT + 16}" text-anchor="middle">{mark:g}</text>')
    for born in lives:
        out.append(f'<line x1="{x(born):.1f}" x2="{x(born):.1f}" y1="{across[1]}" y2="{across[1] + HEIGHT}" '
                   'stroke="#e3b7b7"/>')
    for colour, samples in zip(COLOURS, offices.values()):
        points = " ".join(f"{x(s['seconds']):.1f},{y(s[name]):.1f}" for s in samples if s.get(name) is not None)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    return "\n".join(out)


def svg(offices, lives):
    """Four panels over the minutes. offices: name -> samples; lives: when a process was begun anew (seconds)."""
    panels = [("memory, MB", "rss_mb"), ("open files", "fds"), ("oldest letter that waits, s", "oldest_s"),
              ("write-ahead log, MB", "wal_mb"), ("ledger, MB", "ledger_mb"), ("letters taken", "taken")]
    wide, high = WIDTH + LEFT + 40, HEIGHT + TOP + 40
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * wide} {3 * high + 30}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="#fff"/>']
    for number, (title, name) in enumerate(panels):
        out.append(panel((number % 2 * wide, number // 2 * high), title, name, offices, lives))
    for number, (colour, name) in enumerate(zip(COLOURS, offices)):
        out.append(f'<text x="{LEFT + 120 * number}" y="{3 * high + 12}" fill="{colour}">— {name}</text>')
    out.append(f'<text x="{LEFT + 120 * len(offices)}" y="{3 * high + 12}" fill="#777">minutes; upright lines: '
               'killed or stopped, and begun anew</text></svg>')
    return "\n".join(out) + "\n"
