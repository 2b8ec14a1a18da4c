"""The form of a sweep: what to try, and what it may take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms

from training.recipes.presets import PRESETS
from training.runs.forms import StartingPointForm
from training.states import Device
from training.sweeps.grid import MAX_AT_ONCE
from web.http.form_choices import set_choices

MAX_NUMBERS = 20


class NumberListField(forms.CharField):
    """Numbers separated by blanks, commas or semicolons; empty for none."""

    def __init__(self, *, coerce: Callable[[str], float], words: str, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)
        self._coerce, self._words = coerce, words

    def clean(self, value: object) -> tuple[float, ...]:
        typed = str(super().clean(value)).replace(",", " ").replace(";", " ").replace("%", " ").split()
        try:
            numbers = tuple(self._coerce(word) for word in typed)
        except ValueError:
            raise forms.ValidationError(f"Write {self._words}, separated by blanks.") from None
        if len(numbers) > MAX_NUMBERS or not all(0 < number < math.inf for number in numbers):
            raise forms.ValidationError(f"Write {self._words} above zero, at most {MAX_NUMBERS} of them.")
        return numbers


class SweepForm(StartingPointForm):
    """A sweep to launch; an axis left empty keeps the recipe's own value."""

    dataset_version = forms.ChoiceField(label="Dataset version")
    student = forms.ChoiceField(label="Student")
    recipe = forms.ChoiceField(
        label="Recipe to start from", choices=lambda: [(preset.name, preset.label) for preset in PRESETS.values()]
    )
    device = forms.ChoiceField(label="Device", choices=Device.choices, initial=Device.AUTO)
    learning_rate = NumberListField(
        label="Learning rates",
        coerce=float,
        words="numbers such as 1e-4 3e-4 1e-3",
        help_text="Such as 1e-4 3e-4 1e-3. Sweep this first: it matters most.",
    )
    rank = NumberListField(label="LoRA ranks", coerce=int, words="whole numbers", help_text="Such as 8 32.")
    epochs = NumberListField(label="Epochs", coerce=int, words="whole numbers", help_text="Such as 1 3.")
    share = NumberListField(
        label="Shares of the data, %",
        coerce=float,
        words="percentages",
        help_text="Such as 25 50 100: is less data enough, or would more help?",
    )
    max_hours = forms.FloatField(
        label="Budget, hours", required=False, min_value=0.001, help_text="Hours of hosts, all runs together."
    )
    max_usd = forms.DecimalField(
        label="Budget, US dollars", required=False, min_value=0, decimal_places=4, help_text="By the hosts' prices."
    )
    at_once = forms.IntegerField(label="Runs at once", initial=1, min_value=1, max_value=MAX_AT_ONCE)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        versions: Iterable[Any],
        students: Iterable[Any],
        miniatures: Iterable[Any] = (),
        no_classifier: str = "",
        **kwargs: Any,
    ) -> None:
        """`no_classifier` says why the task has no classifier; its recipes are not offered then."""
        super().__init__(data, **kwargs)
        self.no_classifier = no_classifier
        self.offer_recipes(no_classifier)
        students = list(students)
        self.offer(students=students, miniatures=miniatures)
        set_choices(self, "dataset_version", [(str(v.pk), str(v)) for v in versions])
        self.offer_students([(s.slug, s.name) for s in students])

    def clean_share(self) -> tuple[float, ...]:
        return tuple(share / 100 for share in self.cleaned_data["share"])
