"""What a campaign's pipeline adds to its model's own time, from launch until every mail is approved or on the desk.

An offline teacher takes one second for each of 16 calls at once. A plain order for drafts and a campaign over as many
records take turns, each through a real worker (Celery over an in-memory broker) and a real engine process, with the tick
every three seconds as in production; medians are compared. Run with `make bench NAME=pipeline` or
`python -m benchmarks.pipeline [MAILS] [ROUNDS]`. The last line of output is one JSON object: `ratio` is the campaign's
wall time over the plain order's, so 1.05 is an overhead of 5 %.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from demo import scratch

LATENCY_S, AT_ONCE, TICK_S = 1.0, 16, 3.0
QUEUES = "default,generation,campaigns"
LIMIT_S = 900


@contextmanager
def worker() -> Iterator[None]:
    """A Celery worker and a clock that rings as beat does."""
    from celery.contrib.testing.worker import start_worker

    from campaigns.writing import wake_tick
    from miniatures_site.celery import app

    over = threading.Event()

    def clock() -> None:
        while not over.wait(TICK_S):
            wake_tick.publish()

    beat = threading.Thread(target=clock, daemon=True)
    with start_worker(app, concurrency=8, pool="threads", perform_ping_check=False, queues=QUEUES, loglevel="WARNING"):
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()


def lay_out(mails: int) -> dict[str, Any]:
    """A task, people with facts, a sender, and a teacher whose every answer takes a second."""
    from generation.models import Teacher
    from members.models import Member
    from tests.campaigns import factories
    from tests.review import factories as desk

    member = Member.objects.create(username="bench", is_superuser=True)
    task = desk.make_task(by=member)
    records = desk.make_records(desk.make_source(task), mails)
    factories.make_people(task, records)
    factories.make_sender()
    teacher = Teacher.objects.create(
        slug="slow", name="Slow", provider="offline", model="offline-composer", concurrency=AT_ONCE,
        parameters={"pause_s": LATENCY_S},
    )  # fmt: skip
    return {"member": member, "task": task, "records": records, "teacher": teacher}


def plain(laid: dict[str, Any]) -> float:
    """Seconds of an order for drafts alone, from launch until its last draft is in."""
    from generation.orders import launch as orders_launch
    from jobs.models import Job

    ids = [record.pk for record in laid["records"]]
    began = time.perf_counter()
    order = orders_launch.launch(
        orders_launch.OrderRequest(
            laid["task"], teacher=laid["teacher"], count=len(ids), by=laid["member"], record_ids=ids
        )
    )
    wait(lambda: Job.objects.get(pk=order.job_id).state == "succeeded")
    return time.perf_counter() - began


def campaign(laid: dict[str, Any]) -> float:
    """Seconds of a campaign, from the press of the button until no mail is before its approval."""
    from campaigns.models import Message
    from campaigns.planning.edit import ArmPlan
    from campaigns.sending import lifecycle
    from campaigns.states import Approval
    from tests.campaigns import factories

    made = factories.make_draft_campaign(
        laid["task"], by=laid["member"], slug=f"bench-{uuid4().hex[:8]}", approval=Approval.SAMPLE, sample_share=0.1,
        arms=[ArmPlan("A", teacher=laid["teacher"])],
    )  # fmt: skip
    began = time.perf_counter()
    lifecycle.launch(made, by=laid["member"], is_held=True)
    before = Message.objects.filter(campaign=made, state__in=("planned", "writing", "written"))
    wait(lambda: not before.exists())
    took = time.perf_counter() - began
    states = set(Message.objects.filter(campaign=made).values_list("state", flat=True))
    if not states <= {"approved", "awaiting"}:
        raise RuntimeError(f"mails ended as {sorted(states)}")
    lifecycle.end(made, by=laid["member"])
    return took


def wait(is_over: Any) -> None:
    """Look ten times a second until it is so."""
    deadline = time.perf_counter() + LIMIT_S
    while not is_over():
        if time.perf_counter() > deadline:
            raise TimeoutError("the work did not end")
        time.sleep(0.1)


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    mails, rounds = (*given, *(800, 2)[len(given) :])
    scratch.prepare()
    laid = lay_out(mails)
    times: dict[str, list[float]] = {"plain": [], "campaign": []}
    with worker():
        for _ in range(rounds):
            times["plain"].append(plain(laid))
            times["campaign"].append(campaign(laid))
    plain_s, campaign_s = statistics.median(times["plain"]), statistics.median(times["campaign"])
    model_s = mails / AT_ONCE * LATENCY_S
    report = {
        "claim": "pipeline",
        "ratio": round(campaign_s / plain_s, 4),
        "mails": mails,
        "rounds": rounds,
        "model_s": model_s,
        "plain_s": [round(one, 2) for one in times["plain"]],
        "campaign_s": [round(one, 2) for one in times["campaign"]],
        "over_model": round(campaign_s / model_s, 4),
        "added_ms_per_mail": round((campaign_s - plain_s) / mails * 1000, 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
