"""From the columns of an experiment to its answer: verdict, numbers, course, segments.

Plain data, so that a page, the API, a file and a recorded look all show it alike. Pure: it is handed the columns and the registered numbers. It does not know who asks nor what was spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from campaigns.experiments import course, segments
from campaigns.experiments.design import Wishes
from campaigns.experiments.units import Clusters, Units
from campaigns.states import Claim
from campaigns.statistics import analysis, report, sample_ratio
from campaigns.statistics.findings import Analysis, Comparison, Question
from campaigns.statistics.sample_ratio import SampleRatio
from campaigns.statistics.segments import SegmentEffect
from campaigns.statistics.verdicts import Finding
from campaigns.statistics.wording import Wording

FORMAT = "miniatures.experiment-result/1"


class Stage(StrEnum):
    """How far an experiment is."""

    WAITING = "waiting"  # nobody's horizon is over, or nothing has happened yet
    RUNNING = "running"
    COMPLETE = "complete"


class Outcome(StrEnum):
    """What became of the claim for one arm."""

    SHOWN = "shown"
    REFUTED = "refuted"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was registered, as far as the answer rests on it. `ended_early`: somebody chose the end."""

    wishes: Wishes
    control: str
    weights: tuple[int, ...]
    ended_early: bool = False

    @property
    def level(self) -> float:
        return 1 - self.wishes.alpha


def answer(units: Units, terms: Terms, *, at: datetime) -> dict[str, Any]:
    """The answer at a moment, as JSON can hold it.

    Ripe companies alone are analysed. Until all are ripe, and of an experiment that was ended early, verdicts rest on
    the always-valid interval.
    """
    everyone = units.clusters()
    ripe = everyone.ripe(at.timestamp())
    is_complete = len(everyone.sizes) > 0 and len(ripe.sizes) == len(everyone.sizes)
    is_watched = not is_complete or terms.ended_early
    found = _analysis(ripe, everyone, terms, is_watched=is_watched)
    stage = Stage.COMPLETE if is_complete else Stage.WAITING if found is None else Stage.RUNNING
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
        "verdicts": [] if found is None else [_verdict(one, terms) for one in found.comparisons],
        "analysis": None if found is None else _numbers(found),
        "days": {} if found is None else _days(everyone, found, terms, at),
        "segments": [] if found is None else _segments(units, terms, at),
    }


def ratio_of(everyone: Clusters, terms: Terms) -> SampleRatio | None:
    """Companies of each arm against the planned shares: of all that were assigned, ripe or not."""
    counts = everyone.counts()
    if sum(counts) == 0 or len(counts) < 2 or not all(terms.weights):
        return None
    return sample_ratio.check(counts, terms.weights)


def _analysis(ripe: Clusters, everyone: Clusters, terms: Terms, *, is_watched: bool) -> Analysis | None:
    arms = ripe.outcomes()
    if terms.control not in arms or len(arms) < 2:
        return None
    if is_watched and not any(arm.total for arm in arms.values()):
        return None
    question = Question(
        control=terms.control,
        margin=terms.wishes.margin if terms.wishes.claim == Claim.NOT_WORSE else None,
        higher_is_better=terms.wishes.higher_is_better,
        level=terms.level,
        # Who is ripe first follows from the order of sending, not from the draw: that is checked over everyone, apart.
        shares={name: float(arm.clusters) for name, arm in arms.items()},
        horizon=float(len(everyone.sizes)),
        is_running=is_watched,
    )
    return analysis.analyse(arms, question)


def _verdict(one: Comparison, terms: Terms) -> dict[str, Any]:
    said, wishes = one.verdict, terms.wishes
    interval = one.effect.interval
    if terms.wishes.claim == Claim.NOT_WORSE:
        is_shown = said.finding in (Finding.NOT_WORSE, Finding.BETTER)
        worst = -interval.low if not wishes.higher_is_better else interval.high
        is_refuted = said.finding == Finding.WORSE and worst < -wishes.margin
    else:
        is_shown = said.finding == Finding.BETTER
        is_refuted = said.finding == Finding.WORSE
    outcome = Outcome.SHOWN if is_shown else Outcome.REFUTED if is_refuted else Outcome.OPEN
    return {
        "arm": one.arm,
        "finding": said.finding.value,
        "outcome": outcome.value,
        "sentence": f"{said.sentence}.",
        "remark": " ".join(part for part in (said.remark, _about_effect(one, terms, outcome)) if part),
    }


def _about_effect(one: Comparison, terms: Terms, outcome: Outcome) -> str:
    """Of a claim to be better: whether the effect it was sized for is among what the numbers allow."""
    if terms.wishes.claim == Claim.NOT_WORSE or outcome != Outcome.SHOWN:
        return ""
    sign = 1 if terms.wishes.higher_is_better else -1
    least = min(sign * one.effect.interval.low, sign * one.effect.interval.high)
    said = Wording(is_share=True, decimals=1).margin(terms.wishes.margin)
    reached = "by at least" if least >= terms.wishes.margin else "whether by"
    return f"It is better {reached} the {said} it was sized for{'' if reached == 'by at least' else ' is open'}."


def _numbers(found: Analysis) -> dict[str, Any]:
    data = report.as_data(found)
    del data["sample_ratio"]
    # The check of shares stands by itself, over everyone; its method is named there.
    data["methods"] = [each for each in data["methods"] if each["name"] != sample_ratio.CHI_SQUARE.name]
    return data


def _ratio_data(ratio: SampleRatio | None, everyone: Clusters) -> dict[str, Any] | None:
    if ratio is None:
        return None
    return {
        **{key: list(value) if isinstance(value, tuple) else value for key, value in asdict(ratio).items()},
        "arms": list(everyone.arms),
        "contacts": everyone.contacts(),
        "is_alarm": ratio.is_alarm,
    }


def _days(everyone: Clusters, found: Analysis, terms: Terms, at: datetime) -> dict[str, list[dict[str, Any]]]:
    """By arm, one look a day. Tuned as the analysis is, so that the last day's interval is the running verdict's."""
    tuned_for = len(everyone.sizes) * 2 / len(found.arms)
    return {
        one.arm: _plain(
            course.days(
                everyone, arm=one.arm, control=terms.control, until_s=at.timestamp(), level=terms.level,
                tuned_for=tuned_for,
            )
        )
        for one in found.comparisons
    }  # fmt: skip


def _plain(days: Sequence[course.Day]) -> list[dict[str, Any]]:
    return [{**asdict(day), "is_alarm": day.is_alarm, "is_naive_alarm": day.is_naive_alarm} for day in days]


def _segments(units: Units, terms: Terms, at: datetime) -> list[dict[str, Any]]:
    """Of each arm: whether the difference varies between segments at all, then segment by segment."""
    found = segments.spreads(units, control=terms.control, at_s=at.timestamp(), level=terms.level)
    return [
        {
            "arm": arm, "q": spread.q, "df": spread.df, "p_value": spread.p_value, "varies": spread.varies,
            "left_out": list(spread.left_out), "method": asdict(spread.method),
            "lines": [_segment(line) for line in spread.segments],
        }
        for arm, spread in found.items()
    ]  # fmt: skip


def _segment(line: SegmentEffect) -> dict[str, Any]:
    return {
        "segment": line.segment, "n": line.n_treatment, "control_n": line.n_control, "mean": line.treatment_mean,
        "control_mean": line.control_mean, "estimate": line.effect.estimate, "low": line.effect.interval.low,
        "high": line.effect.interval.high, "adjusted_p": line.adjusted_p, "method": line.effect.method.name,
    }  # fmt: skip
