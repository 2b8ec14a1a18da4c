"""The grid that answers a study's question, laid out from what was asked for and checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from evaluation.states import SHARE_METRICS, StudyKind, StudyMetric
from evaluation.studies import segment_experts
from evaluation.studies.design import (
    ACCEPTED,
    ANSWER_ALONE,
    BASE,
    BESIDE_SFT,
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
    MIN_SEEDS_OF_MINUTES,
    MIN_SEEDS_OF_STUDENTS,
    MINIATURE,
    ON_POLICY,
    PRESETS,
    QUESTIONS,
    RAW,
    SFT,
    SFT_DPO,
    SFT_KTO,
    SHARES,
    SMALL,
    SMALL_MINUTES,
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
    own = errors_of(wishes, design, given) | segment_experts.errors_of(wishes, design, given)
    if errors := _errors(design, given) | own:
        raise DesignError(errors)
    return design


def _arms(wishes: StudyRequest, given: StudyInputs) -> tuple[StudyArm, ...]:
    kind, recipes = wishes.kind, wishes.recipes
    writers = (slug for slug in given.students if slug in given.shipped and slug not in given.encoders)
    own = next((given.shipped[slug] for slug in writers), None)
    lora = recipes.get("lora") or (own.recipe if own else "modern-lora")
    if kind == StudyKind.METHODS and len(given.students) > 1:
        return tuple(arm for slug in given.students for arm in _methods(slug, recipes, given))
    if kind == StudyKind.METHODS:
        return StudyArm("LoRA", lora), StudyArm("Full", recipes.get("full") or (own.full if own else "paper-full"))
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
        longest = own.context if own else longest
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
        return arms_of(wishes, lora=lora)
    if kind == StudyKind.ROUTER:
        size = _sizes(wishes, given)[-1]
        return segment_experts.arms_of(wishes, given, size=size, lora=lambda slug: _lora(slug, recipes, given))
    if kind == StudyKind.RETRIEVAL:
        return (StudyArm(MINIATURE, _lora(given.students[0], recipes, given)),)
    return (StudyArm("LoRA", lora),)


def _lora(slug: str, recipes: Mapping[str, str], given: StudyInputs) -> str:
    own = given.shipped[slug].recipe if slug in given.shipped else ""
    if slug in given.encoders:
        return recipes.get("encoder") or own or "classifier-lora"
    return recipes.get("lora") or own or "modern-lora"


def _methods(slug: str, recipes: Mapping[str, str], given: StudyInputs) -> tuple[StudyArm, StudyArm]:
    full = recipes.get("full") or (given.shipped[slug].full if slug in given.shipped else "") or "paper-full"
    lora = StudyArm(f"{slug}, LoRA", _lora(slug, recipes, given), student=slug)
    return lora, StudyArm(f"{slug}, full", full, student=slug)


def _sizes(wishes: StudyRequest, given: StudyInputs) -> tuple[int, ...]:
    if wishes.kind == StudyKind.MINUTES:
        return (minutes_of(wishes, given),)
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


# Without a word, what any task with all three verdicts can give.
_USUALLY: Final = ("dpo", "kto")


def arms_of(request: StudyRequest, *, lora: str) -> tuple[StudyArm, ...]:
    """SFT on golds, and the arms beside it that are asked for, in one order."""
    recipes: Mapping[str, str] = request.recipes
    beside = {
        "dpo": StudyArm(SFT_DPO, recipes.get("dpo", "dpo"), reads="dpo", after=SFT),
        "kto": StudyArm(SFT_KTO, recipes.get("kto", "kto"), reads="kto", after=SFT),
        "on_policy": StudyArm(ON_POLICY, lora, with_miniature=True),
    }
    chosen = request.beside_sft or _USUALLY
    return StudyArm(SFT, lora), *(arm for name, arm in beside.items() if name in chosen)


def minutes_of(request: StudyRequest, given: StudyInputs) -> int:
    """The budget of each arm, in whole minutes: what was asked for, else the most that every arm can spend."""
    if request.minutes is not None:
        return request.minutes
    most = min(given.minutes, 2 * given.own_minutes) if "on_policy" in request.beside_sft else given.minutes
    return min(most, SMALL_MINUTES) if request.preset == SMALL else most


def errors_of(request: StudyRequest, design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    """Return what cannot be, by field; empty for other kinds, of which only their own fields are looked at."""
    if design.kind != StudyKind.MINUTES:
        return {}
    errors: dict[str, list[str]] = {}
    minutes = design.sizes[0]
    if request.sizes:
        errors["sizes"] = ["Arms are equal in expert minutes, not in records: name minutes instead."]
    if unknown := [name for name in request.beside_sft if name not in BESIDE_SFT]:
        errors["beside_sft"] = [f"There is no arm '{unknown[0]}'; choose of {', '.join(BESIDE_SFT)}."]
    elif any(arm.with_miniature for arm in design.arms) and (why := _why_not_on_policy(minutes, given)):
        errors["beside_sft"] = [why]
    if not 1 <= minutes <= given.minutes:
        errors["minutes"] = [f"Judging the teachers' drafts of this version took {given.minutes} timed minutes in all."]
    if len(design.seeds) < MIN_SEEDS_OF_MINUTES:
        errors["seeds"] = [
            f"Name at least {MIN_SEEDS_OF_MINUTES} different seeds: arms differ by what the minutes buy."
        ]
    return errors


def _why_not_on_policy(minutes: int, given: StudyInputs) -> str:
    """Reason why the arm on a miniature's own drafts cannot spend its half; empty where it can."""
    if not given.own_minutes:
        return (
            f"{ON_POLICY}: this version holds no timed verdict on a draft that a miniature wrote. Promote a miniature, order "
            "drafts by it, judge them and freeze the next version, or leave this arm out."
        )
    if 2 * given.own_minutes < minutes:
        return (
            f"{ON_POLICY}: half of {minutes} minutes go to a miniature's own drafts, and judging those of this version took "
            f"{given.own_minutes}. Judge more of them, name {2 * given.own_minutes} minutes at most, or leave this arm out."
        )
    return ""
