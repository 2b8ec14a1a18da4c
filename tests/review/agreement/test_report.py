"""Agreement of a task out of its rows: what counts, what is left out, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.adjudication import agreement, rulings
from review.adjudication.agreement import figures
from review.desk.lead_queue import dispute_etag
from review.models import BulkAct, Decision, Draft, KnownAnswer, Task
from tests import pace
from tests.review import factories

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Decision]]


@pytest.fixture(autouse=True)
def _forget() -> None:
    cache.clear()


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=24)


@pytest.fixture
def team(task: Task, make_member) -> list[Member]:
    members = [make_member(name) for name in ("ann", "bo", "cy")]
    for member in members:
        factories.join(member, task)
    return members


@pytest.fixture
def say(task: Task) -> Say:
    """Verdicts of one member on the first drafts, each an hour after the one before."""

    def verdicts(by: Member, given: str, *, since: timedelta = timedelta(days=2), **more: object) -> list[Decision]:
        drafts = list(Draft.objects.filter(task=task).order_by("queue_position")[: len(given)])
        kinds = {"a": "accept", "e": "edit", "r": "reject"}
        rows = [
            Decision(
                draft=draft, task=task, reviewer=by, verdict=kinds[letter], before_hash=draft.fields_hash,
                body_hash="0" * 64, edit_size=0.3 if letter == "e" else None, seconds=20,
                fields=None if letter == "r" else {**draft.fields, **({"body": "B"} if letter == "e" else {})},
                created_at=timezone.now() - since, **more,
            )
            for draft, letter in zip(drafts, given, strict=True)
            if letter in kinds
        ]  # fmt: skip
        return Decision.objects.bulk_create(rows)

    return verdicts


def alpha(task: Task, key: str = "verdict") -> float | None:
    return next(line.alpha.value for line in agreement.report(task).lines if line.key == key)


def test_a_task_without_overlap_has_no_figure_and_says_so(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "aaeer")

    report = agreement.report(task)

    assert report.units == 0
    assert report.lines[0].alpha.value is None
    assert figures.of_figures(report.lines[0]).startswith("Too few: No draft was judged by more than one")


def test_full_agreement_is_one_and_a_difference_lowers_it(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "aaaaeeeerrrr")
    say(team[1], "aaaaeeeerrrr")
    before = alpha(task)

    say(team[2], "aaaaeeeerrra")

    assert before == 1
    assert 0.8 < alpha(task) < 1
    assert agreement.report(task).units == 12
    assert agreement.report(task).reviewers == 3


def test_to_be_used_or_not_leaves_out_the_difference_of_accept_and_edit(
    task: Task, team: list[Member], say: Say
) -> None:
    say(team[0], "aaaaaarrrrrr")
    say(team[1], "eeeeeerrrrrr")

    assert alpha(task, "usable") == 1
    assert alpha(task) < 0.7
    assert alpha(task, "ordinal") > alpha(task)


def test_equal_edits_are_the_same_text_and_others_are_not(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "eeeeeeaaaaaa")
    say(team[1], "eeeeeeaaaeee")

    text = next(line for line in agreement.report(task).lines if line.key == "text")

    assert text.same.value == pytest.approx(9 / 12)
    assert "75 %" in figures.of_figures(text)


def test_requirements_of_the_rubric_are_compared_one_by_one(task: Task, team: list[Member], say: Say) -> None:
    name = task.versions.get().spec.rubric[0].name
    say(team[0], "aaaaaa", ratings={name: True})
    say(team[1], "aaaaaa", ratings={name: False})

    line = next(line for line in agreement.report(task).lines if line.key == f"rating:{name}")

    assert (line.same.value, line.alpha.units) == (0, 6)


def test_bulk_late_and_known_answers_are_left_out(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "aaaaaaaaaaaa")
    act = BulkAct.objects.create(task=task, by=team[1], verdict="reject", body_hash="0" * 64)
    say(team[1], "rrrrrrrrrrrr", bulk=act)
    say(team[2], "rrrrrrrrrrrr", is_late=True)
    known = say(team[1], "............aa") + say(team[2], "............rr")
    KnownAnswer.objects.bulk_create(
        KnownAnswer(draft_id=pk, task=task, verdict="accept") for pk in {decision.draft_id for decision in known}
    )

    assert agreement.report(task).units == 0


def test_what_a_lead_says_to_settle_is_no_datum_and_later_words_neither(
    task: Task, team: list[Member], say: Say, admin: Member
) -> None:
    first = say(team[0], "a")[0]
    say(team[1], "r")
    Draft.objects.filter(pk=first.draft_id).update(state="disputed")

    rulings.settle(first.draft_id, by=admin, if_match=dispute_etag(first.draft_id), verdict="accept")
    say(team[2], "a", since=timedelta(seconds=-5))

    counts = agreement.counts_of(task)
    assert counts.reviewers == {team[0].pk, team[1].pk}
    assert counts.verdict.counts.tolist() == [[1, 0, 1]]


def test_the_report_is_remembered_until_somebody_says_something(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "aaaaaaaaaaaa")
    say(team[1], "aaaaaaaaaaar")
    first = agreement.report(task)

    with CaptureQueriesContext(
        connection,
    ) as questions:
        again = agreement.report(task)
    say(team[2], "rrrrrrrrrrrr", since=timedelta(hours=1))

    assert again.at == first.at
    assert len(questions) <= 5
    assert agreement.report(task).reviewers == 3


def test_pairs_and_weeks_stand_on_their_own_drafts(task: Task, team: list[Member], say: Say) -> None:
    say(team[0], "aaaaaaaaaaarrrrrrrrrrr")
    say(team[1], "aaaaaaaaaaarrrrrrrrrrr")
    say(team[2], "...........rrrr")

    report = agreement.report(task)

    assert [pair.units for pair in report.pairs] == [22, 4, 4]
    assert report.pairs[0].kappa.value == 1
    assert figures.of_pair(report.pairs[0]) == "They never disagreed."
    assert figures.of_pair(report.pairs[1]).startswith("Too few: 4 drafts were judged")
    assert [week.alpha.units for week in report.weeks] == [22]


@pytest.mark.slow
def test_thousands_of_verdicts_are_read_in_a_blink(task: Task, team: list[Member], admin: Member) -> None:
    source = factories.make_source(task)
    [record] = factories.make_records(source, 1)
    drafts = Draft.objects.bulk_create(
        [
            Draft(id=uuid4(), task=task, task_version=task.versions.get(), record=record, fields={"body": "x"},
                      fields_hash="0" * 64, state="decided")
            for _ in range(1500)
        ], batch_size=500,
    )  # fmt: skip
    Decision.objects.bulk_create(
        [
            Decision(draft=draft, task=task, reviewer=member, verdict=("accept", "edit", "reject")[n % (2 + shift)],
                     fields={"body": "y"}, edit_size=0.2, before_hash="0" * 64, body_hash="0" * 64)
            for shift, member in enumerate(team[:2]) for n, draft in enumerate(drafts)
        ], batch_size=500,
    )  # fmt: skip

    with pace.within(2):
        report = agreement.report(task)

    assert report.units == 1500
