"""A key is taken by each address that starts work; for work in steps it is given back on failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from members.models import Member, RememberedRequest
from members.tokens import idempotency
from members.tokens.idempotency import LEFT_AFTER_S
from review.models import Record
from tests.matrix.routes import walk
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
GOOD = "company,sector\nAcme,steel\n"
# Names of the addresses whose POST starts or makes something.
TAKE_A_KEY = """
api-answer-draft api-arenas api-campaign-end api-campaign-fixed api-campaign-launch api-campaign-lift
api-campaign-pause api-campaign-release api-campaign-resume api-campaign-write-again api-campaigns
api-contacts api-dataset-versions api-datasets api-desk-judgings api-evaluation-comparisons
api-evaluation-judgings api-evaluations api-experiment-looks api-experiment-next-round api-experiment-promote
api-experiments api-gates api-miniature-exports api-miniature-hub api-miniature-promote api-order-call-cost
api-order-judgings api-order-settle api-orders api-outcomes api-pipeline-promote api-pipeline-versions
api-pipelines api-proposal-accept api-proposal-dismiss api-proposal-rebase api-proposals api-research-orders
api-revocation api-routers api-senders api-sources api-students api-studies api-suites api-suppression-lift
api-suppressions api-sweep-keep api-sweeps api-synthetic-orders api-task-versions api-tasks api-test-openings
api-training-runs job-cancel job-pause job-resume
"""


@pytest.fixture
def api(admin: Member, api_as: Callable[..., APIClient]) -> APIClient:
    make_task(by=admin)
    return api_as(admin)


def post(api: APIClient, content: str, key: str = "k") -> Response:
    file = SimpleUploadedFile("rows.csv", content.encode())
    body = {"file": file, "task": "outreach"}
    return api.post("/api/v1/sources/", body, format="multipart", headers={"Idempotency-Key": key})


def test_the_same_request_is_answered_with_the_first_answer(api: APIClient) -> None:
    first, second = post(api, GOOD), post(api, GOOD)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"


def test_another_request_with_the_key_is_refused(api: APIClient) -> None:
    post(api, GOOD)

    assert post(api, GOOD + "Bolt,rail\n").json()["code"] == "idempotency_key_reused"


def test_another_file_of_the_same_name_and_size_is_another_request(api: APIClient) -> None:
    post(api, GOOD)

    assert post(api, GOOD.replace("Acme", "Bolt")).json()["code"] == "idempotency_key_reused"


def test_a_key_that_is_too_long_is_refused_rather_than_cut_to_another_one(api: APIClient) -> None:
    longest = post(api, GOOD, "k" * 200)
    longer = post(api, GOOD, "k" * 201)

    assert longest.status_code == 201
    assert (longer.status_code, longer.json()["code"]) == (400, "idempotency_key_too_long")


def test_a_request_that_failed_is_not_remembered(api: APIClient) -> None:
    assert post(api, GOOD + "Short\n").status_code == 422
    assert not RememberedRequest.objects.exists()

    assert post(api, GOOD).status_code == 201


def test_while_the_first_is_worked_on_the_second_is_refused_and_later_takes_over(api: APIClient) -> None:
    post(api, GOOD)
    Record.objects.all().delete()
    RememberedRequest.objects.update(status=0, body=None)

    running = post(api, GOOD)
    RememberedRequest.objects.update(created_at=timezone.now() - timedelta(seconds=LEFT_AFTER_S + 1))
    taken_over = post(api, GOOD)

    assert (running.status_code, running.json()["code"]) == (409, "request_running")
    assert taken_over.status_code == 201
    assert Record.objects.count() == 1


def test_each_address_that_starts_or_makes_something_takes_a_key() -> None:
    posts = {route.name: getattr(route.view, "post", None) for route in walk() if route.is_api}

    taking = {name for name, post in posts.items() if post is not None and _takes_a_key(post)}

    assert set(TAKE_A_KEY.split()) - taking == set()


def _takes_a_key(handler: Callable[..., Response]) -> bool:
    return handler.__code__.co_filename == idempotency.__file__


TAKES = ('INSERT INTO "members_rememberedrequest"', 'UPDATE "members_rememberedrequest"')


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_taken_over", [False, True])
def test_a_key_is_given_back_once_the_database_is(api: APIClient, is_taken_over: bool) -> None:
    seen: list[str] = []
    if is_taken_over:
        post(api, GOOD)
        left_at = timezone.now() - timedelta(seconds=LEFT_AFTER_S + 60)
        RememberedRequest.objects.update(status=0, body=None, created_at=left_at)

    def execute_or_fail(execute: Any, sql: str, *rest: Any) -> Any:
        seen.extend([sql] if seen or sql.startswith(TAKES) else [])
        if any('"review_' in each for each in seen):
            raise OperationalError("the connection is lost")
        return execute(sql, *rest)

    with connection.execute_wrapper(execute_or_fail):
        broken = post(api, GOOD)
    held = RememberedRequest.objects.count()
    give_up_s = time.monotonic() + 30
    while RememberedRequest.objects.exists() and time.monotonic() < give_up_s:
        time.sleep(0.1)

    assert (broken.status_code, held) == (503, 1)
    assert post(api, GOOD).status_code == (200 if is_taken_over else 201)


NAMED = "3f2c8a10-5b7d-4e1a-9c3f-0a1b2c3d4e5f"


@pytest.mark.parametrize(
    ("body", "is_emptied"),
    [
        ({"id": "kept", "url": f"/mails/{NAMED}/"}, True),
        ({"id": "kept", "rows": [{"note": f"see mail-{NAMED.upper()}."}]}, True),
        ({"id": "kept", "text": "Write to JÜRGEN@Firma.example."}, True),
        ({"id": "kept", "draft": NAMED.replace("3f", "3e")}, False),
        ({"id": "kept", "text": "Jürgen called."}, False),
    ],
)
def test_an_answer_is_forgotten_where_it_names_an_id_or_an_address(
    admin: Member, body: dict[str, object], is_emptied: bool
) -> None:
    row = RememberedRequest.objects.create(member=admin, key="k", request_hash="h", status=201, body=body)

    assert idempotency.forget([NAMED, "jürgen@firma.example", ""]) == is_emptied

    row.refresh_from_db()
    assert row.body == ({"id": "kept"} if is_emptied else body)
