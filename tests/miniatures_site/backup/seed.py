"""Fill an installation with a judged task and a frozen version; run inside a house. Prints what must come back."""

from __future__ import annotations

import json
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from audit import trail
from audit.models import AuditRow
from audit.seals import sealing
from members.models import Member
from review.desk import golds
from review.models import DatasetFile, Decision, Gold
from tests.review.factories import make_task
from tests.training.conftest import freeze

NAME, PASSWORD, SESSION = "ada", "correct horse battery", "of-before-the-backup"
# Whatever the hour, both have ended long enough to be sealed.
SEALED_DAYS_AGO = (3, 2)


def fill() -> None:
    """One of what matters: members, decisions, golds, a frozen version, an artefact, a sealed trail."""
    admin = Member.objects.create(username=NAME, is_superuser=True, is_staff=True, password=make_password(PASSWORD))
    freeze(make_task(by=admin), admin, train=8, validation=2)
    default_storage.save("odd names/ä b.bin", ContentFile(bytes(range(256)) * 40))
    for days in SEALED_DAYS_AGO:
        AuditRow.objects.create(at=timezone.now() - timedelta(days=days), actor=str(admin.pk), act="invited")
    sealing.seal_days()
    trail.record("invited", by=admin)
    Session.objects.create(session_key=SESSION, expire_date=timezone.now() + timedelta(days=1))


def facts() -> str:
    """What is there, in one line that two installations can be compared by."""
    files = {file.path: file.sha256 for file in DatasetFile.objects.all()}
    return json.dumps(
        {
            "decisions": list(map(str, Decision.objects.order_by("id").values_list("id", "verdict", "before_hash"))),
            "golds": [Gold.objects.count(), golds.fingerprint()],
            "files": files,
            "stored": sorted(name for name in files if default_storage.exists(name)),
            "odd": default_storage.open("odd names/ä b.bin").read().hex()[:64],
            "member": Member.objects.get().password,
        },
        sort_keys=True,
        ensure_ascii=True,
    )


def is_let_in(password: str) -> bool:
    """Return whether the login page takes the member's name with this password, and the pages behind it open."""
    client = Client()
    client.post("/accounts/login/", {"login": NAME, "password": password})
    return client.get("/settings/").status_code == 200
