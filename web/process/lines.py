"""The lines of a Procfile, and the lines that its processes print.

`miniatures run web.process.lines` runs the Procfile of the current folder, and starts each line again whenever it ends. With a
NAME it becomes that line's program, for a supervisor that has a unit for each line.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import NoReturn

from web.process.procfile import ProcfileRunner

PROCFILE = "Procfile"
OWN_NAME = "system"
# ANSI's cyan, yellow, green, magenta, red and blue, then the same bright.
COLOURS = ("36", "33", "32", "35", "31", "34", "36;1", "33;1", "32;1", "35;1", "31;1", "34;1")


def parse(text: str) -> dict[str, str]:
    """Return the shell lines of a Procfile by name."""
    return dict(re.findall(r"^([\w-]+):\s*(\S.*)$", text, re.MULTILINE))


def printer(names: Collection[str]) -> Callable[[str, bytes], None]:
    """Return a function that prints lines of output, each after the time and the name of its process.

    Args:
        names: Of the processes. On a terminal each has a colour of its own.
    """
    colours = dict(zip(names, cycle(COLOURS), strict=False)) if sys.stdout.isatty() else {}
    width = max(map(len, [OWN_NAME, *names]))
    one_at_a_time = threading.Lock()

    def tell(name: str, line: bytes) -> None:
        prefix = f"{datetime.now():%H:%M:%S} {name or OWN_NAME:{width}} | "
        if name in colours:
            prefix = f"\033[0m\033[{colours[name]}m{prefix}\033[0m"
        with one_at_a_time:
            for part in line.decode(errors="replace").splitlines():
                print(f"{prefix}{part}", flush=True)

    return tell


def tell_json(name: str, line: bytes) -> None:
    """Print a line as its process wrote it, which is a JSON object; this program's own become one."""
    text = line.decode(errors="replace").rstrip("\n")
    if not name:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"time": now, "level": "INFO", "logger": __name__, "message": text})
    # One write, so that no other thread's line comes between.
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def become(line: str) -> NoReturn:
    """Run a shell line in place of this process."""
    os.execv("/bin/sh", ["/bin/sh", "-c", f"exec {line}"])  # noqa: S606 (the line is for a shell)


def main(words: Sequence[str]) -> int:
    """Run the lines of the current folder's Procfile; returns 0 once a signal has ended them."""
    lines = parse(Path(PROCFILE).read_text())
    if words:
        if words[0] not in lines:
            print(f"{Path(PROCFILE).absolute()} has no line {words[0]}: {', '.join(lines)}.", file=sys.stderr)
            return 2
        become(lines[words[0]])
    is_json = os.environ.get("LOG_FORMAT", "").strip() == "json"
    return ProcfileRunner(
        lines,
        environment=os.environ,
        folder=Path.cwd(),
        tell=tell_json if is_json else printer(lines),
        give_up_after=None,
    ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
