"""The job that sends: takes due mails of a running campaign one by one, at its pace, and ends when nothing is due.

Knows when mails may go; what one mail needs is the outbox's affair. No state is kept here: an attempt that dies leaves
at most one mail of unknown fate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.sending.pacing import TokenBucket, day_starts
from campaigns.sending.transport import MailConnection, SendResult, ServerReply
from campaigns.states import WENT, CampaignState
from jobs.kinds.base import Attempt, MustWait
from jobs.lifecycle import control
from jobs.models import Job
from jobs.scheduling import halt as scheduling_halt
from jobs.states import FINISHED, JobState
from jobs.supervisor.shutdown import SHUTDOWN
from web.db import database_clock

KIND = "campaign-send"
BATCH = 100
# How finely a wait is cut, so that a pause is heeded within a second.
SLICE_S = 0.2
IDLE_CHECK_S = 1.0
PROGRESS_EVERY_S = 10.0
# Between two mails it is looked whether to stop, and told what has gone, no more often than this.
LOOK_EVERY_S, TELL_EVERY_S = 0.2, 1.0
RETRY_S = 30.0


def ensure_sending(campaign: Campaign) -> Job | None:
    """Have a running campaign's due mails sent, and what a dead sender left behind called unknown. For the tick.

    Cheap when nothing is due. Raced by any number of callers, one job comes of it; while one is under way, paused by a
    person, or failed within the last 30 seconds, none.
    """
    outbox.settle_left_behind(campaign)
    due = outbox.waiting(campaign, now=timezone.now())
    if campaign.state != CampaignState.RUNNING or not due.exists() or left_today(campaign, now=timezone.now()) <= 0:
        return None
    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
        jobs = Job.objects.filter(kind=KIND, subject_id=campaign.pk)
        justly_failed = timezone.now() - timedelta(seconds=RETRY_S)
        if jobs.exclude(state__in=FINISHED).exists():
            return None
        if jobs.filter(state=JobState.FAILED, finished_at__gt=justly_failed).exists():
            return None
        return control.launch(
            kind=KIND,
            title=f"Send mails of {campaign.name}",
            spec={"campaign": str(campaign.pk)},
            by=None,
            task_slug=campaign.task.slug,
            subject_id=campaign.pk,
            subject_url=reverse("campaigns:detail", args=[campaign.slug]),
        )


def send(job: Job, attempt: Attempt) -> dict[str, Any]:
    """Send what is due, until nothing is, the campaign stops running, or its daily cap is reached.

    Returns:
        `{"sent", "refused", "deferred", "unknown", "passed_over"}`, counts of mails.

    Raises:
        Wait: The mail server cannot be reached, or will not have us, or everything that leaves is stopped.
        jobs.supervisor.AttemptLost: A stop was asked for, or the lease has passed on; between two mails only.
    """
    campaign = Campaign.objects.select_related("sender", "task").get(pk=job.spec["campaign"])
    outbox.settle_left_behind(campaign)
    with MailConnection() as wire:
        shift = _SendLoop(
            SendingAttempt.of(campaign, job_id=job.pk, fence=attempt.fence), attempt, wire, _pace(campaign)
        )
        shift.left_today = left_today(campaign, now=timezone.now())
        for message in shift.due():
            shift.one(message)
    return shift.counts


@dataclass
class _SendLoop:
    turn: SendingAttempt
    attempt: Attempt
    wire: MailConnection
    pace: TokenBucket
    left_today: int = 0

    def __post_init__(self) -> None:
        self.counts = {"sent": 0, "refused": 0, "deferred": 0, "unknown": 0, "passed_over": 0}
        self._used_s = time.monotonic()
        self._told, self._told_s, self._looked_s = 0, time.monotonic(), time.monotonic()
        self._misses = 0

    def due(self) -> Iterator[Message]:
        """Mails whose time has come, as long as there are any; looks once more a while after the last."""
        idle_until_s = time.monotonic() + settings.CAMPAIGN_LINGER_S
        before: list[UUID] = []
        while self.left_today > 0 and self._runs():
            if problem := database_clock.host_problem():
                # Another host may go on.
                raise put_off(f"the host stopped sending: {problem}", RETRY_S)
            mails = outbox.due(self.turn.campaign, now=timezone.now(), limit=BATCH)
            self.turn.read_senders()
            ids = [mail.pk for mail in mails]
            # The same mails again: nothing moved them, so continuing would only spin. The last may wait for its second
            # connection.
            if ids and (ids != before or self._misses):
                before, idle_until_s = ids, time.monotonic() + settings.CAMPAIGN_LINGER_S
                for mail in mails:
                    if self.left_today <= 0:
                        return
                    yield mail
            elif time.monotonic() >= idle_until_s:
                return
            else:
                self._rest(min(SLICE_S * 2, settings.CAMPAIGN_LINGER_S))

    def one(self, message: Message) -> None:
        while (wait_s := self.pace.wait_s(time.monotonic())) > 0:
            self._rest(min(wait_s, SLICE_S))
        self._rest(0)
        self._connect()
        claimed = outbox.claim(message, self.turn, now=timezone.now())
        if claimed is None or outbox.withhold(claimed):
            wait_for_halt()
            self.counts["passed_over"] += 1
            return
        answer = self.wire.send(claimed.mail.mail)
        self._used_s = time.monotonic()
        outbox.settle(claimed, answer, now=timezone.now())
        self._count(answer)

    def _count(self, answer: ServerReply) -> None:
        if answer.fate == SendResult.AWAY:
            # Many servers end a connection after some mails: a new one is tried before the server counts as away.
            self._misses += 1
            if self._misses > 1:
                raise server_unreachable(answer)
            return
        self._misses = 0
        self.counts["sent" if answer.fate == SendResult.ACCEPTED else str(answer.fate)] += 1
        self.pace.took(time.monotonic())
        if answer.fate in (SendResult.ACCEPTED, SendResult.UNKNOWN):
            self.left_today -= 1

    def _connect(self) -> None:
        if time.monotonic() - self._used_s > IDLE_CHECK_S:
            self.wire.alive()
            self._used_s = time.monotonic()
        if answer := self.wire.opened():
            raise server_unreachable(answer)

    def _rest(self, seconds: float) -> None:
        if seconds:
            time.sleep(seconds)
        done = sum(self.counts.values())
        # Telling writes an event; a sender that only waits looks whether to stop, and is silent.
        now_s = time.monotonic()
        since_s = now_s - self._told_s
        is_time = since_s > PROGRESS_EVERY_S or (since_s > TELL_EVERY_S and done != self._told)
        if not is_time and now_s - self._looked_s > LOOK_EVERY_S:
            self._looked_s, is_time = now_s, self._is_stopped()
        if is_time:
            self._told, self._told_s = done, time.monotonic()
            # More than is done: only an end may be told without a look at whether to stop.
            self.attempt.progress(done, done + 1, "mails")
        if seconds:
            wait_for_halt()

    def _is_stopped(self) -> bool:
        mine = Job.objects.filter(pk=self.turn.job_id, fence=self.turn.fence, state=JobState.RUNNING)
        return SHUTDOWN.has_begun or not mine.exists()

    def _runs(self) -> bool:
        return Campaign.objects.filter(pk=self.turn.campaign.pk, state=CampaignState.RUNNING).exists()


def wait_for_halt() -> None:
    """Stop where everything that leaves is stopped. A claim looks too: between two mails nobody needs to ask.

    Raises:
        MustWait: Until the halt is over.
    """
    if halt := scheduling_halt.current_halt():
        raise MustWait(
            scheduling_halt.wait_reason(halt),
            again_s=RETRY_S,
            is_over=lambda: scheduling_halt.current_halt() is None,
        )


def server_unreachable(answer: ServerReply) -> MustWait:
    """Return the wait of a sender whose mail server cannot be reached, or will not have us."""
    return put_off(f"the mail server does not take mails: {answer.text}", RETRY_S)


def put_off(reason: str, again_s: float) -> MustWait:
    """Return a wait that lasts its whole time."""
    return MustWait(reason[:200], again_s=again_s, is_over=lambda: False)


def _pace(campaign: Campaign) -> TokenBucket:
    last = Message.objects.filter(campaign=campaign, state__in=WENT).aggregate(last=Max("sending_at"))["last"]
    since_s = (timezone.now() - last).total_seconds() if last else None
    return TokenBucket.per_minute(campaign.mails_per_minute, now_s=time.monotonic(), since_last_s=since_s)


def left_today(campaign: Campaign, *, now: datetime) -> int:
    """Remainder of the daily cap, by the campaign's own midnight."""
    midnight = day_starts(now, campaign.time_zone)
    went = Message.objects.filter(campaign=campaign, state__in=WENT, sending_at__gte=midnight).count()
    return campaign.daily_cap - went
