"""Retention periods in days of what is not kept for good (docs/retention.md)."""

from miniatures_site.settings import env

KEEP_REQUESTS_DAYS = env.number("KEEP_REQUESTS_DAYS", 30, minimum=1)
KEEP_TOKENS_DAYS = env.number("KEEP_TOKENS_DAYS", 90, minimum=0)
KEEP_INVITATIONS_DAYS = env.number("KEEP_INVITATIONS_DAYS", 180, minimum=0)
KEEP_NOTICES_DAYS = env.number("KEEP_NOTICES_DAYS", 90, minimum=2)
KEEP_PROGRESS_DAYS = env.number("KEEP_PROGRESS_DAYS", 30, minimum=1)
WEBHOOK_KEEP_DAYS = env.number("WEBHOOK_KEEP_DAYS", 30, minimum=1)
