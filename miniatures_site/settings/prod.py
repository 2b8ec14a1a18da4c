"""Production: everything that matters comes from the environment, and what is missing is said at start."""

from __future__ import annotations

from urllib.parse import urlsplit

from miniatures_site.settings import env
from miniatures_site.settings.base import *  # noqa: F403
from miniatures_site.settings.serving import SERVING_BASE_URL

DEBUG = False
SECRET_KEY = env.required("SECRET_KEY", "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
env.required("ALLOWED_HOSTS", "List the names this site answers to, comma-separated, such as app.example.com.")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
env.required("DATABASE_URL", "Give a PostgreSQL address, such as postgres://user:password@db:5432/miniatures.")
env.required("REDIS_URL", "Give a Redis address, such as redis://redis:6379/0.")
SITE_URL = env.web_address("SITE_URL", f"https://{ALLOWED_HOSTS[0].lstrip('.')}").rstrip("/")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
# Our own workers ask /v1 inside the network, where no TLS ends; a redirect would not save a key that was sent in the
# open.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$", r"^metrics$", r"^v1/"]
if SERVING_BASE_URL:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, urlsplit(SERVING_BASE_URL).hostname or ""]
SECURE_HSTS_SECONDS = int(env.number("SECURE_HSTS_SECONDS", 31536000))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("COOKIES_SECURE", default=True)
# In place of the server's own lines, which hold addresses and query strings.
LOG_REQUESTS = env.flag("LOG_REQUESTS", default=True)
