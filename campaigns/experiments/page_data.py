"""Data of an experiment's page: shares in points, charts in the chart module's format, prices by volume.

Computes nothing that `results` has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from campaigns.events import outcomes
from campaigns.experiments import arm_costs, design, list_prices, next_round, queries, results
from campaigns.experiments.arm_costs import OwnGpu
from campaigns.experiments.conclusion import ClaimOutcome
from campaigns.experiments.winner import ExperimentWinner, winner_of
from campaigns.models import Campaign, Experiment, Look, Reply
from campaigns.pipelines import promotion as pipelines
from campaigns.states import Claim, EventKind
from evaluation.evaluations import speeds
from generation.models import PriceEntry
from generation.money import prices
from review.models import Task
from serving.promotions import queries as promotions
from stats.experiments import sample_size
from stats.experiments.conclusions import ConclusionKind
from stats.experiments.number_wording import NumberWording, shown_difference
from stats.experiments.sample_size import SamplePlan
from stats.intervals import always_valid
from web.caching import slow_figures

POINTS = 100
REPLIES_SHOWN = 12
BADGES = {"shown": ("is-good", "Confirmed"), "refuted": ("is-failed", "Refuted"), "open": ("is-look", "Inconclusive")}
# The claim is open, and yet the sentence beside the badge says that the arm is worse.
WORSE_WITHIN_REACH = ("is-failed", "Worse by an unclear amount")


@dataclass(frozen=True)
class GpuLine:
    """A way to pay for a mail, and from which volume an always-on GPU is the cheaper one."""

    name: str
    note: str
    own: OwnGpu


@dataclass(frozen=True)
class ExperimentOutlook:
    """Power of the available contacts for a requested experiment, before it is registered."""

    hand: design.ArmPreview
    plan: SamplePlan
    sentence: str
    rule: str


def badge(verdict: Mapping[str, Any], *, is_simulated: bool) -> tuple[str, str]:
    """Return the look and the word of a verdict's badge: of the claim, and never against the sentence beside it.

    Args:
        is_simulated: Whether the readers are made up. Their result proves nothing about people: the look is neutral.
    """
    is_worse = verdict["outcome"] == ClaimOutcome.OPEN and verdict["finding"] == ConclusionKind.WORSE
    look, word = WORSE_WITHIN_REACH if is_worse else BADGES[verdict["outcome"]]
    return ("is-idle", f"{word} on simulated readers") if is_simulated else (look, word)


def outlook(campaign: Campaign, request: design.ExperimentRequest) -> ExperimentOutlook | None:
    """Return the expected power; None where a number is invalid, which the form reports."""
    if any(name != "hypothesis" for name in design.mistakes_in(request)):
        return None
    hand = queries.arm_preview(campaign)
    plan = design.plan_of(request, hand)
    rule = design.rule_of(request, has_holdout=campaign.arms.filter(is_holdout=True).exists())
    return ExperimentOutlook(hand, plan, sample_size.in_words(plan, noun="contacts"), rule)


def live(experiment: Experiment, *, person_usd_per_hour: float | None, gpu_usd_per_hour: float) -> dict[str, Any]:
    """The page of an experiment whose campaign is launched; of a large one as it was read a while ago."""
    key = f"experiment-figures:{experiment.pk}:{experiment.campaign.state}:{person_usd_per_hour}"
    counted = slow_figures.figures(
        key,
        lambda: results.result(experiment, person_usd_per_hour=person_usd_per_hour),
        is_void=partial(outcomes.corrected_since, [experiment.campaign_id]),
    )
    result = counted.value
    control = next((arm["name"] for arm in result["arms"] if arm["is_control"]), "")
    capacity = speeds.of_gpu(experiment.campaign.task)
    per_hour = capacity.outputs_per_hour if capacity else None
    connected = list(prices.connected_prices())
    return {
        "result": result,
        "counted_at": counted.at,
        "control": control,
        "verdicts": [
            {**verdict, "look": badge(verdict, is_simulated=experiment.campaign.is_simulated)}
            for verdict in result["verdicts"]
        ],
        "arms": _arms(result),
        "comparisons": _comparisons(result),
        "chart": _interval_chart(experiment, result),
        "days": [
            {
                "arm": arm,
                "chart": _lines(arm, days, "low", "high"),
                "naive": _lines(arm, days, "naive_low", "naive_high"),
                "alarms": sum(day["is_alarm"] for day in days),
                "naive_alarms": sum(day["is_naive_alarm"] for day in days),
                "looks": len(days),
            }
            for arm, days in result["days"].items()
            if days
        ],
        "segments": _segments(result),
        "costs": result["costs"],
        "list_prices": list_prices.of_arms(experiment.campaign, result["costs"]["arms"]),
        "gpu": list(_gpu(result["costs"]["arms"], control, gpu_usd_per_hour, per_hour, connected)),
        "is_any_connected": bool(connected),
        "capacity": capacity,
        "gpu_usd_per_hour": gpu_usd_per_hour,
        "methods": _methods(result),
        "replies": replies(experiment),
    }


def follow_up(experiment: Experiment, result: dict[str, Any]) -> dict[str, Any]:
    """Return the acts open to the winner: promote its miniature or pipeline, next round. Empty before the end."""
    winner = winner_of(experiment, result)
    if winner is None:
        return {}
    return {
        "winner": winner,
        "is_current": _is_current(experiment.campaign.task, winner),
        "next_draft": next_round.draft_after(experiment.campaign),
    }


def _is_current(task: Task, winner: ExperimentWinner) -> bool:
    if winner.kind == "pipeline":
        return pipelines.default_of(task) == winner.arm.pipeline
    current = promotions.current_promotions().filter(task=task).first()
    return current is not None and current.miniature_id == winner.arm.miniature_id


def registered(experiment: Experiment) -> dict[str, Any]:
    """Return the registration as every stage's page shows it."""
    body = experiment.registration
    is_intact = design.registration_sha256(body) == experiment.registration_sha256
    return {
        "record": body,
        "is_intact": is_intact,
        "margin": NumberWording(is_share=True, decimals=1).margin(experiment.margin),
        "looks": [_look(look) for look in experiment.looks.all()],
    }


def replies(experiment: Experiment) -> list[Reply]:
    """The latest replies, from which one walks back."""
    answers = outcomes.human_events(experiment.campaign, EventKind.REPLIED).order_by()
    rows = Reply.objects.filter(event__in=answers.values("pk"))
    related = rows.select_related("event", "message__arm", "message__enrolment")
    return list(related.order_by("-event__occurred_at")[:REPLIES_SHOWN])


def _arms(result: dict[str, Any]) -> list[dict[str, Any]]:
    summaries = {arm["name"]: arm for arm in (result["analysis"] or {}).get("arms", [])}
    return [{**arm, "summary": summaries.get(arm["name"])} for arm in result["arms"]]


def _comparisons(result: dict[str, Any]) -> list[dict[str, Any]]:
    if result["analysis"] is None:
        return []
    means = {arm["name"]: arm["mean"] for arm in result["analysis"]["arms"]}
    control = means[result["analysis"]["control"]]
    return [
        _with_difference({**each, "deciding": _deciding(each, result)}, each["effect"], means[each["arm"]], control)
        for each in result["analysis"]["comparisons"]
    ]


def _with_difference(line: dict[str, Any], effect: dict[str, Any], mean: float, control: float) -> dict[str, Any]:
    interval = effect.get("interval", effect)
    ends = interval["low"], interval["high"]
    return {**line, "difference": shown_difference(mean, control, effect["estimate"], ends, digits=1, scale=POINTS)}


def _deciding(comparison: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
    effect: dict[str, Any] | None = (
        comparison["effect"] if result["rests_on"] == "single look" else comparison["watched"]
    )
    return effect


def _interval_chart(experiment: Experiment, result: dict[str, Any]) -> dict[str, Any]:
    rows, comparisons = [], _comparisons(result)
    contacts = {arm["name"]: arm["n"] for arm in result["analysis"]["arms"]} if comparisons else {}
    for comparison in comparisons:
        name, effect = comparison["arm"], comparison["deciding"]
        if effect is not None and effect["interval"]["low"] is not None:
            rows.append(_row(name, effect, contacts[name] + contacts[result["analysis"]["control"]]))
    sign = -1 if results.request_of(experiment).higher_is_better else 1
    axis: dict[str, Any] = {"label": "difference, points", "zero": True}
    if experiment.claim == Claim.NOT_WORSE:
        axis["mark"] = sign * experiment.margin * POINTS
    return {"rows": rows, "x": axis}


def _row(name: str, effect: dict[str, Any], n: int) -> dict[str, Any]:
    interval = effect.get("interval", effect)
    return {
        "name": name,
        "value": effect["estimate"] * POINTS,
        "lo": interval["low"] * POINTS,
        "hi": interval["high"] * POINTS,
        "n": n,
    }


def _lines(arm: str, days: Sequence[dict[str, Any]], low: str, high: str) -> dict[str, Any]:
    points = [[day["number"], *(day[key] * POINTS for key in ("estimate", low, high))] for day in days]
    return {
        "series": [{"name": arm, "points": points}],
        "x": {"label": "days since the first contact completed its follow-up"},
        "y": {"label": "difference, points", "zero": True},
    }


def _segments(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **spread,
            "chart": _segment_chart(spread["lines"]),
            "lines": [_with_difference(line, line, line["mean"], line["control_mean"]) for line in spread["lines"]],
        }
        for spread in result["segments"]
        if spread["lines"]
    ]


def _segment_chart(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rows = [_row(line["segment"] or "no segment", line, line["n"] + line["control_n"]) for line in lines]
    return {"rows": rows, "x": {"label": "difference, points", "zero": True}}


def _gpu(
    arms: Sequence[dict[str, Any]],
    control: str,
    usd_per_hour: float,
    capacity: float | None,
    connected: Sequence[PriceEntry],
) -> Iterator[GpuLine]:
    own = next((arm for arm in arms if arm["name"] == control), None)
    if own is None or own["mail"] is None or not own["written"]:
        return
    # Fixed texts among the mails take neither tokens nor a GPU.
    share = own["written"] / own["mails"]
    mails_per_hour = capacity / share if capacity else None
    against_gpu = partial(arm_costs.own_gpu, usd_per_gpu_hour=usd_per_hour, mails_per_hour_capacity=mails_per_hour)
    paid = own["mail"]["usd"]
    if paid > 0:
        ends = own["mail"]["interval"]
        against = against_gpu(usd_per_mail=paid, usd_low=ends["low"], usd_high=ends["high"])
        yield GpuLine(f"{control}, as paid here", "", against)
    if not own["tokens"]:
        return
    input_tokens, output_tokens = own["tokens"]
    for price in connected:
        if (usd := price.token_prices.cost_usd(input_tokens, output_tokens)) > 0:
            read = f"at the price read on {price.as_of:%-d %b %Y}"
            note = f"{input_tokens:,.0f} tokens in, {output_tokens:,.0f} out, {read}"
            yield GpuLine(price.model, note, against_gpu(usd_per_mail=usd * share))


def _methods(result: dict[str, Any]) -> list[dict[str, str]]:
    methods = list((result["analysis"] or {}).get("methods", []))
    watched = {"name": always_valid.ALWAYS_VALID.name, "source": always_valid.ALWAYS_VALID.source}
    if result["days"] and watched not in methods:
        methods.append(watched)
    methods += [spread["method"] for spread in result["segments"][:1] if spread["q"] is not None]
    if ratio := result["sample_ratio"]:
        methods.append(ratio["method"])
    return methods


def _look(look: Look) -> dict[str, Any]:
    verdicts = look.result.get("verdicts", [])
    return {
        "number": look.number,
        "at": look.created_at,
        "by": look.created_by,
        "is_final": look.is_final,
        "sentences": [verdict["sentence"] for verdict in verdicts],
        "rests_on": look.result.get("rests_on", ""),
    }
