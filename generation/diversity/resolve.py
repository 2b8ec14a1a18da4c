"""Turns what was wished for an order into what stands on it; refuses what cannot be had before anything is paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generation.diversity import examples
from generation.diversity.mix import MixSettings
from generation.diversity.request import MixRequest, TeacherRequest
from generation.engine.contracts import Mix, MixedTeacher, TeacherSpec
from generation.models import Order, Teacher
from generation.states import Provider
from generation.teachers import provided
from members.models import Member
from review.models import Task, TaskVersion
from web.errors import Refusal

MOST_TEACHERS = 8
MOST_TEMPERATURES = 8
HIGHEST_TEMPERATURE = {Provider.ANTHROPIC.value: 1.0}
HIGHEST_TEMPERATURE_ELSEWHERE = 2.0


def resolve(
    task: Task,
    version: TaskVersion,
    request: MixRequest,
    *,
    per_record: int,
    askable: Callable[[Teacher], TeacherSpec],
    by: Member | None,
) -> MixSettings:
    """Return the mix that an order keeps for this request; empty for an order without one.

    Args:
        askable: Gives a teacher with its price, or refuses it.
        by: Who orders; None for the product itself.

    Raises:
        Refusal: `too_many_teachers`, `teacher_twice`, `share`, `temperature`, `no_personas`, `no_angles`, `best_of`,
            `judge`, `ask_again`, as for `examples.choose`, or as `askable` and the teacher's room refuse.
    """
    _check_drafts(request, per_record)
    if request.personas and not version.spec.personas:
        raise _refusal(
            "no_personas", "personas", "This task version names no personas.", "Add some to the task, or leave it."
        )
    if request.angles and not version.spec.angles:
        raise _refusal(
            "no_angles", "angles", "This task version names no angles.", "Add some to the task, or leave it."
        )
    for teacher_request in request.teachers:
        provided.check_provided(teacher_request.teacher, task, by=by)
    shown = (
        examples.choose_examples(task, version, count=request.examples, gold_set=request.gold_set)
        if request.examples
        else []
    )
    return MixSettings(
        teachers=_teachers(request.teachers, askable),
        slugs=[teacher_request.teacher.slug for teacher_request in request.teachers],
        personas=list(version.spec.personas) if request.personas else [],
        angles=list(version.spec.angles) if request.angles else [],
        examples=shown,
        shown=request.examples,
        gold_set=f"{request.gold_set.dataset.slug}@{request.gold_set.number}" if request.gold_set else "",
        near_duplicates=request.near_duplicates,
        best_of=request.best_of,
        judge=request.judge.slug if request.judge else "",
        judge_spec=askable(request.judge) if request.judge else None,
    )


def engine_mix(order: Order) -> Mix:
    """The mix as an engine needs it: with the texts that teachers are shown, and where served miniatures answer now."""
    variety = MixSettings.model_validate(order.variety)
    return Mix(
        teachers=[
            mixed.model_copy(update={"teacher": _with_current_address(mixed.teacher, slug)})
            for mixed, slug in zip(variety.teachers, variety.slugs, strict=True)
        ],
        personas=variety.personas,
        angles=variety.angles,
        shots=examples.read_examples(variety.examples, order.task_version.spec) if variety.examples else [],
        shown=variety.shown,
    )


def _with_current_address(spec: TeacherSpec, slug: str) -> TeacherSpec:
    teacher = Teacher.objects.filter(slug=slug).first()
    room = provided.provider_of(teacher) if teacher else None
    return spec.model_copy(update={"base_url": room.base_url()}) if room else spec


def _teachers(requests: Sequence[TeacherRequest], askable: Callable[[Teacher], TeacherSpec]) -> list[MixedTeacher]:
    if len(requests) > MOST_TEACHERS:
        raise _refusal("too_many_teachers", "teachers", f"At most {MOST_TEACHERS} teachers write for one order.")
    slugs = [request.teacher.slug for request in requests]
    if len(slugs) != len(set(slugs)):
        raise _refusal(
            "teacher_twice",
            "teachers",
            "Each teacher can be named once.",
            "Give it one share, and several temperatures.",
        )
    return [_mixed(request, askable(request.teacher)) for request in requests]


def _mixed(request: TeacherRequest, spec: TeacherSpec) -> MixedTeacher:
    if not 0 < request.share <= 1_000_000:
        raise _refusal("share", "teachers", f"The share of {spec.name} must be above 0.")
    hottest = HIGHEST_TEMPERATURE.get(spec.provider, HIGHEST_TEMPERATURE_ELSEWHERE)
    if len(request.temperatures) > MOST_TEMPERATURES or not all(
        0 <= temperature <= hottest for temperature in request.temperatures
    ):
        raise _refusal(
            "temperature",
            "teachers",
            f"{spec.name} takes up to {MOST_TEMPERATURES} temperatures, each between 0 and {hottest:g}.",
        )
    return MixedTeacher(teacher=spec, share=request.share, temperatures=list(request.temperatures))


def _check_drafts(request: MixRequest, per_record: int) -> None:
    if request.best_of and per_record < 2:
        raise _refusal(
            "best_of", "per_record", "Choosing the best needs two or more drafts per record.", "Ask for more."
        )
    if request.best_of and request.near_duplicates == "ask_again":
        raise _refusal(
            "ask_again",
            "near_duplicates",
            "If the best of several is chosen, repeated drafts can only be left out.",
            "Leave them out, or put every draft on the desk.",
        )
    if (request.best_of == "judge") != (request.judge is not None):
        raise _refusal("judge", "judge", "Name a judge only if a judge chooses the best.")
    if request.judge is not None and not request.judge.follows_instructions:
        raise _refusal(
            "judge",
            "judge",
            f"{request.judge.name} writes drafts and cannot judge them.",
            "Choose another teacher, or let the checks choose.",
        )


def _refusal(code: str, field: str, message: str, hint: str = "") -> Refusal:
    return Refusal(code, message, hint=hint, errors={field: [f"{message} {hint}".strip()]})
