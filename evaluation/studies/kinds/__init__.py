"""Kinds of study, one object each. A new kind is a module here, a name in `evaluation/states.py` and its migration."""

from __future__ import annotations

from typing import Any, Final

from evaluation.states import SHARE_METRICS
from evaluation.studies.design import StudyDesign
from evaluation.studies.kinds import (
    cloning,
    context,
    experts,
    filter_,
    methods,
    minutes,
    precision,
    retrieval,
    router,
    samples,
    shapes,
    students,
    transfer,
)
from evaluation.studies.kinds.base import Grid, Kind

__all__ = ["KINDS", "Grid", "Kind", "rule_of"]
_MODULES = (
    samples,
    methods,
    filter_,
    students,
    transfer,
    context,
    cloning,
    experts,
    minutes,
    router,
    retrieval,
    precision,
    shapes,
)
KINDS: Final[dict[str, Kind]] = {each.KIND.name: each.KIND for each in _MODULES}
# Meaning of loss in the rules of most kinds where the metric is a share.
LOSS_OF_SHARE: Final = (
    "The metric is {share}; higher is better. Loss here means its fall, and seeds are unstable beyond 20 points."
)
# Records of one company resemble each other.
OF_GROUPS: Final = "Records of one group are taken together."


def rule_of(design: StudyDesign) -> dict[str, Any]:
    kind = KINDS[design.kind]
    rule = {**kind.rule, "metric": str(design.metric), **kind.rule_of(design)}
    if design.metric in SHARE_METRICS:
        share = SHARE_METRICS[design.metric]
        if kind.share_text:
            rule["text"] = kind.share_text.replace("the share of outputs that pass", share)
        elif "comparisons" in rule or "is_of_share" in rule:
            rule["text"] += f" {LOSS_OF_SHARE.format(share=share)}"
    rule["text"] += f" {OF_GROUPS}"
    return rule
