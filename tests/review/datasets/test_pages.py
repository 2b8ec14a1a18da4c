"""Pages of datasets: make one, see what it would hold, freeze it, read the version."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Member
from review.datasets import freezing
from review.datasets import write_version as writing
from review.models import Dataset, DatasetVersion, Task
from tests.review import factories
from tests.review.datasets import golds
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 8))
    for verdict in ("accept", "edit", "reject", "accept"):
        golds.decide(admin, task, verdict)
    return task


@pytest.fixture
def dataset(task: Task, admin: Member) -> Dataset:
    return freezing.create(task, name="Gold", by=admin)


def test_an_empty_list_says_what_a_dataset_is_and_makes_one(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)

    page = client.get(f"/tasks/{task.slug}/datasets/").content.decode()
    made = client.post(f"/tasks/{task.slug}/datasets/", {"name": "Spring gold"})

    assert "A frozen version never changes" in page
    assert made["Location"] == "/datasets/spring-gold/"


def test_a_name_that_is_taken_is_said_beside_the_form(
    task: Task, dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    answer = as_member(admin).post(f"/tasks/{task.slug}/datasets/", {"name": "Gold"})

    assert answer.status_code == 409
    assert "There is a dataset &#x27;gold&#x27; already." in answer.content.decode()


def test_a_name_in_any_script_makes_a_dataset(task: Task, admin: Member) -> None:
    greek, arabic = (freezing.create(task, name=name, by=admin) for name in ("Άνοιξη", "ربيع"))

    assert [(greek.name, greek.slug), (arabic.name, arabic.slug)] == [("Άνοιξη", "dataset"), ("ربيع", "dataset-2")]
    with pytest.raises(Refusal, match="letters or digits"):
        freezing.create(task, name="!?", by=admin)


def test_the_dataset_tells_what_the_next_version_would_hold(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get("/datasets/gold/").content.decode()

    assert "Freeze version 1" in page
    assert (
        '<span title="Drafts with a decision in force, before any filter">Judged drafts</span> <span '
        'class="num">4</span>'
    ) in page
    assert '<span class="num">−1</span>' in page
    assert '<span>Rows</span> <span class="num">3</span>' in page
    assert "<dt>Accept</dt><dd>2</dd>" in page


@pytest.mark.slow
def test_freezing_from_the_page_leads_to_the_version_and_its_files(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)

    answer = client.post("/datasets/gold/freeze/", {"verdicts": ["accept", "edit"], "note": "The first"})
    version = DatasetVersion.objects.get()
    under_way = client.get(answer["Location"]).content.decode()
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    done = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == "/datasets/gold/v/1/"
    assert f'data-job="{version.job_id}"' in under_way
    version.refresh_from_db()
    assert version.content_hash in done
    assert "load_dataset" in done
    (named,) = re.findall(r"for split in (\(.*?\))}", html.unescape(done))
    filled = version.files.filter(format="sft", container="jsonl", rows__gt=0).values_list("split", flat=True)
    assert set(ast.literal_eval(named)) == set(filled)
    assert "Train on it" in done


@pytest.mark.slow
def test_the_list_shows_the_newest_version_and_the_dataset_what_came_and_went(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    for _ in range(2):
        version = freezing.freeze(dataset, by=admin)
        writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
        golds.decide(admin, task)
    client = as_member(admin)

    listed = client.get(f"/tasks/{task.slug}/datasets/").content.decode()
    page = client.get("/datasets/gold/").content.decode()

    assert "Version 2" in listed
    assert "Freeze version 3" in page
    assert '/datasets/gold/diff/1/2/?kind=added">1</a>' in page


def test_nothing_to_freeze_is_said_on_the_page(admin: Member, as_member: Callable[[Member], Client]) -> None:
    freezing.create(factories.make_task(by=admin, slug="unjudged"), name="Empty", by=admin)

    answer = as_member(admin).post("/datasets/empty/freeze/", {"verdicts": ["accept"]})

    assert answer.status_code == 422
    assert "nothing to freeze" in answer.content.decode()


def frozen(dataset: Dataset, by: Member, **filters: object) -> DatasetVersion:
    return golds.sealed(freezing.freeze(dataset, by=by, filters=filters or None))


def test_counts_follow_the_form_as_a_part_of_the_page(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    part = as_member(admin).get("/datasets/gold/counts/", {"verdicts": ["accept"]}, headers={"HX-Request": "true"})

    text = part.content.decode()
    assert text.lstrip().startswith('<section class="panel stack"')
    assert "Filtered by decision" in text
    assert '<span class="num">−2</span>' in text


def test_filters_with_a_mistake_are_refused_beside_the_counts(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, filters = as_member(admin), {"verdicts": ["accept"], "cap_field": "sector", "edit_size_from": "5"}

    pages = [client.get(f"/datasets/gold/{page}", filters).content.decode() for page in ("", "counts/", "rows/")]

    for page in pages:
        assert "The filters have mistakes." in page
        assert "Ensure this value is less than or equal to 1." in page
    assert "Enter both the field and the number, or neither." in pages[1]


@pytest.mark.slow
def test_each_line_names_drafts_that_it_drops(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    rejected = task.golds.get(verdict="reject")

    page = as_member(admin).get("/datasets/gold/").content.decode()

    assert f"/tasks/{task.slug}/review/drafts/{rejected.draft_id}/" in page
    assert rejected.draft.record.title in page


def test_every_filter_of_the_form_reaches_the_version(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    form = {
        "verdicts": ["accept", "edit"], "agreement": "any", "edit_size_to": "0.9", "bulk": "none", "imported": "none",
        "cap_per_group": "3", "cap_field": "sector", "cap_count": "2", "cap_order": "random", "personal_data": "mask",
        "decided_from": "2020-01-01", "without_checks": ["spam"], "as_of": timezone.localtime().isoformat(),
    }  # fmt: skip

    answer = as_member(admin).post("/datasets/gold/freeze/", form)

    assert answer.status_code == 302
    filters = DatasetVersion.objects.get().filters
    assert filters["cap_per"] == {"sector": 2}
    assert filters["cap_per_group"] == 3
    assert (filters["bulk"], filters["imported"], filters["personal_data"]) == ("none", "none", "mask")
    assert datetime.fromisoformat(filters["as_of"]) <= timezone.now()
    assert filters["without_checks"] == ["spam"]


def test_a_moment_that_has_not_come_is_refused(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    answer = as_member(admin).post("/datasets/gold/freeze/", {"verdicts": ["accept"], "as_of": "2999-01-01T00:00"})

    assert answer.status_code == 400
    assert "This time is in the future." in answer.content.decode()


@pytest.mark.slow
def test_half_a_cap_is_said_beside_its_field(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    answer = as_member(admin).post("/datasets/gold/freeze/", {"verdicts": ["accept"], "cap_field": "sector"})

    assert answer.status_code == 400
    assert "Enter both the field and the number, or neither." in answer.content.decode()


@pytest.mark.slow
def test_rows_are_those_of_a_day_that_has_passed(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)

    now = client.get("/datasets/gold/rows/").content.decode()
    then = client.get("/datasets/gold/rows/", {"verdicts": ["accept"], "as_of": "2001-01-01T00:00"}).content.decode()

    assert "3 rows" in now
    assert "No draft passes these filters." in then
    assert "Gold on 1 January 2001" in then


@pytest.mark.slow
def test_two_versions_are_set_against_each_other_with_the_reasons(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    frozen(dataset, admin)
    golds.decide(admin, task, "edit")
    frozen(dataset, admin, verdicts=["edit"])
    client = as_member(admin)

    added = client.get("/datasets/gold/diff/1/2/", {"kind": "added"}).content.decode()
    removed = client.get("/datasets/gold/diff/1/2/", {"kind": "removed"}).content.decode()

    assert "Before: Not judged at that time." in added
    assert "Edited by ada" in added
    assert removed.count("Now: Filtered by decision: excluded by the filters.") == 2


@pytest.mark.slow
def test_a_lead_revokes_from_the_page_and_the_version_says_so(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    frozen(dataset, admin)
    gold = task.golds.filter(verdict="accept").order_by("pk")[0]
    url = f"/tasks/{task.slug}/review/drafts/{gold.draft_id}/revoke/"
    client = as_member(admin)

    asked = client.get(url).content.decode()
    done = client.post(url, {"reason": "The customer withdrew.", "next": "/datasets/gold/v/1/"})
    version = client.get("/datasets/gold/v/1/").content.decode()
    builder = client.get("/datasets/gold/").content.decode()

    assert "Gold, version 1" in asked
    assert done["Location"] == "/datasets/gold/v/1/"
    assert "Contains 1 revoked sample." in version
    assert "The customer withdrew." in version
    assert "Version 1 contains revoked samples." in builder


def test_revoking_leads_to_no_other_site(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    gold = task.golds.order_by("pk")[0]
    url = f"/tasks/{task.slug}/review/drafts/{gold.draft_id}/revoke/"

    done = as_member(admin).post(url, {"reason": "x", "next": "https://evil.example/"})

    assert done["Location"] == f"/tasks/{task.slug}/review/drafts/{gold.draft_id}/"


@pytest.mark.slow
def test_the_builder_asks_the_same_number_of_questions_however_many_golds_there_are(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client],
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    client = as_member(admin)
    client.get("/datasets/gold/")
    golds.make_drafts(task, golds.make_records(task, 12), variant=3)
    for _ in range(12):
        golds.decide(admin, task)

    with django_assert_max_num_queries(28):  # type: ignore[attr-defined]
        client.get("/datasets/gold/")
