"""Settings of what watches the installation: alerts, logs, reports of faults."""

from __future__ import annotations

from typing import Any

from miniatures_site.settings import env

# Who is told when a trouble of the installation begins and ends: by mail, and by a call to an address.
ALERT_MAILS = env.words("ALERT_MAILS")
ALERT_WEBHOOK_URL = env.web_address("ALERT_WEBHOOK_URL")
# A trouble is told once it has lasted so long, and its end once it has been gone for as long.
ALERT_AFTER_S = env.number("ALERT_AFTER_S", 120, minimum=0)

# Whom faults and spans are reported to, where their packages are installed (docs/logging.md).
SENTRY_DSN = env.text("SENTRY_DSN")
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT")

# `plain` for people, or `json`: one object a line (docs/logging.md).
LOG_FORMAT = env.choice("LOG_FORMAT", "plain", among=("plain", "json"))
# Whether each request that is answered makes a line; a refused one always does.
LOG_REQUESTS = env.flag("LOG_REQUESTS", default=LOG_FORMAT == "json")
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
# A message of the queue and a tick of the clock are for who debugs: a job's own lines tell when it begins and ends.
_RING = {"level": "NOTSET" if LOG_LEVEL == "DEBUG" else "WARNING"}
_OUTAGES = "ext://miniatures_site.outages.is_outage"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"refusals": {"()": "web.logs.refusals.RefusalFilter"}},
    "formatters": {
        "plain": {
            "()": "web.logs.formatters.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
            "is_outage": _OUTAGES,
        },
        "json": {"()": "web.logs.formatters.JsonFormatter", "is_outage": _OUTAGES},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # A line for each request to an engine of ours would drown what an admin looks for.
        "httpx": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
        "celery.app.trace": _RING,
        "celery.beat": _RING,
        "celery.worker.strategy": _RING,
        # Servers have handlers of their own.
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
        "django.server": {"handlers": [], "propagate": True},
    },
}
