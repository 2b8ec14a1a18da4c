"""The best of a record's drafts: by checks, by a judge, and what happens when neither can say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.calls import close
from generation.diversity.request import MixRequest
from generation.kinds import GenerationKind
from generation.models import BestOf, Call, LeftOut, Order, Teacher
from generation.orders import launch
from generation.selection import judge as selection_judge
from generation.states import Purpose
from jobs.contracts import EngineEvent
from members.models import Member
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.models import Draft, Preference, Source, Task
from review.states import DraftState
from tests.generation.test_ingest import told
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SOUND = "We read that you opened a depot. Shall we talk on Monday?"


def draft(order: Order, n: int, body: str, record: int = 0) -> EngineEvent:
    fields = {"subject": f"Hello {n}", "body": body}
    return told(order, "draft", n, index=n, record=order.record_ids[record], fields=fields)


def on_desk() -> list[str]:
    waiting = Draft.objects.filter(state=DraftState.PENDING)
    return sorted(waiting.values_list("fields__subject", flat=True))


def test_the_draft_with_the_lightest_marks_comes_once_all_are_there(
    checked: Task, offline: Teacher, lead: Member
) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=4, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    kind = GenerationKind()

    kind.on_events(order.job, [draft(order, 1, "Dear [Name], shall we talk?"), draft(order, 2, SOUND, record=1)])
    assert on_desk() == []
    kind.on_events(order.job, [draft(order, 3, SOUND)])

    assert on_desk() == ["Hello 3"]
    best = BestOf.objects.get()
    assert (best.by, len(best.drafts), best.chosen.fields["subject"]) == ("checks", 2, "Hello 3")
    assert best.weights[str(best.chosen_id)] == 0 and max(best.weights.values()) >= 10
    left = LeftOut.objects.get()
    assert (left.reason, left.because_of_id) == ("not_best", best.chosen_id)


def test_a_failed_sibling_leaves_the_one_that_came(checked: Task, offline: Teacher, lead: Member) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=2, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    failure = told(order, "failure", 2, index=2, code="refused", message="No.", excerpt="")

    GenerationKind().on_events(order.job, [draft(order, 1, SOUND), failure])

    assert on_desk() == ["Hello 1"]
    assert BestOf.objects.get().by == "alone"


def on_the_wire(order: Order, kind: str, *calls: tuple[int, int]) -> EngineEvent:
    """The event of this kind about calls, each by its number and its place in the order."""
    told_calls = [{"call_id": str(UUID(int=n)), "record": order.record_ids[0], "index": index} for n, index in calls]
    return EngineEvent(seq=1, ts=0, kind=kind, payload={"calls": told_calls})


def test_a_sibling_that_was_not_asked_before_a_pause_is_waited_for(
    checked: Task, offline: Teacher, lead: Member
) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=2, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    kind = GenerationKind()
    kind.on_events(order.job, [draft(order, 1, "Dear [Name]?"), on_the_wire(order, "sent", (2, 2))])

    kind.on_events(order.job, [on_the_wire(order, "unsent", (2, 2))])
    before = on_desk()
    kind.on_events(order.job, [draft(order, 2, SOUND)])

    assert (before, on_desk()) == ([], ["Hello 2"])


def test_a_repair_in_doubt_is_no_sibling(checked: Task, offline: Teacher, lead: Member) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=3, per_record=3, by=lead, mix=MixRequest(best_of="checks"))
    )
    kind = GenerationKind()
    flawed = told(order, "failure", 2, index=2, code="flawed", message="It broke the schema.", excerpt="")
    kind.on_events(order.job, [on_the_wire(order, "sent", (9, 2)), flawed])
    close.close(order.job)

    kind.on_events(order.job, [draft(order, 1, "Dear [Name]?")])
    before = on_desk()
    kind.on_events(order.job, [draft(order, 3, SOUND)])

    assert Call.objects.get(pk=UUID(int=9)).state == "uncertain"
    assert (before, on_desk()) == ([], ["Hello 3"])


def test_a_machines_preference_is_no_experts_preference(checked: Task, offline: Teacher, lead: Member) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=2, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )

    GenerationKind().on_events(order.job, [draft(order, 1, SOUND), draft(order, 2, "Dear [Name]?")])

    assert BestOf.objects.count() == 1 and not Preference.objects.exists()


def test_a_draft_that_comes_after_its_records_preference_stays_off_the_desk(
    checked: Task, offline: Teacher, lead: Member, carry_out: Any
) -> None:
    from generation.selection import best

    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=2, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    GenerationKind().on_events(order.job, [draft(order, 1, "Dear [Name]?")])
    best.choose_by_checks(order, [Draft.objects.get().record_id])

    GenerationKind().on_events(order.job, [draft(order, 2, SOUND)])

    assert on_desk() == ["Hello 1"]
    assert LeftOut.objects.get().draft.fields["subject"] == "Hello 2"


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_recalled_draft_is_chosen_only_alone_and_then_waits_for_the_undo(
    checked: Task, offline: Teacher, lead: Member, is_whole: bool
) -> None:
    from generation.selection import best

    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=3, per_record=3, by=lead, mix=MixRequest(best_of="checks"))
    )
    GenerationKind().on_events(order.job, [draft(order, 1, SOUND)])
    if is_whole:
        GenerationKind().on_events(order.job, [draft(order, 2, "Dear [Name]?")])
    chosen = Criteria.read({"order": str(order.pk)})
    tag = preview.preview(checked, chosen, by=lead).tag
    taken = recall.carry_out(checked, chosen, by=lead, id=uuid4(), reason="Broken.", tag=tag)
    if not is_whole:
        GenerationKind().on_events(order.job, [draft(order, 2, "Dear [Name]?")])

    best.choose_by_checks(order, [Draft.objects.all()[0].record_id])

    assert on_desk() == ([] if is_whole else ["Hello 2"])
    recall.undo(taken.pk, by=lead)
    assert on_desk() == (["Hello 1"] if is_whole else ["Hello 2"])


def whole_order(
    task: Task, lead: Member, serve: Any, carry_out: Callable[[Order], None], answer: Callable[[Any], str]
) -> tuple[Order, Any]:
    number = iter(range(100))
    writer, _ = serve("quill", lambda body: f"Subject: Hello {next(number)}\n\n{SOUND}")
    judge, at_judge = serve("judge", answer)
    mix = MixRequest(best_of="judge", judge=judge)
    order = launch.launch(
        launch.OrderRequest(task, teacher=writer, count=6, per_record=2, by=lead, max_cost_usd=Decimal("0.02"), mix=mix)
    )
    carry_out(order)
    return order, at_judge


@pytest.mark.slow
def test_a_judge_chooses_blind_in_an_order_of_its_own_within_the_budget(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    order, at_judge = whole_order(task, lead, serve, carry_out, lambda body: "B")
    assert on_desk() == []

    judging = order.followers.get()
    carry_out(judging)

    assert (judging.purpose, judging.count) == (Purpose.JUDGING, 3)
    assert judging.max_cost_usd is not None and order.max_cost_usd is not None
    assert judging.max_cost_usd + order.max_cost_usd == Decimal("0.02")
    assert len(on_desk()) == 3 and len(at_judge.asked) == 3
    for best in BestOf.objects.all():
        assert (best.by, str(best.chosen_id)) == ("judge", best.shown[1])
        assert best.call is not None and best.call.order_id == judging.pk
    assert "quill" not in str([body["messages"] for body in at_judge.asked]).lower()
    assert Call.objects.filter(order=judging, cost_usd__gt=0).count() == 3
    assert not Draft.objects.filter(job_id=judging.job_id).exists()


@pytest.mark.slow
def test_an_answer_that_names_no_draft_leaves_it_to_the_checks(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    order, _ = whole_order(task, lead, serve, carry_out, lambda body: "Both are good.")

    carry_out(order.followers.get())

    assert {(best.by, best.note) for best in BestOf.objects.all()} == {("checks", "The judge's answer names no draft.")}
    assert len(on_desk()) == 3


def test_a_judge_that_cannot_be_asked_leaves_it_to_the_checks(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    writer, _ = serve("quill", lambda body: f"Subject: Hello\n\n{SOUND}")
    judge, at_judge = serve("judge", lambda body: "A")
    mix = MixRequest(best_of="judge", judge=judge)
    order = launch.launch(
        launch.OrderRequest(task, teacher=writer, count=4, per_record=2, by=lead, max_cost_usd=Decimal("0.02"), mix=mix)
    )
    Teacher.objects.filter(pk=judge.pk).update(is_active=False)

    carry_out(order)

    assert not order.followers.exists() and not at_judge.asked
    assert {best.by for best in BestOf.objects.all()} == {"checks"}
    assert all("out of use" in best.note for best in BestOf.objects.all())


def test_a_cancelled_comparison_leaves_it_to_the_checks(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    order, at_judge = whole_order(task, lead, serve, carry_out, lambda body: "A")

    selection_judge.fall_back_to_checks(order.followers.get())

    assert not at_judge.asked
    assert len(on_desk()) == 3 and {best.note for best in BestOf.objects.all()} == {"The judge gave no answer."}


def test_the_offline_teacher_does_not_judge(task: Task, source: Source, lead: Member, offline: Teacher) -> None:
    with pytest.raises(Refusal) as refused:
        launch.quote(
            launch.OrderRequest(
                task, teacher=offline, count=4, per_record=2, by=lead, mix=MixRequest(best_of="judge", judge=offline)
            )
        )

    assert list(refused.value.errors) == ["judge"]


def test_the_price_of_the_judge_is_told(task: Task, source: Source, lead: Member, serve: Any) -> None:
    writer, _ = serve("quill", lambda body: "")
    judge, _ = serve("judge", lambda body: "A", usd=10)

    quoted = launch.quote(
        launch.OrderRequest(
            task, teacher=writer, count=6, per_record=2, by=lead, mix=MixRequest(best_of="judge", judge=judge)
        )
    )

    plain = launch.quote(launch.OrderRequest(task, teacher=writer, count=6, per_record=2, by=lead))
    assert quoted.judging is not None and quoted.judging.calls == 3
    assert quoted.estimate.cost_usd == pytest.approx(plain.estimate.cost_usd + quoted.judging.cost_usd, abs=2e-6)
