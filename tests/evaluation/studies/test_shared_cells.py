"""Cells that two studies share: what becomes of one study's cells when the other ends while it is paused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.models import Study
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from tests.evaluation.studies.conftest import end, finish_all, look
from tests.evaluation.studies.test_advance import runs_of, states

pytestmark = pytest.mark.django_db(transaction=True)


def job_of(study: Study) -> Job:
    return Job.objects.get(pk=study.job_id)


@pytest.mark.parametrize("becomes", ["cancelled", "failed"])
def test_a_cell_that_ends_badly_while_its_study_is_paused_is_tried_again_on_resume(
    register: Callable[..., Study], admin: Member, tmp_path: Path, becomes: str
) -> None:
    paused, other = register(), register()
    look(paused)
    look(other)
    control.pause(job_of(paused), by=admin)

    if becomes == "cancelled":
        control.cancel(job_of(other), by=admin)
    else:
        end(runs_of(other)[0].job, "failed", error={"code": "x", "message": "no room", "hint": ""})
    control.resume(job_of(paused), by=admin)

    assert states(paused).count("failed") == 0
    assert finish_all(paused, tmp_path).result["ended_well"] == 4
