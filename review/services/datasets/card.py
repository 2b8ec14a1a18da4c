"""The data card: what a stranger must know before trusting a version. Markdown."""

from __future__ import annotations

from review import ports
from review.models import DatasetVersion

INTENDED = "Tuning and evaluating small language models for the task above. Not a benchmark of anything else."


def card(version: DatasetVersion) -> str:
    """Write the card of a version whose counts are known."""
    task, counts = version.dataset.task, version.counts
    teachers = [teacher for teacher in counts["teachers"] if teacher != "(none)"]
    parts = [
        f"# {version.dataset.name}, version {version.number}",
        f"Judged drafts of the task *{task.name}*. {INTENDED}",
        f"- Content hash: `{version.content_hash}`",
        f"- Frozen: {version.frozen_at:%Y-%m-%d %H:%M} UTC" if version.frozen_at else "",
        f"- Note: {version.note}" if version.note else "",
        "## Rows",
        _table("Split", counts["splits"]),
        _table("Verdict", counts["verdicts"]),
        f"{counts['groups']} companies; a company stands in one split only, fixed when its record was imported.",
        f"Looked at {counts['looked_at']} golds. Left out: {_dropped(counts['dropped'])}.",
        "## Where the text comes from",
        _table("Teacher", counts["teachers"]),
        _table("Origin", counts["origins"]),
        *(f"- {note}" for note in ports.card_notes(teachers)),
        "## Who judged",
        _table("Reviewer", counts["reviewers"]),
        "## Known limits",
        "- Drafts were judged by the people above, one each; agreement between them is not part of this card.",
        "- Personal data may stand in any text; declared slots are filled only when a mail is sent.",
        "- Near-duplicates are texts that share at least 80 % of their five-word shingles (Jaccard).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: str, counts: dict[str, int]) -> str:
    rows = [f"| {head} | Rows |", "| --- | ---: |", *(f"| {key} | {n} |" for key, n in counts.items())]
    return "\n".join(rows)


def _dropped(dropped: dict[str, int]) -> str:
    words = {"near_duplicate": "near-duplicates", "straddles": "whose near-duplicate stands in another split"}
    return ", ".join(f"{n} {words[reason]}" for reason, n in dropped.items()) or "none"
