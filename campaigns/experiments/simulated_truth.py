"""Truth of a simulated population, beside what its experiment found. Labelled as simulated wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from campaigns.events.outcomes import human_events
from campaigns.models import Experiment, Reply
from campaigns.states import EventKind, ReplyClass


@dataclass(frozen=True, slots=True)
class ShareBeside:
    """A share that people were made to have, and the one that was found; None where too few had their time."""

    made: float
    found: float | None


@dataclass(frozen=True, slots=True)
class TruthOfSegment:
    """A segment with each arm's chance to reply, in the order of the arms, and the arm that was made to be better."""

    segment: str
    shares: list[ShareBeside]
    better: str


@dataclass(frozen=True, slots=True)
class TruthOfReplies:
    """A meaning of replies: how large a share was made to have it, and how many were sorted so, of all."""

    label: str
    made: float
    found: float
    count: int


@dataclass(frozen=True, slots=True)
class SimulatedTruth:
    segments: list[TruthOfSegment]
    meanings: list[TruthOfReplies]


def beside_found(experiment: Experiment, result: Mapping[str, Any] | None) -> SimulatedTruth:
    """The registered truth with what was found; empty where none was registered.

    Args:
        experiment: Of a simulated campaign.
        result: What `results.result` says of it; None before its campaign is launched.
    """
    truth = experiment.simulated_truth
    found = _found(result) if result is not None else {}
    segments = [
        TruthOfSegment(
            line["segment"],
            [
                ShareBeside(made, found.get((line["segment"], arm)))
                for arm, made in zip(truth["arms"], line["replies"], strict=True)
            ],
            line["better"],
        )
        for line in truth.get("shares", [])
    ]
    return SimulatedTruth(segments, _meanings(experiment) if truth.get("meanings") else [])


def _found(result: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    control = next((arm["name"] for arm in result["arms"] if arm["is_control"]), "")
    found: dict[tuple[str, str], float] = {}
    for spread in result["segments"]:
        for line in spread["lines"]:
            found[line["segment"], spread["arm"]] = line["mean"]
            found[line["segment"], control] = line["control_mean"]
    return found


def _meanings(experiment: Experiment) -> list[TruthOfReplies]:
    answers = human_events(experiment.campaign, EventKind.REPLIED).order_by()
    replies = Reply.objects.filter(event__in=answers.values("pk")).order_by()
    counts = dict(replies.values_list("meaning").annotate(count=Count("pk")))
    whole = sum(counts.values()) or 1
    made: dict[str, float] = experiment.simulated_truth["meanings"]
    return [
        TruthOfReplies(each.label, made[each], counts.get(each, 0) / whole, counts.get(each, 0))
        for each in ReplyClass
        if each in made
    ]
