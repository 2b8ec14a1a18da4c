"""Answer of an experiment from its columns: verdict, numbers, course, segments.

Plain data, so that a page, the API, a file and a recorded look all show it alike. Pure: it is handed the columns and
the registered numbers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from campaigns.experiments import daily_course
from campaigns.experiments.assignments import AssignedClusters, Assignments
from campaigns.experiments.design import ExperimentRequest
from campaigns.states import Claim
from stats.experiments import analysis, report, sample_ratio
from stats.experiments import segments as statistics
from stats.experiments.analysis_types import Analysis, AnalysisQuestion, Comparison
from stats.experiments.conclusions import ConclusionKind
from stats.experiments.number_wording import NumberWording
from stats.experiments.sample_ratio import SampleRatio
from stats.experiments.segments import SegmentEffect, SegmentSpread
from stats.intervals.effects import Interval
from stats.intervals.samples import ClusteredSample

MAX_SEGMENTS = 20


def segment_spreads(units: Assignments, *, control: str, at_s: float, level: float) -> dict[str, SegmentSpread]:
    """Each arm against the control in the largest twenty segments, by name; nothing where all contacts are in one."""
    if len(units.segments) < 2:
        return {}
    sizes = [(int((units.segment == index).sum()), index) for index in range(len(units.segments))]
    chosen = sorted((index for _, index in sorted(sizes, reverse=True)[:MAX_SEGMENTS]), key=units.segments.__getitem__)
    by_arm: dict[str, dict[str, ClusteredSample]] = {name: {} for name in units.arms}
    for index in chosen:
        for name, arm in units.clusters_of_segment(index).ripe(at_s).outcomes().items():
            by_arm[name][units.segments[index]] = arm
    base = by_arm.pop(control)
    return {name: statistics.spread(base, arms, level=level) for name, arms in by_arm.items()}


FORMAT = "miniatures.experiment-result/1"


class ExperimentStage(StrEnum):
    """Stage of an experiment."""

    WAITING = "waiting"  # no contact's horizon is over, or nothing has happened yet
    RUNNING = "running"
    COMPLETE = "complete"


class ClaimOutcome(StrEnum):
    """Outcome of the claim for one arm."""

    SHOWN = "shown"
    REFUTED = "refuted"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RegisteredTerms:
    """Registered terms that the answer rests on. `ended_early`: a person ended the campaign."""

    wishes: ExperimentRequest
    control: str
    weights: tuple[int, ...]
    ended_early: bool = False

    @property
    def level(self) -> float:
        return 1 - self.wishes.alpha


def conclude(units: Assignments, terms: RegisteredTerms, *, at: datetime) -> dict[str, Any]:
    """The answer at a moment, as JSON can hold it.

    Ripe companies alone are analysed. Until all are ripe, and of an experiment that was ended early, verdicts rest on
    the always-valid interval.
    """
    everyone = units.clusters()
    ripe = everyone.ripe(at.timestamp())
    is_complete = len(everyone.sizes) > 0 and len(ripe.sizes) == len(everyone.sizes)
    is_watched = not is_complete or terms.ended_early
    analysis = _analysis(ripe, everyone, terms, is_watched=is_watched)
    stage = (
        ExperimentStage.COMPLETE
        if is_complete
        else ExperimentStage.WAITING
        if analysis is None
        else ExperimentStage.RUNNING
    )
    ratio = ratio_of(everyone, terms)
    return {
        "format": FORMAT,
        "at": at.isoformat(),
        "stage": stage.value,
        "ended_early": terms.ended_early,
        "rests_on": "always-valid sequence" if is_watched else "single look",
        "level": terms.level,
        "assigned": units.n,
        "ripe": int(ripe.sizes.sum()),
        "sample_ratio": _ratio_data(ratio, everyone),
        "verdicts": []
        if analysis is None
        else [_verdict(each, terms, is_watched=is_watched) for each in analysis.comparisons],
        "analysis": None if analysis is None else _numbers(analysis),
        "days": {} if analysis is None else _days(everyone, analysis, terms, at),
        "segments": [] if analysis is None else _segments(units, terms, at),
    }


def ratio_of(everyone: AssignedClusters, terms: RegisteredTerms) -> SampleRatio | None:
    """Companies of each arm against the planned shares: of all that were assigned, ripe or not."""
    counts = everyone.counts()
    if sum(counts) == 0 or len(counts) < 2 or not all(terms.weights):
        return None
    return sample_ratio.check(counts, terms.weights)


def _analysis(
    ripe: AssignedClusters, everyone: AssignedClusters, terms: RegisteredTerms, *, is_watched: bool
) -> Analysis | None:
    arms = ripe.outcomes()
    if terms.control not in arms or len(arms) < 2:
        return None
    if is_watched and not any(arm.total for arm in arms.values()):
        return None
    question = AnalysisQuestion(
        control=terms.control,
        margin=terms.wishes.margin if terms.wishes.claim == Claim.NOT_WORSE else None,
        higher_is_better=terms.wishes.higher_is_better,
        level=terms.level,
        # Who is ripe first follows from the order of sending, not from the draw: that is checked over everyone, apart.
        shares={name: float(arm.clusters) for name, arm in arms.items()},
        # Of the arms that are ripe, so that a sequence is tuned alike before and after another arm's first company.
        horizon=len(everyone.sizes) * len(arms) / len(everyone.arms),
        is_running=is_watched,
    )
    return analysis.analyse(arms, question)


def _verdict(comparison: Comparison, terms: RegisteredTerms, *, is_watched: bool) -> dict[str, Any]:
    conclusion = comparison.verdict
    # The interval of the sentence; where a sequence is not known yet, nothing is found that would ask for it.
    interval = (comparison.watched if is_watched and comparison.watched else comparison.effect).interval
    if terms.wishes.claim == Claim.NOT_WORSE:
        is_shown = conclusion.finding in (ConclusionKind.NOT_WORSE, ConclusionKind.BETTER)
        is_refuted = conclusion.finding == ConclusionKind.WORSE and conclusion.is_beyond
    else:
        is_shown = conclusion.finding == ConclusionKind.BETTER
        is_refuted = conclusion.finding == ConclusionKind.WORSE
    outcome = ClaimOutcome.SHOWN if is_shown else ClaimOutcome.REFUTED if is_refuted else ClaimOutcome.OPEN
    return {
        "arm": comparison.arm,
        "finding": conclusion.finding.value,
        "outcome": outcome.value,
        "sentence": f"{conclusion.sentence}.",
        "remark": " ".join(part for part in (conclusion.remark, _about_effect(interval, terms, outcome)) if part),
    }


def _about_effect(interval: Interval, terms: RegisteredTerms, outcome: ClaimOutcome) -> str:
    if terms.wishes.claim == Claim.NOT_WORSE or outcome != ClaimOutcome.SHOWN:
        return ""
    sign = 1 if terms.wishes.higher_is_better else -1
    least = min(sign * interval.low, sign * interval.high)
    margin_words = NumberWording(is_share=True, decimals=1).margin(terms.wishes.margin)
    if least >= terms.wishes.margin:
        return f"The effect is at least the {margin_words} that the experiment was sized for."
    return f"Whether the effect reaches the {margin_words} that the experiment was sized for is still open."


def _numbers(analysis: Analysis) -> dict[str, Any]:
    data = report.as_data(analysis)
    del data["sample_ratio"]
    # The check of shares stands by itself, over everyone; its method is named there.
    data["methods"] = [each for each in data["methods"] if each["name"] != sample_ratio.CHI_SQUARE.name]
    return data


def _ratio_data(ratio: SampleRatio | None, everyone: AssignedClusters) -> dict[str, Any] | None:
    if ratio is None:
        return None
    return {
        **{key: list(value) if isinstance(value, tuple) else value for key, value in asdict(ratio).items()},
        "arms": list(everyone.arms),
        "contacts": everyone.contacts(),
        "is_alarm": ratio.is_alarm,
    }


def _days(
    everyone: AssignedClusters, analysis: Analysis, terms: RegisteredTerms, at: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Tune as the analysis does, so that the last day's interval is the running verdict's."""
    tuned_for = len(everyone.sizes) * 2 / len(everyone.arms)
    return {
        comparison.arm: [
            {**asdict(day), "is_alarm": day.is_alarm, "is_naive_alarm": day.is_naive_alarm}
            for day in daily_course.daily_looks(
                everyone,
                arm=comparison.arm,
                control=terms.control,
                until_s=at.timestamp(),
                level=terms.level,
                tuned_for=tuned_for,
            )
        ]
        for comparison in analysis.comparisons
    }


def _segments(units: Assignments, terms: RegisteredTerms, at: datetime) -> list[dict[str, Any]]:
    spread_by_arm = segment_spreads(units, control=terms.control, at_s=at.timestamp(), level=terms.level)
    return [
        {
            "arm": arm,
            "q": spread.q,
            "df": spread.df,
            "p_value": spread.p_value,
            "varies": spread.varies,
            "left_out": list(spread.left_out),
            "method": asdict(spread.method),
            "lines": [_segment(line) for line in spread.segments],
        }
        for arm, spread in spread_by_arm.items()
    ]


def _segment(line: SegmentEffect) -> dict[str, Any]:
    return {
        "segment": line.segment,
        "n": line.n_treatment,
        "control_n": line.n_control,
        "mean": line.treatment_mean,
        "control_mean": line.control_mean,
        "estimate": line.effect.estimate,
        "low": line.effect.interval.low,
        "high": line.effect.interval.high,
        "adjusted_p": line.adjusted_p,
        "method": line.effect.method.name,
    }
