"""500 attempts to change a frozen version, an old decision and their like, by every avenue; nothing changes,
each says why.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from members.models import Member
from review.models import Draft, Preference, Recall, RecalledDraft, RecallUndo, Reconsideration, Revocation, Ruling
from tests.hostile.attempts import all_of, everything
from tests.review.factories import make_task
from tests.training.conftest import freeze

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.stress]
FULL = 500
COUNT = FULL if os.environ.get("STRESS") == "1" else FULL // 5


@pytest.mark.timeout(1200)
def test_attempts_change_nothing_and_each_is_refused_with_its_reason(
    admin: Member, as_member: Any, api_as: Any
) -> None:
    task = make_task(by=admin)
    freeze(task, admin, train=12, validation=3)
    first, second = Draft.objects.filter(task=task).select_related("record")[:2]
    Ruling.objects.create(draft=first, kind="settle", lead=admin)
    Preference.objects.create(task=task, record=second.record, reviewer=admin, chosen=second, body_hash="c" * 64)
    Revocation.objects.create(draft=second, by=admin, reason="Wrong.")
    recall = Recall.objects.create(task=task, by=admin, reason="Wrong.", count=1)
    RecalledDraft.objects.create(recall=recall, draft=first, state_before="decided")
    RecallUndo.objects.create(recall=recall, by=admin, kind="as_before", count=1)
    Reconsideration.objects.create(task=task, task_version=task.versions.get(), kind="stand", by=admin)
    browser, program = as_member(admin), api_as(admin)
    before = everything()
    attempts = all_of(browser, program)
    step = max(1, len(attempts) // COUNT)
    # Every avenue is among the fewer ones too: they lie side by side.
    tried = [attempts[(number * step) % len(attempts)] for number in range(COUNT)] if step > 1 else attempts
    while len(tried) < COUNT:
        tried += attempts[: COUNT - len(tried)]

    succeeded = [(attempt.name, said) for attempt in tried for is_refused, said in [attempt.act()] if not is_refused]

    assert succeeded == []
    assert everything() == before
    assert len(tried) >= COUNT
