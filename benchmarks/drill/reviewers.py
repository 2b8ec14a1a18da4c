"""Twenty reviewers over HTTP while PostgreSQL is restarted: each decision that was acknowledged is saved, once."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from benchmarks.drill import faults
from benchmarks.drill.product import URL, Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

REVIEWERS, CARDS_EACH = 20, 6
STUCK_AFTER_S = 120


class ReviewersDrill:
    """One desk; a round gives it cards, and restarts the database while they are judged."""

    def __init__(self, product: Product) -> None:
        from members.models import ApiToken, Member
        from tests.review import factories

        self.product = product
        admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        self.task = factories.make_task(by=admin)
        self.tokens = []
        for number in range(REVIEWERS):
            member = Member.objects.create(username=f"expert{number}")
            factories.join(member, self.task)
            self.tokens.append(ApiToken.objects.create(user=member, name="drill", scopes=["review"])[1])

    def round(self, number: int) -> Counts:
        """Have new cards judged by all, restart the database in the middle, and count rows against answers."""
        from django.db import connection

        from tests.review import factories
        from tests.review.fire.server import Client

        source = factories.make_source(self.task, name=f"Round {number}")
        factories.make_drafts(self.task, factories.make_records(source, REVIEWERS * CARDS_EACH))
        clients: Any = [Client(SimpleNamespace(url=URL), token) for token in self.tokens]  # type: ignore[arg-type]
        told = lambda: sum(len(client.sent) for client in clients)  # noqa: E731
        for client in clients:
            client.daemon = True
            client.start()
        wait_for(lambda: told() >= REVIEWERS, "the first decisions", STUCK_AFTER_S)
        saved, began = told(), time.monotonic()
        faults.restart_database(self.product)
        counts = Counts(rounds=1)
        wait_for(lambda: told() > saved, "a decision after the restart", STUCK_AFTER_S)
        counts.recovered_s.append(time.monotonic() - began)
        until = time.monotonic() + STUCK_AFTER_S
        for client in clients:
            client.join(max(0, until - time.monotonic()))
        connection.close()
        return self.counted(source, clients, counts)

    def counted(self, source: Any, clients: Any, counts: Counts) -> Counts:
        from review.models import Decision, Draft

        rows = Decision.objects.filter(draft__record__source=source)
        saved = dict(rows.values_list("pk", "fields__subject"))
        told = {pk: subject for client in clients for pk, subject in client.sent.items()}
        counts.acknowledged = len(told)
        counts.lost = sum(saved.get(pk) != subject for pk, subject in told.items())
        pairs = list(rows.values_list("draft", "reviewer"))
        counts.doubled = len(pairs) - len(set(pairs))
        waiting = Draft.objects.filter(record__source=source).exclude(state="decided").count()
        counts.stuck = waiting + sum(client.is_alive() for client in clients)
        for fault in (fault for client in clients for fault in client.faults):
            print(f"A reviewer gave up: {fault!r}", flush=True)
        return counts
