"""Forms of runs: what to tune on what, and what it starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms

from training.recipes.architecture import kind_of_family
from training.recipes.presets import PRESETS
from training.recipes.schema import Recipe
from training.states import Device
from training.students.shipped import SHIPPED, recipe_of
from web.http.form_choices import set_choices

if TYPE_CHECKING:
    from review.models import DatasetVersion
    from training.models import Student

OVERRIDE = "set-"


class StartingPointForm(forms.Form):
    """Base of the forms of a run and of a sweep: what they are tuned on and begin with."""

    starts_from = forms.ChoiceField(
        label="Starts from",
        required=False,
        help_text="DPO and KTO: a miniature of this task and student; it is also the reference.",
    )
    teacher = forms.ChoiceField(
        label="Teacher",
        required=False,
        help_text="Distillation: a student with the same tokenizer, whose scores are learnt.",
    )

    # How no miniature and no teacher read.
    blank = ("–", "–")

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
        if no_classifier:
            writing = [preset for preset in PRESETS.values() if preset.recipe.objective != "classify"]
            set_choices(self, "recipe", [(preset.name, preset.label) for preset in writing])
        students = list(students)
        set_choices(self, "starts_from", [("", self.blank[0]), *((str(each.pk), each.name) for each in miniatures)])
        set_choices(self, "teacher", [("", self.blank[1]), *((s.slug, s.name) for s in students)])
        set_choices(self, "dataset_version", [(str(v.pk), f"{v} ({_rows(v)})") for v in versions])
        # Without one that suits, the first in the list must not pass for a choice.
        none_yet = [] if self.initial.get("student") else [("", "Choose a student")]
        set_choices(self, "student", [*none_yet, *((s.slug, _student_label(s)) for s in students)])


def first_choice(
    students: Iterable[Any], *, recipe: str, student: str, no_classifier: str, proposed: str = ""
) -> dict[str, str]:
    """Return the student and the recipe that a form begins with: two that fit each other and the task.

    The small writer that comes with the product is taken only by name, by its own recipe, or where it is proposed.

    Args:
        students: Those on offer.
        recipe: Name in the request; empty or unknown for none.
        student: Slug in the request, if any.
        no_classifier: Reason why the task has no classifier; empty where it has.
        proposed: Slug of the student that suits the task.

    Returns:
        `student`, empty where none fits, and `recipe`.
    """
    kinds = {each.slug: kind_of_family(each.model_type) for each in students}
    fits = [slug for slug, kind in kinds.items() if _classifies(recipe) in (None, kind == "encoder")]
    if no_classifier:
        fits = [slug for slug in fits if kinds[slug] != "encoder"]
    shipped = [each for slug, each in SHIPPED.items() if kinds.get(slug, "encoder") != "encoder"]
    named = {each.slug for each in shipped if recipe in (each.recipe, each.full)}
    unnamed = {each.slug for each in shipped} - named - {proposed}
    fits = [slug for slug in fits if slug not in unnamed]
    # Where an encoder can answer, it comes before a student that writes: one's own before the shipped one.
    fits.sort(key=lambda slug: (slug != proposed, kinds[slug] != "encoder", slug in SHIPPED))
    fits = [slug for slug in fits if slug in named] or fits
    chosen = student if student in kinds else next(iter(fits), "")
    return {"student": chosen, "recipe": recipe if recipe in PRESETS else _recipe_for(chosen, kinds, no_classifier)}


def _recipe_for(student: str, kinds: Mapping[str, str], no_classifier: str) -> str:
    is_encoder = kinds.get(student) == "encoder"
    if is_encoder and no_classifier:
        return "paper-lora"
    return recipe_of(student) or ("classifier" if is_encoder else "paper-lora")


def _classifies(recipe: str) -> bool | None:
    return PRESETS[recipe].recipe.objective == "classify" if recipe in PRESETS else None


class LaunchForm(StartingPointForm):
    """A run to launch; overrides come as fields of their own, `set-<name>`, one for each value of a recipe."""

    dataset_version = forms.ChoiceField(
        label="Dataset version", help_text="Frozen versions only: a run must be repeatable."
    )
    student = forms.ChoiceField(label="Student", help_text="The base model that is tuned.")
    recipe = forms.ChoiceField(
        label="Recipe", choices=lambda: [(preset.name, preset.label) for preset in PRESETS.values()]
    )
    device = forms.ChoiceField(label="Device", choices=Device.choices, initial=Device.AUTO)

    def __init__(self, *args: Any, miniatures: Iterable[Any] = (), **kwargs: Any) -> None:
        miniatures = list(miniatures)
        # Shown only where the recipe needs them: then no choice is a question, not an answer.
        self.blank = ("Choose a miniature" if miniatures else "No miniature here yet", "Choose a teacher")
        super().__init__(*args, miniatures=miniatures, **kwargs)
        if miniatures:
            self.initial.setdefault("starts_from", str(miniatures[0].pk))

    def overrides(self) -> dict[str, Any]:
        return overrides_of(self.data)


def overrides_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides among a form's values; blank ones keep the preset's value."""
    return {name: _read(name, text) for name, text in typed_overrides(data).items()}


def typed_overrides(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed as overrides, by the recipe's field, blank ones left out."""
    typed = {key.removeprefix(OVERRIDE): str(data[key]).strip() for key in data if key.startswith(OVERRIDE)}
    return {name: text for name, text in typed.items() if text}


def _read(name: str, text: str) -> Any:
    if name == "betas":
        return [part.strip() for part in text.replace(";", ",").split(",")]
    if name in Recipe.model_fields and Recipe.model_fields[name].annotation is bool:
        return text in ("on", "true", "yes", "1")
    return text


def _rows(version: DatasetVersion) -> str:
    splits = version.counts.get("sft_splits") or {}
    return f"{splits.get('train', 0)} train, {splits.get('validation', 0)} validation rows"


def _student_label(student: Student) -> str:
    if not student.parameters:
        return str(student.name)
    millions = student.parameters / 1e6
    size = f"{millions:.1f} M" if millions < 1000 else f"{millions / 1000:.1f} B"
    return f"{student.name} ({size} parameters)"
