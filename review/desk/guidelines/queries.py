"""The guidelines of a task as reviewers see them: the current wording, with judged drafts that show what it means.

Examples are read from what counts now, so that one that was erased, revoked or judged otherwise since is simply not
there. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from review.drafts.queries import in_use
from review.models import Draft, Gold, Task, TaskVersion
from review.spec.readable import readable
from review.spec.task_spec import GuidelineExample, TaskSpec
from review.states import POSITIVE, Verdict

# How far back it is looked for when the wording last changed.
LOOK_BACK = 50
SHOWN_CHARS = 1500
SUGGESTED = 12


@dataclass(frozen=True, slots=True)
class ShownExample:
    """One example with its text.

    Attributes:
        verdict: accept or reject.
        text: The text the verdict ends with; of a rejected draft, the draft's.
        reasons: Why it was rejected, in the words of its version.
        note: What the lead says of it.
    """

    draft: str
    verdict: str
    title: str
    text: str
    reasons: str
    note: str

    @property
    def label(self) -> str:
        return "Accepted" if self.verdict == "accept" else "Rejected"


@dataclass(frozen=True, slots=True)
class Guidelines:
    """Guidelines that reviewers follow now.

    Attributes:
        version: Number of the version in force.
        since: The first version with this very wording.
        examples: Accepted ones first, each group in the order they were added.
    """

    version: int
    text: str
    since: int
    examples: Sequence[ShownExample]

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.examples


def current_guidelines(task: Task) -> Guidelines:
    """The guidelines of the latest version; two queries, three with examples."""
    versions = TaskVersion.objects.filter(task=task).order_by("-number")
    latest = versions[0]
    spec = latest.spec
    since = latest.number
    for number, text in versions.values_list("number", "body__guideline")[1:LOOK_BACK]:
        if (text or "") != spec.guideline:
            break
        since = number
    return Guidelines(latest.number, spec.guideline, since, shown_examples(spec))


def shown_examples(spec: TaskSpec) -> list[ShownExample]:
    """The examples of a version that still stand."""
    examples_by_draft = {example.draft: example for example in spec.guideline_examples}
    if not examples_by_draft:
        return []
    golds = {str(gold.draft_id): gold for gold in _golds().filter(draft__in=list(examples_by_draft))}
    examples = [
        _shown(golds[pk], example)
        for pk, example in examples_by_draft.items()
        if pk in golds and verdict_of(golds[pk]) == example.verdict
    ]
    return sorted(examples, key=lambda example: example.verdict != "accept")


def suggested_examples(task: Task) -> list[ShownExample]:
    """The newest judged drafts that could be shown as examples."""
    golds = _golds().filter(task=task).order_by("-decided_at")[:SUGGESTED]
    return [_shown(gold, GuidelineExample(draft=str(gold.draft_id), verdict=verdict_of(gold))) for gold in golds]


def verdict_of(gold: Gold) -> str:
    """Return the verdict of an example made from this gold: accept (as it was or as edited) or reject."""
    return "accept" if gold.verdict in POSITIVE else "reject"


def gold_of(draft: Draft) -> Gold | None:
    """Return the gold of a draft if it has one that may be shown to others."""
    return _golds().filter(draft=draft).first()


def _golds() -> QuerySet[Gold]:
    golds = Gold.objects.filter(in_use("draft__")).select_related("decision", "draft__record", "draft__task_version")
    return golds.defer("draft__messages", "draft__marks", "draft__parameters")


def _shown(gold: Gold, example: GuidelineExample) -> ShownExample:
    draft = gold.draft
    spec = draft.task_version.spec
    fields = (gold.decision.fields or draft.fields) if gold.verdict != Verdict.REJECT else draft.fields
    labels = {reason.code: reason.label for reason in spec.reasons}
    reasons = ", ".join(labels.get(code, code) for code in gold.decision.reasons)
    text = readable(spec, fields)
    cut = f"{text[:SHOWN_CHARS].rstrip()} …" if len(text) > SHOWN_CHARS else text
    return ShownExample(example.draft, example.verdict, draft.record.title, cut, reasons, example.note)
