"""Faults and spans go out where settings name whom, without texts or secrets; a package that is missing is named."""

from __future__ import annotations

import json
import logging
import sys
from types import ModuleType
from typing import Any

import pytest
from django.test import Client

from miniatures_site import reporting, worker_logs
from web.logs import context, spans

SECRET = "S3CR3T-value-0123"
EVENT = {
    "event_id": "1",
    "request": {"url": f"https://x/?key={SECRET}", "data": SECRET, "cookies": SECRET, "headers": {"A": SECRET}},
    "user": {"email": SECRET, "ip_address": "10.0.0.1"},
    "extra": {"sys.argv": [SECRET]},
    "breadcrumbs": {"values": [{"message": SECRET}]},
    "contexts": {"any": SECRET},
    "server_name": "host",
    "modules": {"x": "1"},
    "logentry": {"message": "The order %s failed", "params": [SECRET], "formatted": f"The order {SECRET} failed"},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": f"token={SECRET}",
                "stacktrace": {
                    "frames": [
                        {
                            "function": "f",
                            "lineno": 3,
                            "vars": {"a": SECRET},
                            "context_line": SECRET,
                            "pre_context": [SECRET],
                        }
                    ]
                },
            }
        ]
    },
}


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A module in the place of Sentry's, which keeps what it is told."""
    told: dict[str, Any] = {}
    module = ModuleType("sentry_sdk")
    module.init = told.update  # type: ignore[attr-defined]
    module.set_tag = lambda name, value: told.update({name: value})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentry_sdk", module)
    return told


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, dict[str, Any]]]:
    """Modules in the place of OpenTelemetry's; returns the spans that ended, with their nanoseconds."""
    finished: list[tuple[str, int, dict[str, Any]]] = []

    class Span:
        def __init__(self, name: str, start_time: int, attributes: dict[str, Any]) -> None:
            self.told = (name, start_time, attributes)

        def end(self, end_time: int) -> None:
            name, began_ns, attributes = self.told
            finished.append((name, end_time - began_ns, attributes))

    class Provider:
        def __init__(self, resource: Any) -> None: ...
        def add_span_processor(self, processor: Any) -> None: ...
        def get_tracer(self, name: str) -> Any:
            return type("Tracer", (), {"start_span": staticmethod(Span)})

    class Resource:
        create = staticmethod(dict)

    members: dict[str, dict[str, Any]] = {
        "opentelemetry.trace": {"set_tracer_provider": lambda provider: None},
        "opentelemetry.sdk.trace": {"TracerProvider": Provider},
        "opentelemetry.sdk.trace.export": {"BatchSpanProcessor": lambda exporter: exporter},
        "opentelemetry.sdk.resources": {"Resource": Resource},
        "opentelemetry.exporter.otlp.proto.http.trace_exporter": {"OTLPSpanExporter": object},
    }
    for name, given in members.items():
        module = ModuleType(name)
        vars(module).update(given)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(spans, "_recorders", [])
    return finished


def test_nothing_is_started_where_nothing_is_set(sentry: dict[str, Any], settings: Any) -> None:
    settings.SENTRY_DSN = settings.OTEL_EXPORTER_OTLP_ENDPOINT = ""

    reporting.start("web")

    assert sentry == {}


@pytest.mark.parametrize(
    ("setting", "missing", "installs"),
    [
        ("SENTRY_DSN", "sentry_sdk", "pip install sentry-sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.trace", "pip install opentelemetry-sdk opentelemetry-exporter"),
    ],
)
def test_a_setting_without_its_package_says_what_to_install(
    setting: str, missing: str, installs: str, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    setattr(settings, setting, "https://key@report.example/1")
    monkeypatch.setitem(sys.modules, missing, None)

    reporting.start("worker")

    [record] = [each for each in caplog.records if each.name == "miniatures_site.reporting"]
    assert (record.levelno, f"{setting} is set, but" in record.message) == (logging.WARNING, True)
    assert installs in record.message


def test_an_address_that_is_refused_keeps_nothing_from_starting(
    sentry: dict[str, Any], settings: Any, caplog: Any
) -> None:
    def refuse(**_: Any) -> None:
        raise ValueError("Unsupported scheme")

    settings.SENTRY_DSN = "nonsense"
    sys.modules["sentry_sdk"].init = refuse  # type: ignore[attr-defined]

    reporting.start("web")

    assert "nothing is reported: ValueError" in caplog.text


def test_faults_are_reported_without_people_bodies_and_variables(sentry: dict[str, Any], settings: Any) -> None:
    settings.SENTRY_DSN = "https://key@report.example/1"

    reporting.start("beat")

    assert (sentry["dsn"], sentry["component"]) == (settings.SENTRY_DSN, "beat")
    assert sentry["send_default_pii"] is sentry["include_local_variables"] is sentry["include_source_context"] is False
    assert sentry["max_request_body_size"] == "never"
    assert sentry["before_send"] is reporting.before_send
    assert sentry["before_send_transaction"]({"request": SECRET}, {}) is None


def test_an_event_keeps_its_traceback_and_keys_alone() -> None:
    with context.bound(request_id="request-0001", job_id="j-1"):
        sent = reporting.before_send(EVENT, {})

    assert SECRET not in json.dumps(sent)
    assert set(sent) == {"event_id", "logentry", "exception", "tags"}
    assert sent["tags"] == {"request_id": "request-0001", "job_id": "j-1"}
    [value] = sent["exception"]["values"]
    assert value["stacktrace"]["frames"] == [{"function": "f", "lineno": 3}]
    assert sent["logentry"] == {"message": "The order %s failed"}


@pytest.mark.django_db
def test_a_request_and_a_task_are_spans_of_route_and_time(
    ended: list[tuple[str, int, dict[str, Any]]], client: Client, settings: Any
) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318"
    reporting.start("web")

    client.get(f"/livez?key={SECRET}", headers={"X-Request-ID": "request-0009"})
    client.get(f"/nowhere/{SECRET}/")

    class Task:
        name = "jobs.ring"
        request = None

    worker_logs.name_task(task=Task)
    worker_logs.forget_task(task=Task, state="SUCCESS")

    assert [name for name, _, _ in ended] == ["GET /livez", "GET (no route)", "jobs.ring"]
    assert all(nanoseconds >= 0 for _, nanoseconds, _ in ended)
    assert ended[0][2]["request_id"] == "request-0009" and ended[0][2]["status"] == 200
    assert ended[2][2]["state"] == "SUCCESS"
    assert SECRET not in json.dumps(ended)
