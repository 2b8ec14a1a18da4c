"""Is it alive, and is everything it needs there?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, JsonResponse

from miniatures_site.celery import app


@login_not_required
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    report = {"database": _database(), "broker": _broker(), "workers": _workers()}
    healthy = report["database"] == "ok" and report["broker"] == "ok" and report["workers"]
    return JsonResponse(report, status=200 if healthy else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # noqa: BLE001 (any fault is the answer)
        return f"unreachable: {type(error).__name__}"
    return "ok"


def _broker() -> str:
    try:
        with app.connection_for_write(connect_timeout=1) as link:
            link.ensure_connection(max_retries=1, timeout=1)
    except Exception as error:  # noqa: BLE001
        return f"unreachable: {type(error).__name__}"
    return "ok"


def _workers() -> int:
    try:
        return len(app.control.ping(timeout=0.5))
    except Exception:  # noqa: BLE001
        return 0
