"""The demo's prospects: seeded, distinct, fictional, with realistic gaps and contradictions."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from demo.data import load
from demo.data.prospects.generate import FACTS, NEVER_MISSING, prospects, write_csv
from members.models import Member
from review.models import Record

RECORDS = prospects()


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    assert prospects() == RECORDS
    assert prospects(seed=1) != RECORDS


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    assert prospects(40) == RECORDS[:40]


def test_all_companies_and_domains_differ() -> None:
    domains = [record["domain"] for record in RECORDS if "domain" in record]

    assert len({record["company"] for record in RECORDS}) == 300
    assert len(set(domains)) == len(domains)
    assert all(domain.endswith(".example") for domain in domains)


def test_a_complete_record_holds_at_least_12_facts_in_order() -> None:
    complete = [record for record in RECORDS if len(record) == len(FACTS)]

    assert len(complete) >= 240
    assert len(FACTS) >= 12
    assert all(tuple(record) == FACTS for record in complete)


def test_some_records_miss_one_to_three_facts_but_never_whom_they_are_about() -> None:
    gaps = [len(FACTS) - len(record) for record in RECORDS]

    assert 30 <= sum(gap > 0 for gap in gaps) <= 60
    assert max(gaps) == 3
    assert all(key in record for record in RECORDS for key in NEVER_MISSING)


def test_some_notes_contradict_another_fact() -> None:
    doubtful = [
        record
        for record in RECORDS
        if re.search(r"speaks of about|as the founding year|places the company", record.get("notes", ""))
    ]

    assert 14 <= len(doubtful) <= 36
    for record in doubtful:
        figures = re.findall(r"\d+", record["notes"])
        assert not set(figures) & {record.get("size"), record.get("founded")}


def test_values_are_short_trimmed_phrases_that_vary() -> None:
    values = [value for record in RECORDS for value in record.values()]

    assert all(value == value.strip() and value and "{" not in value for value in values)
    assert max(len(value.split()) for value in values) <= 20
    for key, least in (("sector", 20), ("trigger", 200), ("pain", 50), ("tool", 25), ("goal", 80), ("product", 60)):
        assert len({record.get(key) for record in RECORDS}) >= least, key


@pytest.mark.django_db
def test_the_demos_records_stand_on_the_sides_that_its_recordings_were_made_with(admin: Member) -> None:
    load._task(admin)
    load._prospects(admin)

    stored = dict(Record.objects.filter(task__slug=load.SLUG).values_list("title", "split"))
    assert stored == {facts["company"]: load.side_of(facts["company"]) for facts in RECORDS}
    assert Counter(stored.values())["test"] == 101


def test_the_csv_reads_back_as_the_same_records(tmp_path: Path) -> None:
    path = tmp_path / "prospects.csv"

    write_csv(path)

    with path.open(encoding="utf-8", newline="") as file:
        rows = [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]
    assert rows == RECORDS
