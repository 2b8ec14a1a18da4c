"""`python -m miniatures_site.backup.trial_process`: restore a backup in scratch places and check it as a member would.

Reads `{backup, var, database}` as JSON from standard input, replaces every place in the settings before Django is set
up, and exits 1 with the reason on standard output where something does not hold.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Restore and check; returns the exit status."""
    order = json.load(sys.stdin)
    _move_in(Path(order["var"]), order["database"])
    import django

    django.setup()
    from web.errors import Refusal

    try:
        _try(Path(order["backup"]))
    except Refusal as refusal:
        print(f"{refusal.message} {refusal.hint}".strip())
        return 1
    return 0


def _move_in(var: Path, database: dict[str, Any]) -> None:
    """Point the settings at the scratch places, before anything has read them."""
    from django.conf import settings

    settings.VAR_DIR, settings.RUNS_DIR = var, var / "runs"
    settings.DATABASES = {"default": database}
    artefacts = {
        "BACKEND": "web.disk.whole_files.WholeFileSystemStorage",
        "OPTIONS": {"location": str(var / "artefacts")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": artefacts}


def _try(backup: Path) -> None:
    """Restore, then check what a restore itself does not: seals, a member's password hash, an artefact's own hash.

    Raises:
        Refusal: Says what does not hold.
    """
    from audit.seals import sealing
    from miniatures_site.backup import restore
    from web.errors import Refusal

    restore.restore(backup)
    if trouble := sealing.verify().trouble:
        raise Refusal("trial_seals", f"The audit trail does not hold: {trouble}")
    _check_login()
    _check_artefact()


def _check_login() -> None:
    """Hold the newest password hash to be one that this version can check a login by."""
    from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, identify_hasher

    from members.models import Member
    from web.errors import Refusal

    member = Member.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exclude(password="").first()
    if member is None:
        return
    try:
        identify_hasher(member.password).decode(member.password)
    except (ValueError, AssertionError) as error:
        raise Refusal("trial_login", f"The password hash of a member cannot be read: {error}") from None


def _check_artefact() -> None:
    """Hold the newest file of a dataset against the hash in its own row."""
    from django.core.files.storage import default_storage

    from miniatures_site.backup import file_swap
    from review.models import DatasetFile
    from web.errors import Refusal

    file = DatasetFile.objects.order_by("-pk").first()
    if file is None:
        return
    if not default_storage.exists(file.path) or file_swap.measure(file.path).sha256 != file.sha256:
        raise Refusal("trial_artefact", f"The file '{file.path}' of a dataset is not what its row says.")


if __name__ == "__main__":
    sys.exit(main())
