"""Winner of a concluded experiment: the arm to go on with, and in a sentence why. Computes nothing new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.experiments.conclusion import ClaimOutcome, ExperimentStage
from campaigns.models import Arm, Experiment
from campaigns.states import Metric


@dataclass(frozen=True, slots=True)
class ExperimentWinner:
    """The arm that a concluded experiment speaks for.

    Attributes:
        verdict: Sentence of the verdict on the arm, with its interval; empty for the control.
        remark: Reason beyond the verdict; empty where the verdict says all.
    """

    arm: Arm
    verdict: str
    remark: str

    @property
    def sentence(self) -> str:
        return f"{self.verdict} {self.remark}".strip()

    @property
    def kind(self) -> str:
        """Name the writer of its mails: `pipeline`, `miniature`, `teacher`, `text` for no model, or `holdout`."""
        if self.arm.is_holdout:
            return "holdout"
        if self.arm.pipeline_id is not None:
            return "pipeline"
        if self.arm.miniature_id is not None:
            return "miniature"
        return "teacher" if self.arm.teacher_id is not None else "text"

    def as_data(self) -> dict[str, Any]:
        version = self.arm.pipeline if self.kind == "pipeline" else None
        return {
            "arm": self.arm.name,
            "kind": self.kind,
            "miniature": str(self.arm.miniature_id) if self.kind == "miniature" else None,
            "pipeline": version.pipeline.slug if version else None,
            "pipeline_version": version.number if version else None,
            "sentence": self.sentence,
        }


def winner_of(experiment: Experiment, result: Mapping[str, Any]) -> ExperimentWinner | None:
    """The arm to go on with; None before the end, and where the arms did not get their planned shares.

    Of the arms whose claim was shown, the one with the best estimate wins; without any the control stays. A remark
    ranks the arms only where their readers are people.
    """
    ratio = result["sample_ratio"]
    # Its last answer is in: every contact is past its horizon, or a person ended the campaign before.
    is_concluded = result["stage"] == ExperimentStage.COMPLETE or (result["ended_early"] and result["verdicts"])
    if not is_concluded or (ratio and ratio["is_alarm"]):
        return None
    arms = {arm.name: arm for arm in _arms(experiment)}
    shown = {line["arm"]: line["sentence"] for line in result["verdicts"] if line["outcome"] == ClaimOutcome.SHOWN}
    if not shown:
        control = next((arm for arm in arms.values() if arm.is_control), None)
        remark = (
            "No arm is confirmed to do better than no mail at all."
            if control is not None and control.is_holdout
            else "No other arm is confirmed, so the control stays."
        )
        return ExperimentWinner(control, "", remark) if control is not None else None
    sign = -1 if experiment.metric == Metric.UNSUBSCRIBE else 1
    effects = {line["arm"]: sign * line["effect"]["estimate"] for line in result["analysis"]["comparisons"]}
    best = max(shown, key=lambda name: (effects.get(name, 0.0), name))
    is_ranked = len(shown) > 1 and not experiment.campaign.is_simulated
    among = f"It did best of the {len(shown)} confirmed arms." if is_ranked else ""
    return ExperimentWinner(arms[best], shown[best], among)


def _arms(experiment: Experiment) -> list[Arm]:
    rows = experiment.campaign.arms.select_related("teacher", "miniature__task", "pipeline__pipeline")
    return list(rows.order_by("position"))
