"""Make the facts of a record out of a reply, for a task that sorts replies or answers them. Writes nothing.

A task takes what its facts are named after: `reply`, `subject`, `earlier_mails`, `meaning`, `company`, `segment`,
`language`, `sender`. A fact with the role group is the company, one with the role title the subject, and one of the
type conversation everything that was written. Other facts are taken from the contact's own record where it has one of
that name, but never a text of a page. No name and no address is told; what the person wrote is told as it came, but for
lines that begin like somebody's turn: they are told as quotations, so that nobody puts words into our mouth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.models import Reply
from campaigns.pipelines.inputs import page_facts
from campaigns.replies import threads
from campaigns.replies.threads import ThreadPart
from campaigns.senders import choice
from campaigns.states import Language
from members.models import Member
from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec

NAMED = ("reply", "subject", "earlier_mails", "meaning", "company", "segment", "language", "sender")
_TURN = re.compile(r"^(?=[^\S\n]*(?:user|assistant|system|they wrote|we wrote)[^\S\n]*:)", re.IGNORECASE | re.MULTILINE)
_WORDS = frozenset({"text", "document"})


def unfilled(spec: TaskSpec, mail: TaskSpec) -> list[str]:
    """Return the facts that a task needs and no reply brings; empty where the task fits.

    Args:
        mail: Of the campaign's own task, whose records the contacts have.
    """
    own = {fact.name: fact.type for fact in mail.input_schema if fact.name not in page_facts(mail)}
    return [fact.name for fact in spec.input_schema if fact.required and not _is_filled(fact, own)]


def absent(spec: TaskSpec, facts: Facts) -> list[str]:
    """Return the facts that a task needs and these lack."""
    return [fact.name for fact in spec.input_schema if fact.required and fact.name not in facts]


def facts_of(reply: Reply, spec: TaskSpec, *, by: Member) -> Facts:
    """Return what a reply brings to a task; facts it has nothing for are absent.

    Args:
        reply: With message, contact, record, step and campaign.
        by: Who asks: earlier replies are those they may see.
    """
    parts = threads.thread_of(reply, member=by, with_names=False)
    until = next((index for index, part in enumerate(parts) if part.reply and part.reply.pk == reply.pk), len(parts))
    values = _values(reply, parts[:until])
    own = _own_facts(reply)
    facts: Facts = {}
    for fact in spec.input_schema:
        value = _conversation(parts[: until + 1]) if fact.type == "conversation" else _value(fact, values, own)
        if value not in (None, "", []):
            facts[fact.name] = value
    return facts


def _is_filled(fact: InputField, own_facts: Mapping[str, str]) -> bool:
    if fact.type == "conversation" or own_facts.get(fact.name) == fact.type:
        return True
    return fact.type in _WORDS and (fact.name in NAMED or fact.role in ("group", "title"))


def _value(fact: InputField, values: dict[str, str], own_facts: Facts) -> Any:
    by_role = {"group": values["company"], "title": values["subject"]}
    if fact.type in _WORDS and (value := values.get(fact.name) or by_role.get(fact.role)):
        return value
    return own_facts.get(fact.name)


def _values(reply: Reply, before: Sequence[ThreadPart]) -> dict[str, str]:
    contact, sender = reply.message.contact, choice.sender_of(reply.message)
    named = dict(Language.choices)
    return {
        "reply": reply.text,
        "subject": reply.subject or "(no subject)",
        "earlier_mails": "\n\n".join(f"{_who(part)}:\n{_told(part)}" for part in before if part.text),
        "meaning": reply.get_meaning_display(),
        # Who has no company stands for themselves: two such people are no company.
        "company": contact.company or f"Reader {contact.pk.hex[:8]}",
        "segment": contact.segment,
        "language": named.get(contact.language, ""),
        "sender": sender.from_name if sender else "",
    }


def _own_facts(reply: Reply) -> Facts:
    record, mail = reply.message.contact.record, reply.message.campaign.task_version.spec
    if record is None:
        return {}
    pages = page_facts(mail)
    return {name: value for name, value in record.facts.items() if name not in pages}


def _who(part: ThreadPart) -> str:
    return "They wrote" if part.reply else "We wrote"


def _told(part: ThreadPart) -> str:
    """Text of a part; in the reader's, lines that begin like a turn become quotations."""
    # As lines are told apart elsewhere too.
    return _TURN.sub("> ", "\n".join(part.text.splitlines())) if part.reply else part.text


def _conversation(parts: Sequence[ThreadPart]) -> list[dict[str, str]]:
    return [{"role": "user" if part.reply else "assistant", "content": _told(part)} for part in parts if part.text]
