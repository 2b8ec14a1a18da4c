"""Fill an installation with a judged task and a frozen version; run inside a house. Prints what must come back."""

from __future__ import annotations

import json

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit import trail
from audit.seals import sealing
from members.models import Member
from review.desk import golds
from review.models import DatasetFile, Decision, Gold
from tests.review.factories import make_task
from tests.training.conftest import freeze


def fill() -> None:
    """One of what matters: members, decisions, golds, a frozen version, an artefact, a sealed trail."""
    admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True, password=make_password("x"))
    freeze(make_task(by=admin), admin, train=8, validation=2)
    default_storage.save("odd names/ä b.bin", ContentFile(bytes(range(256)) * 40))
    trail.record("invited", by=admin)
    sealing.seal_days()


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
