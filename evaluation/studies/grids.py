"""Grid of a study, built from a request and checked field by field."""

from __future__ import annotations

from evaluation.states import SHARE_METRICS, StudyKind, StudyMetric
from evaluation.studies.design import (
    MAX_CELLS,
    MAX_EPOCHS,
    PRESETS,
    SMALL,
    TUNED_ARMS,
    WRITTEN_RECORDS,
    DesignError,
    StudyDesign,
    StudyInputs,
    StudyRequest,
)
from evaluation.studies.kinds import KINDS, Grid, Kind
from evaluation.studies.kinds.base import Errors


def design_study(request: StudyRequest, inputs: StudyInputs) -> StudyDesign:
    """Build the design of a preset with the values of a request.

    Raises:
        DesignError: Names every field that is not valid.
    """
    kind, grid = kind_of(request), Grid(request, inputs)
    metric, is_small = kind.metric or StudyMetric(request.metric), request.preset == SMALL
    written = 0 if kind.is_across_tasks else WRITTEN_RECORDS
    design = StudyDesign(
        kind=StudyKind(kind.name),
        question=request.question.strip() or kind.question,
        arms=kind.arms(grid),
        sizes=kind.sizes(grid),
        seeds=request.seeds or (kind.small_seeds if is_small else (1, 2, 3)),
        epochs=request.epochs or (1 if is_small else 3),
        metric=metric,
        scored_records=kind.scored_records,
        written_records=kind.scored_records if metric in SHARE_METRICS else written,
    )
    if errors := _errors(kind, design, inputs, kind.errors(grid, design)):
        raise DesignError(errors)
    return design


def kind_of(request: StudyRequest) -> Kind:
    """Return the kind of a request.

    Raises:
        DesignError: The kind, the preset, the metric or an arm with a recipe is unknown.
    """
    if errors := _unknown(request):
        raise DesignError(errors)
    return KINDS[request.kind]


def _unknown(request: StudyRequest) -> dict[str, list[str]]:
    choices = {"kind": StudyKind.values, "preset": list(PRESETS), "metric": StudyMetric.values}
    errors = {
        name: [f"There is no {name} '{getattr(request, name)}'; choose one of {', '.join(values)}."]
        for name, values in choices.items()
        if getattr(request, name) not in values
    }
    if unread := [arm for arm in request.recipes if arm not in TUNED_ARMS]:
        errors["recipes"] = [f"There is no arm '{unread[0]}'; choose of {', '.join(TUNED_ARMS)}."]
    return errors


def _errors(kind: Kind, design: StudyDesign, inputs: StudyInputs, own: Errors) -> dict[str, list[str]]:
    errors, seeds = _size_errors(kind, design, inputs) | own, design.seeds
    if inputs.encoders and design.metric != StudyMetric.RIGHT:
        errors["metric"] = ["An encoder writes no text: compare it by the share of outputs whose values are all right."]
    least = kind.least_seeds
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
    return errors | own


def _size_errors(kind: Kind, design: StudyDesign, inputs: StudyInputs) -> dict[str, list[str]]:
    sizes, available = design.sizes, inputs.common
    if kind.is_by_minutes:
        return {}
    if list(sizes) != sorted(set(sizes)):
        return {"sizes": [f"Sizes must increase: {_listed(sizes)} do not."]}
    if sizes[0] < 1 or sizes[-1] > available:
        of_each = " of each kind" if kind.takes_raw else ""
        message = f"The version holds {available} training records{of_each}; {_listed(sizes)} do not fit into it."
        return {"sizes": [message]}
    if kind.is_by_size and len(sizes) < 2:
        return {"sizes": ["Name at least two sizes; four or more give a curve."]}
    if not kind.is_by_size and len(sizes) != 1:
        return {"sizes": ["All are compared at one size: name one."]}
    return {}


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
