"""The loaders make the snapshot that is shipped: equal records, drafts, approved examples and frozen rows."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.data.tasks import MAILS
from miniatures_site import one_machine
from miniatures_site.backup import archive, portable

ROOT = Path(__file__).resolve().parents[3]
READ = {"review_task", "review_record", "review_draft", "review_decision", "review_gold", "review_datasetrow"}
# The campaign's drafts follow from which contacts the import drew first, so only their number is held.
CAMPAIGN = "campaign"


def _hash(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(sorted(values)).encode()).hexdigest()


def hashes(snapshot: Path, scratch: Path) -> dict[str, Any]:
    """Hash what a snapshot holds by what it says, since ids differ from load to load."""
    rows: dict[str, list[dict[str, Any]]] = {}
    with archive.unpacked(snapshot, near=scratch) as folder:
        for table, every in portable.read(folder / portable.FILE):
            kept = [dict(zip(table.columns, row, strict=True)) for row in every if table.table in READ]
            rows[table.table] = kept
    records = {row["id"]: row["content_hash"] for row in rows["review_record"]}
    drafts = {row["id"]: (records[row["record_id"]], row["fields_hash"]) for row in rows["review_draft"]}
    from_campaign = {row["id"] for row in rows["review_draft"] if row["origin"] == CAMPAIGN}
    decided = {row["id"]: (row["verdict"], row["fields"] or "") for row in rows["review_decision"]}
    frozen = [
        (row["split"], *drafts[row["draft_id"]], *decided[row["decision_id"]]) for row in rows["review_datasetrow"]
    ]
    # The mails' second week is judged as the desk deals, which goes by ids; what was frozen before is held as frozen
    # rows.
    dealt = {row["id"] for row in rows["review_task"] if row["slug"] == MAILS}
    golds = [r for r in rows["review_gold"] if r["task_id"] not in dealt and r["draft_id"] not in from_campaign]
    return {
        "records": _hash(list(records.values())),
        "drafts": _hash([text for pk, text in drafts.items() if pk not in from_campaign]),
        "campaign_drafts": len(from_campaign),
        "approved": _hash([(*drafts[row["draft_id"]], *decided[row["decision_id"]]) for row in golds]),
        "frozen": _hash(frozen),
    }


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_loaders_make_what_is_shipped(tmp_path):
    # Packing takes minutes, and another size each time.
    made = tmp_path / "again.tar"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
        "VAR_DIR": str(tmp_path / "var"),
    }

    subprocess.run([sys.executable, "manage.py", "demo_snapshot", str(made)], cwd=ROOT, env=environment, check=True)

    assert hashes(made, tmp_path) == hashes(one_machine.DEMO_SNAPSHOT, tmp_path)
