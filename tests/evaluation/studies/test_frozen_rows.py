"""What a study measured and came to never changes, on the database in use;
erasing a person goes past it all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from evaluation.models import (
    Measurement,
    Study,
    StudyCell,
    StudyVerdict,
)
from evaluation.models.immutable_rows import GUARDS
from evaluation.studies import conclude, scoring
from jobs.contracts import Result
from jobs.models import Job
from members.models import Member
from review.db import immutability
from review.erasure.erase import erase_records

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture
def ended(register: Callable[..., Study]) -> Study:
    """A study all of whose cells were scored, with its verdict."""
    study = register()
    for measurement in Measurement.objects.filter(cells__study=study):
        summary = {"nll_per_byte": dict.fromkeys(measurement.plan["scored"], 0.5)}
        scoring.keep_scores(measurement.pk, Result(outcome="succeeded", summary=summary))
    concluded(study)
    return study


def concluded(study: Study) -> dict[str, Any]:
    Job.objects.filter(pk=study.job_id).update(state="running")
    return conclude.conclude_study(study.pk, fence=Job.objects.get(pk=study.job_id).fence)


def refused(change: Callable[[], object], why: str) -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        change()


def test_a_verdict_refuses_update_and_delete(ended: Study) -> None:
    rows = StudyVerdict.objects.filter(study=ended)
    before = rows.get().body

    refused(lambda: rows.update(body={"sentence": "Better."}), "A verdict never changes")
    refused(lambda: rows._raw_delete("default"), "A verdict never changes")

    assert rows.get().body == before


def test_scores_refuse_every_change_once_they_are_there(ended: Study) -> None:
    rows = Measurement.objects.filter(cells__study=ended)
    measured = Measurement.objects.filter(pk=rows[0].pk)
    before = measured.get().scores

    refused(lambda: measured.update(scores={}), "What was measured never changes")
    refused(lambda: measured.update(plan={}), "What was measured never changes")
    refused(lambda: measured._raw_delete("default"), "What was measured never changes")
    scoring.keep_scores(measured.get().pk, Result(outcome="succeeded", summary={"nll_per_byte": {"r": 9.0}}))

    assert measured.get().scores == before


def test_a_cell_keeps_its_place_and_tells_how_it_goes(register: Callable[..., Study]) -> None:
    cells = StudyCell.objects.filter(study=register())
    first = cells.filter(pk=cells[0].pk)
    other = cells[1].measurement_id

    refused(lambda: first.update(measurement=other), "A registered cell never changes")
    refused(lambda: first.update(arm="Better"), "A registered cell never changes")
    refused(lambda: first._raw_delete("default"), "A registered cell never changes")

    assert first.update(problem="It ended badly.") == 1


def test_concluding_again_tells_the_verdict_that_stands(ended: Study) -> None:
    before = ended.verdict.body

    told = concluded(ended)

    assert told["sentence"] == before["sentence"]
    assert StudyVerdict.objects.get(study=ended).body == before


def test_erasing_a_person_goes_past_what_was_measured(ended: Study, admin: Member) -> None:
    measured = Measurement.objects.filter(cells__study=ended)[0]
    scored = UUID(measured.plan["scored"][0])

    result = erase_records([scored])

    assert result.records == (scored,)
    assert StudyVerdict.objects.get(study=ended).body == ended.verdict.body
    assert Measurement.objects.get(pk=measured.pk).scores == measured.scores


def test_a_missing_trigger_of_this_room_is_named(db: None) -> None:
    guard = next(guard for guard in GUARDS if guard.table == "evaluation_studyverdict")
    assert guard in immutability.GUARDS
    assert not immutability.missing()

    immutability.uninstall()

    assert {"evaluation_studyverdict_refuse_update", "evaluation_measurement_refuse_delete"} <= set(
        immutability.missing()
    )
    immutability.install()
