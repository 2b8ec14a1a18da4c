"""The evidence file of a real miniature: whole, the same twice, for leads alone, and without what was erased."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from audit import trail
from audit.models import AuditRow
from audit.seals import sealing
from evaluation.gates.rules import GateRule
from evaluation.gates.set_gate import set_gate
from evaluation.states import RuleKind
from members.models import Member
from review.erasure import erase
from review.models import DatasetRow
from review.states import Role
from review.tasks import team
from serving.evidence import layout, make
from serving.evidence.verification import verify
from serving.models import Promotion
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def written(miniature: Miniature, folder: Path, *, with_rows: bool = False) -> Path:
    path = folder / f"{len(list(folder.glob('*.zip')))}.zip"
    with path.open("wb") as target:
        make.make(miniature, target, with_rows=with_rows)
    return path


def rows(path: Path, name: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(name).splitlines()]


@pytest.mark.slow
def test_the_same_state_gives_the_same_bytes_and_they_hold(
    miniature: Miniature, viewer: Member, admin: Member, tmp_path: Path
) -> None:
    team.give_role(viewer, miniature.task, role=Role.REVIEWER, by=admin)

    first, second = written(miniature, tmp_path), written(miniature, tmp_path)
    check = verify(first)

    assert check.mismatches == []
    assert any("not sealed yet" in note for note in check.notes)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    sealing.seal_days(now=timezone.now() + timedelta(days=2))
    sealed = verify(written(miniature, tmp_path))
    # Every row was found among the leaves of its day.
    assert sealed.mismatches == []
    assert not any("not sealed yet" in note for note in sealed.notes)
    assert {row["act"] for row in rows(first, layout.RIGHTS_HISTORY)} >= {"role_given", "task_made"}
    decided = rows(first, layout.DECISIONS)
    assert len(decided) == 15
    assert all("note" not in row and len(row["reviewer"]) == 36 for row in decided)


@pytest.mark.slow
def test_what_a_gate_asked_and_who_passed_over_it_stands_in_it(
    miniature: Miniature, lead: Member, tmp_path: Path
) -> None:
    set_gate(miniature.task, rules=[GateRule(RuleKind.AT_LEAST, "passes_all", 0.7)], by=lead)
    why = "The client has seen it and wants it."
    Promotion.objects.create(
        task=miniature.task,
        miniature=miniature,
        act="promote",
        by=lead,
        overridden="Not measured.",
        override_reason=why,
    )

    gate, promoted = rows(written(miniature, tmp_path), layout.GATE)

    assert (gate["gate"], gate["rules"][0]["metric"], gate["set_by"]) == (1, "passes_all", str(lead.pk))
    assert (promoted["overridden"], promoted["reason"], promoted["by"]) == ("Not measured.", why, str(lead.pk))


@pytest.mark.slow
def test_with_rows_the_dataset_is_redone_from_them_and_what_was_erased_is_not_there(
    miniature: Miniature, tmp_path: Path
) -> None:
    whole = written(miniature, tmp_path, with_rows=True)
    assert verify(whole).mismatches == []
    assert not any("rows are not included" in note for note in verify(whole).notes)
    record = DatasetRow.objects.filter(version=miniature.run.dataset_version, split="train").earliest("pk").draft.record
    secret = str(record.facts["company"])
    with zipfile.ZipFile(whole) as archive:
        assert any(secret.encode() in archive.read(name) for name in archive.namelist())

    erase.erase_records([record.pk])
    after = written(miniature, tmp_path, with_rows=True)

    check = verify(after)
    assert check.mismatches == []
    assert any("written anew after people were erased" in note for note in check.notes)
    with zipfile.ZipFile(after) as archive:
        held = [name for name in archive.namelist() if secret.encode() in archive.read(name)]
    assert held == []


def test_rows_that_are_not_in_storage_are_told(miniature: Miniature) -> None:
    file = miniature.run.dataset_version.files.filter(container="jsonl").first()
    assert file
    default_storage.delete(file.path)

    with pytest.raises(Refusal) as refused:
        make.make(miniature, io.BytesIO(), with_rows=True)

    assert (refused.value.code, refused.value.status) == ("files_missing", 409)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_file_is_made_of_one_state_of_the_database(miniature: Miniature, admin: Member) -> None:
    def judge_meanwhile() -> None:
        try:
            trail.record("gate_set", by=admin, about=miniature, task=miniature.task.slug)
        finally:
            connections.close_all()

    with make.one_state():
        before = AuditRow.objects.count()
        other = threading.Thread(target=judge_meanwhile)
        other.start()
        other.join(30)
        during = AuditRow.objects.count()

    assert (during, AuditRow.objects.count()) == (before, before + 1)
    assert len(make.make(miniature, io.BytesIO(), with_rows=False)) == 64
