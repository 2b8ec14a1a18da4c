"""A study of drift from its registration to its verdict: what is fixed, what a look may show, and that neither changes."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.models import AuditRow
from campaigns.drift import outlook, register, series, verdict
from campaigns.drift.register import DriftRequest
from campaigns.drift.series import SeriesPoint
from campaigns.models import DriftLook, DriftStudy, Event
from campaigns.privacy import export_and_erase
from campaigns.states import DriftSeries, Metric
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.drift.drift_rows import NOW, went
from tests.review import factories as desk
from web.errors import Refusal

pytestmark = pytest.mark.django_db
ASKED = DriftRequest(first_day=date(2026, 5, 1), points=4, mails=100, share=0.1)


def _falls(task: Task) -> None:
    """From 20 to 2 %, in July."""
    for month, replies in ((5, 30), (6, 30), (7, 3), (8, 3)):
        went(task, month, mails=150, replies=replies)


def test_what_was_registered_is_hashed_and_stays(task: Task, lead: Member) -> None:
    study = register.register(task, ASKED, by=lead)

    assert study.record_sha256 == hashlib.sha256(study.record_text.encode()).hexdigest()
    record = study.record
    assert record["question"] == study.question == "Does the reply rate change over 4 months?"
    assert record["alpha_by_look"] == [[2, 0.0125], [3, 0.0125], [4, 0.025]]
    assert record["is_exploratory"] is True
    assert "lea" not in study.record_text
    row = AuditRow.objects.get(act="drift_study_registered")
    assert row.detail == {"task": task.slug, "sha256": study.record_sha256}
    for change in ({"alpha": 0.1}, {"points": 2}, {"record_text": "{}"}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            DriftStudy.objects.filter(pk=study.pk).update(**change)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        DriftStudy.objects.filter(pk=study.pk).delete()


def test_a_series_that_begins_later_is_not_exploratory(task: Task, lead: Member) -> None:
    asked = DriftRequest(first_day=date(2026, 10, 1), mails=100, share=0.1, question=" Do they tire? ")

    study = register.register(task, asked, by=lead)

    assert (study.record["is_exploratory"], study.question, study.points) == (False, "Do they tire?", 6)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"points": 1}, "points"),
        ({"points": 25}, "points"),
        ({"alpha": 0.2}, "alpha"),
        ({"horizon_days": 0}, "horizon_days"),
        ({"metric": Metric.CLICK}, "metric"),
        ({"first_day": date(2026, 5, 2)}, "first_day"),
        ({"first_day": date(2020, 5, 1)}, "first_day"),
        ({"share": 1.0}, "share"),
        ({"share": None}, "share"),
        ({"mails": None}, "mails"),
    ],
)
def test_what_has_no_sense_is_refused_by_its_field(task: Task, lead: Member, wrong: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        register.register(task, DriftRequest(**{**vars(ASKED), **wrong}), by=lead)

    assert (refused.value.code, list(refused.value.errors)) == ("bad_study", [field])
    assert not DriftStudy.objects.exists()


def test_a_reviewer_registers_and_looks_at_nothing(task: Task, lead: Member, make_member: Any) -> None:
    reviewer = make_member("rea")
    desk.join(reviewer, task, Role.REVIEWER)
    study = register.register(task, ASKED, by=lead)

    with pytest.raises(PermissionDenied):
        register.register(task, ASKED, by=reviewer)
    with pytest.raises(PermissionDenied):
        register.record_look(study, by=reviewer)


def test_a_plan_takes_the_mails_of_the_past_year(task: Task) -> None:
    for month, replies in ((5, 10), (6, 20)):
        went(task, month, mails=100, replies=replies)
    went(task, 9, mails=70, replies=70)

    told = register.what_it_can_show(task, DriftRequest(first_day=date(2026, 10, 1)))

    # September is not complete.
    assert (told["mails"], told["share"]) == (100, 0.15)
    assert told["fall"] < 0.15 < told["rise"]
    assert told["sentence"].startswith(
        "With 100 first mails a month and a share of 15.0 % before, the last look notices a lasting change halfway"
    )


def test_companies_that_answer_alike_count_for_less() -> None:
    alike = SeriesPoint("2026-05", ((0, 5, 90), (5, 5, 10)), None, None)
    apart = SeriesPoint("2026-05", ((0, 1, 450), (1, 1, 50)), None, None)

    of_alike, of_apart = outlook.at_hand([alike]), outlook.at_hand([apart])

    assert of_alike is not None
    assert of_apart is not None
    assert of_alike.effect == pytest.approx(5.0)
    assert of_apart.effect == pytest.approx(1.0)
    assert outlook.at_hand([]) is None
    few, many = (
        outlook.outlook(mails=500, share=0.1, effect=each.effect, points=4, alpha=0.05, noun="month")
        for each in (of_alike, of_apart)
    )
    assert few["rise"] > many["rise"]


def test_too_few_mails_are_told_before_a_study_begins(task: Task) -> None:
    told = register.what_it_can_show(task, DriftRequest(first_day=date(2026, 10, 1), mails=15, share=0.05))

    assert told["fall"] is None
    assert "no fall would be noticed" in told["sentence"]


@pytest.mark.slow
def test_a_change_is_shown_at_a_look_and_ends_the_study(task: Task, lead: Member) -> None:
    _falls(task)
    study = register.register(task, ASKED, by=lead)

    look = register.record_look(study, by=lead)

    assert (look.covered, look.body["state"], look.body["changed_in"]) == (4, "changed", "2026-07")
    assert look.body["sentence"] == (
        "The reply rate changed in 2026-07, from 20.0 % to 2.0 %, shown after all 4 months (p 0.0001; 0.0250 was registered for this look). "
        "Exploratory: its first months were over when it was registered."
    )
    assert look.data_sha256 == series.data_sha256(series.read(register.terms_of(study), now=NOW))
    with pytest.raises(Refusal) as refused:
        register.record_look(study, by=lead)
    assert (refused.value.code, refused.value.status) == ("study_concluded", 409)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        DriftLook.objects.filter(pk=look.pk).update(data_sha256="0" * 64)


@pytest.mark.slow
def test_each_look_is_held_to_its_own_part_and_none_is_taken_twice(
    task: Task, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in (5, 6, 7, 8):
        went(task, month, mails=100, replies=10)
    study = register.register(task, ASKED, by=lead)
    monkeypatch.setattr(timezone, "now", lambda: NOW - timedelta(days=70))
    with pytest.raises(Refusal) as early:
        register.record_look(study, by=lead)
    monkeypatch.setattr(timezone, "now", lambda: NOW - timedelta(days=30))
    third = register.record_look(study, by=lead)
    with pytest.raises(Refusal) as twice:
        register.record_look(study, by=lead)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    last = register.record_look(study, by=lead)

    assert (early.value.code, twice.value.code) == ("nothing_new", "nothing_new")
    assert (third.covered, third.body["alpha"], third.body["state"]) == (3, 0.0125, "open")
    assert third.body["sentence"].startswith("No change of the reply rate is shown after 3 of 4 months (p ")
    assert (last.covered, last.body["alpha"], last.body["state"]) == (4, 0.025, "unchanged")
    assert "that does not say that there was none" in last.body["sentence"]


def test_a_p_value_between_the_parts_shows_a_change_at_the_last_look_only() -> None:
    points = [SeriesPoint(name, ((0, 1, 100 - did), (1, 1, did)), None, None) for name, did in zip("abc", (3, 12, 12), strict=True)]  # fmt: skip
    record = {"points": 3, "noun": "round", "rate": "reply rate", "is_exploratory": False, "alpha": 0.05}

    last, earlier = verdict.conclude(points, record), verdict.conclude(points, {**record, "points": 24})

    assert earlier["p_value"] == last["p_value"]
    assert earlier["alpha"] < last["p_value"] <= last["alpha"]
    assert (last["state"], earlier["state"], earlier["changed_in"]) == ("changed", "open", "")


def test_where_nothing_was_answered_nothing_is_told(task: Task, lead: Member) -> None:
    went(task, 5, mails=5, replies=0)
    study = register.register(task, ASKED, by=lead)

    look = register.record_look(study, by=lead)

    assert (look.body["state"], look.body["p_value"]) == ("unchanged", None)
    assert look.body["sentence"].startswith("Nothing can be told after all 4 months")


def test_rounds_are_named_by_their_campaigns(task: Task, lead: Member) -> None:
    for month, replies in ((5, 60), (6, 2)):
        went(task, month, mails=150, replies=replies)
    study = register.register(task, DriftRequest(**{**vars(ASKED), "series": DriftSeries.ROUNDS, "points": 2}), by=lead)

    look = register.record_look(study, by=lead)

    assert look.body["changed_in"] == "Month-6"
    assert "shown after all 2 rounds" in look.body["sentence"]


@pytest.mark.slow
def test_a_look_holds_counts_alone_and_stays_when_a_person_is_erased(task: Task, lead: Member) -> None:
    _falls(task)
    study = register.register(task, ASKED, by=lead)
    look = register.record_look(study, by=lead)
    address = Event.objects.filter(campaign__task=task)[0].message.contact.address

    export_and_erase.erase(address)

    kept = DriftLook.objects.get(pk=look.pk)
    assert (kept.body, kept.data_sha256) == (look.body, look.data_sha256)
    text = json.dumps([kept.body, study.record])
    assert "company-" not in text
    assert "@" not in text
    assert all(isinstance(each, int) for point in kept.body["points"] for kind in point["kinds"] for each in kind)
