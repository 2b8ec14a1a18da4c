"""One company stands on one side of the split, whichever of its name and its domain a row brings, in any order."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from members.models import Member
from review.models import Record, Task
from review.sources.company_domain import company_domain
from review.sources.imports import import_drafts, import_records
from review.spec.splits import normal_group
from tests.review.factories import make_task
from tests.review.imports.conftest import Write
from web.errors import Refusal

pytestmark = pytest.mark.django_db

# Names under which the seed of a test's task puts companies on sides of its own choosing do not matter: many are tried.
NAMES = [f"Firm{number}" for number in range(60)]


def sides(task: Task) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Splits by name and by domain, read from the facts alone."""
    by_name: dict[str, set[str]] = defaultdict(set)
    by_domain: dict[str, set[str]] = defaultdict(set)
    for facts, split in Record.objects.filter(task=task).values_list("facts", "split"):
        by_name[normal_group(facts["company"])].add(split)
        if domain := company_domain(facts.get("domain")):
            by_domain[domain].add(split)
    return by_name, by_domain


def assert_nobody_straddles(task: Task) -> None:
    for keys in sides(task):
        assert {key: found for key, found in keys.items() if len(found) > 1} == {}


def csv_of(rows: Iterable[tuple[str, str]]) -> str:
    return "company,domain,sector\n" + "".join(f"{name},{domain},s{n}\n" for n, (name, domain) in enumerate(rows))


def test_two_names_of_one_domain_and_two_domains_of_one_name_share_a_side(
    task: Task, admin: Member, write: Write
) -> None:
    chain = [pair for name in NAMES for pair in ((name, f"{name}.com"), (f"{name} Lines", f"www.{name}.com"),
                                                 (f"{name} Lines", f"{name}-lines.de"))]  # fmt: skip

    import_records(task, write(csv_of(chain)), by=admin)

    for name in NAMES:
        tied = Record.objects.filter(title__in=[name, f"{name} Lines"])
        assert tied.count() == 3
        assert len(set(tied.values_list("split", flat=True))) == 1
    assert len(set(Record.objects.values_list("split", flat=True))) == 3


def test_the_last_row_of_a_file_can_tie_its_first_two_together(task: Task, admin: Member, write: Write) -> None:
    rows = [pair for name in NAMES for pair in ((name, f"{name}.com"), (f"Other{name}", f"other{name}.com"))]
    ties = [(f"Other{name}", f"{name}.com") for name in NAMES]

    result = import_records(task, write(csv_of(rows + ties)), by=admin)

    assert result.rows_bad == 0
    assert_nobody_straddles(task)


def test_a_later_file_joins_the_side_of_the_earlier_by_name_and_by_domain(
    task: Task, admin: Member, write: Write
) -> None:
    import_records(task, write(csv_of((name, f"{name}.com") for name in NAMES)), by=admin)
    before = dict(Record.objects.values_list("title", "split"))

    later = [(f"New{name}", f"shop.{name}.com") for name in NAMES] + [(f"{name} Ltd", "") for name in NAMES]
    import_records(task, write(csv_of(later), "later.csv"), by=admin)

    after = dict(Record.objects.values_list("title", "split"))
    assert {name: after[f"New{name}"] for name in NAMES} == before
    assert {name: after[f"{name} Ltd"] for name in NAMES} == before
    assert {name: after[name] for name in NAMES} == before


@pytest.mark.parametrize("count", [3, 16, 300])
def test_every_side_has_a_company_whatever_the_seed(task: Task, admin: Member, write: Write, count: int) -> None:
    for seed in ("1", "2", "3"):
        other = make_task(by=admin, slug=f"task-{seed}")
        Task.objects.filter(pk=other.pk).update(seed=seed * 32)
        other.refresh_from_db()

        import_records(other, write(csv_of((f"Firm{n}", "") for n in range(count))), by=admin)

        sides = Counter(Record.objects.filter(task=other).values_list("split", flat=True))
        assert set(sides) == {"train", "validation", "test"}
        assert abs(sides["validation"] - 0.1 * count) <= 2
        assert sides["train"] >= 0.8 * count - 3 and sides["test"] >= 1


def test_drafts_that_bring_their_records_reach_every_side_though_some_rows_are_bad(
    task: Task, admin: Member, write: Write
) -> None:
    good = [{"company": f"Firm{n}", "sector": "x", "subject": "A", "body": f"B {n}"} for n in range(4)]
    # No record is called so, and the sector to make one is missing.
    bad = [{"company": f"Nameless{n}", "subject": "A", "body": f"B {n}"} for n in range(40)]

    import_drafts(task, write("\n".join(map(json.dumps, bad + good)), "drafts.jsonl"), by=admin, skip_bad=True)

    assert set(Record.objects.values_list("split", flat=True)) == {"train", "validation", "test"}


def test_companies_that_come_later_fill_the_sides_that_are_empty(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(csv_of((f"Only{n}", "") for n in range(1)), "one.csv"), by=admin)
    first = Record.objects.get().split

    for name in ("Second", "Third"):
        import_records(task, write(csv_of([(name, "")]), f"{name}.csv"), by=admin)
    import_records(task, write("company,domain,sector\nOnly0,,another\n", "again.csv"), by=admin)

    splits = dict(Record.objects.exclude(facts__sector="another").values_list("title", "split"))
    assert splits == {"Only0": first, "Second": "validation", "Third": "test"}
    assert first == "train" == Record.objects.get(facts__sector="another").split


def test_a_later_row_that_ties_two_sides_together_is_refused_with_both(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(csv_of((name, f"{name}.com") for name in NAMES)), by=admin)
    split = dict(Record.objects.values_list("title", "split"))
    one, other = "Firm0", next(name for name in NAMES if split[name] != split["Firm0"])

    with pytest.raises(Refusal) as refused:
        import_records(task, write(csv_of([("Fine", "fine.com"), (one, f"{other}.com")]), "later.csv"), by=admin)

    assert refused.value.code == "rows_bad"
    reason = refused.value.errors["row 3"][0]
    assert f"'firm0' is in {split[one]} but its domain {other.lower()}.com in {split[other]}" in reason
    assert not Record.objects.filter(title="Fine").exists()


def test_a_draft_that_brings_its_record_joins_its_company_too(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(csv_of((name, f"{name}.com") for name in NAMES)), by=admin)
    before = dict(Record.objects.values_list("title", "split"))
    rows = [
        {"company": f"New{name}", "domain": f"{name}.com", "sector": "x", "subject": "A", "body": f"B {name}"}
        for name in NAMES
    ]

    import_drafts(task, write("\n".join(map(json.dumps, rows)), "drafts.jsonl"), by=admin)

    after = dict(Record.objects.values_list("title", "split"))
    assert {name: after[f"New{name}"] for name in NAMES} == before


@pytest.mark.slow(after_first=True)
@pytest.mark.outside_data
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thousands_of_start_ups_in_any_order_and_two_files_never_straddle(
    task: Task, admin: Member, write: Write, outside_data: Path, seed: int
) -> None:
    rows = gzip.decompress((outside_data / "prospects" / "techstars.jsonl.gz").read_bytes()).decode().splitlines()
    shuffled = random.Random(seed)
    shuffled.shuffle(rows)
    cut = shuffled.randrange(len(rows))
    # Dirt as lists of customers have it: the company again under a second name, or a second address.
    again = [json.loads(line) for line in shuffled.sample(rows, 200)]
    dirty = [json.dumps({**row, "name": f"The {row['name']} Group", "slug": "x"}) for row in again[:100]]
    dirty += [json.dumps({**row, "website": f"https://{row['slug']}.example"}) for row in again[100:]]
    second = [*rows[cut:], *dirty]
    shuffled.shuffle(second)

    first = import_records(task, write("\n".join(rows[:cut]), "first.jsonl"), by=admin)
    result = import_records(task, write("\n".join(second), "second.jsonl"), by=admin, skip_bad=True)

    assert first.rows_bad == 0
    assert first.rows_added + result.rows_added + result.rows_bad + result.rows_known == 4967
    assert result.rows_bad < 20
    assert_nobody_straddles(task)
    assert set(Record.objects.values_list("split", flat=True)) == {"train", "validation", "test"}
