"""Design of an experiment: its hypothesis, whether that makes sense, and the power that the contacts give.

Pure: numbers and names in, sentences out.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from campaigns.states import Claim, Metric
from review.spec.prompting import canonical_json
from stats.experiments import sample_size
from stats.experiments.number_wording import wording_for
from stats.experiments.sample_size import PlanningTerms, SamplePlan

HYPOTHESIS_CHARS = 500
MOST_HORIZON_DAYS = 90
# Of these less is better; a difference to the worse is then one upward.
LOWER_IS_BETTER = frozenset({Metric.UNSUBSCRIBE})
Mistakes = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class ExperimentRequest:
    """Values to register. Shares are 0 to 1: a margin of 0.01 is one point.

    Attributes:
        margin: How much worse is acceptable (`not_worse`), or the least effect worth finding (`better`).
        alpha: Two-sided error rate; a margin is tested on one side at half of it.
        power: Chance to show an effect that is there.
        icc: How alike contacts of one company answer, 0 to 1.
        horizon_days: Days after its first mail in which what a contact does counts.
    """

    hypothesis: str
    claim: Claim = Claim.NOT_WORSE
    metric: Metric = Metric.REPLY
    margin: float = 0.01
    alpha: float = 0.05
    power: float = 0.8
    baseline: float = 0.05
    icc: float = 0.05
    horizon_days: int = 14

    @property
    def higher_is_better(self) -> bool:
        return self.metric not in LOWER_IS_BETTER


@dataclass(frozen=True, slots=True)
class ArmContacts:
    name: str
    is_control: bool
    contacts: int
    clusters: int


@dataclass(frozen=True, slots=True)
class ArmPreview:
    """Contacts by arm, and how they cluster: mean contacts of a company, and how much that varies."""

    arms: tuple[ArmContacts, ...]
    cluster_size: float
    size_cv: float

    @property
    def contacts(self) -> int:
        return sum(arm.contacts for arm in self.arms)

    @property
    def clusters(self) -> int:
        return sum(arm.clusters for arm in self.arms)

    @property
    def comparisons(self) -> int:
        return max(1, len(self.arms) - 1)

    @property
    def n_per_arm(self) -> int | None:
        """Contacts of two equal arms that say as much as the control and the smallest other: their harmonic mean.

        None below two, or without a control.
        """
        control = next((arm.contacts for arm in self.arms if arm.is_control), 0)
        other = min((arm.contacts for arm in self.arms if not arm.is_control), default=0)
        if not control or not other:
            return None
        n = round(2 / (1 / control + 1 / other))
        return n if n >= 2 else None


def preview_arms(names: Sequence[tuple[str, bool]], places: Iterable[tuple[int, str]]) -> ArmPreview:
    """Sum up who would fall where.

    Args:
        places: Of each contact, the index of its arm and its cluster.
    """
    sizes = Counter(places)
    contacts, clusters = Counter[int](), Counter[int]()
    for (arm, _), size in sizes.items():
        contacts[arm] += size
        clusters[arm] += 1
    arms = tuple(ArmContacts(name, is_control, contacts[i], clusters[i]) for i, (name, is_control) in enumerate(names))
    if not sizes:
        return ArmPreview(arms, 1.0, 0.0)
    mean = sum(sizes.values()) / len(sizes)
    spread = math.sqrt(sum((size - mean) ** 2 for size in sizes.values()) / len(sizes))
    return ArmPreview(arms, mean, spread / mean)


def mistakes_in(request: ExperimentRequest) -> Mistakes:
    """Everything without sense in what is to be registered, by field; empty when nothing is."""
    mistakes: Mistakes = {}
    if not request.hypothesis.strip():
        mistakes["hypothesis"] = ["Write in one sentence what you expect."]
    elif len(request.hypothesis) > HYPOTHESIS_CHARS:
        mistakes["hypothesis"] = [f"At most {HYPOTHESIS_CHARS} characters."]
    if not 0 < request.baseline < 1:
        mistakes["baseline"] = ["The expected share must be above 0 and below 100 %."]
    if not 0 < request.alpha <= 0.2:
        mistakes["alpha"] = ["An error rate must be between 0 and 20 %, such as 5 %."]
    elif not max(request.alpha, 0.5) <= request.power < 1:
        mistakes["power"] = ["Power must be between 50 and 100 %, such as 80 %."]
    if not 0 <= request.icc <= 1:
        mistakes["icc"] = ["Between 0 (contacts of a company answer independently) and 1 (all alike)."]
    if not 1 <= request.horizon_days <= MOST_HORIZON_DAYS:
        mistakes["horizon_days"] = [f"Between 1 and {MOST_HORIZON_DAYS} days."]
    if "baseline" not in mistakes and (wrong := _margin_fault(request)):
        mistakes["margin"] = [wrong]
    return mistakes


def _margin_fault(request: ExperimentRequest) -> str:
    margin, baseline = request.margin, request.baseline
    if not (math.isfinite(margin) and margin > 0):
        return "It must be above 0: how much worse would still be acceptable, or how much better would matter."
    words = wording_for(min(margin, baseline), is_share=True)
    expected, margin_words = words.level(baseline), words.margin(margin)
    loses = request.higher_is_better == (request.claim == Claim.NOT_WORSE)
    if loses and margin >= baseline:
        if request.claim == Claim.NOT_WORSE:
            return (
                f"{margin_words} below an expected {expected} would call an arm without any success not worse. "
                "Take less."
            )
        return f"{margin_words} below an expected {expected} cannot be reached. Take less."
    if not loses and baseline + margin >= 1:
        return f"{margin_words} above an expected {expected} leaves 100 %. Take less."
    return ""


def plan_of(request: ExperimentRequest, hand: ArmPreview) -> SamplePlan:
    """Return the contacts an arm needs and the power of those available. Several arms share the error rate.

    Raises:
        ValueError: If a number has no sense.
    """
    terms = PlanningTerms(
        power=request.power,
        alpha=request.alpha / hand.comparisons,
        cluster_size=hand.cluster_size,
        icc=request.icc,
        size_cv=hand.size_cv,
    )
    if request.claim == Claim.NOT_WORSE:
        return sample_size.plan(request.baseline, margin=request.margin, n_per_arm=hand.n_per_arm, design=terms)
    effect = request.margin if request.higher_is_better else -request.margin
    return sample_size.plan(request.baseline, effect=effect, n_per_arm=hand.n_per_arm, design=terms)


def rule_of(request: ExperimentRequest, *, has_holdout: bool = False) -> str:
    """Describe how the verdict is reached; beside an arm without mails all horizons begin with the launch."""
    begins = "the launch" if has_holdout else "its first mail"
    level = f"{(1 - request.alpha) * 100:.4g} %"
    margin = wording_for(request.margin, is_share=True).margin(request.margin)
    if request.claim == Claim.NOT_WORSE:
        side = "lower" if request.higher_is_better else "upper"
        sign = "below the control" if request.higher_is_better else "above the control"
        shown = f"shown when the {side} bound of the {level} interval of the difference is less than {margin} {sign}"
    else:
        shown = (
            f"shown when the whole {level} interval of the difference lies on the better side of 0; "
            f"{margin} is what it was sized for"
        )
    return (
        f"The claim is {shown}. Everyone assigned counts. The final look, when every contact is "
        f"{request.horizon_days} days past {begins}, decides by that interval; looks before it, and an experiment "
        "ended early, decide by the always-valid one. Several arms are adjusted by Holm."
    )


REGISTRATION_FORMAT: Final = "miniatures.experiment/1"
ASSIGNMENT: Final = (
    "the arm where the first 53 bits of SHA-256 of 'salt|cluster', as a share of 1, fall among the weights"
)
POPULATION: Final = "intention to treat: every contact that was assigned, whatever happened to its mails"


def registration_text(record: Mapping[str, Any]) -> str:
    """The registration as the bytes that are hashed and handed out."""
    return canonical_json(dict(record))


def registration_sha256(record: Mapping[str, Any]) -> str:
    """SHA-256, hex; what `sha256sum` says of the downloaded file."""
    return hashlib.sha256(registration_text(record).encode()).hexdigest()
