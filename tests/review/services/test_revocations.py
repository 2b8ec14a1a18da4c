"""Taking samples out of use: nothing later holds them, and what was made before says so."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from audit.models import AuditRow
from members.models import Member
from review.datasets import freezing, revocations
from review.datasets import removed_samples as selectors
from review.datasets.dataset_filters import DatasetFilters
from review.desk import deck
from review.models import Assignment, DatasetVersion, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Role
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import frozen
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 6))
    for _ in range(4):
        golds.decide(admin, task)
    return task


def judged(task: Task) -> Draft:
    return Draft.objects.filter(task=task, gold__isnull=False).order_by("pk")[0]


@pytest.mark.slow
def test_a_revoked_sample_stands_in_no_later_version_and_marks_the_earlier(task: Task, admin: Member) -> None:
    before = frozen(task, admin)
    draft = judged(task)

    revocations.revoke(draft.pk, by=admin, reason="The customer withdrew.")

    after = frozen(task, admin)
    assert (before.counts["rows"], after.counts["rows"]) == (4, 3)
    assert selectors.removed_counts(before) == {"revoked": 1, "erased": 0}
    assert selectors.removed_counts(after) == {"revoked": 0, "erased": 0}
    assert [found.reason for found in selectors.in_version(before)] == ["The customer withdrew."]
    before.refresh_from_db()
    assert DatasetVersion.objects.filter(selectors.holds_revoked()).get() == before


def test_the_gold_itself_stays_so_that_a_rebuild_finds_it_again(task: Task, admin: Member) -> None:
    draft = judged(task)

    revocations.revoke(draft.pk, by=admin, reason="Wrong facts.")

    assert Gold.objects.filter(draft=draft).exists()
    assert freezing.select(task, DatasetFilters()).sifted.golds == 3


def test_a_draft_that_waits_or_is_in_deck_leaves_the_desk(task: Task, admin: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    card = deck.deal(reviewer, task, count=1)[0]

    revocations.revoke(card.draft_id, by=admin, reason="Wrong facts.")

    card.draft.refresh_from_db()
    assert card.draft.state == DraftState.KEPT
    assert Assignment.objects.get(pk=card.pk).state == AssignmentState.RELEASED
    assert card.draft_id not in {dealt.draft_id for dealt in deck.deal(reviewer, task, count=5)}


def test_twice_is_told_and_changes_nothing(task: Task, admin: Member) -> None:
    draft = judged(task)
    revocations.revoke(draft.pk, by=admin, reason="Wrong facts.")

    with pytest.raises(Refusal, match="already revoked"):
        revocations.revoke(draft.pk, by=admin, reason="Again.")


def test_a_reason_is_wanted(task: Task, admin: Member) -> None:
    with pytest.raises(Refusal, match="needs a reason"):
        revocations.revoke(judged(task).pk, by=admin, reason="  ")


def test_only_a_lead_may_and_a_stranger_finds_nothing(task: Task, reviewer: Member) -> None:
    draft = judged(task)

    with pytest.raises(Http404):
        revocations.revoke(draft.pk, by=reviewer, reason="x")
    factories.join(reviewer, task, Role.REVIEWER)
    with pytest.raises(PermissionDenied, match="lead"):
        revocations.revoke(draft.pk, by=reviewer, reason="x")


def test_it_is_written_into_the_trail_without_the_reason(task: Task, admin: Member) -> None:
    draft = judged(task)

    revocations.revoke(draft.pk, by=admin, reason="Frau Meier asked.")

    row = AuditRow.objects.get(act="sample_revoked")
    assert row.subject_id == str(draft.pk)
    assert "Meier" not in str(row.detail)
