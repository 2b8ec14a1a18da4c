"""Question of an order for a judge's calls: a verdict on each text, or which of two texts is better."""

from __future__ import annotations

from collections.abc import Iterator

from generation.judges import pair_prompt, queries, trained
from generation.models import JudgedPair, JudgedText, Order
from review.spec.prompting import Message
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from web.errors import Refusal

_CHUNK = 500


def conversations(order: Order) -> dict[str, list[Message]]:
    """Its conversations, by the made-up ids of its calls; the same in every attempt. Of each pair one in either order.

    Raises:
        Refusal: `text_gone`, the record of a text was erased since; `judge_cannot`, the miniature is gone.
    """
    calls = _comparisons(order) if order.judging.is_pairwise else _verdicts(order)
    return dict(zip(order.record_ids, calls, strict=True))


def answer_task(order: Order) -> TaskSpec:
    if order.judging.is_pairwise:
        return pair_prompt.answer_task()
    return trained.words_of(order.teacher, order.task).answer_task(order.task_version.spec)


def _verdicts(order: Order) -> Iterator[list[Message]]:
    words, spec = trained.words_of(order.teacher, order.task), order.task_version.spec
    facts_given = queries.facts_given(order.judging.subject_id)
    rows = JudgedText.objects.filter(judging__order=order).select_related("record").order_by("place")
    for text in rows.iterator(chunk_size=_CHUNK):
        facts = facts_given(text.record) if text.group else text.record.facts
        yield words.conversation(spec, facts, _kept(text.fields))


def _comparisons(order: Order) -> Iterator[list[Message]]:
    spec, facts_given = order.task_version.spec, queries.facts_given(order.judging.subject_id)
    rows = JudgedPair.objects.filter(judging__order=order).select_related("record").order_by("place")
    for pair in rows.iterator(chunk_size=_CHUNK):
        first, second, facts = _kept(pair.first_fields), _kept(pair.second_fields), facts_given(pair.record)
        yield pair_prompt.conversation(spec, facts, first, second)
        yield pair_prompt.conversation(spec, facts, second, first)


def _kept(fields: Fields) -> Fields:
    if not fields:
        raise Refusal("text_gone", "A text to judge was erased.", hint="Cancel this and order the rest again.")
    return fields
