"""Mail: by which server or provider it leaves, and whom invitations and warnings are from."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from miniatures_site.settings import env

# SMTP, or any provider by django-anymail (`EMAIL_BACKEND=anymail.backends.mailgun.EmailBackend`, its keys as
# `ANYMAIL_…`). The backend of ours is Django's own, and also tells how far a broken connection had come.
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "campaigns.sending.smtp_backend.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST") or "localhost"
EMAIL_PORT = int(env.number("EMAIL_PORT", 25, minimum=1))
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", default=False)
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured(
        "EMAIL_USE_TLS and EMAIL_USE_SSL are both on. Set EMAIL_USE_TLS=0 for port 465, or EMAIL_USE_SSL=0 for 587."
    )
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 30, minimum=1)
ANYMAIL = env.prefixed("ANYMAIL_")
# Invitations are mailed where a mail server was named; their links are shown to copy all the same.
INVITATIONS_BY_MAIL = env.flag("INVITATIONS_BY_MAIL", default=bool(env.text("EMAIL_HOST") or env.prefixed("ANYMAIL_")))
INVITATIONS_FROM = env.text("INVITATIONS_FROM")
# Warnings of budgets and the like: to whom it concerns, where a mail server was named.
NOTICES_BY_MAIL = env.flag("NOTICES_BY_MAIL", default=INVITATIONS_BY_MAIL)
NOTICES_FROM = env.text("NOTICES_FROM", INVITATIONS_FROM)
