"""Keep an installation of a release, so that each later version is tested on it.

`python -m tests.upgrade.make 0.2.0` is run on the commit that is the release. It loads a small part of the demo: tasks
with verdicts, a frozen dataset, a run with its evaluation and its promoted miniature, and a campaign. A portable backup
of that and the release's own code are left in a folder of the release's name.
"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from miniatures_site.backup import archive

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BACKUP, CODE = "backup.tar.zst", "code.tar.xz"
# Of a release's code: what its pages and commands do without.
LEFT_OUT = [
    f":(exclude){path}"
    for path in (
        "tests",
        "benchmarks",
        "docs",
        "deploy",
        "demo/snapshot.tar.zst",
        "demo/recordings",
        "demo/*/weights/*",
    )
]
# The first step of the demo's loader that is left out.
UNTIL = "importing further prospects for training, written and judged at once"


def main() -> None:
    folder = HERE / sys.argv[1]
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "STORAGE_URL")}
        own = {
            "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
            "VAR_DIR": temporary,
            "BROKER_URL": "memory://",
        }
        made = Path(temporary) / BACKUP
        for line in (
            ("manage.py", "migrate", "-v0"),
            ("-m", "tests.upgrade.make", "--fill"),
            ("manage.py", "backup", made, "--portable"),
        ):
            subprocess.run([sys.executable, *line], cwd=ROOT, env={**given, **own}, check=True)
        (folder / BACKUP).write_bytes(archive.smallest(made.read_bytes()))
    code = subprocess.run(["git", "archive", "HEAD", "--", ".", *LEFT_OUT], cwd=ROOT, check=True, capture_output=True)
    (folder / CODE).write_bytes(lzma.compress(code.stdout, preset=9 | lzma.PRESET_EXTREME))


def fill() -> None:
    """Load what a release is kept with into the database of this process."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from demo.data import label_tasks, load, rounds
    from demo.data.claim_check import CLAIM_CHECK
    from demo.data.tasks import MAILS
    from generation.teachers.seeds import OFFLINE_SLUG

    load.load(print, until=UNTIL)
    admin = load.give_login()
    label_tasks.load_task(CLAIM_CHECK, by=admin)
    rounds.tune(CLAIM_CHECK.slug, by=admin)
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    arms = [{"name": "A", "teacher": OFFLINE_SLUG}]
    campaign = {"task": MAILS, "slug": "kept", "name": "Kept", "arms": arms, "audience": {"everyone": True}}
    made = client.post("/api/v1/campaigns/", campaign, content_type="application/json")
    if made.status_code != 201:
        raise RuntimeError(f"The campaign was refused: {made.content.decode()}")


if __name__ == "__main__":
    fill() if sys.argv[1:] == ["--fill"] else main()
