"""A few sentences of each system that their records do not support, for the evaluation's page and the API.

They are read off the outputs when they are asked for, so that nothing of a person is kept a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from evaluation.evaluations import tables
from evaluation.metrics.reference_free import UNSUPPORTED
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.suites import queries as suite_queries
from review.text.grounding.sentence_support import sentence_support

EACH: Final = 3
_READ_OF_EACH: Final = 6


@dataclass(frozen=True)
class UnsupportedExample:
    """A sentence that its record does not support."""

    system: str
    record: UUID
    title: str
    sentence: str
    why: str


def examples(evaluation: Evaluation) -> list[UnsupportedExample]:
    """Up to three sentences of each system, of as many records, in the order of the systems.

    An older evaluation did not measure them and has none.
    """
    names = [name for name in tables.systems(evaluation.summary) if UNSUPPORTED in evaluation.summary["systems"][name]]
    if not names:
        return []
    sentences = list(_sentences(evaluation))
    return sorted(sentences, key=lambda each: names.index(each.system) if each.system in names else len(names))


def _sentences(evaluation: Evaluation) -> Iterator[UnsupportedExample]:
    spec, shown = evaluation.task_version.spec, Counter[str]()
    facts_given = suite_queries.facts_given(evaluation.suite)
    outputs = EvaluationOutput.objects.select_related("record").in_bulk(_of_each(evaluation))
    for output in sorted(outputs.values(), key=lambda output: output.pk):
        if shown[output.system] >= EACH or output.fields is None or output.record.erased_at is not None:
            continue
        support = sentence_support(spec, facts_given(output.record), output.fields)
        if support and support.unsupported:
            sentence = support.unsupported[0]
            shown[output.system] += 1
            yield UnsupportedExample(output.system, output.record_id, output.record.title, sentence.text, sentence.why)


def _of_each(evaluation: Evaluation) -> list[int]:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, **{f"scores__{UNSUPPORTED}__gt": 0}).order_by("id")
    counts, chosen = Counter[str](), []
    for pk, system in rows.values_list("pk", "system"):
        counts[system] += 1
        if counts[system] <= _READ_OF_EACH:
            chosen.append(pk)
    return chosen
