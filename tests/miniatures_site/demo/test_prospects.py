"""The demo's prospects: seeded, distinct, fictional, with realistic gaps and contradictions."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from demo.data import load
from demo.data.prospects import generate
from demo.data.prospects.generate import prospects, write_csv
from members.models import Member
from review.models import Record

RECORDS = prospects()


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    assert prospects() == RECORDS
    assert prospects(seed=1) != RECORDS


def test_all_companies_and_domains_differ() -> None:
    domains = [record["domain"] for record in RECORDS if "domain" in record]

    assert len({record["company"] for record in RECORDS}) == 300
    assert len(set(domains)) == len(domains)
    assert all(domain.endswith(".example") for domain in domains)


def test_further_companies_are_for_training_alone_and_most_miss_many_facts_and_look_like_strangers() -> None:
    further = generate.for_training(load.side_of)
    sparse = further[generate.WHOLE_FOR_TRAINING :]
    strange = [facts for facts in sparse if facts["sector"] in generate.STRANGE["sector"]]

    assert {load.side_of(facts["company"]) for facts in further} == {"train"}
    assert len({facts["company"] for facts in further}) == len(further)
    assert all(4 <= len(generate.FACTS) - len(facts) <= 12 for facts in sparse)
    assert len(sparse) > 1_000
    assert len(strange) > 0.5 * len(sparse)


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
