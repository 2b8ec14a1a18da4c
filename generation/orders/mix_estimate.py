"""Cost of a varied order: each teacher by its share, examples paid for with every call, and the judge.

A task without records is priced from its specification: facts of usual lengths stand for records that are still to be
made, so the upper end is set wider than where records are known. Reads rows; writes none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from generation.diversity import examples, judge_prompts
from generation.diversity.mix import MixSettings
from generation.engine import plan
from generation.engine.budget import token_bound
from generation.engine.contracts import MixedTeacher, TeacherSpec
from generation.models import Teacher
from generation.money import estimate
from generation.money.estimate import CHARS_PER_TOKEN, OrderEstimate
from generation.money.figures import MICRO, rounded_up
from generation.orders.run_spec import require_askable
from generation.states import Way
from review.models import TaskVersion
from review.spec import prompting
from review.spec.prompting import FewShotExample, Message, Variation
from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec
from review.text.grounding.quoting import quotable_facts


def estimate_mix(
    version: TaskVersion,
    facts: Sequence[Facts],
    variety: MixSettings,
    *,
    alone: TeacherSpec,
    teachers: Sequence[Teacher],
    count: int,
    per_record: int,
    way: Way = Way.LIVE,
    threads: Iterable[prompting.Thread] = (),
) -> tuple[OrderEstimate, OrderEstimate | None]:
    """Price an order of `count` drafts in this mix.

    Args:
        facts: Facts of the order's records, or of some of them; at least one.
        alone: The order's one teacher, where the mix names none.
        teachers: The rows of its teachers, in its order.
        way: How its calls go out; teachers have the prices of that way.
        threads: Threads of its records; the longest is counted beside each call.

    Returns:
        The drafts, and what choosing the best of them costs where a judge does.
    """
    mixed = variety.teachers or [MixedTeacher(teacher=alone)]
    counts = plan.apportioned([mixed_teacher.share for mixed_teacher in mixed], count)
    added = _added_messages(version, facts[0], variety)
    variation = {name: getattr(variety, name) for name in estimate.PLAIN}
    thread = max((prompting.after_facts(thread) for thread in threads), key=token_bound, default="")
    parts = [
        estimate.estimate(
            version,
            facts,
            teacher=row,
            spec=mixed_teacher.teacher,
            count=share,
            way=way,
            variation=variation,
            added=added,
            thread=thread,
        )
        for row, mixed_teacher, share in zip(teachers, mixed, counts, strict=True)
        if share
    ]
    judging = None
    if variety.judge_spec is not None:
        judging = _judging_estimate(
            version, facts[0], variety.judge_spec, calls=math.ceil(count / per_record), drafts=per_record
        )
    return estimate.sum_of(parts) if len(parts) > 1 else parts[0], judging


def judging_budget_usd(max_cost_usd: Decimal, drafts: OrderEstimate, judging: OrderEstimate) -> Decimal:
    """The judge's part of a budget: its part of the upper estimate, down to a millionth of a dollar.

    The drafts and the judge get one call each at least.

    Args:
        max_cost_usd: Enough for both calls.
    """
    drafts_usd, judging_usd = Decimal(str(drafts.cost_high_usd)), Decimal(str(judging.cost_high_usd))
    part = max_cost_usd * judging_usd / ((drafts_usd + judging_usd) or Decimal(1))
    part = max(part.quantize(MICRO, rounding=ROUND_DOWN), rounded_up(judging.worst_call_usd, MICRO))
    return min(part, max_cost_usd - rounded_up(drafts.worst_call_usd, MICRO))


def teacher_names(variety: MixSettings) -> str:
    """The teachers of a mix in words; empty where there is one."""
    named = [mixed.teacher.name for mixed in variety.teachers]
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else ""


def _added_messages(version: TaskVersion, facts: Facts, variety: MixSettings) -> list[Message]:
    """Messages of a call beside its record: the longest of each."""
    # A record of one example's company is shown the one more.
    shots = [FewShotExample(shot.facts, shot.fields) for shot in examples.read_examples(variety.examples, version.spec)]
    shots.sort(key=lambda shot: token_bound(f"{shot.facts}{shot.fields}"), reverse=True)
    variation = Variation(
        max(variety.personas, key=token_bound, default=""),
        max(variety.angles, key=token_bound, default=""),
        shots[: variety.shown],
    )
    plain = prompting.messages(version.spec, facts, audience="teacher")
    varied = prompting.messages(version.spec, facts, audience="teacher", variation=variation)
    stance = varied[-1]["content"][len(plain[-1]["content"]) :]
    turns_told = varied[len(plain) - 1 : -1]
    return [*turns_told, *([{"role": "user", "content": stance}] if stance else [])]


def _judging_estimate(
    version: TaskVersion, facts: Facts, judge: TeacherSpec, *, calls: int, drafts: int
) -> OrderEstimate:
    length = estimate.answer_tokens(version.spec.output_schema) * CHARS_PER_TOKEN
    messages = judge_prompts.judge_conversation(version.spec, facts, [])
    messages.append({"role": "user", "content": "x" * round(length * drafts)})
    return estimate.estimate_sample(judge_prompts.judge_task(), [messages], judge, calls=calls)


# Characters of a fact of each kind. Pages: as many, and as much of each, as research reads of a site by itself.
TEXT_CHARS: Final = 200
LONG_CHARS: Final = 4_000
PAGE_CHARS: Final = 6_000
PAGES: Final = 3
LIST_ITEMS: Final = 4
# Records may be so many times as long as what stands for them.
LONGER: Final = 2.0
MEASURED: Final = "measured"
_WORD = "lorem "


def estimate_from_spec(version: TaskVersion, *, teacher: Teacher, count: int) -> OrderEstimate:
    """Price an order of `count` calls over records that do not exist yet.

    What the teacher used on this task version before counts where there is enough of it.

    Raises:
        Refusal: As for `run_spec.require_askable`: why the teacher cannot be asked.
    """
    spec = require_askable(teacher)
    priced = estimate.estimate(version, [usual_facts(version.spec)], teacher=teacher, spec=spec, count=count)
    if priced.basis.startswith(MEASURED):
        return priced
    basis = (
        "guessed from the task's specification, as there are no records yet: "
        "facts of usual lengths and its answer's lengths"
    )
    return replace(priced, cost_high_usd=round(priced.cost_high_usd * LONGER, 6), basis=basis)


def usual_facts(spec: TaskSpec) -> Facts:
    """Facts as long as those of a usual record; of cited pages as many as are read of a site."""
    cited = [place.text for place in quotable_facts(spec)]
    pages = set(cited[:PAGES])
    return {
        field.name: _text(PAGE_CHARS) if field.name in pages else _value(field)
        for field in spec.input_schema
        if field.name not in cited or field.name in pages
    }


def _value(field: InputField) -> Any:
    kind = field.value_type
    if kind.sample is not None:
        return kind.sample
    if kind.has_labels:
        label = field.labels[0].name if field.labels else ""
        return [label] if kind.is_many else label
    if field.type == "list":
        return [_text(TEXT_CHARS)] * LIST_ITEMS
    if field.type == "object":
        return {"value": _text(TEXT_CHARS)}
    if field.type == "conversation":
        return [{"role": "user", "content": _text(LONG_CHARS)}]
    return _text(LONG_CHARS if field.type == "document" else TEXT_CHARS)


def _text(chars: int) -> str:
    return (_WORD * (chars // len(_WORD) + 1))[:chars].strip()
