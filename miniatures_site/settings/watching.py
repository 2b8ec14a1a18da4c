"""Settings of what watches the installation: alerts, logs, reports of faults."""

from __future__ import annotations

from miniatures_site.settings import env

# Who is told when a trouble of the installation begins and ends: by mail, and by a call to an address.
ALERT_MAILS = env.words("ALERT_MAILS")
ALERT_WEBHOOK_URL = env.text("ALERT_WEBHOOK_URL")
# A trouble is told once it has lasted so long, and its end once it has been gone for as long.
ALERT_AFTER_S = env.number("ALERT_AFTER_S", 120, minimum=0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # A line for each request to an engine of ours would drown what an admin looks for.
    "loggers": {"httpx": {"level": "WARNING"}, "mail.log": {"level": "WARNING"}},
}
