"""The forms that give texts, and pairs of them, to a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from generation.judges.launch import MOST_TEXTS, VERDICTS, can_judge
from generation.judges.pairs import MOST_PAIRS
from generation.teachers.queries import TeacherLine
from web.http.form_choices import set_choices


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
    max_cost_usd = forms.DecimalField(
        label="Budget, US dollars",
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text="The job stops before it would cost more.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        judges = [line.teacher for line in lines if line.can_be_asked]
        set_choices(self, "teacher", [(teacher.slug, teacher.name) for teacher in judges])


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
    max_cost_usd = forms.DecimalField(
        label="Budget, US dollars",
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text="The job stops before it would cost more.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lines: Sequence[TeacherLine],
        systems: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        judges = [line.teacher for line in lines if line.can_be_asked and can_judge(line.teacher)]
        set_choices(self, "teacher", [(teacher.slug, teacher.name) for teacher in judges])
        for name in ("first", "second"):
            set_choices(self, name, [(system, system) for system in systems])
        if len(systems) > 1:
            self.fields["second"].initial = systems[1]


def texts_in(given: Mapping[str, str]) -> int:
    """Return the number of texts in a form that is still being filled in; 0 for a number that cannot be ordered."""
    count = given.get("texts", "")
    asked = int(count) if count.isdecimal() and len(count) < 6 else 0
    return asked if asked <= MOST_TEXTS else 0
