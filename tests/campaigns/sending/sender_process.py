"""Carries sending jobs of one campaign until all is sent, as a worker does, in children that a drill may kill.

`python -m tests.campaigns.sending.sender_process CAMPAIGN_ID`. Each child is forked from a process that has everything
loaded, so that a hundred of them start in moments; it prints its number when it begins, and then each job it carries.
"""

from __future__ import annotations

import os
import sys
import time

import django

django.setup()

from django.db import connections  # noqa: E402

from campaigns.models import Campaign  # noqa: E402
from campaigns.sending import send  # noqa: E402
from campaigns.states import MessageState  # noqa: E402
from jobs.lifecycle import reaper  # noqa: E402
from jobs.models import Job  # noqa: E402
from jobs.states import CLAIMABLE  # noqa: E402
from jobs.supervisor import run_job  # noqa: E402


def main(campaign_id: str) -> None:
    while True:
        child = os.fork()
        if child == 0:
            work(campaign_id)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return


def work(campaign_id: str) -> None:
    campaign = Campaign.objects.select_related("task").get(pk=campaign_id)
    print(f"began {os.getpid()}", flush=True)
    while campaign.messages.filter(state__in=(MessageState.APPROVED, MessageState.SENDING)).exists():
        reaper.reap()
        send.ensure_sending(campaign)
        for job in Job.objects.filter(kind=send.KIND, state__in=CLAIMABLE):
            print(f"carries {os.getpid()}", flush=True)
            run_job(job.pk, worker=f"sender-{os.getpid()}")
        time.sleep(0.02)
    connections.close_all()


main(sys.argv[1])
