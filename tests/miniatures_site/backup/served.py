"""A promoted miniature in a house, and its answer; run inside one.

The house's own student and adapter lie on its disk.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from jobs.contracts import ArtefactRef, Result
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import ApiToken, Member
from review.models import DatasetVersion
from serving.promotions import promotion
from serving.runtime import engine_client, status, switch
from tests.miniatures_site.backup import seed
from tests.serving.waiting import wait_until
from tests.training.miniatures import SUMMARY
from training.models import Miniature
from training.runs import launch_run, results
from training.runs.run_request import RunRequest
from training.students import registration

STUDENT = "students/tiny"
# Of an engine that starts on a machine that is busy.
PATIENCE_S = 240


def promote(run_dir: str) -> str:
    """End a run over the house's student with the adapter of a run directory and promote it;
    returns a member's API token.
    """
    seed.fill()
    admin, version = Member.objects.get(), DatasetVersion.objects.get()
    student = registration.register_folder(path=str(settings.VAR_DIR / STUDENT), by=admin, licence="Apache-2.0")
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    result = Result(outcome="succeeded", summary=SUMMARY, artefacts=_artefacts(Path(run_dir)))
    results.conclude_run(run.pk, result, results.store_artefact(run.pk, result, Path(run_dir)))
    Job.objects.filter(pk=run.job_id).update(state="succeeded", finished_at=timezone.now())
    promotion.promote(Miniature.objects.get(), by=admin)
    _, plaintext = ApiToken.objects.create(user=admin, name="test", scopes=["serve"])
    return str(plaintext)


def answer(token: str) -> str:
    """What the served miniature says over `/v1`, as JSON:
    a worker takes up the serving job that is there, and leaves.
    """
    slug, job = Miniature.objects.get().slug, status.current_job()
    assert job is not None
    at_work = threading.Thread(target=run_job, args=(job.pk,), kwargs={"worker": "w"}, daemon=True)
    at_work.start()
    models = lambda: (engine_client.engine_state() or {}).get("models", [])  # noqa: E731
    wait_until(lambda: slug in {each["name"] for each in models()}, PATIENCE_S)
    asked = {
        "model": slug,
        "messages": [{"role": "user", "content": "company: Ostra"}],
        "temperature": 0,
        "max_tokens": 24,
    }
    with override_settings(SERVING_PATIENCE_S=PATIENCE_S):
        told = Client(headers={"Authorization": f"Bearer {token}"}).post(
            "/v1/chat/completions", asked, content_type="application/json"
        )
    switch.stop_serving(by=Member.objects.get())
    at_work.join(60)
    assert told.status_code == 200, told.content
    return json.dumps(told.json()["choices"][0]["message"]["content"])


def _artefacts(run_dir: Path) -> list[ArtefactRef]:
    return [
        ArtefactRef(
            path=str(file.relative_to(run_dir)),
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            bytes=file.stat().st_size,
        )
        for file in sorted((run_dir / "adapter").iterdir())
    ]
