"""Live events over a real server: at once, replayed exactly, only for those who may see them."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from jobs.lifecycle.transitions import append_event, lock_job, transition
from jobs.live import stream
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import ApiToken
from tests.jobs.conftest import wait_for
from tests.jobs.fleet import Fleet, Redis
from tests.postgres_server import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("server")
    port = free_port()
    fleet = Fleet(Redis(folder), folder)
    fleet.run("uvicorn", "uvicorn", "miniatures_site.asgi:application", "--port", str(port), BROKER_URL="memory://")
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/livez", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    wait_for(answers, 240)
    yield url
    fleet.end()


@pytest.fixture
def cookies(admin) -> dict[str, str]:
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


@contextmanager
def listening(url: str, **more) -> Iterator[Iterator[str]]:
    with httpx.Client(timeout=60, trust_env=False) as client, client.stream("GET", url, **more) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield response.iter_lines()


def events(lines: Iterator[str]) -> Iterator[dict]:
    """Data of each message; the end as `{"end": job}`."""
    name = ""
    for line in lines:
        if line.startswith("event:"):
            name = line[6:].strip()
        if line.startswith("data:"):
            data = json.loads(line[5:])
            yield {"end": data["job"]} if name == "end" else data
            name = ""


def say(job: Job, number: int) -> None:
    with transaction.atomic():
        append_event(lock_job(job.pk), "metric", {"step": number})


def end(job: Job) -> None:
    with transaction.atomic():
        transition(lock_job(job.pk), JobState.CANCELLED)


def test_the_first_bytes_go_out_at_once_and_news_follow(server, launch, cookies):
    job = launch()

    with listening(f"{server}/jobs/{job.pk}/events/", cookies=cookies) as lines:
        first = next(lines)
        heard = events(lines)
        queued = next(heard)
        say(job, 1)
        told = next(heard)

    assert first == "retry: 2000"
    assert queued["payload"]["state"] == "queued"
    assert (told["seq"], told["kind"], told["payload"]) == (2, "metric", {"step": 1})


@pytest.mark.slow
def test_a_viewer_that_comes_back_hears_exactly_what_it_missed(server, launch, cookies):
    job = launch()
    said = [
        JobEvent(job=job, seq=seq, fence=0, ts=timezone.now(), kind="metric", payload={"step": seq})
        for seq in range(2, 1301)
    ]
    JobEvent.objects.bulk_create(said)
    Job.objects.filter(pk=job.pk).update(last_seq=1300)

    with listening(f"{server}/jobs/{job.pk}/events/", cookies=cookies, headers={"Last-Event-ID": "700"}) as lines:
        heard = events(lines)
        missed = [next(heard)["seq"] for _ in range(600)]
        say(job, 1301)
        live = next(heard)["seq"]

    assert missed == list(range(701, 1301))
    assert live == 1301


@pytest.mark.slow
def test_the_stream_ends_after_the_job_has_ended(server, launch, cookies):
    job = launch()

    with listening(f"{server}/jobs/{job.pk}/events/", cookies=cookies) as lines:
        heard = events(lines)
        next(heard)
        end(job)
        rest = list(heard)

    assert [event.get("payload", {}).get("state") for event in rest] == ["cancelled", None]
    assert rest[-1] == {"end": str(job.pk)}


@pytest.mark.slow
def test_many_viewers_hear_the_same_in_the_same_order(server, launch, cookies):
    job = launch()
    url = f"{server}/jobs/{job.pk}/events/"

    with listening(url, cookies=cookies) as one, listening(url, cookies=cookies) as two:
        heard_by_one, heard_by_two = events(one), events(two)
        next(heard_by_one), next(heard_by_two)
        for number in range(1, 21):
            say(job, number)
        end(job)
        first, second = list(heard_by_one), list(heard_by_two)

    assert first == second
    assert [event["seq"] for event in first[:-1]] == list(range(2, 23))


@pytest.mark.slow
def test_one_connection_carries_several_jobs_from_where_each_was(server, launch, cookies):
    one, two = launch(), launch()
    say(one, 1)

    query = f"job={one.pk}:1&job={two.pk}:0&job=nonsense&job={uuid.uuid4()}:0"
    with listening(f"{server}/jobs/events/?{query}", cookies=cookies) as lines:
        heard = events(lines)
        first = [next(heard) for _ in range(2)]
        end(one)
        end(two)
        rest = list(heard)

    assert {(event["job"], event["seq"]) for event in first} == {(str(one.pk), 2), (str(two.pk), 1)}
    assert {event["end"] for event in rest if "end" in event} == {str(one.pk), str(two.pk)}


def test_a_token_follows_a_job_through_the_api(server, launch, admin):
    job = launch()
    _, token = ApiToken.objects.create(user=admin, name="t", scopes=["read"])
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}

    with listening(f"{server}/api/v1/jobs/{job.pk}/events/", headers=headers) as lines:
        told = next(events(lines))

    assert told["seq"] == 1


@pytest.mark.slow
def test_a_stream_of_a_job_one_may_not_see_is_refused(server, launch, outsider):
    job = launch(task_slug="outreach")
    _, token = ApiToken.objects.create(user=outsider, name="t", scopes=["read"])
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}

    answer = httpx.get(f"{server}/api/v1/jobs/{job.pk}/events/", headers=headers, trust_env=False, timeout=60)
    anonymous = httpx.get(f"{server}/api/v1/jobs/{job.pk}/events/", trust_env=False, timeout=60)
    page = httpx.get(f"{server}/jobs/{job.pk}/events/", trust_env=False, timeout=60)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert anonymous.status_code == 401
    assert page.status_code == 302


@pytest.mark.slow
def test_the_server_goes_on_after_viewers_have_left_without_a_word(server, launch, cookies):
    job = launch()
    for _ in range(5):
        with listening(f"{server}/jobs/{job.pk}/events/", cookies=cookies) as lines:
            next(lines)

    answer = httpx.get(f"{server}/livez", trust_env=False, timeout=60)

    assert answer.status_code == 200


def opened(server: str, path: str, cookies: dict[str, str]) -> tuple[socket.socket, int]:
    """A connection on which a path was asked for, and the status that came."""
    host, _, port = server.removeprefix("http://").partition(":")
    link = socket.create_connection((host, int(port)), timeout=120)
    shown = "; ".join(f"{name}={value}" for name, value in cookies.items())
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {shown}\r\n\r\n".encode())
    return link, int(link.recv(64).split(b" ")[1])


def cookies_of(member) -> dict[str, str]:
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


def test_a_member_with_too_many_streams_is_told_and_nobody_else_notices(server, launch, cookies, make_member):
    job = launch()
    path = f"/jobs/{job.pk}/events/"
    other = cookies_of(make_member("other", admin=True))
    links = [opened(server, path, cookies) for _ in range(stream.MOST_OF_MEMBER)]

    beyond = httpx.get(f"{server}{path}", cookies=cookies, trust_env=False, timeout=60)
    by_api = httpx.get(f"{server}/api/v1{path}", cookies=cookies, trust_env=False, timeout=60)
    page = httpx.get(f"{server}/jobs/", cookies=cookies, trust_env=False, timeout=60)
    with listening(f"{server}{path}", cookies=other) as lines:
        first = next(lines)

    assert {status for _, status in links} == {200}
    assert (beyond.status_code, by_api.status_code, by_api.json()["code"]) == (429, 429, "too_many_streams")
    assert f"You have {stream.MOST_OF_MEMBER} streams of events open" in beyond.text
    assert (page.status_code, first) == (200, "retry: 2000")
    for link, _ in links:
        link.close()
    wait_for(lambda: httpx_status(f"{server}{path}", cookies) == 200, 120)


def httpx_status(url: str, cookies: dict[str, str]) -> int:
    with httpx.Client(trust_env=False, timeout=60) as client, client.stream("GET", url, cookies=cookies) as answer:
        return answer.status_code


@pytest.mark.slow
def test_five_hundred_streams_leave_room_for_everybody_elses_pages(server, launch, cookies, make_member):
    path = f"/jobs/{launch().pk}/events/"
    viewers = [cookies_of(make_member(f"viewer{number}", admin=True)) for number in range(25)]

    links = [opened(server, path, viewers[number % 25]) for number in range(500)]
    statuses = Counter(status for _, status in links)
    page = httpx.get(f"{server}/jobs/", cookies=cookies, trust_env=False, timeout=60)

    assert statuses == {200: stream.MOST_IN_ALL, 429: 500 - stream.MOST_IN_ALL}
    assert page.status_code == 200
    for link, _ in links:
        link.close()
    wait_for(lambda: httpx_status(f"{server}{path}", cookies) == 200, 120)


@pytest.mark.parametrize(
    ("headers", "query", "seq"),
    [
        ({"Last-Event-ID": "7"}, {}, 7),
        ({}, {"after": "3"}, 3),
        ({"Last-Event-ID": "x"}, {}, 0),
        ({"Last-Event-ID": "-1"}, {}, 0),
        ({"Last-Event-ID": "9" * 5000}, {}, 0),
    ],
)
def test_the_seq_a_viewer_has_is_read_with_care(headers, query, seq):
    assert stream.last_event_id(headers, query) == seq


def test_positions_with_endless_numbers_begin_at_the_first_event() -> None:
    job = uuid.uuid4()

    assert stream.parse_positions([f"{job}:{'9' * 5000}"]) == {job: 0}


@pytest.mark.slow
def test_a_server_that_gathers_a_stream_first_gets_one_that_ends(admin_client: Client) -> None:
    job = Job.objects.create(kind="stub", title="Long", state=JobState.RUNNING)
    began = time.monotonic()

    answer = admin_client.get(f"/jobs/{job.pk}/events/")
    told = b"".join(answer)

    assert told.startswith(b"retry: ")
    assert time.monotonic() - began < 60 < stream.LASTS_S
