"""Mistakes that can never be right about the arms of a campaign. Pure, but for the pipelines it is handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from campaigns.models import PipelineVersion
from review.models import Task

MOST_ARMS = 6


class PlannedArm(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> int: ...
    @property
    def is_control(self) -> bool: ...
    @property
    def is_holdout(self) -> bool: ...
    @property
    def teacher(self) -> object | None: ...
    @property
    def miniature(self) -> object | None: ...
    @property
    def pipeline(self) -> PipelineVersion | None: ...


def arm_errors(task: Task, arms: Sequence[PlannedArm]) -> list[str]:
    """The first mistake in the arms of a campaign of a task, as a list; empty where there is none."""
    names = [arm.name.strip() for arm in arms]
    if not 1 <= len(names) <= MOST_ARMS:
        return [f"A campaign has 1 to {MOST_ARMS} arms."]
    if not all(names) or len({name.casefold() for name in names}) < len(names):
        return ["Each arm has a name of its own."]
    if any(arm.weight < 0 for arm in arms) or not any(arm.weight for arm in arms):
        return ["Weights are whole numbers from 0, at least one of them above 0."]
    if sum(arm.is_control for arm in arms) > 1:
        return ["At most one arm is the control."]
    if wrong := _holdout_error(arms):
        return [wrong]
    if other := [arm.pipeline for arm in arms if arm.pipeline and arm.pipeline.pipeline.task_id != task.pk]:
        return [f"The pipeline {other[0]} writes the mails of another task."]
    return []


def _holdout_error(arms: Sequence[PlannedArm]) -> str:
    """Error text of an arm without mails; empty where nothing is wrong."""
    holdouts = [arm for arm in arms if arm.is_holdout]
    if len(holdouts) > 1:
        return "At most one arm gets no mail."
    if holdouts and len(arms) == 1:
        return "An arm without mails is there to be compared: add one that is mailed."
    if any(arm.teacher or arm.miniature or arm.pipeline for arm in holdouts):
        return f"'{holdouts[0].name}' gets no mail, so nothing writes for it."
    return ""
