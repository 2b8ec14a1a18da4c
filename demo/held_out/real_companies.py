"""Turns public lists of companies into fact sheets of the demo's form: `python -m demo.held_out.real_companies`.

Name, line of business, place, year, web domain and the event are the lists' own. Roles, tools, troubles and aims are drawn
from tables of this module, which share no phrase with the demo's records: they are examples and state nothing about a company.
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

DEVELOPMENT: Final = 150
STARTUPS: Final = 797
LONGEST_NAME: Final = 40
_KEEP: Final = 0.85
Facts = dict[str, str]

ROLES: Final = (
    "VP Supply",
    "Plant Controller",
    "Chief of Staff",
    "Workforce Lead",
    "Founder",
    "Programme Director",
    "VP Operations Finance",
    "Fulfilment Lead",
    "Regional Director",
    "Transformation Lead",
    "Head of Delivery",
    "Service Desk Lead",
    "Head of Field Teams",
    "Logistics Controller",
    "Portfolio Manager",
    "Capacity Lead",
)
TOOLS: Final = (
    "an ageing intranet page",
    "sticky notes on a glass wall",
    "calendar invitations",
    "a chat channel with pinned messages",
    "printed rosters by the door",
    "two ticket queues",
    "a slide deck that is updated on Fridays",
    "a database only finance can open",
    "voice memos",
    "a ring binder for each customer",
    "forwarded screenshots",
    "a task app from 2014",
    "exports pasted into a document",
    "a magnetic board in the corridor",
    "one very wide workbook",
    "text files on a network drive",
)
PAINS: Final = (
    "deadlines that slip without a warning",
    "crews sent to the wrong address",
    "approvals that sit in somebody's inbox",
    "parts ordered a second time by accident",
    "vacations that clash with launches",
    "forecasts no one believes",
    "experts who are booked twice",
    "customers who hear of a delay too late",
    "meetings held only to find out who does what",
    "a backlog that grows on Mondays",
    "budgets that are spent before the quarter is over",
    "returns that pile up unsorted",
    "night crews without a briefing",
    "contractors waiting for access",
    "priorities that change three times before lunch",
    "maintenance done too early or too late",
    "freelancers who learn of changes by rumour",
    "trial projects that never end",
    "quotes sent after the rival's",
    "inventory counts that disagree",
)
GOALS: Final = (
    "ship releases every second Thursday",
    "open each new location without hiring a coordinator",
    "answer every tender before its closing date",
    "keep overtime below the level of 2024",
    "show the board one honest forecast",
    "move experts between projects without a meeting",
    "finish the rollout by spring",
    "let field teams see tomorrow's work tonight",
    "free managers from chasing updates",
    "bring late deliveries under control",
    "double output without a new building",
    "give clients a date they can rely on",
    "retire the old workbook before the audit",
    "plan crews for the whole quarter",
    "spend less of each week on status reports",
    "run two launches at the same time",
    "know by noon which jobs are at risk",
    "train newcomers in a week",
    "share machines across departments",
    "stop paying for idle trucks",
)


def listed(path: Path) -> Iterator[Facts]:
    """Read members of a share index: `sp500.csv` with name, sector, line of business, seat, day of joining and year."""
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
    """Read graduates of an accelerator: `techstars.jsonl.gz` with name, website, description, place and line of business."""
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
    """Return the sheets to develop with, and the held-out ones: every listed company and 797 others."""
    order = sorted(startups(folder / "techstars.jsonl.gz"), key=lambda facts: _place(facts["company"]))
    held_out = [*listed(folder / "sp500.csv"), *order[DEVELOPMENT : DEVELOPMENT + STARTUPS]]
    return [_completed(facts) for facts in order[:DEVELOPMENT]], [_completed(facts) for facts in held_out]


def _stated(**facts: str) -> Facts:
    return {key: value for key, value in facts.items() if value}


def _completed(facts: Facts) -> Facts:
    """Add an example of each fact that no list states; some stay unknown. The same company gets the same ones."""
    rng = random.Random(_place(facts["company"]))
    drawn = {key: rng.choice(table) for key, table in zip(_DRAWN, (ROLES, TOOLS, PAINS, GOALS), strict=True)}
    known = {**facts, **{key: value for key, value in drawn.items() if rng.random() < _KEEP}}
    return {key: known[key] for key in _ORDER if key in known}


def _place(name: str) -> str:
    return hashlib.sha256(f"held out {name}".encode()).hexdigest()


_DRAWN: Final = ("role", "tool", "pain", "goal")
_ORDER: Final = (
    "company",
    "domain",
    "sector",
    "product",
    "city",
    "country",
    "founded",
    "role",
    "trigger",
    "trigger_date",
    "tool",
    "pain",
    "goal",
    "notes",
)


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
