"""One verdict for many drafts: what it writes, what it leaves out, what it refuses."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from audit.models import AuditRow
from members.models import Member
from review.bulk import execution
from review.desk import deck as desk_deck
from review.erasure.erase import erase_records
from review.models import Assignment, BulkAct, Decision, DeskSettings, Draft, Gold, KnownAnswer, Task
from review.states import AssignmentState, DraftState, Drawn, Role, Verdict
from tests.review import factories
from tests.review.bulk.acts import THURSDAY, act, pending, preview, said, with_other_reasons
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_rejecting_many_writes_what_rejecting_one_by_one_would(task: Task, expert: Member) -> None:
    ids = pending(task, 30)

    done = act(task, ids, by=expert, note="All about Thursday")

    decisions = Decision.objects.filter(bulk=done)
    assert done.count == 30
    assert {one.verdict for one in decisions} == {Verdict.REJECT}
    assert {tuple(one.reasons) for one in decisions} == {("tone",)}
    assert {one.seconds for one in decisions} == {0}
    assert {one.note for one in decisions} == {"All about Thursday"}
    assert Gold.objects.filter(decision__in=decisions).count() == 30
    assert Draft.objects.filter(pk__in=ids, state=DraftState.DECIDED).count() == 30
    assert Assignment.objects.filter(draft__in=ids, reviewer=expert, state=AssignmentState.DONE).count() == 30


def test_the_trail_tells_how_many_drafts_an_act_is_about(task: Task, expert: Member) -> None:
    act(task, pending(task, 4), by=expert)

    assert AuditRow.objects.get(act="bulk_act").detail["count"] == 4


def test_golds_of_an_act_rebuild_identically(task: Task, expert: Member) -> None:
    act(task, pending(task, 20), "accept", by=expert)
    before = list(Gold.objects.order_by("draft_id").values())

    call_command("rebuild_golds", verbosity=0)

    assert list(Gold.objects.order_by("draft_id").values()) == before


def test_a_change_of_a_sentence_is_an_edit_of_each_draft(task: Task, expert: Member) -> None:
    ids = pending(task, 5)

    act(task, ids, "edit", by=expert, find=THURSDAY, replace="May I call you next week?")

    for one in Decision.objects.filter(draft__in=ids).select_related("draft"):
        assert one.verdict == Verdict.EDIT
        assert one.fields["body"] == one.draft.fields["body"].replace(THURSDAY, "May I call you next week?")
        assert one.edit_size > 0
        assert one.edit_kinds


def test_a_dropped_sentence_leaves_no_gap(task: Task, expert: Member) -> None:
    (only,) = pending(task, 1)

    act(task, [only], "edit", by=expert, find=THURSDAY)

    body = Decision.objects.get(draft=only).fields["body"]
    assert "Thursday" not in body
    assert "\n\n\n" not in body
    assert "about it.\n\nBest regards" in body


def test_what_was_set_aside_of_the_random_slice_comes_last_too(task: Task, expert: Member) -> None:
    ids = pending(task, 10)
    Draft.objects.filter(pk__in=ids).update(random_key=1)

    act(task, ids, "set_aside", by=expert, note="After the fair")

    assert not set(ids) & {card.draft_id for card in desk_deck.deal(expert, task, count=30)}
    last = desk_deck.deal(expert, task, count=40)[30:]
    assert {card.draft_id for card in last} == set(ids)
    assert {card.drawn for card in last} == {Drawn.RANDOM}


def test_setting_aside_decides_nothing_and_puts_behind(task: Task, expert: Member) -> None:
    ids = pending(task, 4)

    done = act(task, ids, "set_aside", by=expert, note="After the fair")

    assert done.count == 4
    assert not Decision.objects.exists()
    assert set(pending(task)[-4:]) == set(ids)
    assert set(Assignment.objects.values_list("note", "state")) == {("After the fair", "set_aside")}


def test_a_preview_says_what_is_left_out_and_why(task: Task, expert: Member, other: Member, admin: Member) -> None:
    ids = pending(task, 12)
    deck = desk_deck.deal(other, task, count=2)
    mine = desk_deck.deal(expert, task, count=1)
    judge(deck[0], by=other)
    Draft.objects.filter(pk=ids[5]).update(for_reviewer=other)
    Draft.objects.filter(pk=ids[6]).update(verdicts_wanted=2)
    Draft.objects.filter(pk=ids[7]).update(state=DraftState.KEPT)
    KnownAnswer.objects.create(draft_id=ids[8], task=task, verdict="accept")
    asked = {*ids, *(card.draft_id for card in [*deck, *mine])}
    gone = uuid4()

    plan = preview(task, [*asked, gone], by=expert)

    assert plan.left_out["judged already"] == 2  # one by a verdict, one because its answer is known
    assert plan.left_out["in front of a reviewer"] == 1
    assert plan.left_out["in your deck; judge them there"] == 1
    assert plan.left_out["waiting for a certain reviewer"] == 1
    assert plan.left_out["waiting for a second verdict, which is given blind"] == 1
    assert plan.left_out["kept from the desk"] == 1
    assert plan.left_out["no longer there"] == 1
    assert len(plan.ids) + plan.left_out.total() == len(asked) + 1
    assert not Decision.objects.filter(bulk__isnull=False).exists()


def test_drafts_of_the_overlap_are_left_to_be_judged_blind(task: Task, expert: Member) -> None:
    DeskSettings.objects.create(task=task, overlap_share=1.0, overlap_reviewers=2)

    plan = preview(task, pending(task, 10), by=expert)

    assert plan.ids == []
    assert plan.left_out == {"waiting for a second verdict, which is given blind": 10}


def test_an_edit_leaves_out_where_it_does_not_fit(task: Task, expert: Member) -> None:
    records = factories.make_records(factories.make_source(task, name="Short"), 2)
    short, without = factories.make_drafts(
        task, records, fields=[{"subject": "Hi", "body": THURSDAY}, {"subject": "Hi", "body": "Nothing of it."}]
    )

    plan = preview(task, [short.pk, without.pk, *pending(task, 1)], "edit", by=expert, find=THURSDAY)

    assert len(plan.ids) == 1
    assert plan.left_out["they do not contain the sentence"] == 1
    assert plan.left_out["afterwards field 'body' is empty; it is required"] == 1


def test_what_is_judged_between_preview_and_act_is_passed_over(task: Task, expert: Member, other: Member) -> None:
    plan = preview(task, pending(task, 10), by=expert)
    (card,) = desk_deck.deal(other, task, count=1)
    judge(card, by=other)

    done = execution.carry_out(task, by=expert, id=uuid4(), drafts=plan.ids, submission=said(), tag=plan.tag)

    assert done.count == 9
    assert done.selection["left_out"] == {"judged already": 1}
    assert Gold.objects.get(draft=card.draft_id).verdict == Verdict.ACCEPT


def test_the_same_act_twice_is_one_act(task: Task, expert: Member) -> None:
    ids, one = pending(task, 10), uuid4()
    plan = preview(task, ids, by=expert)
    ask = {"by": expert, "id": one, "drafts": plan.ids, "submission": said(), "tag": plan.tag}

    execution.carry_out(task, **ask)
    again = execution.carry_out(task, **ask)

    assert again.count == 10
    assert Decision.objects.count() == 10
    assert BulkAct.objects.count() == 1


def test_an_act_that_was_cut_off_goes_on_where_it_stopped(task: Task, expert: Member) -> None:
    plan = preview(task, pending(task, 20), by=expert)
    one = uuid4()
    whole = {"by": expert, "id": one, "submission": said(), "drafts": plan.ids, "tag": plan.tag}
    act_row = execution._act(task, by=expert, id=one, submission=said(), tag=plan.tag, how={}, draft_count=20)
    execution._carry_out_chunk(act_row, sorted(plan.ids)[:7], said(), by=expert, task=task)

    done = execution.carry_out(task, **whole)

    assert done.count == 20
    assert Decision.objects.filter(bulk=done).count() == 20
    assert done.selection["left_out"] == {}


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"tag": None}, "preview_missing", 428),
        ({"tag": "0" * 40}, "preview_changed", 412),
        ({"drafts": []}, "no_drafts", 422),
        ({"submission": said("accept")}, "preview_changed", 412),
        ({"drafts": [uuid4() for _ in range(5001)]}, "too_many_drafts", 413),
    ],
)
def test_an_act_that_is_not_its_preview_is_refused(task: Task, expert: Member, changes, code, status) -> None:
    plan = preview(task, pending(task, 5), by=expert)
    ask = {"by": expert, "id": uuid4(), "drafts": plan.ids, "submission": said(), "tag": plan.tag, **changes}

    with pytest.raises(Refusal) as refused:
        execution.carry_out(task, **ask)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert not Decision.objects.exists()


def test_one_id_for_two_acts_is_refused(task: Task, expert: Member, other: Member) -> None:
    one = uuid4()
    act(task, pending(task, 3), by=expert, id=one)

    with pytest.raises(Refusal, match="another act"):
        act(task, pending(task, 3), by=other, id=one)


def test_accepting_more_than_fifty_asks_for_the_number_typed(task: Task, expert: Member) -> None:
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 20))
    ids = pending(task, 60)

    with pytest.raises(Refusal, match="type their number"):
        act(task, ids, "accept", by=expert)
    with pytest.raises(Refusal, match="type their number"):
        act(task, ids, "accept", by=expert, typed=59)
    done = act(task, ids, "accept", by=expert, typed=60)

    assert done.count == 60


def test_a_reject_without_a_reason_is_refused_where_the_task_names_reasons(task: Task, expert: Member) -> None:
    with pytest.raises(Refusal, match="names at least one reason"):
        preview(task, pending(task, 3), by=expert, reasons=[])


@pytest.mark.parametrize(("reason", "count", "others"), [("wrong_fact", 3, 2), ("stale", 2, 3), ("tone", 5, 0)])
def test_a_reason_of_one_version_leaves_out_the_drafts_of_others(
    task: Task, expert: Member, admin: Member, reason: str, count: int, others: int
) -> None:
    ids = pending(task, 3) + with_other_reasons(task, by=admin, count=2)

    plan = preview(task, ids, by=expert, reasons=[reason])
    done = act(task, ids, by=expert, reasons=[reason])

    assert plan.left_out == ({"their version of the task has other reasons": others} if others else {})
    assert len(plan.ids) == done.count == count


def test_a_reason_of_no_version_is_refused(task: Task, expert: Member, admin: Member) -> None:
    ids = pending(task, 3) + with_other_reasons(task, by=admin, count=2)

    with pytest.raises(Refusal, match="has no reason 'dull'"):
        preview(task, ids, by=expert, reasons=["dull"])


def test_who_does_not_review_the_task_decides_nothing(task: Task, expert: Member, make_member) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)
    plan = preview(task, pending(task, 3), by=expert)

    with pytest.raises(PermissionDenied):
        execution.carry_out(task, by=viewer, id=uuid4(), drafts=plan.ids, submission=said(), tag=plan.tag)


def test_drafts_of_another_task_are_not_there(task: Task, expert: Member, admin: Member) -> None:
    foreign = factories.make_desk(by=admin, count=3, slug="elsewhere")

    plan = preview(task, pending(foreign), by=expert)

    assert plan.ids == []
    assert plan.left_out == {"no longer there": 3}


def test_an_erased_draft_is_kept_from_the_desk(task: Task, expert: Member) -> None:
    ids = pending(task, 3)
    erase_records([Draft.objects.get(pk=ids[0]).record_id])

    plan = preview(task, ids, by=expert)

    assert len(plan.ids) == 2
