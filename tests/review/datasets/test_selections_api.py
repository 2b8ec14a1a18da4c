"""The API around frozen versions: previews, differences, revocations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import freezing, revocations
from review.models import Dataset, DatasetVersion, Gold, Record, Task
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import take_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 8))
    return task


@pytest.fixture
def dataset(task: Task, admin: Member) -> Dataset:
    return freezing.create(task, name="Gold", by=admin)


def frozen(dataset: Dataset, by: Member, **filters: Any) -> DatasetVersion:
    return golds.sealed(freezing.freeze(dataset, by=by, filters=filters or None))


def test_a_preview_counts_and_says_what_is_dropped(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    for verdict in ("accept", "edit", "reject"):
        golds.decide(admin, task, verdict)

    told = api_as(admin, scopes=("read",)).get(
        "/api/v1/datasets/gold/preview/", {"filters": json.dumps({"verdicts": ["edit"]})}
    ).json()  # fmt: skip

    assert (told["golds"], told["rows"], told["is_partial"]) == (3, 1, False)
    assert [(line["label"], line["dropped"], line["left"]) for line in told["dropped"]] == [
        ("Filtered by decision", 2, 1)
    ]


def test_a_preview_warns_of_sides_without_rows_and_says_what_helps(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient], as_member: Callable[[Member], Client]
) -> None:
    golds.decide_each(admin, task, ["accept"] * 8)
    address = "/api/v1/datasets/gold/preview/"
    full = api_as(admin).get(address).json()
    Record.objects.filter(split="test").update(split="train")
    no_test = api_as(admin).get(address).json()["warnings"]
    Gold.objects.filter(draft__record__split="validation").delete()

    [unjudged, shortage] = sorted(api_as(admin).get(address).json()["warnings"], reverse=True)
    page = as_member(admin).get("/datasets/gold/").content.decode()

    assert (full["warnings"], all(full["splits"].values())) == ([], True)
    assert no_test == [shortage]
    assert shortage == (
        "8 records of 8 companies: none is in test. Import more records of other companies: "
        "the empty splits are filled first."
    )
    assert unjudged.startswith("No draft of the 1 validation record is taken: accept or edit some of theirs")
    assert unjudged in page and shortage in page


@pytest.mark.parametrize(
    "filters", ["[]", "{", '{"verdict": 1}', '{"cap_per_group": 0}', '{"as_of": "2026-01-01T00:00:00"}']
)
def test_filters_that_make_no_sense_are_refused_with_400(
    dataset: Dataset, admin: Member, api_as: Callable[..., APIClient], filters: str
) -> None:
    assert api_as(admin).get("/api/v1/datasets/gold/preview/", {"filters": filters}).status_code == 400


@pytest.mark.parametrize("name", ["task_versions", "rounds"])
@pytest.mark.parametrize("number", [2**63, -(10**20)])
def test_a_number_that_no_database_holds_is_refused_before_it_is_kept(
    name: str, number: int, dataset: Dataset, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    api, filters = api_as(admin), {name: [number]}
    address = "/api/v1/datasets/gold/"

    refused = [
        api.post("/api/v1/datasets/", {"task": dataset.task.slug, "name": "New", "filters": filters}, format="json"),
        api.post(f"{address}versions/", {"filters": filters}, format="json"),
        api.get(f"{address}preview/", {"filters": json.dumps(filters)}),
    ]
    held = api.get(f"{address}preview/", {"filters": json.dumps({name: [2**63 - 1]})})

    assert [(each.status_code, list(each.json()["errors"])) for each in refused] == [(400, [f"filters.{name}.0"])] * 3
    assert (held.status_code, held.json()["rows"], Dataset.objects.count()) == (200, 0, 1)


@pytest.mark.slow
def test_each_kind_of_difference_names_its_reason_and_the_decisions_behind_it(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    first = [golds.decide(admin, task, "accept") for _ in range(4)]
    older = frozen(dataset, admin)
    take_back(admin, first[0])
    golds.decide(admin, task, "edit")  # the same card, on top of the deck
    take_back(admin, first[1])
    golds.decide(admin, task, "reject")
    revocations.revoke(first[2].draft_id, by=admin, reason="Withdrawn.")
    added = golds.decide(admin, task)
    newer = frozen(dataset, admin)
    api = api_as(admin)

    def diff(kind: str) -> dict[str, Any]:
        return dict(api.get(f"/api/v1/dataset-versions/{older.pk}/diff/{newer.pk}/", {"kind": kind}).json())

    assert diff("added")["counts"] == {"added": 1, "removed": 2, "changed": 1}
    [came] = diff("added")["results"]
    assert (came["draft"], came["why"]["code"]) == (str(added.draft_id), "not_judged")
    went = {row["draft"]: row for row in diff("removed")["results"]}
    assert went[str(first[1].draft_id)]["why"]["words"] == "Filtered by decision: excluded by the filters"
    assert went[str(first[2].draft_id)]["why"]["words"].endswith("Withdrawn.")
    assert [one["words"] for one in went[str(first[1].draft_id)]["said"]] == ["Taken back", "Rejected"]
    [changed] = diff("changed")["results"]
    assert changed["draft"] == str(first[0].draft_id)
    assert (changed["before"]["verdict"], changed["after"]["verdict"]) == ("accept", "edit")
    assert "better" in " ".join(piece["text"] for piece in changed["text"] if piece["kind"] == "added")


@pytest.mark.slow
def test_near_duplicates_and_caps_are_named_as_reasons(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    for _ in range(8):
        golds.decide(admin, task)
    older = frozen(dataset, admin)
    newer = frozen(dataset, admin, cap_per={"sector": 3})

    told = api_as(admin).get(f"/api/v1/dataset-versions/{older.pk}/diff/{newer.pk}/", {"kind": "removed"}).json()

    assert {row["why"]["code"] for row in told["results"]} == {"cap"}
    assert told["counts"]["removed"] == 5
    assert newer.counts["dropped"] == {"cap": 5}


@pytest.mark.slow
def test_differences_come_in_pages_that_miss_and_repeat_nothing(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    golds.decide(admin, task)
    older = frozen(dataset, admin)
    for _ in range(7):
        golds.decide(admin, task)
    newer = frozen(dataset, admin)
    api, url, seen = api_as(admin), f"/api/v1/dataset-versions/{older.pk}/diff/{newer.pk}/?limit=3", []

    while url:
        page = api.get(url).json()
        seen += [row["draft"] for row in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == 7


def test_versions_of_two_datasets_are_not_compared(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    golds.decide(admin, task)
    one, other = frozen(dataset, admin), frozen(freezing.create(task, name="Other", by=admin), admin)

    assert api_as(admin).get(f"/api/v1/dataset-versions/{one.pk}/diff/{other.pk}/").status_code == 409


def test_a_program_revokes_with_a_reason_and_a_version_tells(
    dataset: Dataset, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    decision = golds.decide(admin, task)
    version = frozen(dataset, admin)
    api, url = api_as(admin), f"/api/v1/drafts/{decision.draft_id}/revocation/"

    before = api.get(url)
    empty = api.post(url, {}, format="json")
    made = api.post(url, {"reason": "Withdrawn."}, format="json", headers={"Idempotency-Key": "k1"})
    again = api.post(url, {"reason": "Withdrawn."}, format="json", headers={"Idempotency-Key": "k1"})
    other = api.post(url, {"reason": "Else."}, format="json")

    assert [answer.status_code for answer in (before, empty, made, again, other)] == [404, 400, 201, 201, 409]
    told = api.get(f"/api/v1/dataset-versions/{version.pk}/").json()
    assert (told["contains_revoked"], told["revoked_rows"], told["erased_rows"]) == (True, 1, 0)
    listed = api.get("/api/v1/datasets/gold/versions/").json()["results"]
    assert listed[0]["contains_revoked"] is True
    assert api.get(url).json()["reason"] == "Withdrawn."
