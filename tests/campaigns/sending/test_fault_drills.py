"""Under fire: a sender killed in the middle of mails, and readers who leave while their mail is being sent.

An SMTP server of the test's own counts what arrived. `STRESS=1` runs each drill at full count.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.sending.transport import MailConnection
from campaigns.states import MessageState, SuppressionReason
from campaigns.suppression import suppress as suppression_suppress
from jobs.lifecycle import control
from jobs.models import Job
from tests.campaigns import factories
from tests.campaigns.sending.conftest import drill
from tests.jobs.fleet import database_url
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db(transaction=True)

# Mails that a sender may get through after those it is killed behind.
BEYOND = 3


@dataclass
class Server:
    port: int
    ledger: Path

    def accepted(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(line.split()[0] for line in self._lines())

    def accept_at_most(self, mails: int) -> None:
        """Have it accept so many in all for now; those beyond wait."""
        written = self.ledger.with_name("most")
        written.write_text(str(mails))
        written.replace(f"{self.ledger}.most")

    def readers(self) -> set[str]:
        return {line.split()[1] for line in self._lines()}

    def _lines(self) -> list[str]:
        return self.ledger.read_text().splitlines() if self.ledger.exists() else []


@pytest.fixture
def server(tmp_path: Path, settings) -> Iterator[Server]:
    ledger = tmp_path / "accepted"
    command = [sys.executable, "-m", "tests.campaigns.sending.counting_server", str(ledger)]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "campaigns.sending.smtp_backend.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = int(process.stdout.readline())
    yield Server(settings.EMAIL_PORT, ledger)
    process.kill()
    process.wait()


def start_sender(campaign: Campaign, server: Server, log: Path) -> tuple[subprocess.Popen[str], queue.Queue[int]]:
    """The sender, and the numbers of its children as they begin to send."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test", "BROKER_URL": "memory://",
        "TEST_VAR_DIR": str(django_settings.VAR_DIR), "TEST_DATABASE_URL": database_url(),
        "JOB_LEASE_S": "0.4", "JOB_HEARTBEAT_S": "0.1", "JOB_MAX_ATTEMPTS": "10000",
        "EMAIL_BACKEND": "campaigns.sending.smtp_backend.EmailBackend", "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.sending.sender_process", str(campaign.pk)],
        cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=log.open("w"), text=True,
    )  # fmt: skip
    children: queue.Queue[int] = queue.Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("carries"):
                children.put(int(line.split()[1]))

    threading.Thread(target=listen, daemon=True).start()
    return process, children


@pytest.mark.slow
@pytest.mark.stress
@pytest.mark.timeout(3600)
def test_a_sender_killed_again_and_again_sends_nothing_twice_and_loses_nothing(
    campaign, server, stress_count, tmp_path
):
    mails, kills = stress_count(100, 2_000), stress_count(10, 200)
    factories.make_due_mails(campaign, mails)
    source = random.Random(11)
    sender, children = start_sender(campaign, server, tmp_path / "sender.log")
    killed = 0
    before = 0

    while killed < kills:
        child = children.get(timeout=60)
        # Somewhere in the middle of its mails. However fast it sends, there is something left for all the kills: each
        # one so far may have cost a mail that was not accepted, and each to come may cost that and those beyond.
        left = mails - before - killed - (BEYOND + 1) * (kills - killed)
        going = before + max(1, left // (kills - killed + 1))
        # However long this process waits for a core: the child cannot have sent them all before it is killed.
        server.accept_at_most(going + BEYOND)
        deadline = time.monotonic() + 20
        while sum(server.accepted().values()) < going and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(source.uniform(0, 0.02))
        with suppress(ProcessLookupError):  # it had just ended by itself, and another one comes
            os.kill(child, signal.SIGKILL)
            killed += 1
        before = sum(server.accepted().values())
    server.accept_at_most(mails)
    assert sender.wait(timeout=120) == 0, (tmp_path / "sender.log").read_text()[-2000:]

    accepted = server.accepted()
    states = Counter(Message.objects.values_list("state", flat=True))
    sent = set(Message.objects.filter(state=MessageState.SENT).values_list("message_id", flat=True))
    unknown = set(Message.objects.filter(state=MessageState.UNKNOWN).values_list("message_id", flat=True))
    assert killed == kills
    assert max(accepted.values()) == 1, "sent twice"
    assert sum(states.values()) == states["sent"] + states["unknown"] == mails, states
    assert sent <= set(accepted), "called sent, and never arrived"
    assert set(accepted) - sent <= unknown, "arrived, and is not even called unknown"
    # A kill leaves one mail in doubt at most.
    assert len(unknown) <= kills
    assert Job.objects.filter(kind="campaign-send", attempts__gt=1).exists()


@drill
def test_who_leaves_while_mails_are_being_sent_gets_nothing_afterwards(campaign, server, stress_count, admin, settings):
    """Two campaigns of two tasks write to the same people, who leave while both mails are on their way."""
    settings.FIRST_MAILS_PER_CONTACT = 0
    rounds = stress_count(20, 1_000)
    other = factories.make_sending_campaign(make_task(slug="other", by=admin), slug="second")
    senders = [(turn_of(each), MailConnection(), factories.make_due_mails(each, rounds)) for each in (campaign, other)]
    source = random.Random(5)
    went_first: Counter[bool] = Counter()

    for number in range(rounds):
        start = threading.Barrier(3)
        mails = [mails[number] for _, _, mails in senders]
        waits = [source.uniform(0, 0.012) for _ in range(3)]
        after: list[Counter[str]] = []

        def send(mail, turn, wire, wait, start=start) -> None:
            try:
                start.wait()
                time.sleep(wait)
                claimed = outbox.claim(mail, turn, now=timezone.now())
                if claimed is None or outbox.withhold(claimed):
                    return
                assert wire.opened() is None
                outbox.settle(claimed, wire.send(claimed.mail.mail), now=timezone.now())
            finally:
                connections.close_all()

        def leave(mail, wait, start=start, after=after) -> None:
            try:
                start.wait()
                time.sleep(wait)
                suppression_suppress.suppress(mail.contact.address, reason=SuppressionReason.UNSUBSCRIBED, message=mail)
                after.append(server.accepted())
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=send, args=(mail, turn, wire, wait))
            for mail, (turn, wire, _), wait in zip(mails, senders, waits, strict=False)
        ]
        threads.append(threading.Thread(target=leave, args=(mails[number % 2], waits[2])))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        accepted = server.accepted()

        assert after, "the suppression did not come through"
        for mail in Message.objects.filter(pk__in=[mail.pk for mail in mails]):
            arrived = mail.message_id in accepted
            assert arrived == (mail.message_id in after[0]), "mailed after the suppression was committed"
            assert mail.state == (MessageState.SENT if arrived else MessageState.STOPPED)
            went_first[arrived] += 1

    # Both orders happened, so the race was one.
    assert went_first[True] > 0
    assert went_first[False] > 0
    assert max(server.accepted().values()) == 1


def turn_of(campaign: Campaign) -> SendingAttempt:
    """The turn of an attempt that holds its job, without the worker around it."""
    job = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    return SendingAttempt.of(Campaign.objects.select_related("sender").get(pk=campaign.pk), job_id=job.pk, fence=1)
