"""The grid that answers a study's question, laid out from what was asked for and checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evaluation.states import SHARE_METRICS, StudyKind, StudyMetric
from evaluation.studies import expert_minutes, segment_experts
from evaluation.studies.design import (
    ACCEPTED,
    ANSWER_ALONE,
    BASE,
    DEMO_CONTEXT,
    DENSE,
    EDITED,
    EVERY,
    IMITATES,
    ISOLATED,
    LOGITS,
    LONG_CONTEXT,
    LONGEST,
    MAX_CELLS,
    MAX_EPOCHS,
    MIN_RECORDS,
    MIN_SEEDS,
    MIN_SEEDS_OF_STUDENTS,
    MINIATURE,
    PRESETS,
    QUESTIONS,
    RAW,
    SHARES,
    SMALL,
    SMALL_RECORDS,
    UNFILTERED,
    DesignError,
    StudyArm,
    StudyDesign,
    StudyInputs,
    StudyRequest,
)
from training.states import SampleOf

# Kinds whose every cell has three seeds at least.
THREE_SEEDS = (StudyKind.MINUTES, StudyKind.STUDENTS, StudyKind.ROUTER, StudyKind.RETRIEVAL)


def design_study(wishes: StudyRequest, given: StudyInputs) -> StudyDesign:
    """The design of a preset with what was asked for in its place.

    Args:
        given: What the version holds, and which students there are.

    Raises:
        DesignError: Names every field that cannot be as it is.
    """
    if wishes.kind not in StudyKind.values or wishes.preset not in PRESETS or wishes.metric not in StudyMetric.values:
        raise DesignError(_unknown(wishes))
    kind, metric = StudyKind(wishes.kind), StudyMetric(wishes.metric)
    if kind == StudyKind.RETRIEVAL:
        metric = StudyMetric.RIGHT
    is_small = wishes.preset == SMALL
    design = StudyDesign(
        kind=kind,
        question=wishes.question.strip() or QUESTIONS[kind],
        arms=_arms(wishes, given),
        sizes=_sizes(wishes, given),
        seeds=wishes.seeds or ((1, 2) if is_small and kind not in THREE_SEEDS else (1, 2, 3)),
        epochs=wishes.epochs or (1 if is_small else 3),
        metric=metric,
    )
    if kind == StudyKind.TRANSFER:
        design = replace(design, written_records=0)
    if kind in (StudyKind.ROUTER, StudyKind.RETRIEVAL):
        design = replace(design, scored_records=segment_experts.SCORED)
    if metric in SHARE_METRICS:
        design = replace(design, written_records=design.scored_records)
    own = expert_minutes.errors_of(wishes, design, given) | segment_experts.errors_of(wishes, design, given)
    if errors := _errors(design, given) | own:
        raise DesignError(errors)
    return design


def _arms(wishes: StudyRequest, given: StudyInputs) -> tuple[StudyArm, ...]:
    kind, recipes = wishes.kind, wishes.recipes
    is_demo = given.demo in given.students
    lora = recipes.get("lora") or ("demo" if is_demo else "modern-lora")
    if kind == StudyKind.METHODS and len(given.students) > 1:
        return tuple(arm for slug in given.students for arm in _methods(slug, recipes, given))
    if kind == StudyKind.METHODS:
        return StudyArm("LoRA", lora), StudyArm(
            "Full", recipes.get("full") or ("demo-full" if is_demo else "paper-full")
        )
    if kind == StudyKind.FILTER:
        every = given.records.get(SampleOf.WRITTEN)
        raw = (StudyArm(RAW, lora, of=SampleOf.RAW, one_each=True),) if SampleOf.RAW in given.records else ()
        return (
            StudyArm(EDITED, lora, one_each=True),
            StudyArm(ACCEPTED, lora, of=SampleOf.ACCEPTED, one_each=True),
            StudyArm(UNFILTERED, lora, of=SampleOf.WRITTEN, one_each=True),
            StudyArm(LONGEST, lora, of=SampleOf.LONGEST),
            StudyArm(EVERY, lora, of=SampleOf.WRITTEN, records=every),
            *raw,
        )
    if kind == StudyKind.STUDENTS:
        families = given.families if len(set(given.families.values())) > 1 else {}
        return tuple(
            StudyArm(slug, _lora(slug, recipes, given), student=slug, family=families.get(slug, ""))
            for slug in given.students
        )
    if kind == StudyKind.TRANSFER:
        rows = (StudyArm(task, lora, version=version) for task, version in given.versions.items())
        return StudyArm(BASE, lora, is_base=True), *rows
    if kind == StudyKind.CONTEXT:
        longest = min(LONG_CONTEXT, given.context_length or LONG_CONTEXT)
        longest = DEMO_CONTEXT if is_demo else longest
        return tuple(
            StudyArm(f"{size:,} tokens", lora, changes=(("max_length", size),)) for size in (longest // 2, longest)
        )
    if kind == StudyKind.EXPERTS:
        names = (DENSE, ISOLATED)
        return tuple(StudyArm(name, lora, student=slug) for name, slug in zip(names, given.students, strict=False))
    if kind == StudyKind.CLONING:
        alone = (StudyArm(ANSWER_ALONE, lora, answer_alone=True),) if wishes.answers_version else ()
        return StudyArm(LOGITS, lora, teacher=wishes.teacher), StudyArm(IMITATES, lora), *alone
    if kind == StudyKind.MINUTES:
        return expert_minutes.arms_of(wishes, lora=lora)
    if kind == StudyKind.ROUTER:
        size = _sizes(wishes, given)[-1]
        return segment_experts.arms_of(wishes, given, size=size, lora=lambda slug: _lora(slug, recipes, given))
    if kind == StudyKind.RETRIEVAL:
        return (StudyArm(MINIATURE, _lora(given.students[0], recipes, given)),)
    return (StudyArm("LoRA", lora),)


def _lora(slug: str, recipes: Mapping[str, str], given: StudyInputs) -> str:
    if slug in given.encoders:
        return recipes.get("encoder") or ("demo-encoder" if slug == "demo-encoder" else "classifier-lora")
    return recipes.get("lora") or ("demo" if slug == given.demo else "modern-lora")


def _methods(slug: str, recipes: Mapping[str, str], given: StudyInputs) -> tuple[StudyArm, StudyArm]:
    full = recipes.get("full") or ("demo-full" if slug == given.demo else "paper-full")
    lora = StudyArm(f"{slug}, LoRA", _lora(slug, recipes, given), student=slug)
    return lora, StudyArm(f"{slug}, full", full, student=slug)


def _sizes(wishes: StudyRequest, given: StudyInputs) -> tuple[int, ...]:
    if wishes.kind == StudyKind.MINUTES:
        return (expert_minutes.minutes_of(wishes, given),)
    if wishes.sizes:
        return wishes.sizes
    most = min(given.common, SMALL_RECORDS) if wishes.preset == SMALL else given.common
    if wishes.kind != StudyKind.SAMPLES:
        return (most,)
    sizes = {max(MIN_RECORDS, round(most * share)) for share in SHARES[wishes.preset]}
    return tuple(sorted(size for size in sizes if size <= most)) or (most,)


def _unknown(wishes: StudyRequest) -> dict[str, list[str]]:
    choices = {"kind": StudyKind.values, "preset": list(PRESETS), "metric": StudyMetric.values}
    return {
        name: [f"There is no {name} '{getattr(wishes, name)}'; choose one of {', '.join(values)}."]
        for name, values in choices.items()
        if getattr(wishes, name) not in values
    }


def _errors(design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    errors, seeds = _size_errors(design, given), design.seeds
    if design.kind == StudyKind.STUDENTS and len(design.arms) < 2:
        errors["students"] = ["Name two students or more: one alone cannot be the smallest that holds."]
    if given.encoders and design.metric != StudyMetric.RIGHT:
        errors["metric"] = ["An encoder writes no text: compare it by the share of outputs whose values are all right."]
    if design.kind == StudyKind.TRANSFER and len(given.versions) < 2:
        errors["others"] = ["Name a dataset version of another task to transfer to."]
    if design.kind == StudyKind.TRANSFER and design.metric != StudyMetric.NLL:
        errors["metric"] = ["A transfer is measured by the loss, because the tasks' checks differ."]
    errors |= _cloning_errors(design)
    if design.kind == StudyKind.EXPERTS and (len(given.students) != 2 or len(design.arms) != 2):
        errors["students"] = ["Name one dense student beside the isolated expert, about as large."]
    least = MIN_SEEDS_OF_STUDENTS if design.kind in (StudyKind.STUDENTS, StudyKind.ROUTER) else MIN_SEEDS
    if len(seeds) < least or len(set(seeds)) != len(seeds):
        errors["seeds"] = [
            f"Name at least {least} different seeds: one run cannot tell a difference from its own luck."
        ]
    elif not all(0 <= seed < 2**32 for seed in seeds):
        errors["seeds"] = ["A seed is a whole number from 0 to 4,294,967,295."]
    if not 1 <= design.epochs <= MAX_EPOCHS:
        errors["epochs"] = [f"Epochs are 1 to {MAX_EPOCHS}."]
    if len(design.places) > MAX_CELLS:
        errors["sizes"] = [f"The grid has {len(design.places)} cells; a study takes at most {MAX_CELLS}."]
    return errors


def _size_errors(design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    sizes, available = design.sizes, given.common
    if design.kind == StudyKind.MINUTES:
        return {}
    if list(sizes) != sorted(set(sizes)):
        return {"sizes": [f"Sizes must increase: {_listed(sizes)} do not."]}
    if sizes[0] < 1 or sizes[-1] > available:
        of_each = "" if design.kind != StudyKind.FILTER else " of each kind"
        message = f"The version holds {available} training records{of_each}; {_listed(sizes)} do not fit into it."
        return {"sizes": [message]}
    if design.kind == StudyKind.SAMPLES and len(sizes) < 2:
        return {"sizes": ["Name at least two sizes; four or more give a curve."]}
    if design.kind != StudyKind.SAMPLES and len(sizes) != 1:
        return {"sizes": ["All are compared at one size: name one."]}
    return {}


def _cloning_errors(design: StudyDesign) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if design.kind != StudyKind.CLONING:
        return errors
    if not any(arm.teacher for arm in design.arms):
        errors["teacher"] = ["Name the student whose logits are learnt: a larger one with the same tokenizer."]
    if design.metric == StudyMetric.NLL and any(arm.answer_alone for arm in design.arms):
        errors["metric"] = [
            "Texts with reasoning and without cannot be compared by their loss: score by values that are right."
        ]
    return errors


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
