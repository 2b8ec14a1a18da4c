"""Collect static files only when one has changed, so that a second start takes seconds."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def fingerprint() -> str:
    """Hash of the path, size and modification time of every static file that is found."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = (storage.path(path), storage.size(path), storage.get_modified_time(path).timestamp())
            digest.update(repr(stat).encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Run collectstatic when the stamp differs; returns whether it ran."""
    stamp = settings.STATIC_ROOT.parent / "static.stamp"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now and settings.STATIC_ROOT.is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)
    return True
