"""Which drafts are offered to choose among, in which order, and that nothing tells who wrote them."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from review.desk import deck
from review.desk.preferences import lineups, record_preference
from review.desk.preferences.api import LineupOut
from review.models import Draft, Record, Task
from review.states import DraftState
from review.tasks import authoring
from tests.review import factories

pytestmark = pytest.mark.django_db


def test_records_with_one_draft_are_not_offered(task: Task, expert: Member) -> None:
    factories.make_drafts(task, factories.make_records(factories.make_source(task), 4))

    assert lineups.next_lineup(expert, task) is None


def test_all_waiting_drafts_of_a_record_stand_side_by_side(task: Task, records: list[Record], expert: Member) -> None:
    lineup = lineups.next_lineup(expert, task)

    assert lineup is not None
    assert {draft.record_id for draft in lineup.drafts} == {lineup.record.pk}
    assert len(lineup.drafts) == 3


def test_the_order_is_the_same_on_every_look_and_differs_between_reviewers(
    task: Task, records: list[Record], expert: Member, make_member
) -> None:
    def order(member: Member) -> list[object]:
        lineup = lineups.lineup_of_record(member, task, records[0].pk)
        assert lineup is not None
        return [draft.pk for draft in lineup.drafts]

    assert order(expert) == order(expert)
    seen = {tuple(order(expert))}
    # Orders are drawn from keys that are drawn themselves: as many reviewers as it takes, and never two hundred.
    for n in range(200):
        seen.add(tuple(order(make_member(f"r{n}"))))
        if len(seen) > 3 and len({first for first, *_ in seen}) == 3:
            break
    assert len(seen) > 3
    assert len({first for first, *_ in seen}) == 3, "every teacher comes to stand on the left"


def test_what_a_program_gets_names_no_teacher_and_no_cost(task: Task, records: list[Record], expert: Member) -> None:
    lineup = lineups.next_lineup(expert, task)
    assert lineup is not None

    text = json.dumps(LineupOut(lineup).data)

    for word in ("canary", "cost", "model", "teacher", "0.0031", "provenance"):
        assert word not in text


def test_a_draft_in_front_of_somebody_else_is_left_out(
    task: Task, record: Record, drafts: list[Draft], expert: Member, other: Member
) -> None:
    deck.hold(other, drafts[0].pk)
    lineup = lineups.lineup_of_record(expert, task, record.pk)
    deck.hold(other, drafts[1].pk)

    assert lineup is not None
    assert {draft.pk for draft in lineup.drafts} == {drafts[1].pk, drafts[2].pk}
    assert lineups.lineup_of_record(expert, task, record.pk) is None


def test_drafts_of_a_campaign_are_not_offered_for_a_mail_waits_for_each(
    task: Task, record: Record, drafts: list[Draft], expert: Member
) -> None:
    Draft.objects.exclude(pk=drafts[2].pk).update(origin="campaign")
    alone = lineups.lineup_of_record(expert, task, record.pk), lineups.next_lineup(expert, task)
    Draft.objects.filter(pk=drafts[1].pk).update(origin="teacher")

    lineup = lineups.next_lineup(expert, task)

    assert alone == (None, None)
    assert lineup is not None
    assert {draft.pk for draft in lineup.drafts} == {drafts[1].pk, drafts[2].pk}


def test_of_drafts_that_say_the_same_one_is_shown(task: Task, expert: Member) -> None:
    alike, mixed = factories.make_records(factories.make_source(task), 2)
    factories.make_drafts(task, [alike, alike])
    first, _ = factories.make_drafts(task, [mixed, mixed])
    [other] = factories.make_variants(task, mixed, 1)

    lineup = lineups.next_lineup(expert, task)

    assert lineup is not None
    assert {draft.pk for draft in lineup.drafts} == {first.pk, other.pk}
    assert lineups.lineup_of_record(expert, task, alike.pk) is None


def test_drafts_of_two_versions_are_never_compared(
    task: Task, record: Record, drafts: list[Draft], expert: Member
) -> None:
    spec = task.versions.get().spec
    authoring.new_version(task, spec=spec.model_copy(update={"guideline": "Be brief."}), by=task.created_by)
    new = factories.make_variants(task, record)

    lineup = lineups.lineup_of_record(expert, task, record.pk)

    assert lineup is not None
    assert {draft.pk for draft in lineup.drafts} == {draft.pk for draft in new}


def test_drafts_that_come_after_a_preference_are_offered_again(
    task: Task, record: Record, drafts: list[Draft], expert: Member
) -> None:
    shown = [draft.pk for draft in drafts]
    record_preference.choose(task, by=expert, id=uuid4(), record_id=record.pk, shown=shown, chosen=None)
    Draft.objects.exclude(record=record).update(state=DraftState.KEPT)
    assert lineups.next_lineup(expert, task) is None

    factories.make_drafts(task, [record])

    assert lineups.next_lineup(expert, task) is not None


def test_sets_behind_a_long_queue_of_single_drafts_are_found_from_the_other_end(
    task: Task, expert: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineups, "LOOK_AT", 10)
    source = factories.make_source(task)
    factories.make_drafts(task, factories.make_records(source, 40))
    late = factories.make_records(source, 1, trigger="came late")
    factories.make_variants(task, late[0])

    lineup = lineups.next_lineup(expert, task)

    assert lineup is not None
    assert lineup.record == late[0]


@pytest.mark.slow
def test_looking_for_the_next_costs_as_many_queries_with_many_records(
    task: Task, records: list[Record], expert: Member
) -> None:
    with CaptureQueriesContext(connection) as few:
        lineups.next_lineup(expert, task)
    made = factories.make_records(factories.make_source(task), 60)
    for _ in range(2):
        factories.make_drafts(task, made)

    with CaptureQueriesContext(connection) as many:
        lineups.next_lineup(expert, task)

    assert len(many) == len(few) <= 4
