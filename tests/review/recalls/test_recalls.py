"""Many drafts out of use in one act, and back: nothing later holds them meanwhile,
and what stood before stands again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from audit.models import AuditRow
from members.models import Member
from review.datasets import freezing, removed_samples, revocations, write_version
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.desk import deck
from review.desk import golds as golds_of_desk
from review.models import DatasetVersion, Draft, Gold, Recall, RecalledDraft, RecallUndo, Revocation, Task
from review.states import DraftState, RecallReturn, Role
from tests.review import factories
from tests.review.datasets import golds
from web.errors import Refusal
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    """Six drafts: two each by the teachers one, two and three; the first four are judged."""
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 6))
    for _ in range(4):
        golds.decide(admin, task)
    ordered = [*judged(task), *Draft.objects.filter(task=task, gold__isnull=True).order_by("pk")]
    for number, draft in enumerate(ordered):
        Draft.objects.filter(pk=draft.pk).update(teacher=("one", "two", "three")[number // 2])
    return task


def judged(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task, gold__isnull=False).order_by("pk"))


def make(task: Task, by: Member, **criteria: Any) -> Recall:
    chosen = Criteria.read(criteria)
    tag = preview.preview(task, chosen, by=by).tag
    return recall.carry_out(task, chosen, by=by, id=uuid4(), reason="A broken prompt.", tag=tag)


def usable(task: Task) -> int:
    return freezing.select(task, DatasetFilters()).sifted.golds


def states(task: Task) -> dict[Any, str]:
    return dict(Draft.objects.filter(task=task).values_list("pk", "state"))


def test_all_drafts_of_a_teacher_leave_later_versions_and_come_back_as_they_were(task: Task, admin: Member) -> None:
    before, golds_before = states(task), set(Gold.objects.values_list("decision_id", flat=True))

    made = make(task, admin, teacher="one")
    without = usable(task)
    recall.undo(made.pk, by=admin)

    assert (made.count, without, usable(task)) == (2, 2, 4)
    assert states(task) == before
    assert set(Gold.objects.values_list("decision_id", flat=True)) == golds_before
    assert not Revocation.objects.exists()
    assert RecalledDraft.objects.filter(recall=made).count() == 2


def test_drafts_that_wait_or_are_in_a_deck_leave_the_desk_until_the_undo(
    task: Task, admin: Member, reviewer: Member
) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    deck.deal(reviewer, task, count=1)

    made = make(task, admin, teacher="three")

    assert set(Draft.objects.filter(teacher="three").values_list("state", flat=True)) == {DraftState.KEPT}
    assert deck.deal(reviewer, task, count=5) == []
    recall.undo(made.pk, by=admin)
    assert set(Draft.objects.filter(teacher="three").values_list("state", flat=True)) == {DraftState.PENDING}


def test_back_to_the_desk_no_verdict_counts_until_the_draft_is_judged_anew(task: Task, admin: Member) -> None:
    Draft.objects.filter(task=task, teacher="three").update(state=DraftState.KEPT)
    made = make(task, admin, reviewer=admin.username)
    assert (made.count, usable(task)) == (4, 0)

    recall.undo(made.pk, by=admin, kind=RecallReturn.JUDGE_ANEW)
    counting_at_once = usable(task)
    golds.decide(admin, task, "reject")
    golds.decide(admin, task)

    assert counting_at_once == 0
    assert sorted(Gold.objects.values_list("verdict", flat=True)) == ["accept", "reject"]
    golds_of_desk.rebuild()
    assert sorted(Gold.objects.values_list("verdict", flat=True)) == ["accept", "reject"]


@pytest.mark.slow
def test_criteria_narrow_together_and_a_period_is_of_the_verdict_where_a_reviewer_is_named(
    task: Task, admin: Member
) -> None:
    Draft.objects.filter(task=task, teacher="two").update(created_at=timezone.now() - timedelta(days=30))
    last_week = (timezone.now() - timedelta(days=7)).date()

    def count(**criteria: Any) -> int:
        return preview.preview(task, Criteria.read(criteria), by=admin).drafts

    assert count(until=last_week) == 2
    assert count(since=last_week) == 4
    assert count(reviewer=admin.username, since=last_week) == 4
    assert count(reviewer=admin.username, until=last_week) == 0
    assert count(teacher="one", reviewer=admin.username) == 2
    assert count(teacher="three", reviewer=admin.username) == 0
    assert count(order=uuid4()) == 0


def test_the_preview_counts_what_rests_on_the_drafts(task: Task, admin: Member) -> None:
    version = golds_frozen(task, admin)

    found = preview.preview(task, Criteria(until=timezone.now().date()), by=admin)

    assert (found.drafts, found.accepted_or_edited, found.rejected, found.waiting) == (6, 4, 0, 2)
    assert [(held.version.pk, held.rows) for held in found.versions] == [(version, 4)]


def golds_frozen(task: Task, by: Member) -> Any:
    version = freezing.freeze(freezing.create(task, name="Gold", by=by), by=by)
    write_version.seal(version.pk, write_version.write(version.pk, report=lambda done, total: None))
    return version.pk


def test_a_frozen_version_is_marked_while_the_recall_stands_and_not_after_its_undo(task: Task, admin: Member) -> None:
    version = DatasetVersion.objects.get(pk=golds_frozen(task, admin))

    made = make(task, admin, teacher="one")
    marked = removed_samples.removed_counts(version)
    recall.undo(made.pk, by=admin)

    assert (marked["revoked"], removed_samples.removed_counts(version)["revoked"]) == (2, 0)


def test_what_was_revoked_by_itself_is_not_taken_and_stays_revoked(task: Task, admin: Member) -> None:
    alone = Draft.objects.filter(task=task, teacher="one")[0]
    revocations.revoke(alone.pk, by=admin, reason="Withdrawn.")

    made = make(task, admin, teacher="one")
    recall.undo(made.pk, by=admin)

    assert made.count == 1
    assert Revocation.objects.get().draft_id == alone.pk


def test_after_an_undo_the_same_drafts_can_be_recalled_once_more(task: Task, admin: Member) -> None:
    recall.undo(make(task, admin, teacher="one").pk, by=admin)

    assert make(task, admin, teacher="one").count == 2


def test_what_other_drafts_meet_meanwhile_is_refused_and_the_same_act_twice_is_one(task: Task, admin: Member) -> None:
    chosen, act_id = Criteria(teacher="one"), uuid4()
    tag = preview.preview(task, chosen, by=admin).tag
    Draft.objects.filter(task=task, teacher="three").update(teacher="one")

    with pytest.raises(Refusal, match="The matching drafts") as refused:
        recall.carry_out(task, chosen, by=admin, id=act_id, reason="Wrong.", tag=tag)
    tag = preview.preview(task, chosen, by=admin).tag
    made = [recall.carry_out(task, chosen, by=admin, id=act_id, reason="Wrong.", tag=tag) for _ in range(2)]

    assert refused.value.status == 412
    assert made[0] == made[1]
    assert Recall.objects.get().count == 4
    with pytest.raises(Refusal, match="already used for another recall"):
        recall.carry_out(task, Criteria(teacher="two"), by=admin, id=act_id, reason="Wrong.", tag=tag)


def test_refusals_say_what_is_missing(task: Task, admin: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    tag = preview.preview(task, Criteria(teacher="nobody"), by=admin).tag

    with pytest.raises(Refusal, match="No filter selects"):
        Criteria.read({"teacher": ""})
    with pytest.raises(Refusal, match="needs a reason"):
        recall.carry_out(task, Criteria(teacher="one"), by=admin, id=uuid4(), reason=" ", tag=tag)
    with pytest.raises(Refusal, match="must name its preview"):
        recall.carry_out(task, Criteria(teacher="one"), by=admin, id=uuid4(), reason="Wrong.", tag=None)
    with pytest.raises(Refusal, match="No draft in use"):
        recall.carry_out(task, Criteria(teacher="nobody"), by=admin, id=uuid4(), reason="Wrong.", tag=tag)
    with pytest.raises(PermissionDenied):
        recall.carry_out(task, Criteria(teacher="one"), by=reviewer, id=uuid4(), reason="Wrong.", tag=tag)
    assert not Recall.objects.exists()


def test_an_undo_is_a_leads_and_comes_once(task: Task, admin: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    made = make(task, admin, teacher="one")

    with pytest.raises(PermissionDenied):
        recall.undo(made.pk, by=reviewer)
    with pytest.raises(Http404):
        recall.undo(uuid4(), by=admin)
    recall.undo(made.pk, by=admin)
    with pytest.raises(Refusal, match="already undone"):
        recall.undo(made.pk, by=admin)


def test_act_and_undo_are_on_the_trail_and_told_to_hooks_once(task: Task, admin: Member) -> None:
    made = make(task, admin, teacher="one")
    recall.undo(made.pk, by=admin)

    acts = AuditRow.objects.filter(subject_id=str(made.pk)).order_by("pk")
    assert list(acts.values_list("act", flat=True)) == ["drafts_recalled", "recall_undone"]
    assert WebhookEvent.objects.get().data["count"] == 2


def test_rows_of_recalls_refuse_every_change_and_revocations_go_by_the_undo_alone(task: Task, admin: Member) -> None:
    made = make(task, admin, teacher="one")
    changes = [
        lambda: Recall.objects.filter(pk=made.pk).update(count=9),
        lambda: Recall.objects.filter(pk=made.pk)._raw_delete("default"),
        lambda: RecalledDraft.objects.update(state_before="kept"),
        lambda: RecalledDraft.objects.all()._raw_delete("default"),
        lambda: Revocation.objects.update(reason="Other."),
        lambda: Revocation.objects.all()._raw_delete("default"),
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            change()

    recall.undo(made.pk, by=admin)

    for row_change in (lambda: RecallUndo.objects.update(count=9), lambda: RecallUndo.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            row_change()
