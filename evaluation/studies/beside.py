"""Further inputs of imitation against logits: the teacher of the logits, and a version without the reasoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.metrics import typed
from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import queries as selectors
from evaluation.studies.design import StudyArm, StudyDesign, StudyRequest
from review.models import DatasetVersion, TaskVersion
from training.inputs import tuning_data
from training.models import Student
from training.recipes.architecture import kind_of_family
from training.recipes.schema import Recipe
from training.runs import compose_recipe, run_request
from training.students import queries as students_of
from web.errors import Refusal

DISTIL: Final = "distil"
# What tells distillation from imitation; all else of its recipe is that of the arm that imitates.
_ITS_OWN: Final = frozenset({"objective", "temperature", "kl"})


@dataclass(frozen=True)
class Beside:
    """Teacher whose logits are learnt, and the version that has the answers alone; None where a study takes none."""

    teacher: Student | None = None
    answers: DatasetVersion | None = None

    def version_of(self, arm: StudyArm, version: DatasetVersion) -> DatasetVersion:
        return self.answers if arm.answer_alone and self.answers else version

    def teacher_of(self, arm: StudyArm) -> Student | None:
        return self.teacher if arm.teacher else None

    def scored_in_both(self, scored: Sequence[str]) -> list[str]:
        """Return those of the validation records that the version without the reasoning holds too."""
        if self.answers is None:
            return list(scored)
        there = set(selectors.validation_records(self.answers, limit=1_000_000))
        return [record for record in scored if record in there]


def found(wishes: StudyRequest, version: DatasetVersion, student: Student) -> Beside:
    """Look up what a request names.

    Raises:
        Refusal: There is no such student, the teacher is the student itself, or the version is of another task, not frozen
            or with its reasoning.
    """
    if wishes.kind != StudyKind.CLONING:
        return Beside()
    teacher = students_of.by_slug(wishes.teacher, field="teacher") if wishes.teacher else None
    if teacher is not None and teacher.pk == student.pk:
        message = f"{student.name} would learn from its own logits."
        raise _refusal("own_teacher", "teacher", message, "Choose a larger student with the same tokenizer.")
    return Beside(teacher, _answers(wishes.answers_version, version) if wishes.answers_version else None)


def require_values(metric: StudyMetric, task_version: TaskVersion) -> None:
    """Refuse to count right values where a task has none.

    Raises:
        Refusal: 400.
    """
    if metric == StudyMetric.RIGHT and not typed.value_fields(task_version.spec):
        message = f"{task_version.task.name} writes no values, such as labels, that could be right."
        raise _refusal("no_values", "metric", message, "Score by the loss, or by outputs that pass every check.")


def encoders(students: Sequence[Student]) -> frozenset[str]:
    """Slugs of those that write no text, but tell labels."""
    return frozenset(each.slug for each in students if kind_of_family(each.model_type) == "encoder")


def require_labels(version: DatasetVersion) -> None:
    """Refuse an encoder on a task whose answers are texts.

    Raises:
        Refusal: 400.
    """
    if why := run_request.why_no_classifier(version.dataset.task):
        message = f"{version.dataset.task.name} has no classifier: {why}."
        raise _refusal("no_labels", "students", message, "Compare students that write.")


def recipe_of(arm: StudyArm, overrides: dict[str, Any], student: Student) -> tuple[str, dict[str, Any], Recipe]:
    """The preset, what is changed of it and the recipe of an arm; distillation takes over all of the imitation's recipe.

    Raises:
        Refusal: 400, it cannot be.
    """
    recipe = compose_recipe.compose(arm.recipe, overrides, student)
    if not arm.teacher:
        return arm.recipe, overrides, recipe
    shared = {name: value for name, value in recipe.model_dump(mode="json").items() if name not in _ITS_OWN}
    return DISTIL, shared, compose_recipe.compose(DISTIL, shared, student)


def plan_of(arm: StudyArm, design: StudyDesign, beside: Beside) -> dict[str, Any]:
    """Return what stands in a cell's plan only where it is so: plans of before keep their fingerprints."""
    teacher = beside.teacher_of(arm)
    return {
        **({"teacher": str(teacher.pk)} if teacher else {}),
        **({"values": True} if design.metric == StudyMetric.RIGHT else {}),
    }


def _answers(answers_id: str, version: DatasetVersion) -> DatasetVersion:
    answers = DatasetVersion.objects.filter(pk=answers_id, dataset__task=version.dataset.task_id).first()
    message, hint = "", "Freeze a version of the same drafts with 'Reasoning' left out."
    if answers is None:
        message = "There is no such version of this task."
    elif not answers.drops_reasoning:
        message = f"{answers} already has the same outputs as {version}: it leaves out no reasoning."
    elif version.drops_reasoning:
        message, hint = f"{version} leaves the reasoning out itself.", "Choose a version with the reasoning."
    elif tuning_data.tuning_data_of(answers) is None:
        message = f"{answers} is not frozen yet."
    if answers is None or message:
        raise _refusal("no_answers_version", "answers_version", message, hint)
    return answers


def _refusal(code: str, field: str, message: str, hint: str) -> Refusal:
    return Refusal(code, message, hint=hint, status=400, errors={field: [message]})
