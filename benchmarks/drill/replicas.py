"""Three replicas on three hosts behind one `/v1`: no answer that was cut is told as whole,
and each host is asked again once it is back.

Web is at home and reaches each engine by its relay alone: sockets lie in folders that no other host sees.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.drill import network
from benchmarks.drill.product import STUDENTS, URL, Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

if TYPE_CHECKING:
    from serving.runtime.status import ServingStatus

WHOLE_WITHIN_S = 240
# Workers of `default` ring again for a job whose first message reached a host that is taken.
QUEUES = "serving,default"

# Makes a fault on a host, and returns what makes that host whole again.
Fault = Callable[[Product, "ServingStatus"], Callable[[], None]]


def kill_engine(product: Product, replica: ServingStatus) -> Callable[[], None]:
    """Kill the engine alone."""
    assert replica.job is not None
    assert replica.job.pid
    os.killpg(replica.job.pid, signal.SIGKILL)
    return lambda: None


def kill_host(product: Product, replica: ServingStatus) -> Callable[[], None]:
    """Kill all processes of the host."""
    host = host_of(replica)
    product.kill_host(host)
    return lambda: product.start_worker(host, queues=QUEUES)


def cut_link(product: Product, replica: ServingStatus) -> Callable[[], None]:
    """Cut the host off; its engine goes on and is not reached."""
    host = host_of(replica)
    network.cut(host)
    return lambda: network.mend(host)


FAULTS: tuple[Fault, ...] = (kill_engine, kill_host, cut_link)


class ReplicasDrill:
    """Sixteen clients ask one miniature on three hosts; a round is one fault, and over when all three serve again."""

    def __init__(self, product: Product) -> None:
        import openai

        from members.models import ApiToken, Member
        from tests.serving.asking_clients import AskingClients

        self.product, self.faults = product, FAULTS
        admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        slug = promoted(admin)
        for host in network.HOSTS:
            product.start_worker(host, queues=QUEUES)
        serve_on_all(admin)
        wait_for(lambda: len(answering()) == len(network.HOSTS), "the replicas", WHOLE_WITHIN_S)
        _, key = ApiToken.objects.create(user=admin, name="drill", scopes=["serve"])
        client = openai.OpenAI(base_url=f"{URL}/v1", api_key=str(key), max_retries=0, timeout=WHOLE_WITHIN_S)
        self.clients = AskingClients(client, slug, kinds=len({*product.backends.values()}) or 1)

    def round(self, number: int) -> Counts:
        """Make a fault on one host and count what clients were told until all hosts serve again."""
        replica = answering()[number % len(network.HOSTS)]
        fault = self.faults[number % len(self.faults)]
        before, total, began = self.clients.outcomes.copy(), self.clients.total, time.monotonic()
        print(f"{fault.__name__} on {host_of(replica)}", flush=True)
        make_whole = fault(self.product, replica)
        try:
            wait_for(lambda: self.clients.total > total + 64, "answers by the others", WHOLE_WITHIN_S)
        finally:
            recovered_s = time.monotonic() - began
            make_whole()
        wait_for(lambda: len(answering()) == len(network.HOSTS), "the host that is back", WHOLE_WITHIN_S)
        outcomes = self.clients.outcomes - before
        print(f"Told: {dict(outcomes)}", flush=True)
        counts = Counts(rounds=1, acknowledged=outcomes["whole", "right"] + outcomes["stream", "right"])
        counts.wrong = outcomes["whole", "wrong"] + outcomes["stream", "wrong"]
        # What had not begun is asked again on another host, so only streams may end as lost.
        counts.lost = sum(count for (way, what), count in outcomes.items() if way == "whole" and what == "engine_lost")
        counts.recovered_s.append(recovered_s)
        return counts


def promoted(admin: object) -> str:
    """Promote a tiny miniature; returns its short name."""
    from serving.promotions import promotion
    from tests.review import factories
    from tests.serving import tiny
    from tests.serving.conftest import miniature_of
    from tests.training.conftest import freeze
    from training.students import registration

    folder = STUDENTS / "replicas"
    # Heads as wide as vLLM asks for on a CPU.
    family = "qwen-wide-heads"
    base = tiny.make_base(folder / "base", family)
    adapter = tiny.make_adapter(folder / "adapter", family=family, seed=1)
    student = registration.register_folder(path=str(base), by=admin, licence="Apache-2.0")
    version = freeze(factories.make_task(by=admin), admin, train=8, validation=2)
    miniature = miniature_of(version, student, adapter, by=admin, folder=folder)
    promotion.promote(miniature, by=admin, override_reason="A drill.")
    return str(miniature.slug)


def serve_on_all(admin: object) -> None:
    """Serve on each host, as a lead does on the page of hosts."""
    from serving.runtime import scaling

    wait_for(lambda: len(scaling.serving_hosts()) == len(network.HOSTS), "workers that serve")
    wait_for(answering, "the first replica", WHOLE_WITHIN_S)
    for host in scaling.serving_hosts():
        scaling.serve_on(host.pk, by=admin)


def answering() -> list[ServingStatus]:
    """Replicas that answer, by host; all of them over TCP."""
    from serving.runtime import status

    up = [each for each in status.replica_statuses() if each.engine and each.replica]
    assert all(each.replica and each.replica.address for each in up)
    return sorted(up, key=host_of)


def host_of(replica: ServingStatus) -> str:
    assert replica.job is not None
    return replica.job.host_id.removeprefix("drill-")
