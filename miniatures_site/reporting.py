"""Report faults by Sentry's protocol and spans to OpenTelemetry, if settings name them and packages are installed.

Neither package is needed. No body, header, cookie, query, variable or text of a person is sent: a fault is its
traceback, the route and the keys of request, member and job; a span is a route or a task with its times.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Literal

from django.conf import settings

from web.logs import context, spans
from web.logs.redact import redactor

logger = logging.getLogger(__name__)
Component = Literal["web", "worker", "beat"]
# What an event of Sentry's may keep; all else is dropped.
KEPT = (
    "event_id",
    "timestamp",
    "level",
    "logger",
    "platform",
    "release",
    "environment",
    "sdk",
    "exception",
    "type",
    "fingerprint",
    "tags",
)
KEPT_OF_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")


def start(component: Component) -> None:
    """Start what settings name in this process; says in a line of the log what was started and what is missing."""
    if settings.SENTRY_DSN:
        _try("SENTRY_DSN", "sentry-sdk", lambda: _start_sentry(component))
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        packages = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        _try("OTEL_EXPORTER_OTLP_ENDPOINT", packages, lambda: _start_tracing(component))


def _try(setting: str, packages: str, begin: Callable[[], object]) -> None:
    try:
        begin()
    except ImportError as error:
        logger.warning("%s is set, but %s is not installed: pip install %s", setting, error.name, packages)
    except Exception as error:  # A wrong address must not keep the site from starting.
        logger.warning("%s is set, but nothing is reported: %s: %s", setting, type(error).__name__, error)
    else:
        logger.info("%s is set: reporting has begun.", setting)


def _start_sentry(component: Component) -> None:
    sentry = import_module("sentry_sdk")
    sentry.init(
        dsn=settings.SENTRY_DSN,
        # Of its own accord it would reach into every library; faults come to it by the log.
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=before_send,
        before_send_transaction=lambda event, hint: None,
    )
    sentry.set_tag("component", component)


def before_send(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with its traceback and keys alone."""
    parts = {name: event[name] for name in KEPT if name in event}
    redact = redactor()
    if isinstance(event.get("logentry"), Mapping):
        # The message as it stands in the code, without what was filled in.
        parts["logentry"] = {"message": redact(str(event["logentry"].get("message", "")))}
    if "exception" in parts:
        values = parts["exception"].get("values") or []
        parts["exception"] = {"values": [_exception(value, redact) for value in values]}
    parts["tags"] = {**dict(parts.get("tags") or {}), **context.fields()}
    return parts


def _exception(value: Mapping[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """Return type, place and redacted message of an exception, whose frames lose their variables."""
    frames = (value.get("stacktrace") or {}).get("frames") or []
    plain = [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": redact(str(value.get("value") or "")),
        "stacktrace": {"frames": plain},
    }


def _start_tracing(component: Component) -> None:
    trace = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    resources = import_module("opentelemetry.sdk.resources")
    otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resource = resources.Resource.create({"service.name": f"miniatures-{component}"})
    provider = sdk.TracerProvider(resource=resource)
    # It reads its address and headers from the environment, by OpenTelemetry's own names.
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    tracer = provider.get_tracer("miniatures")

    def record(name: str, began_ns: int, ended_ns: int, attributes: spans.Attributes) -> None:
        tracer.start_span(name, start_time=began_ns, attributes=dict(attributes)).end(end_time=ended_ns)

    spans.add_recorder(record)
