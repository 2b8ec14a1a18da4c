"""Start of a run beside its rows: a miniature to go on from, a teacher to learn from. Refuses what cannot work.

What only the engine can know, such as whether two tokenizers are the same, it refuses itself before a step is made.
"""

from __future__ import annotations

from review.models import DatasetVersion, Task
from training.inputs import heads, samples, tuning_data
from training.models import Miniature, Student
from training.recipes.schema import Recipe
from training.runs.run_request import RunRequest
from web.errors import Refusal


def require_starting_point(recipe: Recipe, request: RunRequest) -> None:
    """Refuse a beginning that does not suit the recipe, the task or the student.

    Raises:
        Refusal: 400 for what is missing or superfluous, 409 for a miniature that was tuned on unfiltered texts for a
            study, 422 for one of another task or student, for whole weights gone on from by adapters, for a student
            that would be its own teacher, and for a classifier of a task whose answers are texts.
    """
    _require_start(recipe, request.task, request.student, request.starts_from)
    _require_teacher(recipe, request.student, request.teacher)
    _require_heads(recipe, request.dataset_version)


def _require_heads(recipe: Recipe, version: DatasetVersion) -> None:
    if recipe.objective != "classify":
        return
    if reason := heads.why_no_heads(tuning_data.taught_by(version)):
        message = f"This task has no classifier: {reason}."
        raise _refusal("not_classifiable", "recipe", message, "Choose a recipe for students that write.")


def _require_start(recipe: Recipe, task: Task, student: Student, starts_from: Miniature | None) -> None:
    if starts_from is None:
        if recipe.prefers:
            raise _refusal(
                "no_beginning",
                "starts_from",
                f"{recipe.objective.upper()} starts from a miniature, and none is named.",
                "Tune one with SFT first, then choose it under 'Starts from'.",
                status=400,
            )
        return
    if not recipe.prefers:
        raise _refusal(
            "needless_beginning",
            "starts_from",
            "This recipe starts from the student itself, not from a miniature.",
            "Leave 'Starts from' empty, or choose the recipe dpo or kto.",
            status=400,
        )
    if starts_from.task_id != task.pk:
        raise _refusal(
            "other_task",
            "starts_from",
            f"{starts_from.name} was tuned for another task than these rows.",
            f"Choose a miniature of {task.name}, or a dataset version of {starts_from.task.name}.",
        )
    if starts_from.student_id != student.pk:
        raise _refusal(
            "other_student",
            "starts_from",
            f"{starts_from.name} was tuned from {starts_from.student.name}.",
            f"Choose the student {starts_from.student.name}, or a miniature of {student.name}.",
        )
    if starts_from.method == "full" and recipe.method != "full":
        raise _refusal(
            "whole_weights",
            "starts_from",
            f"{starts_from.name} holds whole weights; an adapter over them would need them wherever it is served.",
            "Set the value 'method' to full, or continue from a LoRA miniature.",
        )
    samples.require_filtered(starts_from.run.sample, name=starts_from.name)


def _require_teacher(recipe: Recipe, student: Student, teacher: Student | None) -> None:
    if (recipe.objective == "distil") != (teacher is not None):
        message, hint = (
            (
                "Distillation learns from a teacher's scores, and none is named.",
                "Choose one of the registered students.",
            )
            if teacher is None
            else ("This recipe learns from texts, not from a teacher.", "Leave the teacher empty, or choose 'distil'.")
        )
        raise _refusal("no_teacher" if teacher is None else "needless_teacher", "teacher", message, hint, status=400)
    if teacher is not None and teacher.pk == student.pk:
        raise _refusal(
            "own_teacher",
            "teacher",
            f"{student.name} would learn from itself: its scores are what they are already.",
            "Choose a larger model of the same family.",
        )


def _refusal(code: str, field: str, message: str, hint: str, status: int = 422) -> Refusal:
    return Refusal(code, message, hint=hint, status=status, errors={field: [message]})
