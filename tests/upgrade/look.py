"""Look whether the product works on the database of this process; run where Django is set up, by any version's code.

It checks triggers, the trail's seals, the ledger's sums and the approved examples, opens pages and lists, and judges a
draft. The last line is a JSON object of paths and their statuses.
"""

from __future__ import annotations

import json
from uuid import uuid4

TASK = "outreach-e-mail"
PAGES = (
    "/",
    "/tasks/",
    *(
        f"/tasks/{TASK}/{page}"
        for page in (
            "",
            "sources/",
            "review/list/",
            "generation/",
            "datasets/",
            "training/",
            "evaluation/",
            "miniatures/",
            "campaigns/",
            "review/agreement/",
        )
    ),
)
LISTS = (
    "tasks",
    "sources",
    "drafts",
    "orders",
    "datasets",
    "training-runs",
    "evaluations",
    "miniatures",
    "campaigns",
    "jobs",
    "teachers",
    "students",
)


def main() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from evaluation.models import Evaluation
    from members.models import Member
    from review.models import DatasetVersion
    from training.models import Miniature

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("check", databases=["default"])
    call_command("verify_audit")
    call_command("rebuild_ledger", check=True)
    call_command("rebuild_golds")
    client, miniature = Client(), Miniature.objects.get()
    client.force_login(Member.objects.get(username="demo"), backend="django.contrib.auth.backends.ModelBackend")
    paths = [
        *PAGES,
        *(f"/api/v1/{name}/" for name in LISTS),
        f"/training/{miniature.run_id}/",
        f"/miniatures/{miniature.pk}/",
        f"/evaluations/{Evaluation.objects.latest('created_at').pk}/",
        f"/datasets/{DatasetVersion.objects.get().dataset.slug}/",
        "/campaigns/kept/",
    ]
    answers = {path: client.get(path).status_code for path in paths}
    card = client.get(f"/api/v1/desk/{TASK}/deck/").json()["cards"][0]
    path = f"/api/v1/drafts/{card['id']}/decisions/"
    answers[path] = client.post(
        path,
        {"id": str(uuid4()), "verdict": "accept", "seconds": 3.0},
        content_type="application/json",
        headers={"If-Match": f'"{card["etag"]}"'},
    ).status_code
    print(json.dumps(answers))


if __name__ == "__main__":
    import django

    django.setup()
    main()
