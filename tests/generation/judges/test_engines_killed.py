"""A judge compares pairs while its engine is killed again and again: no call is paid twice, and what was paid counts.

`STRESS=1` compares 2,000 pairs through 20 kills; otherwise a twentieth of that, through four.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from generation.judges import figures, pairs, take_in
from generation.judges.pairs import PairSubject
from generation.judges.reviewed import TextToJudge
from generation.models import Call, Judging, Order, Teacher
from generation.states import CallState
from jobs.lifecycle import control
from jobs.models import Job
from jobs.rundir.attempt import engine_of
from jobs.rundir.identity import send_signal
from jobs.states import FINISHED, JobState
from jobs.supervisor import run_dirs, run_job
from members.models import Member
from review.models import Task
from review.tasks.queries import latest_version
from tests.generation.answering import Answering, Body
from tests.generation.judges.conftest import roomy
from tests.review import factories
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
PAIRS, KILLS = (2_000, 20) if os.environ.get("STRESS") == "1" else (100, 4)
AT_ONCE = 8
WITHIN_S = 180


class PatientJudge:
    """Prefers the first system's text, wherever it stands; answers no call past `limit` until that is raised."""

    def __init__(self) -> None:
        self.limit, self.server = 0, None

    server: Answering | None

    def answer(self, body: Body) -> str:
        deadline_s = time.monotonic() + WITHIN_S
        while self.server is not None and self.asked > self.limit and time.monotonic() < deadline_s:
            time.sleep(0.01)
        first = body["messages"][-1]["content"].split("First text:")[1].split("Second text:")[0]
        return json.dumps({"why": "It says more.", "better": "first" if "GOOD" in first else "second"})

    @property
    def asked(self) -> int:
        return len(self.server.asked) if self.server else 0


@pytest.fixture
def patient() -> PatientJudge:
    return PatientJudge()


@pytest.fixture
def judge(serve: Any, patient: PatientJudge) -> Teacher:
    teacher, patient.server = serve("mistral", patient.answer, concurrency=AT_ONCE)
    return roomy(teacher)


@pytest.fixture
def judging(task: Task, admin: Member, judge: Teacher) -> Judging:
    records = factories.make_records(factories.make_source(task), PAIRS, question="How?")
    texts = [
        tuple(
            TextToJudge(record_id=record.pk, fields={"reply": f"{word} answer {n}"}, words=3, group=word, model="tiny")
            for word in ("GOOD", "BAD")
        )
        for n, record in enumerate(records)
    ]
    subject = PairSubject(
        "two systems",
        task.pk,
        "/",
        latest_version(task),
        "GOOD",
        "BAD",
        lambda count: [(a, b) for a, b in texts[:count]],
    )
    return pairs.launch(subject, subject.pairs(PAIRS), judge=judge, by=admin, max_cost_usd=Decimal(50))


def test_no_comparison_is_paid_twice_when_its_engine_is_killed_again_and_again(
    judging: Judging, patient: PatientJudge, admin: Member
) -> None:
    chance, order = random.Random(3), judging.order
    worker = threading.Thread(target=work, args=(order, admin))
    worker.start()
    for _ in range(KILLS):
        # So many more are answered, and the engine dies with the next ones on the wire.
        patient.limit = patient.asked + chance.randint(1, PAIRS // KILLS)
        wait_until(lambda: patient.asked > patient.limit, WITHIN_S)
        wait_until(lambda: killed_engine(order), WITHIN_S)
    patient.limit = 10 * PAIRS
    worker.join(5 * WITHIN_S)

    assert patient.server is not None
    questions = Counter(json.dumps(body["messages"]) for body in patient.server.asked)
    calls = Counter(Call.objects.filter(order=order).values_list("state", flat=True))
    assert Job.objects.get(pk=order.job_id).state == JobState.SUCCEEDED
    assert max(questions.values()) == 1, "a call was paid twice"
    assert set(calls) <= {CallState.ANSWERED, CallState.UNCERTAIN} and sum(calls.values()) == 2 * PAIRS
    assert 0 < calls[CallState.UNCERTAIN] <= KILLS * AT_ONCE
    # Of a pair with a call in doubt nothing counts; of all others the answer is the judge's.
    take_in.on_job_ended(Job.objects.get(pk=order.job_id))
    report = figures.pair_report(judging)
    assert report.answered >= PAIRS - calls[CallState.UNCERTAIN] and report.preferred is not None
    assert report.preferred.wins == report.answered and report.preferred.flips == 0


def work(order: Order, by: Member) -> None:
    """Carry the order on until it is finished, as workers do; one that crashed too often is resumed,
    as a person would.
    """
    while (job := Job.objects.get(pk=order.job_id)).state != JobState.SUCCEEDED:
        if job.state == JobState.FAILED:
            assert job.error["code"] in ("crashed", "stopped_itself"), job.error
            control.resume(job, by=by)
        # One that has just crashed may be taken again after a while.
        run_job(order.job_id, worker="w")
        time.sleep(0.05)
    connections.close_all()


def killed_engine(order: Order) -> bool:
    job = Job.objects.get(pk=order.job_id)
    assert job.state not in FINISHED or job.state == JobState.FAILED, "it ended before it could be killed so often"
    engine = engine_of(run_dirs.run_dir_of(job.pk, job.run_fence))
    return engine is not None and send_signal(engine, signal.SIGKILL)
