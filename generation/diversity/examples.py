"""Approved texts that teachers are shown: chosen once for an order, by decision, and read again at each attempt.

Only of the training split, never of the record's own company, and never of what was erased or taken out of use since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from uuid import UUID

from generation.engine.contracts import Shot
from review.datasets import gold_conditions, plain_golds
from review.datasets.dataset_filters import DatasetFilters
from review.models import DatasetVersion, Decision, Record, Task, TaskVersion
from review.spec.schema import Fields
from review.spec.splits import normal_group
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import Split, Verdict
from web.errors import Refusal

MAX_EXAMPLES = 8
# Of so many golds, the newest, the examples are chosen.
POOL_SIZE = 2_000


def choose_examples(
    task: Task, version: TaskVersion, *, count: int, gold_set: DatasetVersion | None = None
) -> list[str]:
    """Ids of decisions to show, one more than `count`, each of another company; the same set gives the same ones.

    Raises:
        Refusal: `too_many_examples`, `gold_set` when it is not a frozen set of this task, or `too_few_golds`.
    """
    if count > MAX_EXAMPLES:
        message = f"At most {MAX_EXAMPLES} examples; each is paid for with every call."
        raise Refusal("too_many_examples", message, errors={"examples": [message]})
    if gold_set is not None and (gold_set.dataset.task_id != task.pk or not gold_set.is_frozen):
        message = "Choose a frozen version of a dataset of this task."
        raise Refusal("gold_set", message, errors={"gold_set": [message]})
    decisions: list[Decision] = []
    companies: set[str] = set()
    for decision in sorted(
        _pool(task, gold_set), key=lambda decision: sha256(f"{version.pk}:{decision.pk}".encode()).digest()
    ):
        company = company_of(decision.draft.record)
        if companies.isdisjoint(company) and _fields(version.spec, decision) is not None:
            decisions.append(decision)
            companies.update(company)
        if len(decisions) > count:
            break
    if len(decisions) <= count:
        # One more than is shown: a record of one of these companies still sees as many as the others.
        nouns = version.spec.group_nouns
        message = f"{count} examples take {count + 1} approved drafts of different {nouns}; {len(decisions)} fit."
        hint = "Show fewer, or approve more drafts of the training split first."
        raise Refusal("too_few_golds", message, hint=hint, errors={"examples": [f"{message} {hint}"]})
    return [str(decision.pk) for decision in decisions]


def read_examples(decision_ids: Sequence[str], spec: TaskSpec) -> list[Shot]:
    """The texts of these decisions, in their order; what was erased or taken out of use since is left out."""
    rows = plain_golds.still_usable([UUID(pk) for pk in decision_ids]).select_related("draft__record")
    decisions = {str(decision.pk): decision for decision in rows}
    shots = []
    for pk in decision_ids:
        if pk in decisions and (fields := _fields(spec, decisions[pk])) is not None:
            record = decisions[pk].draft.record
            shots.append(Shot(decision=pk, company=company_of(record), facts=record.facts, fields=fields))
    return shots


def company_of(record: Record) -> list[str]:
    """Return the marks of a record's company: its name as splits read it, and its web domain."""
    return [f"name {normal_group(record.group)}", *([f"domain {record.domain}"] if record.domain else [])]


def _pool(task: Task, gold_set: DatasetVersion | None) -> Iterable[Decision]:
    approved = gold_conditions.usable_golds(task, DatasetFilters())
    if gold_set is not None:
        approved = plain_golds.still_usable(gold_set.rows.filter(split=Split.TRAIN).values("decision"))
    # Accepted among many at once, it was not read. A follow-up answers more than the facts that it would be shown with.
    return (
        approved.filter(
            verdict__in=[Verdict.ACCEPT, Verdict.EDIT],
            draft__record__split=Split.TRAIN,
            bulk__isnull=True,
            draft__thread__isnull=True,
        )
        .select_related("draft__record")
        .defer("draft__messages", "draft__parameters", "draft__marks")
        .order_by("-created_at", "-id")[:POOL_SIZE]
    )


def _fields(spec: TaskSpec, decision: Decision) -> Fields | None:
    """Approved fields, where they fit this version's output."""
    try:
        return normalise_fields(spec.output_schema, decision.fields or decision.draft.fields)
    except ValueError:
        return None
