"""Is it alive, and is everything it needs there? Answers in well under a second whatever is missing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from jobs.scheduling import halt as scheduling_halt
from jobs.scheduling import workers
from miniatures_site.celery import app

BROKER_WITHIN_S = 0.8
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    database = _database()
    report: dict[str, object] = {
        "database": database,
        "broker": _broker(),
        "workers": _workers() if database == "ok" else 0,
        "halted_since": _halted_since() if database == "ok" else None,
    }
    # A halt is intended, not a fault; who stopped it and why is shown to members only.
    is_healthy = database == "ok" and report["broker"] == "ok" and bool(report["workers"])
    return JsonResponse(report, status=200 if is_healthy else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        return f"unreachable: {type(error).__name__}"
    return "ok"


def _broker() -> str:
    # In a thread, since a broker whose host swallows packets would hold the request for its whole timeout.
    try:
        _pool.submit(_connect_broker).result(timeout=BROKER_WITHIN_S)
    except TooLate:
        return "unreachable: no answer"
    except Exception as error:
        return f"unreachable: {type(error).__name__}"
    return "ok"


def _connect_broker() -> None:
    with app.connection_for_write(connect_timeout=1) as link:
        link.ensure_connection(max_retries=1, timeout=1)


def _workers() -> int:
    return len(workers.present())


def _halted_since() -> str | None:
    halt = scheduling_halt.current_halt()
    return halt.since.isoformat() if halt and halt.since else None
