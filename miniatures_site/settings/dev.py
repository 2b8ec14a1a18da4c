"""One machine, embedded pieces: what `make run` uses."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from miniatures_site.settings import env
from miniatures_site.settings.base import *  # noqa: F403
from miniatures_site.settings.base import STORAGES, VAR_DIR
from web.net import ssrf


def kept_secret(path: Path) -> str:
    """A secret key made once and kept beside the data, readable by its owner only.

    Raises:
        ImproperlyConfigured: The folder of data cannot be read, or written.
    """
    try:
        # A full disk may have left an empty one.
        if path.exists() and (kept := path.read_text().strip()):
            return kept
        path.parent.mkdir(parents=True, exist_ok=True)
        value = secrets.token_urlsafe(50)
        path.touch(mode=0o600)
        path.write_text(value)
        return value
    except OSError as error:
        raise ImproperlyConfigured(env.UNUSABLE_DATA.format(path.parent, error.strerror)) from error


DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY") or kept_secret(VAR_DIR / "secret-key")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# `up` says in HOST where it listens; who lets in another name has the site served to others, by a proxy.
HOST = env.text("HOST")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{f'[{HOST}]' if ':' in HOST else HOST}")
SERVES_THIS_MACHINE_ALONE = all(map(ssrf.is_loopback, [HOST, *ALLOWED_HOSTS]))
DEMO = env.flag("DEMO", default=True)
WHITENOISE_AUTOREFRESH = DEBUG
# On one machine nothing is gained by packing each file three times over, which takes longest of a first start but the
# demo.
if not env.flag("PACK_STATIC", default=False):
    STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
MAILBOX_DIR = VAR_DIR / "mailbox"
