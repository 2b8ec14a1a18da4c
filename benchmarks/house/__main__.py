"""Count the code: `python -m benchmarks.house [--traced]`, or `make bench NAME=house`.

Prints a table by room, the figures of the whole product, and one JSON object as the last line. Product code is every
Python file that git tracks, without migrations, benchmarks and tests. `--traced` also runs a decision, an order, a tiny
LoRA run and a freeze, and counts the files and functions that each enters; it takes a minute or two and needs torch.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from benchmarks.house import counts, signs, sources

# Figures that are told by room, and how the table heads them.
COLUMNS = {
    **{name: name for name in ("lines", "statements", "modules", "tables", "routes")},
    **{"refusal codes": "refusals", "ports": "ports", "settings": "settings"},
    **{"docstring openers": "openers", "parameter names": "parameters", "lines over 120 columns": "over 120"},
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.house")
    parser.add_argument("--traced", action="store_true", help="also run four acts and count what each enters")
    options = parser.parse_args(arguments)
    modules = sources.product()
    whole = counts.code(modules)
    rooms = {
        room: {name: value for name, value in counts.code(part).items() if name in COLUMNS}
        for room, part in sources.by_room(modules).items()
    }
    figures: dict[str, Any] = {**whole, **counts.surfaces(), **signs.of(modules), "rooms": rooms}
    if options.traced:
        from benchmarks.house import acts

        figures["entered"] = acts.entered()
    show(rooms, whole, figures)
    print(json.dumps({"claim": "house", **figures}))


def show(rooms: Mapping[str, Mapping[str, Any]], whole: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
    """Print rooms as rows, then every other figure on a line of its own."""
    print(f"{'':16}" + "".join(f"{head:>12}" for head in COLUMNS.values()))
    by_size = sorted(rooms, key=lambda room: -rooms[room]["lines"])
    for name, row in [*((room, rooms[room]) for room in by_size), ("all", whole)]:
        print(f"{name:16}" + "".join(f"{row[column]:12,}" for column in COLUMNS))
    print()
    for name, value in figures.items():
        if name not in COLUMNS and name not in ("rooms", "entered"):
            print(f"{name:50} {value:,}" if isinstance(value, int) else f"{name:50} {value}")
    for act, processes in figures.get("entered", {}).items():
        for process, entered in processes.items():
            print(f"{f'{act}, {process}':50} {entered['files']} files, {entered['functions']} functions")


if __name__ == "__main__":
    main()
