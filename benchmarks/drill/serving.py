"""A miniature served on host B, with a web process beside its engine: whatever answers is the text of an undisturbed one."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import httpx

from benchmarks.drill import clock, faults, following, network
from benchmarks.drill.network import HOME
from benchmarks.drill.product import WEB, Product, run
from benchmarks.drill.record import Counts
from benchmarks.drill.services import answers, wait_for
from benchmarks.drill.tuning import RECIPE, make_student

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.models import Job

HOST, ADDRESS = "b", "10.77.2.2"
URL = f"http://{ADDRESS}:8000"
RECORDS, CALLERS = 12, 4
ANSWERS_BEFORE, ANSWERS_AFTER = 12, 24
STUCK_AFTER_S = 120
# What a caller is told that comes at the wrong moment; each with when to ask again.
LATER = (429, 502, 503, 504)


class ServingDrill:
    """One served miniature; a round has it asked by several callers while a fault happens."""

    def __init__(self, product: Product) -> None:
        from members.models import ApiToken, Member
        from review.spec import prompting
        from serving.promotions import promotion
        from tests.review import factories
        from tests.training.conftest import freeze
        from training.runs import launch_run
        from training.runs.run_request import RunRequest

        self.product, self.faults = product, FAULTS
        admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        # Before there is a worker: it would freeze the version too.
        version = freeze(factories.make_task(by=admin), admin, train=RECORDS, validation=2, test=1)
        clock.fake_clocks(product, HOST)
        self.start_worker()
        self.web = self.start_web()
        request = RunRequest(dataset_version=version, student=make_student(admin, family="llama-wide"))
        tuned = launch_run.launch(request, recipe="demo", by=admin, overrides=RECIPE | {"epochs": 10})
        ended = lambda: tuned.job.state == "succeeded"  # noqa: E731
        if not following.follow(tuned.job, Counts(), by=admin, has_moved=ended, began=0, within_s=300):
            raise RuntimeError("The run that nothing disturbed did not end well.")
        tuned.refresh_from_db()
        promotion.promote(tuned.miniature, by=admin)
        token = ApiToken.objects.create(user=admin, name="drill", scopes=["serve"])[1]
        spec = tuned.task_version.spec
        self.questions = [
            {
                "model": tuned.miniature.slug,
                "messages": prompting.messages(spec, row.draft.record.facts, audience="student"),
                "temperature": 0,
                "max_tokens": 60,
            }
            for row in version.rows.select_related("draft__record")[:RECORDS]
        ]
        self.client = httpx.Client(
            base_url=URL, headers={"Authorization": f"Bearer {token}"}, timeout=15, trust_env=False
        )
        wait_for(lambda: self.ask(0).is_success, "the first answer", STUCK_AFTER_S)
        # A student of wide weights has learnt them: an answer to another's question would be seen.
        self.expected = [text_of(self.ask(number)) for number in range(RECORDS)]
        print(f"Undisturbed, {len(set(self.expected))} different answers to {RECORDS} questions.", flush=True)

    def round(self, number: int) -> Counts:
        """Have questions asked all the time, make a fault after some answers, and hold each answer against the first."""
        asking = Asking(self)
        asking.wait_for_answers(ANSWERS_BEFORE)
        counts, began = Counts(rounds=1), time.monotonic()
        fault = self.faults[number % len(self.faults)]
        print(f"{fault.__name__} after {len(asking.answered_at)} answers", flush=True)
        fault(self)
        try:
            asking.wait_for_answers(len(asking.answered_at) + ANSWERS_AFTER)
        except TimeoutError as error:
            print(f"It is stuck: {error}", flush=True)
            counts.stuck = 1
        asking.end()
        counts.recovered_s += [at - began for at in asking.asked_again_at(began)]
        counts.acknowledged, counts.wrong, counts.lost = len(asking.answered_at), asking.wrong, len(asking.unexplained)
        print(f"{asking.told_later} told to come again, {asking.cut_off} cut off; {asking.unexplained}", flush=True)
        return counts

    def ask(self, number: int) -> httpx.Response:
        return self.client.post("/v1/chat/completions", json=self.questions[number])

    def job(self) -> Job:
        from serving.runtime import status

        job = status.current_job()
        assert job is not None
        return job

    def start_worker(self) -> None:
        """The host's worker, which tunes as well."""
        self.product.start_worker(HOST, queues="default,training,serving")

    def start_web(self) -> subprocess.Popen[bytes]:
        """A web process on the host of the engine, whose socket lies in that host's folder."""
        web = run("web-b", *WEB, host=HOST, more=self.product.more[HOST] | {"ALLOWED_HOSTS": f"{HOME},{ADDRESS}"})
        wait_for(lambda: answers(f"{URL}/livez"), "web on the serving host")
        return web


class Asking:
    """Callers that ask one question after another until they are to end."""

    def __init__(self, drill: ServingDrill) -> None:
        self.drill = drill
        self.answered_at: list[tuple[float, float]] = []
        self.wrong = self.told_later = self.cut_off = 0
        self.unexplained: list[str] = []
        self.has_ended = threading.Event()
        self.numbers = itertools.cycle(range(RECORDS))
        self.lock = threading.Lock()
        self.callers = [threading.Thread(target=self.ask_on, daemon=True) for _ in range(CALLERS)]
        for caller in self.callers:
            caller.start()

    def ask_on(self) -> None:
        while not self.has_ended.is_set():
            with self.lock:
                number = next(self.numbers)
            asked = time.monotonic()
            try:
                reply = self.drill.ask(number)
            except httpx.TransportError:
                with self.lock:
                    self.cut_off += 1
                self.has_ended.wait(0.5)
                continue
            with self.lock:
                self.take(number, asked, reply)
            if not reply.is_success:
                self.has_ended.wait(0.5)

    def take(self, number: int, asked: float, reply: httpx.Response) -> None:
        """Count an answer: the text that is expected, a word of when to ask again, or neither."""
        if reply.is_success:
            self.answered_at.append((asked, time.monotonic()))
            self.wrong += text_of(reply) != self.drill.expected[number]
        elif reply.status_code in LATER and "Retry-After" in reply.headers:
            self.told_later += 1
        else:
            self.unexplained.append(f"{reply.status_code} {reply.text[:200]}")

    def wait_for_answers(self, count: int) -> None:
        wait_for(lambda: len(self.answered_at) >= count, f"answer {count}", STUCK_AFTER_S)

    def asked_again_at(self, began: float) -> list[float]:
        """When the first question that was asked after a moment had its answer; empty without one."""
        with self.lock:
            return sorted(answered for asked, answered in self.answered_at if asked > began)[:1]

    def end(self) -> None:
        self.has_ended.set()
        for caller in self.callers:
            caller.join()


def text_of(reply: httpx.Response) -> str:
    return str(reply.raise_for_status().json()["choices"][0]["message"]["content"])


def kill_engine(drill: ServingDrill) -> None:
    """Kill the engine alone."""
    pid = drill.job().pid
    assert pid
    os.killpg(pid, signal.SIGKILL)


def kill_worker(drill: ServingDrill) -> None:
    """Kill the worker alone and start it again; the engine answers on."""
    drill.product.kill_worker(HOST)
    drill.start_worker()


def kill_host(drill: ServingDrill) -> None:
    """Kill all processes of the host, web among them, and start it again."""
    drill.product.kill_host(HOST)
    drill.web.wait()
    drill.start_worker()
    drill.web = drill.start_web()


def restart_database(drill: ServingDrill) -> None:
    """End PostgreSQL without a checkpoint, and start it again."""
    faults.restart_database(drill.product)


def flush_queue(drill: ServingDrill) -> None:
    """Make Redis forget everything, the callers' limits among it."""
    faults.flush_queue(drill.product)


def cut_link(drill: ServingDrill) -> None:
    """Cut the host off from its callers, the database and the queue for ten seconds."""
    network.cut(HOST)
    time.sleep(faults.LASTS_S)
    network.mend(HOST)


def fill_disk(drill: ServingDrill) -> None:
    """Fill the host's disk to the last byte for ten seconds."""
    faults.fill_disk(drill.product, HOST)


def skew_clock(drill: ServingDrill) -> None:
    """Set the host's clock, web's too, three hours ahead for ten seconds."""
    clock.set_clock(HOST, "+3h")
    time.sleep(faults.LASTS_S)
    clock.set_clock(HOST, "+0")


FAULTS: tuple[Callable[[ServingDrill], None], ...] = (
    kill_engine, kill_worker, kill_host, restart_database, flush_queue, cut_link, fill_disk, skew_clock,
)  # fmt: skip
