"""The words of simulated replies: drawn as those of *Reply sorting* are, in three languages, and sorted as the product does.

What the shipped reply sorter says of each text was recorded, since asking it takes torch: `sort_by_miniature` asks anew.
"""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from campaigns.replies import sorting
from campaigns.replies.parsing import auto_replies
from campaigns.replies.sorting import ReceivedReply, SortedReply
from demo.data.reply_sorting.records import records
from demo.recordings.answers import FOLDER

# Other draws than those that the task's desk holds.
SEEDS = (31, 32)
SORTER = "Reply sorter (miniature)"
SORTED = "replies.json"
_CODES = {"English": "en", "German": "de", "French": "fr"}


class ReplyText(NamedTuple):
    """A reply: its words, what it was made to mean, and what the product takes it to mean.

    Attributes:
        is_automatic: Whether rules know it for a program's, so that it counts as nobody's reply.
    """

    subject: str
    text: str
    meaning: str
    language: str
    found: SortedReply
    is_automatic: bool


@cache
def texts() -> dict[tuple[str, str], list[ReplyText]]:
    """Replies by what they were made to mean and their language."""
    by_kind: dict[tuple[str, str], list[ReplyText]] = {}
    told = _recorded()
    for meaning, language, received in _drawn():
        found = sorting.sort(received, probabilities=told.get(received.read), by=SORTER)
        is_automatic = auto_replies.auto_reply_reason(received.mail, received.text, subject=received.subject)
        reply = ReplyText(received.subject, received.text, meaning, language, found, bool(is_automatic))
        by_kind.setdefault((meaning, language), []).append(reply)
    return by_kind


def drawn(meaning: str, language: str, at: float) -> ReplyText:
    """The reply at a place in [0, 1) among those of a meaning and language."""
    fitting = texts()[meaning, language]
    return fitting[int(at * len(fitting))]


def sort_by_miniature() -> None:
    """Ask the shipped reply sorter about every text, and keep what it says. Needs torch."""
    from django.conf import settings

    from campaigns.replies import miniature

    replies = [received for _, _, received in _drawn()]
    said = miniature.ask(miniature.load(settings.REPLY_SORTER_DIR), replies)
    kept = {
        reply.read: {name: round(share, 3) for name, share in shares.items()}
        for reply, shares in zip(replies, said, strict=True)
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / SORTED).write_text(
        json.dumps(kept, indent=0, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )


def _recorded() -> dict[str, dict[str, float]]:
    path = FOLDER / SORTED
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@cache
def _drawn() -> tuple[tuple[str, str, ReceivedReply], ...]:
    """Meaning, language and text of each reply."""
    found = []
    for seed in SEEDS:
        for record in records(seed):
            language = _CODES.get(str(record.fields["language"]))
            if language is not None:
                received = sorting.received(str(record.facts["subject"]), str(record.facts["reply"]))
                found.append((str(record.fields["meaning"]), language, received))
    return tuple(found)
