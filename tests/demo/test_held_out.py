"""Sheets of real companies: what lists say stands in them,
and what is drawn shares no phrase with the demo's records.
"""

import csv
import gzip
import json
from pathlib import Path

import pytest

from demo.data.offer import demo_spec
from demo.data.prospects import generate
from demo.held_out import real_companies


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    with (tmp_path / "sp500.csv").open("w", newline="") as file:
        names = ("Security", "GICS Sector", "GICS Sub-Industry", "Headquarters Location", "Date added", "Founded")
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow(("3M", "Industrials", "Conglomerates", "Saint Paul, Minnesota", "1957-03-04", "1902 (1888)"))
    rows = [
        {"name": f"Start {n}", "website": "https://www.start.io/a", "location": "Lagos, Nigeria", "industry": "Fintech"}
        for n in range(200)
    ]
    rows += [{"name": "No place", "location": "Lagos", "industry": "Fintech"}, {"name": "x" * 41}]
    with gzip.open(tmp_path / "techstars.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_what_the_lists_state_stands_in_the_sheets(lists: Path) -> None:
    _, held_out = real_companies.sheets(lists)

    listed, startup = held_out[0], held_out[1]
    assert (listed["company"], listed["city"], listed["founded"]) == ("3M", "Saint Paul", "1902")
    assert (listed["trigger"], listed["trigger_date"]) == ("joined the S&P 500", "4 March 1957")
    assert (startup["domain"], startup["city"], startup["country"]) == ("start.io", "Lagos", "Nigeria")


def test_development_and_held_out_sheets_share_no_company(lists: Path) -> None:
    development, held_out = real_companies.sheets(lists)

    assert len(development) == real_companies.DEVELOPMENT
    assert len(held_out) == 1 + 200 - real_companies.DEVELOPMENT
    assert not {facts["company"] for facts in development} & {facts["company"] for facts in held_out}


def test_the_same_lists_give_the_same_sheets_with_facts_the_task_knows(lists: Path) -> None:
    known = {field.name for field in demo_spec().input_schema}

    first, again = real_companies.sheets(lists), real_companies.sheets(lists)

    assert first == again
    assert all(set(facts) <= known and facts["company"] and facts["sector"] for side in first for facts in side)


def test_no_drawn_phrase_is_one_of_the_demos() -> None:
    drawn = {phrase for examples in real_companies.EXAMPLES.values() for phrase in examples}
    demo = {*generate.ROLES, *generate.TOOLS, *generate.PAINS, *generate.GOALS}
    demo |= {phrase for sector in generate.SECTORS for phrase in (*sector.pains, *sector.tool)}
    demo |= {phrase for phrases in generate.STRANGE.values() for phrase in phrases}

    assert not drawn & demo
