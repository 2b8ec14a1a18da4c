"""Settings of what watches the installation: alerts, logs, reports of faults."""

from __future__ import annotations

from typing import Any

from miniatures_site.settings import env

# Who is told when a trouble of the installation begins and ends: by mail, and by a call to an address.
ALERT_MAILS = env.words("ALERT_MAILS")
ALERT_WEBHOOK_URL = env.text("ALERT_WEBHOOK_URL")
# A trouble is told once it has lasted so long, and its end once it has been gone for as long.
ALERT_AFTER_S = env.number("ALERT_AFTER_S", 120, minimum=0)

# Whom faults and spans are reported to, where their packages are installed (docs/logging.md).
SENTRY_DSN = env.text("SENTRY_DSN")
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT")

# `plain` for people, or `json`: one object a line (docs/logging.md).
LOG_FORMAT = env.choice("LOG_FORMAT", "plain", among=("plain", "json"))
# Whether each request that is answered makes a line.
LOG_REQUESTS = env.flag("LOG_REQUESTS", default=LOG_FORMAT == "json")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "web.logs.formatters.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "web.logs.formatters.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # A line for each request to an engine of ours would drown what an admin looks for.
    "loggers": {"httpx": {"level": "WARNING"}, "mail.log": {"level": "WARNING"}},
}
if LOG_FORMAT == "json":
    # Servers have handlers of their own, and an answer that was refused has its line as a request.
    LOGGING["loggers"] |= {
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
        "django.server": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
    }
