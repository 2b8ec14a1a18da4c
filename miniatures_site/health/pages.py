"""Is it alive, and is everything it needs there? Answers within seconds whatever is missing or frozen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from miniatures_site.celery import app
from miniatures_site.health import metrics as figures
from miniatures_site.health import report

DATABASE_WITHIN_S = 3.0
BROKER_WITHIN_S = 0.8
# Before Prometheus gives a scrape up, by default after 10 s.
SCRAPED_WITHIN_S = 6.0
NO_ANSWER = "unreachable: no answer"
# Each has threads of its own: one that is frozen holds up no question about the other.
_database_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health-database")
_scrape_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health-scrape")
_broker_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health-broker")


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    reading, database = _within(_database_threads, DATABASE_WITHIN_S, report.read)
    state = {**report.NOTHING, "database": database, **(reading or {})}
    state["broker"] = _within(_broker_threads, BROKER_WITHIN_S, _connect_broker)[1]
    # A halt is intended, not a fault; who stopped it and why is shown to members only.
    is_healthy = all(state[name] == "ok" for name in ("database", "broker", "beat"))
    is_healthy = is_healthy and bool(state["workers"]) and not state["unserved"]
    return JsonResponse(state, status=200 if is_healthy else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for who has the key `METRICS_TOKEN`; without one set there is no such address."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("There is nothing here: METRICS_TOKEN is not set.\n", status=404, content_type="text/plain")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(token, settings.METRICS_TOKEN):
        answer = HttpResponse("Send Authorization: Bearer and METRICS_TOKEN.\n", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    scrape, _ = _within(_scrape_threads, SCRAPED_WITHIN_S, figures.scrape)
    text, is_database_there = scrape or ("", False)
    broker = _within(_broker_threads, BROKER_WITHIN_S, _connect_broker)[1] == "ok"
    up = figures.answering(database=is_database_there, broker=broker)
    return HttpResponse(text + up, content_type=figures.CONTENT_TYPE)


def _within(threads: ThreadPoolExecutor, most_s: float, call: Callable[[], Any]) -> tuple[Any, str]:
    """Ask in a thread: a host that swallows packets, or a frozen server, would hold the request for its whole timeout.

    Returns:
        What came, and `ok` or what is wrong.
    """
    future = threads.submit(call)
    try:
        return future.result(timeout=most_s), "ok"
    except TooLate:
        # One that waits for a thread is not asked any more.
        future.cancel()
        return None, NO_ANSWER
    except Exception as error:
        return None, report.fault(error)


def _connect_broker() -> None:
    with app.connection_for_write(connect_timeout=1) as link:
        link.ensure_connection(max_retries=1, timeout=1)
