"""Loader of the demo's finished campaign: three arms, 25,000 simulated inboxes, and its experiment.

The product's own services import contacts, register the experiment and launch the campaign. One mail for each arm and
company (`pilots`) then passes the stages of its pipeline, the desk, SMTP to a sink and the webhook. All others
(`others`, `doings`) are inserted as rows. Weeks pass on the loaders' clock. An interrupted load continues
from its rows.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from email.generator import BytesGenerator
from email.message import Message as Mail
from email.policy import SMTP
from io import BytesIO
from operator import itemgetter

from django.test import Client

from campaigns.experiments import register
from campaigns.models import Campaign, Experiment, Look, Message
from campaigns.outcomes import report
from campaigns.replies import record_reply, webhook_signatures
from campaigns.sending import lifecycle
from campaigns.states import CampaignState, EventKind, MessageState
from demo.data import clock
from demo.data.experiment import doings, others, pilots, plan, reply_texts
from demo.data.experiment.population import ReaderAction
from demo.mail_sink import simulated_mail
from demo.mail_sink.mail_folder import MailFolder
from members.models import Member
from review.models import Task

# With fewer contacts an arm lacks a company, and answers of miniatures are not recorded.
FEWEST = 1_500
# Days of the looks: the last mail leaves in the third week, and readers have two weeks to answer.
LOOK_DAYS = (24, 36)
# Days since its first morning: other tasks came after its end.
DAYS = LOOK_DAYS[-1] + 3
# Time for its plan, its pilots and a lead's verdicts on them, before all other mails leave.
BEFORE = timedelta(hours=2)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
INBOUND = "/api/v1/inbound/miniatures/"


def load(
    admin: Member, task: Task, *, contacts: int = plan.CONTACTS, companies: int = plan.COMPANIES, live: bool = False
) -> bool:
    """Load the campaign if it is missing, or continue an interrupted load.

    Args:
        admin: Admin, for steps that require one.
        contacts: Number of contacts; fewer are quicker and show less.
        companies: Largest number of companies; the time grows with it.
        live: Whether miniatures answer by their weights, and their answers are recorded.

    Returns:
        Whether any part was missing.
    """
    if Experiment.objects.filter(slug=plan.SLUG, looks__is_final=True).exists():
        return False
    lead = Member.objects.get(username="lena")
    launched = Campaign.objects.filter(slug=plan.SLUG).values_list("launched_at", flat=True).first()
    began = clock.morning(launched or clock.days_ago(DAYS))
    with clock.running(), pilots.to_sink():
        clock.set_to(began - BEFORE)
        campaign = plan.launched(admin, lead, task, contacts=contacts, companies=companies)
        if campaign.state == CampaignState.RUNNING:
            pilots.hold_back(campaign)
            pilots.send(campaign, lead, live=live)
        _let_days_pass(campaign, lead, began)
    return True


def _let_days_pass(campaign: Campaign, lead: Member, began: datetime) -> None:
    chosen = pilots.by_arm_and_record(campaign)
    own = [mail.pk for mail in chosen.values()]
    others.lay(campaign, chosen, began=began)
    everybody = list(others.sent_to(campaign, own))
    chances = doings.chances(chosen.values())
    readers = _Readers(list(chosen.values()), chances, lead)
    experiment = Experiment.objects.get(slug=plan.SLUG)
    before = began - timedelta(days=1)
    for number, day in enumerate(LOOK_DAYS):
        until = began + timedelta(days=day)
        if Look.objects.filter(experiment=experiment).count() <= number:
            readers.act(after=before, until=until)
            doings.pour(campaign, everybody, chances, after=before, until=until)
            clock.set_to(until)
            if day == LOOK_DAYS[-1]:
                lifecycle.end(campaign, by=lead)
            register.record_look(Experiment.objects.get(slug=plan.SLUG), by=lead)
        before = until


class _Readers:
    """Readers of the pilots' mails; their actions use the site's own addresses."""

    def __init__(self, mails: list[Message], chances: doings.Chances, lead: Member) -> None:
        self._mailbox = MailFolder(pilots.mailbox())
        self._lead = lead
        sent = [mail for mail in mails if mail.state == MessageState.SENT]
        due = [(at, doing, mail) for mail in sent for at, doing in doings.of_reader(mail, chances)]
        self._actions = sorted(due, key=itemgetter(0))

    def act(self, *, after: datetime, until: datetime) -> None:
        """Do the actions of a period, and set the clock to each."""
        for at, doing, mail in self._actions:
            if after < at <= until:
                clock.set_to(at)
                self._do(doing, mail, at)

    def _do(self, doing: ReaderAction, mail: Message, at: datetime) -> None:
        if doing.kind == "meeting":
            report.report(mail, EventKind.MEETING, at=at, by=self._lead)
            return
        reply_text = reply_texts.written_by(mail.contact, doing.meaning, doing.words) if doing.meaning else None
        raw = self._mailbox.read(self._mailbox.of_message_id(mail.message_id)) or b""
        _carry_out(doing.kind, raw, reply_text.text if reply_text and doing.kind == "reply" else "")
        if reply_text is not None and reply_text.found.by == reply_texts.SORTER and reply_text.found.is_sure:
            for reply in mail.replies.all():
                record_reply.label_by_model(reply.pk, reply_text.found.reply_class, by_model=reply_texts.SORTER)


def _carry_out(doing: str, raw: bytes, words: str = "") -> None:
    """Do one action with a mail; repeating it changes nothing.

    Args:
        doing: `reply`, `absence`, `bounce`, `complaint` or `leave`.
        raw: Received mail.

    Raises:
        RuntimeError: The site refused it.
    """
    body = json.dumps({"mails": [base64.b64encode(_mail_back(doing, raw, words)).decode()]}).encode()
    signed = {webhook_signatures.HEADER: webhook_signatures.sign(body, secret=webhook_signatures.key())}
    client = Client(headers={"host": "localhost", "user-agent": BROWSER})
    answer = client.post(INBOUND, body, content_type="application/json", headers=signed)
    if answer.status_code != 200:
        raise RuntimeError(f"The site answered a simulated reader with {answer.status_code} instead of 200.")
    if json.loads(answer.content)["unmatched"]:
        raise RuntimeError("An answer of the demo's people found no mail of ours.")


def _mail_back(doing: str, raw: bytes, words: str) -> bytes:
    mail = simulated_mail.answer_to(raw, doing, words)
    sent = re.search(rb"^message-id:\s*<([^<>\s]+)>", raw, re.IGNORECASE | re.MULTILINE)
    # The same id in every run, so that an interrupted load repeats no event.
    digest = hashlib.sha256(doing.encode() + (sent[1] if sent else raw)).hexdigest()[:32]
    del mail["Message-ID"]
    mail["Message-ID"] = f"<{digest}@reader.invalid>"
    buffer = BytesIO()
    flat: BytesGenerator[Mail] = BytesGenerator(buffer, policy=SMTP)
    flat.flatten(mail)
    return buffer.getvalue()
