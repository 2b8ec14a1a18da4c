"""Texts of simulated replies in three languages: drawn like those of *Reply sorting*, and sorted by the product.

The contact signs each reply. The shipped reply sorter reads each with the names it was drawn with.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import NamedTuple

from django.conf import settings

from campaigns.models import Contact
from campaigns.replies import sorting, word_sorter
from campaigns.replies.sorting import SortedReply
from campaigns.states import NO_REPLIES
from demo.data.reply_sorting import DrawnReply, address_of, replies

# Other seeds than the task's own.
SEEDS = (31, 32)
SORTER = word_sorter.NAME
_CODES = {"English": "en", "German": "de", "French": "fr"}


class ReplyText(NamedTuple):
    """Reply, and its meaning by the product.

    Attributes:
        is_automatic: Whether rules recognise a program's mail, which does not count as a reply.
        drawn: Reply with the names of its drawn writer.
    """

    text: str
    found: SortedReply
    is_automatic: bool
    drawn: DrawnReply


@cache
def texts() -> dict[tuple[str, str], list[ReplyText]]:
    """Return replies by intended meaning and language."""
    by_kind: dict[tuple[str, str], list[ReplyText]] = {}
    drawn_replies = [each for seed in SEEDS for each in replies(seed) if each.record.fields["language"] in _CODES]
    received = [sorting.received(each.record.facts["subject"], each.record.facts["reply"]) for each in drawn_replies]
    answers = word_sorter.load(settings.REPLY_SORTER_DIR).ask(received)
    for drawn, mail, probabilities in zip(drawn_replies, received, answers, strict=True):
        found = sorting.sort(mail, probabilities=probabilities, by=SORTER)
        reply = ReplyText(mail.text, found, bool(mail.auto_reason) and found.reply_class in NO_REPLIES, drawn)
        fields = drawn.record.fields
        by_kind.setdefault((fields["meaning"], _CODES[fields["language"]]), []).append(reply)
    return by_kind


def written_by(contact: Contact, meaning: str, at: float) -> ReplyText:
    """Return a contact's answer: the reply at a place in [0, 1) among those of a meaning and their language."""
    fitting = texts()[meaning, contact.language]
    reply = fitting[int(at * len(fitting))]
    # Last, so that the sorter reads a text once for all contacts.
    return reply._replace(text=_in_the_name_of(contact, reply.text, reply.drawn))


def _in_the_name_of(contact: Contact, text: str, drawn: DrawnReply) -> str:
    """Replace the names of the drawn person, also where they are mistyped."""
    name = f"{contact.first_name} {contact.last_name}".strip()
    new = {drawn.company: contact.company}
    for person in filter(None, (drawn.named, drawn.signer)):
        new |= {address_of(person): contact.address, person: name, person.split()[0]: contact.first_name or name}
    # Longest first: a whole name before the first name in it.
    for old in sorted(new, key=len, reverse=True):
        text = _as_typed(old).sub(partial(_in_its_case, new[old]), text)
    return text


def _in_its_case(new: str, match: re.Match[str]) -> str:
    return new.lower() if match[0].islower() else new


@cache
def _as_typed(name: str) -> re.Pattern[str]:
    """Match a name with typos: one letter of a word lost, or two swapped."""
    words = []
    for word in name.split():
        typed = {word}
        for letters in re.finditer(r"[^\W\d_]{5,}", word):
            for at in range(letters.start() + 1, letters.end() - 1):
                typed |= {word[: at + 1] + word[at + 2 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]}
        words.append(f"(?:{'|'.join(re.escape(each) for each in sorted(typed, key=len, reverse=True))})")
    return re.compile(r"(?<![\w.@-])" + r"\s+".join(words) + r"(?![\w@-]|\.\w)", re.IGNORECASE)
