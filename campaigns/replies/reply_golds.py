"""Make the class that a person gave a reply a gold of the campaign's sorting task, as imported verdicts become golds.

What rules or a model had said is the draft, the person's word the decision: accepted where it says the same, edited
where it does not. Decisions are only ever added: who thinks otherwise later adds another.
"""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils import timezone

from campaigns.models import InboxSetup, Reply
from campaigns.replies import record_reply, reply_facts, reply_records
from campaigns.replies.sorting import RULES
from campaigns.states import Language, ReplyClass
from campaigns.suppression import suppress
from members.models import Member
from review.desk.golds import standing_decisions
from review.drafts import intake
from review.models import Decision, Draft, Record, Task, TaskVersion
from review.sources.imports.verdicts import merge
from review.sources.imports.verdicts.parse_row import ParsedVerdict
from review.spec.schema import Fields, OutputField
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import Role, Verdict
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

ORIGIN = "reply"
LANGUAGE = "language"


def correct(
    reply: Reply, reply_class: ReplyClass, *, by: Member, why: str = "", language: str = ""
) -> tuple[Reply, str]:
    """Say what a reply means, and keep it as a gold where the campaign has a task that sorts replies.

    Args:
        reply: The reply, as `replies.queries` brings it.
        reply_class: What it means; the same as before confirms it.
        why: As for `record_reply.correct_meaning`.
        language: In which the reply is written, where the sorting task asks for that; the contact's by default.

    Returns:
        The reply, and why no gold was made of it; empty where one was, or where no task is to have one.

    Raises:
        PermissionDenied: As for `record_reply.correct_meaning`.
        Refusal: As for `record_reply.correct_meaning`.
    """
    before, before_by = reply.meaning, reply.meant_by
    corrected = record_reply.correct_meaning(reply, reply_class, by=by, why=why)
    setup = InboxSetup.objects.select_related("sorting_task").filter(campaign=reply.message.campaign_id).first()
    if setup is None or setup.sorting_task is None:
        return corrected, ""
    try:
        _keep(reply, setup.sorting_task, reply_class, by=by, before=before, before_by=before_by, language=language)
    except Refusal as refusal:
        return corrected, f"It did not become an approved example: {refusal.message}"
    return corrected, ""


@transaction.atomic
def _keep(
    reply: Reply, task: Task, reply_class: ReplyClass, *, by: Member, before: str, before_by: str, language: str
) -> None:
    """Add the draft, once, and the decision. Locks the task, then the person, as an erasure does."""
    if task.archived_at is not None or not permissions.may(by, task, Role.REVIEWER):
        raise Refusal("no_reviewer", "you are not a reviewer of the task that sorts replies here, or it is archived.")
    version = latest_version(task)
    missing = reply_facts.unfilled(version.spec, reply.message.campaign.task_version.spec)
    if missing or (fault := misfit(version.spec)):
        raise Refusal("task_unfit", f"the task {task.name} needs {', '.join(missing)}." if missing else fault)
    # Two records of one reply, before and after its contact was corrected, would be two examples that contradict.
    record = reply_records.newest(reply, task=task, spec=version.spec) or _record(reply, version, by=by)
    _require_words(reply)
    draft = _draft(reply, record, version, before=before or reply_class, before_by=before_by, language=language)
    fields = _fields(draft.task_version.spec, reply_class, reply, language)
    mine = standing_decisions(Decision.objects.filter(draft=draft, reviewer=by))
    if mine and mine[-1].fields == fields:
        return
    verdict = Verdict.ACCEPT if fields == draft.fields else Verdict.EDIT
    edited = fields if verdict is Verdict.EDIT else None
    now = timezone.now()
    word = ParsedVerdict(verdict, by.username, edited, (), {}, 0.0, "", now)
    merge.write([(draft.pk, by, word)], source=record.source, now=now)


def _record(reply: Reply, version: TaskVersion, *, by: Member) -> Record:
    task, facts = version.task, reply_facts.facts_of(reply, version.spec, by=by)
    if absent := reply_facts.absent(version.spec, facts):
        raise Refusal("facts_missing", f"the task {task.name} needs {', '.join(absent)}, which this reply lacks.")
    return reply_records.find_or_make(reply, task=task, spec=version.spec, facts=facts, by=by)


def misfit(spec: TaskSpec) -> str:
    """Say why a task cannot take a reply's class as its answer; empty where it can."""
    if sorted_field(spec) is None:
        return "it has no written field whose labels are the nine classes of replies."
    others = [
        field.name
        for field in spec.output_schema
        if field.required and field != sorted_field(spec) and field.name != LANGUAGE and field.role != "reasoning"
    ]
    return f"it also asks for {', '.join(others)}, which the inbox does not provide." if others else ""


def sorted_field(spec: TaskSpec) -> OutputField | None:
    """The field that says what a reply means: a choice whose labels hold the nine classes."""
    for field in spec.output_schema:
        if field.type == "choice" and set(ReplyClass.values) <= {label.name for label in field.labels}:
            return field
    return None


def _require_words(reply: Reply) -> None:
    contact = suppress.lock_contact(reply.message.contact)
    if contact.erased_at is not None or not Reply.objects.filter(pk=reply.pk).exclude(text="").exists():
        raise Refusal("no_words", "it has no words, or its person was erased.")


def _draft(reply: Reply, record: Record, version: TaskVersion, *, before: str, before_by: str, language: str) -> Draft:
    call_id = hashlib.sha256(b"miniatures.reply." + record.pk.bytes).hexdigest()
    existing = Draft.objects.filter(call_id=call_id).select_related("task_version").first()
    if existing is not None:
        return existing
    new = intake.NewDraft(
        record.pk,
        _fields(version.spec, before, reply, language),
        origin=ORIGIN,
        provenance="Class given to a reply in a campaign's inbox",
        call_id=call_id,
        model=_model(reply, before_by),
        is_kept=True,
    )
    [draft] = intake.add_drafts(version=version, drafts=[new])
    return draft


def _model(reply: Reply, before_by: str) -> str:
    """Return the campaign's model or the rules; a member's name is no model's."""
    teacher = reply.message.campaign.reply_teacher
    return before_by if before_by == RULES or (teacher is not None and before_by == teacher.name) else ""


def _fields(spec: TaskSpec, meaning: str, reply: Reply, language: str) -> Fields:
    field = sorted_field(spec)
    fields: Fields = {field.name: meaning} if field is not None else {}
    offered = [label.name for each in spec.output_schema if each.name == LANGUAGE for label in each.labels]
    if offered:
        own = reply.message.contact.language
        fields[LANGUAGE] = language or (Language(own).label if own else "")
        if fields[LANGUAGE] not in offered:
            raise Refusal("language_missing", "choose its language too.")
    try:
        return normalise_fields(spec.output_schema, fields)
    except ValueError as error:
        raise Refusal("task_unfit", f"{error}.") from None
