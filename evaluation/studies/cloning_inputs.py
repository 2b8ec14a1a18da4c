"""Further inputs of imitation against logits: a teacher for the logits, and a version without the reasoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.metrics import typed
from evaluation.states import StudyMetric
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
# Fields in which the recipe of distillation differs from that of imitation.
_ITS_OWN: Final = frozenset({"objective", "temperature", "kl"})


@dataclass(frozen=True)
class CloningInputs:
    """Teacher of the logits, and the version without the reasoning; None where a study has none."""

    teacher: Student | None = None
    answers: DatasetVersion | None = None

    def version_of(self, arm: StudyArm, version: DatasetVersion) -> DatasetVersion:
        return self.answers if arm.answer_alone and self.answers else version

    def teacher_of(self, arm: StudyArm) -> Student | None:
        return self.teacher if arm.teacher else None

    def scored_in_both(self, scored: Sequence[str]) -> list[str]:
        """Return the validation records that the version without the reasoning also holds."""
        if self.answers is None:
            return list(scored)
        there = set(selectors.validation_records(self.answers, limit=1_000_000))
        return [record for record in scored if record in there]


def read(request: StudyRequest, version: DatasetVersion, student: Student) -> CloningInputs:
    """Look up the teacher and the version that a request names.

    Raises:
        Refusal: The teacher is unknown or the student itself, or the version is of another task, not frozen, or keeps
            its reasoning.
    """
    teacher = students_of.by_slug(request.teacher, field="teacher") if request.teacher else None
    if teacher is not None and teacher.pk == student.pk:
        message = f"{student.name} would learn from its own logits."
        raise _refusal("own_teacher", "teacher", message, "Choose a larger student with the same tokenizer.")
    return CloningInputs(teacher, _answers(request.answers_version, version) if request.answers_version else None)


def require_values(metric: StudyMetric, task_version: TaskVersion) -> None:
    """Refuse to count right values where a task has none.

    Raises:
        Refusal: 400.
    """
    if metric == StudyMetric.RIGHT and not typed.value_fields(task_version.spec):
        message = f"{task_version.task.name} writes no values, such as labels, that could be right."
        raise _refusal("no_values", "metric", message, "Score by the loss, or by outputs that pass every check.")


def encoders(students: Sequence[Student]) -> frozenset[str]:
    """Return the slugs of students that predict labels and write no text."""
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
    """Return an arm's preset, its changes and its recipe; distillation shares the rest of the imitation's recipe.

    Raises:
        Refusal: 400, the recipe is not valid.
    """
    recipe = compose_recipe.compose(arm.recipe, overrides, student)
    if not arm.teacher:
        return arm.recipe, overrides, recipe
    shared = {name: value for name, value in recipe.model_dump(mode="json").items() if name not in _ITS_OWN}
    return DISTIL, shared, compose_recipe.compose(DISTIL, shared, student)


def plan_of(arm: StudyArm, design: StudyDesign, cloning: CloningInputs) -> dict[str, Any]:
    """Return the optional keys of a cell's plan, absent where unused so that older plans keep their fingerprints."""
    teacher = cloning.teacher_of(arm)
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
