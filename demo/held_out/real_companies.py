"""Turns public lists of companies into fact sheets of the demo's form: `python -m demo.held_out.real_companies`.

Name, line of business, place, year, web domain and the event are the lists' own. Roles, tools, troubles and aims are
drawn from `examples.txt`, which shares no phrase with the demo's records: they are examples and state nothing about a
company.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from demo import phrase_files
from demo.data.prospects.generate import FACTS

DEVELOPMENT: Final = 150
STARTUPS: Final = 797
LONGEST_NAME: Final = 40
_KEEP: Final = 0.85
Facts = dict[str, str]

EXAMPLES: Final = phrase_files.lists(Path(__file__).with_name("examples.txt"))


def listed(path: Path) -> Iterator[Facts]:
    """Read members of a share index: `sp500.csv` with name, sector, line of business, seat, joining date and year."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            city, _, place = row["Headquarters Location"].partition(", ")
            joined = date.fromisoformat(row["Date added"]) if row["Date added"] else None
            yield _stated(
                company=row["Security"],
                sector=row["GICS Sector"].lower(),
                product=row["GICS Sub-Industry"].lower(),
                city=city,
                country=place.rpartition(", ")[2],
                founded=row["Founded"][:4],
                trigger="joined the S&P 500",
                trigger_date=f"{joined.day} {joined:%B %Y}" if joined else "",
            )


def startups(path: Path) -> Iterator[Facts]:
    """Read graduates of an accelerator: `techstars.jsonl.gz` with name, website, description, place, industry."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            place = (row.get("location") or "").split(", ")
            name = (row.get("name") or "").strip()
            if not name or len(name) > LONGEST_NAME or len(place) < 2 or not row.get("industry"):
                continue
            yield _stated(
                company=name,
                domain=(urlsplit(row.get("website") or "").hostname or "").removeprefix("www."),
                sector=row["industry"].lower(),
                city=place[0],
                country=place[-1],
                trigger="went through a Techstars programme",
                notes=(row.get("description") or "").strip()[:160],
            )


def sheets(folder: Path) -> tuple[list[Facts], list[Facts]]:
    """Return the sheets for development and the held-out ones: every listed company and 797 others."""
    order = sorted(startups(folder / "techstars.jsonl.gz"), key=lambda facts: _place(facts["company"]))
    held_out = [*listed(folder / "sp500.csv"), *order[DEVELOPMENT : DEVELOPMENT + STARTUPS]]
    return [_completed(facts) for facts in order[:DEVELOPMENT]], [_completed(facts) for facts in held_out]


def _stated(**facts: str) -> Facts:
    return {key: value for key, value in facts.items() if value}


def _completed(facts: Facts) -> Facts:
    """Add examples of facts that no list has, always the same for a company; some stay unknown."""
    rng = random.Random(_place(facts["company"]))
    drawn = {key: rng.choice(EXAMPLES[f"{key}s"]) for key in ("role", "tool", "pain", "goal")}
    known = {**facts, **{key: value for key, value in drawn.items() if rng.random() < _KEEP}}
    return {key: known[key] for key in FACTS if key in known}


def _place(name: str) -> str:
    return hashlib.sha256(f"held out {name}".encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with sp500.csv and techstars.jsonl.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder for development.jsonl and held_out.jsonl")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(("development", "held_out"), sheets(arguments.folder), strict=True):
        lines = "".join(json.dumps(facts, ensure_ascii=False) + "\n" for facts in rows)
        (arguments.out / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
