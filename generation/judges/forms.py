"""The forms that give texts, and pairs of them, to a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from generation.judges.launch import MOST_TEXTS, VERDICTS
from generation.judges.pairs import MOST_PAIRS
from generation.money.forms import order_budget_field
from generation.teachers.queries import TeacherLine, choices_of
from web.http.form_choices import set_choices
from web.whole_numbers import whole_number


class JudgeForm(forms.Form):
    """Judge, number of texts, and most money of an order."""

    teacher = forms.ChoiceField(
        label="Judge",
        help_text="A model of another family than the one that wrote the drafts, or a miniature trained to judge them.",
    )
    texts = forms.IntegerField(
        label="Texts",
        min_value=1,
        max_value=MOST_TEXTS,
        initial=VERDICTS,
        help_text="Drawn at random, plus drafts that experts judged.",
    )
    max_cost_usd = order_budget_field()

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked))


class PairForm(forms.Form):
    """Judge, systems, number of records, and most money of a comparison."""

    teacher = forms.ChoiceField(label="Judge", help_text="A model of another family than those that wrote the answers.")
    first = forms.ChoiceField(label="One system")
    second = forms.ChoiceField(label="The other")
    pairs = forms.IntegerField(
        label="Pairs",
        min_value=1,
        max_value=MOST_PAIRS,
        initial=100,
        help_text="Records drawn at random. The judge compares each pair twice, in both orders.",
    )
    max_cost_usd = order_budget_field()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lines: Sequence[TeacherLine],
        systems: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked_anything))
        for name in ("first", "second"):
            set_choices(self, name, list(systems.items()))
        self.fields["second"].initial = list(systems)[-1] if systems else None


def count_in(count: str) -> int:
    """Read the number in a form that is still being filled in; 0 for one that cannot be ordered."""
    number = whole_number(count, otherwise=0)
    return number if number <= MOST_TEXTS else 0
