"""How fast a campaign's mails leave: claimed, composed, sent and settled one by one, against bare smtplib.

`python -m benchmarks.sending [MAILS]`. Both send the same mails over one connection to the same local SMTP server (the
product's sink, a process of its own), in turn, five times each; medians. Bare smtplib writes no row and composes
nothing: it is the floor. Last line: JSON with `ratio` (our seconds over its seconds) and `mails_per_s`.
"""

from __future__ import annotations

import json
import os
import smtplib
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from demo.scratch import prepare
from tests.postgres_server import free_port

ROUNDS = 5


def main(mails: int) -> None:
    port = free_port()
    os.environ |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "CAMPAIGN_LINGER_S": "0"}
    folder = prepare()
    sink = subprocess.Popen(
        [sys.executable, "-m", "demo.mail_sink"], env={**os.environ, "SINK_PORT": str(port), "VAR_DIR": str(folder)}
    )
    try:
        wait_for(port)
        campaign = make_campaign()
        ours, floors = [], []
        # The first mails of a process load what all need.
        due(campaign, 20, ROUNDS)
        send(campaign, 20)
        raw = sample(folder)
        cpu_s = 0.0
        for number in range(ROUNDS):
            due(campaign, mails, number)
            before_s = time.process_time()
            ours.append(send(campaign, mails))
            cpu_s += time.process_time() - before_s
            floors.append(bare(port, raw, mails))
    finally:
        sink.terminate()
        sink.wait()
    seconds, floor = statistics.median(ours), statistics.median(floors)
    figures = {
        "mails": mails,
        "mails_per_s": round(mails / seconds, 1),
        "bare_mails_per_s": round(mails / floor, 1),
        "ms_per_mail": round(seconds / mails * 1000, 2),
        # What it would take on a core of its own: the rest is waiting for the server, and for the machine's other work.
        "cpu_ms_per_mail": round(cpu_s / ROUNDS / mails * 1000, 2),
        "ratio": round(seconds / floor, 2),
    }
    print(json.dumps(figures))


def make_campaign():  # type: ignore[no-untyped-def]
    from members.models import Member
    from review.spec.starters import STARTERS
    from review.tasks import authoring
    from tests.campaigns.factories import make_sending_campaign

    admin = Member.objects.create(username="bench", is_superuser=True)
    task = authoring.create(name="Bench", slug="bench", spec=STARTERS["outreach"].spec, by=admin)
    campaign = make_sending_campaign(task, mails_per_minute=10_000_000, daily_cap=10_000_000)
    campaign.steps.update(body="Hi {{contact.first_name}},\n\n" + "We look after cold stores. " * 30 + "{{link.demo}}")
    return campaign


def due(campaign, mails: int, number: int) -> None:  # type: ignore[no-untyped-def]
    from tests.campaigns.factories import make_due_mails

    make_due_mails(campaign, mails, name=f"reader-{number}")


def send(campaign, mails: int) -> float:  # type: ignore[no-untyped-def]
    """Seconds of one job, from its claim to its end, as a worker carries it."""
    from jobs.lifecycle import control
    from jobs.supervisor import run_job

    job = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    began = time.perf_counter()
    run_job(job.pk, worker="bench")
    took = time.perf_counter() - began
    job.refresh_from_db()
    assert job.result == {"sent": mails, "refused": 0, "deferred": 0, "unknown": 0, "passed_over": 0}, job.result
    return took


def sample(folder: Path) -> bytes:
    """One of the mails as it went, without what the sink has put before it."""
    path = next((folder / "mailbox").glob("*.eml"))
    return path.read_bytes().split(b"Content-Type", 1)[1].join([b"Content-Type", b""])


def bare(port: int, raw: bytes, mails: int) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(mails):
            server.sendmail("replies@sender.example", [f"bare-{number}@company.example"], raw)
    return time.perf_counter() - began


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The sink did not start.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
