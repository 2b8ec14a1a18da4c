"""Stages while they are being composed: from a posted form, from a saved version, and to what is saved. Saves nothing.

Stages are added, moved and removed by buttons of the same form, so that the page works without scripts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from campaigns.models import Stage
from campaigns.pipelines.compose import MOST_STAGES, StagePlan
from campaigns.pipelines.offers import ROUTER_PREFIX, Offers
from campaigns.states import StageKind

# Of the values of a rule: a program may save 200 of 100 characters each.
MOST_CHARS = 25_000
_PLACE = re.compile(r"stages\.(\d{1,2})\.kind")
_ORDER = list(StageKind)


@dataclass(frozen=True)
class StageDraft:
    """One stage as the form says it.

    Attributes:
        task: Slug of its task; empty: rules do it.
        teacher: Slug of its model; of a router with `router:` before it.
        inputs: Source by fact; an empty source was left open by the person.
        source: With rules that qualify: what is looked at.
        values: With rules that qualify: the values that pass, separated by commas; one with a comma in quotes.
    """

    kind: StageKind
    name: str
    task: str = ""
    teacher: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    source: str = ""
    values: str = ""

    @property
    def condition(self) -> dict[str, Any]:
        """Return the condition as it is saved; labels of two fields at once are `{}` and a mistake of `two_fields`."""
        if not self.task:
            cells = csv.reader([" ".join(self.values.splitlines())], skipinitialspace=True)
            passing = [value for part in next(cells, []) if (value := part.strip())]
            return {"field": self.source, "in": passing} if self.source or passing else {}
        ticked = {name: values for name, values in self.labels.items() if values}
        if len(ticked) != 1:
            return {}
        [(name, values)] = ticked.items()
        return {"field": name, "in": values}

    @property
    def two_fields(self) -> bool:
        return bool(self.task) and sum(bool(values) for values in self.labels.values()) > 1


def from_post(data: QueryDict) -> list[StageDraft]:
    """The stages that a posted form says, in its order; rows of no known kind are passed over."""
    places = sorted(int(match[1]) for key in data if (match := _PLACE.fullmatch(key)))
    kinds = {at: data.get(f"stages.{at}.kind", "") for at in places[: MOST_STAGES * 2]}
    return [_posted(data, f"stages.{at}.", StageKind(kind)) for at, kind in kinds.items() if kind in StageKind.values]


def _posted(data: QueryDict, prefix: str, kind: StageKind) -> StageDraft:
    inputs, labels = f"{prefix}inputs.", f"{prefix}labels."
    return StageDraft(
        kind,
        data.get(f"{prefix}name", "").strip()[:60],
        task=data.get(f"{prefix}task", ""),
        teacher=data.get(f"{prefix}teacher", ""),
        inputs={key.removeprefix(inputs): str(data[key]) for key in data if key.startswith(inputs)},
        labels={key.removeprefix(labels): list(data.getlist(key)) for key in data if key.startswith(labels)},
        source=data.get(f"{prefix}source", ""),
        values=data.get(f"{prefix}values", "")[:MOST_CHARS],
    )


def from_saved(stage: Stage) -> StageDraft:
    """A stage of a saved version; inputs that it leaves open are spelt out, so that nothing is filled in for them."""
    facts = stage.task_version.spec.input_schema if stage.task_version else ()
    name, values = str(stage.condition.get("field", "")), [str(value) for value in stage.condition.get("in", [])]
    draft = StageDraft(
        StageKind(stage.kind),
        stage.name,
        task=stage.task_version.task.slug if stage.task_version else "",
        teacher=_model(stage),
        inputs={fact.name: "" for fact in facts} | dict(stage.inputs),
    )
    if stage.task_version is None:
        return replace(draft, source=name, values=", ".join(map(_quoted, values)))
    return replace(draft, labels={name: values} if name else {})


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if {",", '"'} & set(value) else value


def _model(stage: Stage) -> str:
    if stage.router is not None:
        return f"{ROUTER_PREFIX}{stage.router.router.slug}"
    return stage.teacher.slug if stage.teacher else ""


def after_act(stages: list[StageDraft], act: str, *, kind: str, mail_task: str) -> list[StageDraft]:
    """The stages after a button: `add`, `up:2`, `down:2` or `remove:2`; any other changes nothing.

    Args:
        kind: Of a stage to add. It comes after the last of its kind, where its order allows it.
        mail_task: Slug of the task of the mails, which a stage that writes asks.
    """
    verb, _, place = act.partition(":")
    if verb == "add" and kind in StageKind.values and len(stages) < MOST_STAGES:
        return _with(stages, StageKind(kind), mail_task)
    at = int(place) if place.isdecimal() and len(place) < 3 else -1
    if not 0 <= at < len(stages):
        return stages
    if verb == "remove":
        return [*stages[:at], *stages[at + 1 :]]
    other = {"up": at - 1, "down": at + 1}.get(verb, -1)
    if not 0 <= other < len(stages):
        return stages
    moved = list(stages)
    moved[at], moved[other] = moved[other], moved[at]
    return moved


def _with(stages: list[StageDraft], kind: StageKind, mail_task: str) -> list[StageDraft]:
    names = {stage.name for stage in stages}
    free = next(name for name in (kind.value, *(f"{kind.value}_{n}" for n in range(2, 99))) if name not in names)
    at = sum(_ORDER.index(stage.kind) <= _ORDER.index(kind) for stage in stages)
    task = mail_task if kind == StageKind.WRITE else ""
    return [*stages[:at], StageDraft(kind, free, task=task), *stages[at:]]


def plan_of(draft: StageDraft, offers: Offers) -> StagePlan:
    """A stage as the service takes it; a task or model that is not on offer is none, which the service refuses."""
    return StagePlan(
        draft.name,
        draft.kind,
        offers.task(draft.task),
        offers.teacher(draft.teacher) if draft.task else None,
        {name: source for name, source in draft.inputs.items() if source},
        draft.condition,
        offers.routers.get(draft.teacher) if draft.task and draft.teacher.startswith(ROUTER_PREFIX) else None,
    )
