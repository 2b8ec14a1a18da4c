"""Choices of the form of a campaign, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.models import Campaign, ContactImport, PipelineVersion, SenderIdentity
from generation.teachers.queries import TeacherLine


@dataclass(frozen=True)
class CampaignChoices:
    senders: Sequence[SenderIdentity]
    teachers: Sequence[TeacherLine]
    # How many there are of each segment; those of none under an empty name.
    contacts: Mapping[str, int]
    imports: Sequence[ContactImport]
    # Launched campaigns of the task, whose contacts may be left out.
    campaigns: Sequence[Campaign] = ()
    # The newest version of each pipeline of the task, and those that the campaign's arms have.
    pipelines: Sequence[PipelineVersion] = ()
    # What the task's next campaign begins with.
    default: PipelineVersion | None = None


def import_label(batch: ContactImport) -> str:
    return f"{batch.filename or 'Without a file'}, {batch.created_at:%-d %B %Y}, {batch.rows_added:,} new"


# What a reply and the question around it come to, and the word that answers, in tokens.
REPLY_TOKENS, WORD_TOKENS = 400, 5


def reader_label(line: TeacherLine) -> str:
    """Return the name of a teacher that sorts replies, with what that comes to."""
    if line.price is None:
        return writer_label(line)
    tokens_usd = REPLY_TOKENS * line.price.input_usd_per_million + WORD_TOKENS * line.price.output_usd_per_million
    return f"{writer_label(line)}, about ${tokens_usd / 1_000:.2f} for 1,000 replies"


def writer_label(line: TeacherLine) -> str:
    if line.price is None:
        return f"{line.teacher.name} (no price)"
    return line.teacher.name if line.has_key else f"{line.teacher.name} (no key)"
