"""Claim: the ledger's page costs as much at a million calls as at ten thousand, and booking costs an order next to nothing.

Lays out calls in a scratch SQLite database, first few, then many, asks for the ledger's page by each grouping through
Django's whole request cycle, and beside it sums the calls themselves, as a ledger without sums of days would have to. Then
streams every call as CSV and looks at how far the memory grows, and takes in drafts with and without booking in turn. The
last line of output is one JSON object; `ratio` is the page at many calls over the page at few.

    python -m benchmarks.ledger [CALLS]
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo import scratch

FEW, MANY = 10_000, 1_000_000
AN_ORDER = 10_000
DAYS = 90
ROUNDS = 7
BYS = ("job", "task", "teacher", "member", "day")
EVENTS, A_BATCH = 2_000, 200
SEED = 2026


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    scratch.prepare()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from members.models import Member

    settings.ALLOWED_HOSTS = ["*"]
    call_command("collectstatic", interactive=False, verbosity=0)
    admin = Member.objects.create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    ground = Ground(admin)
    report: dict[str, Any] = {"claim": "ledger", "booking": booking(ground)}
    for size in (FEW, many):
        ground.fill(size)
        report[f"{size}_calls"] = pages(client)
    report["ratio"] = round(report[f"{many}_calls"]["page_ms"] / report[f"{FEW}_calls"]["page_ms"], 2)
    report["csv"] = streamed(client)
    print(json.dumps(report))


class Ground:
    """A task with records, and orders of calls laid out as wanted."""

    def __init__(self, admin: Any) -> None:
        from generation.models import Teacher
        from tests.review import factories as desk

        self.admin, self.held = admin, 0
        self.task = desk.make_task(by=admin, slug="bench")
        self.records = desk.make_records(desk.make_source(self.task), 40)
        self.teacher = Teacher.objects.get(slug="offline")
        self.chance = random.Random(SEED)

    def order(self) -> Any:
        from generation.orders import launch

        return launch.launch(launch.OrderRequest(self.task, teacher=self.teacher, count=40, by=self.admin))

    def fill(self, size: int) -> None:
        """Bring the calls to this number, and sum them."""
        from generation.ledger import daily_sums as ledger_daily_sums

        while self.held < size:
            order = self.order()
            self._pour(order, min(AN_ORDER, size - self.held))
            ledger_daily_sums.rebuild(order)

    def _pour(self, order: Any, count: int) -> None:
        from django.db import transaction

        from generation.models import Call
        from web.db.bulk_insert import BulkInserter

        self.held += count
        pattern = Call(
            id=uuid.uuid4(), order=order, record=self.records[0], state="answered", input_tokens=400,
            output_tokens=120, model="m", request_id="r", created_at=datetime.now(UTC),
        )  # fmt: skip
        with transaction.atomic():
            BulkInserter(pattern, ["id", "position", "cost_usd", "created_at"]).pour(self._rows(count))

    def _rows(self, count: int) -> Iterator[tuple[str | int, ...]]:
        began = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=self.chance.randrange(DAYS))
        for n in range(count):
            at = began + timedelta(seconds=n * 0.2)
            yield uuid.uuid4().hex, n, f"0.00{self.chance.randrange(1000, 9999)}", at.isoformat(" ", "microseconds")


def pages(client: Any) -> dict[str, Any]:
    """Milliseconds of the page by each grouping and of the naive sum, medians in turn."""
    from django.db.models import Sum

    from generation.models import Call

    def naive() -> None:
        list(Call.objects.order_by().values("order__task").annotate(usd=Sum("cost_usd")))

    acts: dict[str, Callable[[], Any]] = {by: lambda by=by: asked(client, by) for by in BYS} | {"naive": naive}
    times = alternated(acts)
    of_pages = {by: times[by] for by in BYS}
    return {
        "page_ms": round(statistics.median(of_pages.values()), 1), "by_ms": of_pages,
        "summing_the_calls_ms": times["naive"],
    }  # fmt: skip


def asked(client: Any, by: str) -> None:
    answer = client.get("/ledger/", {"by": by, "month": "all"})
    if answer.status_code != 200:
        raise RuntimeError(f"The page answered {answer.status_code}.")


def streamed(client: Any) -> dict[str, Any]:
    """The whole book as CSV: seconds, lines, whether it adds up, and how much memory grew by (MiB)."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, lines, total, column = time.perf_counter(), -1, Decimal(0), 0
    answer = client.get("/ledger/csv/", {"by": "call", "month": "all"})
    for line in answer.streaming_content:
        cells = line.decode().rstrip().split(",")
        if lines < 0:
            column = cells.index("cost_usd")
        else:
            total += Decimal(cells[column])
        lines += 1
    took = time.perf_counter() - began
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    page = client.get("/api/v1/ledger/", {"by": "task", "month": "all"}).json()
    return {
        "lines": lines, "seconds": round(took, 1), "memory_grew_mib": round(grew, 1),
        "adds_up": total == Decimal(page["total"]["cost_usd"]),
    }  # fmt: skip


def booking(ground: Ground) -> dict[str, float]:
    """Drafts taken in a second, with sums of days moved and without, in turn."""
    from generation.ledger import daily_sums

    book = daily_sums.book
    rates: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(3):
        for name in rates:
            daily_sums.book = book if name == "with" else lambda *_: 0
            rates[name].append(taken_in(ground))
    daily_sums.book = book
    found = {name: round(statistics.median(rate)) for name, rate in rates.items()}
    return {"drafts_per_s": found["with"], "without_booking": found["without"],
            "share": round(1 - found["with"] / found["without"], 3)}  # fmt: skip


def taken_in(ground: Ground) -> float:
    from django.db import transaction

    from generation.calls import ingest
    from tests.generation.money.tellings import told

    order = ground.order()
    events = [told(order, "draft", n, fields={"subject": f"S{n}", "body": f"B{n}"}) for n in range(1, EVENTS + 1)]
    began = time.perf_counter()
    for start in range(0, EVENTS, A_BATCH):
        with transaction.atomic():
            ingest.consume(order.job, events[start : start + A_BATCH])
    return EVENTS / (time.perf_counter() - began)


def alternated(acts: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median milliseconds of each, after one round that counts for nothing."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(ROUNDS + 1):
        for name, act in acts.items():
            began = time.perf_counter()
            act()
            if number:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: round(statistics.median(took), 1) for name, took in times.items()}


if __name__ == "__main__":
    main()
