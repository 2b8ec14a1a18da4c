"""The lines of a Procfile, and the lines that its processes print.

`miniatures run web.process.lines` runs the Procfile of the current folder, and starts each line again whenever it ends.
With `--log FILE` all lines go into that file, which is rotated. With a NAME it becomes that line's program, for a
supervisor that has a unit for each line.
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
from logging import makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import NoReturn

from web.process.procfile import ProcfileRunner

PROCFILE = "Procfile"
OWN_NAME = "system"
# Together sixty megabytes at most: some weeks of a busy site.
MOST_LOG_BYTES, KEPT_LOGS = 10_000_000, 5
# ANSI's cyan, yellow, green, magenta, red and blue, then the same bright.
COLOURS = ("36", "33", "32", "35", "31", "34", "36;1", "33;1", "32;1", "35;1", "31;1", "34;1")


def parse(text: str) -> dict[str, str]:
    """Return the shell lines of a Procfile by name."""
    return dict(re.findall(r"^([\w-]+):\s*(\S.*)$", text, re.MULTILINE))


def put(text: str) -> None:
    """Print a line in one write, so that no other thread's line comes between."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def rotated(path: Path, *, most_bytes: int = MOST_LOG_BYTES, backups: int = KEPT_LOGS) -> Callable[[str], None]:
    """Return a function that appends a line to a file; a full one is renamed to `PATH.1`, and the oldest goes.

    One process writes the lines of all, so nobody else holds the file that is renamed.
    """
    file = RotatingFileHandler(path, maxBytes=most_bytes, backupCount=backups, encoding="utf-8")

    def write(text: str) -> None:
        file.handle(makeLogRecord({"msg": text}))

    return write


def printer(names: Collection[str], write: Callable[[str], None] = put) -> Callable[[str, bytes], None]:
    """Return a function that writes lines of output, each after the time and the name of its process.

    Args:
        names: Of the processes. On a terminal each has a colour of its own.
        write: Where a line goes.
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
                write(f"{prefix}{part}")

    return tell


def json_printer(write: Callable[[str], None] = put) -> Callable[[str, bytes], None]:
    """Return a function that writes lines as their processes did, which are JSON objects.

    This program's own become such.
    """

    def tell(name: str, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\n")
        if not name:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            text = json.dumps({"time": now, "level": "INFO", "logger": __name__, "message": text})
        write(text)

    return tell


def become(line: str) -> NoReturn:
    """Run a shell line in place of this process."""
    os.execv("/bin/sh", ["/bin/sh", "-c", f"exec {line}"])  # noqa: S606 (the line is for a shell)


def main(words: Sequence[str]) -> int:
    """Run the lines of the current folder's Procfile; returns 0 once a signal has ended them."""
    lines = parse(Path(PROCFILE).read_text())
    write: Callable[[str], None] = put
    if words[:1] == ["--log"]:
        write, words = rotated(Path(words[1])), words[2:]
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
        tell=json_printer(write) if is_json else printer(lines, write),
        give_up_after=None,
    ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
