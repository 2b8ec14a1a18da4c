"""A line of the log as JSON: what it says of request, member and job, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.exceptions import CPendingDeprecationWarning
from celery.worker.request import Request
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from jobs.lifecycle import control
from members.models import Member
from miniatures_site import celery_tasks, worker_logs
from miniatures_site.urls import handler500  # noqa: F401 (of this file's addresses)
from tests.passes import ROOT
from web import notify
from web.logs import context
from web.logs.formatters import JsonFormatter

SECRET = "S3CR3T-value-0123"
Lines = Callable[[], list[dict[str, Any]]]


def broken(request: HttpRequest, key: str) -> HttpResponse:
    raise RuntimeError(f"asked https://teacher.example/v1?key={SECRET} with Authorization: Bearer {SECRET}")


urlpatterns = [
    path("api/v1/broken/<str:key>/", broken),
    path("broken/<str:key>/", broken),
    path("", include("miniatures_site.urls")),
]


@pytest.fixture
def breaks(settings: Any, client: Client, db: None) -> Client:
    """A client of a site with views that break, which no rule of access knows."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("miniatures_site.access")]
    client.raise_request_exception = False
    return client


@pytest.fixture
def lines(settings: Any) -> Iterator[Lines]:
    """Have the log written as JSON, and read what was written."""
    settings.LOG_REQUESTS = True
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def requests(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["logger"] == "web.http.request_log"]


def test_a_request_is_one_line_with_its_route_and_no_name(
    lines: Lines, as_member: Callable[..., Client], admin: Member
) -> None:
    answer = as_member(admin).get("/operations/", {"q": "x"}, headers={"X-Request-ID": "from-the-proxy-1"})

    [line] = requests(lines)
    assert answer["X-Request-ID"] == line["request_id"] == "from-the-proxy-1"
    told = (line["method"], line["route"], line["status"], line["user_id"], line["level"])
    assert told == ("GET", "/operations/", 200, str(admin.pk), "INFO")
    assert line["ms"] >= 0 and line["host"] and line["time"].endswith("+00:00")
    assert admin.username not in json.dumps(line | {"host": "", "user_id": ""})


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "short", "with space 123", "x" * 65, 'a"quote-12345', "-begins-with-dash"])
def test_an_id_that_is_none_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/livez", headers={"X-Request-ID": given})["X-Request-ID"]

    assert answered != given
    assert context.valid_request_id(answered) == answered


def test_no_secret_of_body_header_or_query_is_in_any_line(lines: Lines, breaks: Client) -> None:
    client = breaks
    headers = {"Authorization": f"Token {SECRET}", "Cookie": f"sessionid={SECRET}", "X-Api-Key": SECRET}

    client.post("/accounts/login/", {"login": "lea", "password": SECRET}, headers=headers)
    client.post(
        f"/api/v1/tasks/?token={SECRET}", {"password": SECRET}, content_type="application/json", headers=headers
    )
    client.get(f"/nowhere/{SECRET}/?key={SECRET}", headers=headers)
    broken_answer = client.post(f"/broken/{SECRET}/?key={SECRET}", {"key": SECRET}, headers=headers)

    assert broken_answer.status_code == 500
    assert len(requests(lines)) == 4
    assert any("exception" in line for line in lines())
    assert SECRET not in json.dumps(lines())


def test_a_fault_names_the_id_that_its_lines_bear(lines: Lines, breaks: Client) -> None:
    page = breaks.get("/broken/some-key/")
    problem = breaks.get("/api/v1/broken/some-key/")

    assert page["X-Request-ID"] in page.content.decode()
    assert problem.json()["request_id"] == problem["X-Request-ID"]
    faults = [line["request_id"] for line in lines() if "exception" in line]
    assert faults == [page["X-Request-ID"], problem["X-Request-ID"]]


def test_a_traceback_that_is_very_long_keeps_its_end(lines: Lines) -> None:
    try:
        raise ValueError("x" * 100_000 + " the end")
    except ValueError:
        logging.getLogger("any").exception("broken")

    [line] = [line for line in lines() if line["logger"] == "any"]
    assert len(line["exception"]) == 20_000 and line["exception"].endswith("the end")


@pytest.mark.django_db
def test_a_launch_leads_from_the_request_to_its_job(lines: Lines) -> None:
    with context.bound(request_id="request-0001"):
        job = control.launch(kind="campaign-send", title="Send", spec={}, by=None)

    [line] = [line for line in lines() if line.get("job_id") == str(job.pk)]
    assert (line["request_id"], line["kind"]) == ("request-0001", "campaign-send")


def test_a_message_takes_the_request_along_and_its_task_names_it(lines: Lines) -> None:
    headers: dict[str, Any] = {}
    before = context.fields()
    with context.bound(request_id="request-0002"):
        worker_logs.send_request_id(headers=headers)
    assert context.fields() == before

    class Received:
        request_id = headers["request_id"]

    class Task:
        name, request = "jobs.ring", Received

    worker_logs.name_task(task=Task)
    logging.getLogger("jobs").warning("at work")
    worker_logs.forget_task(task=Task)
    logging.getLogger("jobs").warning("at rest")

    at_work, at_rest = [line for line in lines() if line["logger"] == "jobs"]
    assert (at_work["task"], at_work["request_id"]) == ("jobs.ring", "request-0002")
    assert "task" not in at_rest and "request_id" not in at_rest


def test_celery_itself_carries_the_id_from_sender_to_task(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(celery_tasks.retention, "forget", lambda: heard.append(context.request_id()))
    from miniatures_site.celery import app

    with app.connection_for_write() as link, context.bound(request_id="request-0003"):
        queue = app.amqp.queues["default"](link.default_channel)
        queue.declare()
        queue.purge()
        app.send_task("site.forget", connection=link, queue="default", ignore_result=True)
        message = queue.get(no_ack=True)

    assert message.headers["request_id"] == "request-0003"
    Request(message, app=app, task=app.tasks["site.forget"]).execute()
    assert heard == ["request-0003"]


def test_the_thread_that_rings_bears_the_request(lines: Lines) -> None:
    heard: list[str] = []
    rung = threading.Event()

    def ring() -> None:
        heard.append(context.request_id())
        rung.set()

    with context.bound(request_id="request-0004"):
        notify.notify_workers(ring)

    assert rung.wait(60)
    assert heard == ["request-0004"]


def test_an_engine_names_its_job_and_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with context.bound(request_id="request-0005"):
        environment = {"PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", **context.environment()}
    program = (
        "import logging; from web.logs.formatters import begin_in_engine;"
        "begin_in_engine(job='j-1', kind='training', attempt=3); logging.getLogger('engine').warning('a step')"
    )

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    line = json.loads(done.stderr)
    told = {name: line[name] for name in ("request_id", "job_id", "kind", "attempt", "message")}
    assert told == {
        "request_id": "request-0005",
        "job_id": "j-1",
        "kind": "training",
        "attempt": "3",
        "message": "a step",
    }


def test_a_lost_broker_does_not_bring_celerys_plans_into_the_log(recwarn):
    warnings.filterwarnings("always", category=CPendingDeprecationWarning)

    worker_logs.hide_outlook()
    warnings.warn("In Celery 6.0 this changes.", CPendingDeprecationWarning, stacklevel=1)

    assert not recwarn.list
