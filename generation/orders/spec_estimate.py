"""Cost of answers of a task that has no records yet: priced from its specification alone. Reads rows; writes none.

Facts of usual lengths stand for records that are still to be made, so the upper end is set wider than where records are
known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from generation.models import Teacher
from generation.money.estimate import OrderEstimate, estimate
from generation.orders.quote import require_askable
from review.models import TaskVersion
from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec
from review.text.grounding.quoting import quotable_facts

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
        Refusal: As for `quote.require_askable`: why the teacher cannot be asked.
    """
    spec = require_askable(teacher)
    priced = estimate(version, [usual_facts(version.spec)], teacher=teacher, spec=spec, count=count)
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
