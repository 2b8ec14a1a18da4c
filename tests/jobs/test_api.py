"""The API of jobs."""

import base64

import pytest

from web.logs import context

pytestmark = pytest.mark.django_db
SHAPE = {
    "id",
    "kind",
    "state",
    "waiting_reason",
    "priority",
    "title",
    "progress",
    "error",
    "result",
    "created_at",
    "started_at",
    "finished_at",
    "request_id",
    "url",
}


def test_a_job_has_the_shape_every_room_relies_on(launch, admin, api_as):
    job = launch()

    answer = api_as(admin).get(f"/api/v1/jobs/{job.pk}/")

    assert answer.status_code == 200
    assert set(answer.data) == SHAPE
    assert (answer.data["state"], answer.data["url"]) == ("queued", f"/api/v1/jobs/{job.pk}/")


def test_jobs_are_listed_newest_first_by_cursor_and_filtered(launch, admin, api_as):
    older, newer = launch(task_slug="outreach"), launch("lonely", task_slug="support")
    client = api_as(admin)

    page = client.get("/api/v1/jobs/", {"limit": 1}).json()
    rest = client.get(page["next"]).json()
    filtered = client.get("/api/v1/jobs/", {"kind": "lonely", "state": "queued,running", "task": "support"}).json()

    assert [job["id"] for job in page["results"] + rest["results"]] == [str(newer.pk), str(older.pk)]
    assert rest["next"] is None
    assert [job["id"] for job in filtered["results"]] == [str(newer.pk)]


@pytest.mark.parametrize("filters", ["state=queued&state=failed", "limit=1&limit=2", "state=,"])
def test_a_filter_that_could_be_read_in_two_ways_is_refused(launch, admin, api_as, filters):
    launch()

    refused = api_as(admin).get(f"/api/v1/jobs/?{filters}")

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_filters")
    assert list(refused.json()["errors"]) == [filters.partition("=")[0]]


@pytest.mark.parametrize("position", ["p=7", "p=2026-11-30", "p=2026-13-45T00%3A00%3A00", "o=x", "p=0001-01-01", "é"])
def test_a_cursor_of_another_list_is_refused(launch, admin, api_as, position):
    launch()
    cursor = base64.b64encode(position.encode()).decode()

    refused = api_as(admin).get("/api/v1/jobs/", {"cursor": cursor})

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_filters")
    assert list(refused.json()["errors"]) == ["cursor"]


def test_a_parameter_that_comes_twice_is_refused_outside_lists_too(launch, admin, api_as):
    events = f"/api/v1/jobs/{launch().pk}/events/"

    refused = api_as(admin).get(f"{events}?after=1&after=2")

    assert (refused.status_code, refused.json()["errors"].keys()) == (400, {"after"})


def test_jobs_of_a_request_are_found_by_its_id(launch, admin, api_as):
    launch()
    with context.bound(request_id="request-0006"):
        job = launch()
    client = api_as(admin)

    found, of_v1, nothing = (
        client.get("/api/v1/jobs/", {"request": each}).json()
        for each in ("request-0006", "req_request-0006", "request-0007")
    )

    assert [each["id"] for each in found["results"]] == [str(job.pk)]
    assert of_v1 == found
    assert nothing["results"] == []
    assert client.get("/api/v1/jobs/", {"request": "x" * 65}).json()["code"] == "bad_filters"


def test_a_job_is_paused_resumed_and_cancelled(launch, admin, api_as):
    job, client = launch(), api_as(admin)

    states = [client.post(f"/api/v1/jobs/{job.pk}/{verb}/").data["state"] for verb in ("pause", "resume", "cancel")]
    refused = client.post(f"/api/v1/jobs/{job.pk}/resume/")

    assert states == ["paused", "queued", "cancelled"]
    assert (refused.status_code, refused.data["code"]) == (409, "job_state")
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "named"),
    [({"priority": "low", "prioritee": "high"}, "prioritee"), ({"priority": "first"}, "priority"), ({}, "priority")],
)
def test_a_priority_that_is_none_or_stands_beside_an_unknown_name_is_refused(launch, admin, api_as, body, named):
    job = launch()

    refused = api_as(admin).post(f"/api/v1/jobs/{job.pk}/priority/", body, format="json")

    job.refresh_from_db()
    assert (refused.status_code, list(refused.json()["errors"]), job.priority) == (400, [named], 0)
