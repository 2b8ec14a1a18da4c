"""An experiment as its page draws it: shares in points, charts in the chart module's shape, prices beside volumes.

Computes nothing that `results` has not; it does not know requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.experiments import costs, design, record
from campaigns.experiments.costs import OwnGpu
from campaigns.models import Experiment, Reply
from campaigns.selectors import at_hand, results
from campaigns.states import Claim
from campaigns.statistics import planning, sequences
from campaigns.statistics.planning import Plan
from campaigns.statistics.wording import Wording
from generation.selectors import teachers

POINTS = 100
REPLIES_SHOWN = 12
MILLION = 1_000_000
BADGES = {"shown": ("is-good", "Shown"), "refuted": ("is-failed", "Refuted"), "open": ("is-look", "Still open")}


@dataclass(frozen=True)
class GpuLine:
    """A way to pay for a mail, and from which volume an always-on GPU is the cheaper one."""

    name: str
    note: str
    own: OwnGpu


@dataclass(frozen=True)
class Outlook:
    """What the contacts at hand can show of some wishes, before anything is registered."""

    hand: design.AtHand
    plan: Plan
    sentence: str
    rule: str


def outlook(campaign: Any, wishes: design.Wishes) -> Outlook | None:
    """What could be shown; None where a number has no sense, which the form says."""
    if any(name != "hypothesis" for name in design.faults(wishes)):
        return None
    hand = at_hand.of(campaign)
    plan = design.plan_of(wishes, hand)
    return Outlook(hand, plan, planning.in_words(plan, noun="contacts"), design.rule_of(wishes))


def live(experiment: Experiment, *, person_usd_per_hour: float | None, gpu_usd_per_hour: float) -> dict[str, Any]:
    """The page of an experiment whose campaign is launched."""
    found = results.result(experiment, person_usd_per_hour=person_usd_per_hour)
    control = next((arm["name"] for arm in found["arms"] if arm["is_control"]), "")
    return {
        "result": found,
        "control": control,
        "verdicts": [{**one, "look": BADGES[one["outcome"]]} for one in found["verdicts"]],
        "arms": _arms(found),
        "comparisons": _comparisons(found),
        "chart": _interval_chart(experiment, found, control),
        "days": _days(found),
        "segments": _segments(found),
        "costs": found["costs"],
        "gpu": list(_gpu(found["costs"]["arms"], control, gpu_usd_per_hour)),
        "gpu_usd_per_hour": gpu_usd_per_hour,
        "methods": _methods(found),
        "replies": replies(experiment),
    }


def registered(experiment: Experiment) -> dict[str, Any]:
    """What every stage's page shows of the registration."""
    body = experiment.registration
    is_intact = record.sha256_of(body) == experiment.registration_sha256
    return {
        "record": body,
        "is_intact": is_intact,
        "margin": Wording(is_share=True, decimals=1).margin(experiment.margin),
        "looks": [_look(look) for look in experiment.looks.all()],
    }


def replies(experiment: Experiment) -> list[Reply]:
    """The latest replies, from which one walks back."""
    found = Reply.objects.filter(message__campaign=experiment.campaign, event__is_machine=False)
    related = found.select_related("event", "message__arm", "message__enrolment")
    return list(related.order_by("-event__occurred_at")[:REPLIES_SHOWN])


def _arms(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts so far, and beside them the share among those whose horizon is over."""
    summaries = {arm["name"]: arm for arm in (found["analysis"] or {}).get("arms", [])}
    return [{**arm, "summary": summaries.get(arm["name"])} for arm in found["arms"]]


def _comparisons(found: dict[str, Any]) -> list[dict[str, Any]]:
    if found["analysis"] is None:
        return []
    return [{**one, "deciding": _deciding(one, found)} for one in found["analysis"]["comparisons"]]


def _deciding(one: dict[str, Any], found: dict[str, Any]) -> dict[str, Any] | None:
    effect: dict[str, Any] | None = one["effect"] if found["rests_on"] == "single look" else one["watched"]
    return effect


def _interval_chart(experiment: Experiment, found: dict[str, Any], control: str) -> dict[str, Any]:
    rows = []
    for one in _comparisons(found):
        effect = one["deciding"]
        if effect is not None and effect["interval"]["low"] is not None:
            rows.append(_row(f"{one['arm']} against {control}", effect, found["ripe"]))
    sign = -1 if results.wishes_of(experiment).higher_is_better else 1
    axis: dict[str, Any] = {"label": "difference, points", "zero": True}
    if experiment.claim == Claim.NOT_WORSE:
        axis["mark"] = sign * experiment.margin * POINTS
    return {"rows": rows, "x": axis}


def _row(name: str, effect: dict[str, Any], n: int) -> dict[str, Any]:
    interval = effect["interval"]
    return {
        "name": name, "value": effect["estimate"] * POINTS, "lo": interval["low"] * POINTS,
        "hi": interval["high"] * POINTS, "n": n,
    }  # fmt: skip


def _days(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each arm: the chart that may be looked at daily, and what ordinary intervals would have claimed."""
    return [
        {
            "arm": arm,
            "chart": _lines(arm, days, "low", "high"),
            "naive": _lines(arm, days, "naive_low", "naive_high"),
            "alarms": sum(day["is_alarm"] for day in days),
            "naive_alarms": sum(day["is_naive_alarm"] for day in days),
            "looks": len(days),
        }
        for arm, days in found["days"].items()
        if days
    ]


def _lines(arm: str, days: Sequence[dict[str, Any]], low: str, high: str) -> dict[str, Any]:
    points = [[day["number"], *(day[key] * POINTS for key in ("estimate", low, high))] for day in days]
    return {
        "series": [{"name": arm, "points": points}],
        "x": {"label": "days since the first contact was at its horizon"},
        "y": {"label": "difference, points", "zero": True},
    }


def _segments(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each arm: its segments with their chart."""
    return [{**spread, "chart": _segment_chart(spread["lines"])} for spread in found["segments"] if spread["lines"]]


def _segment_chart(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rows = [
        {
            "name": line["segment"] or "no segment", "value": line["estimate"] * POINTS, "lo": line["low"] * POINTS,
            "hi": line["high"] * POINTS, "n": line["n"] + line["control_n"],
        }
        for line in lines
    ]  # fmt: skip
    return {"rows": rows, "x": {"label": "difference, points", "zero": True}}


def _gpu(arms: Sequence[dict[str, Any]], control: str, usd_per_hour: float) -> Iterator[GpuLine]:
    """What the control's mails cost here, and what drafts of their length would at the listed prices."""
    own = next((arm for arm in arms if arm["name"] == control), None)
    if own is None or own["mail"] is None:
        return
    paid = own["mail"]["usd"]
    if paid > 0:
        yield GpuLine(f"{control}, as paid here", "", costs.own_gpu(usd_per_mail=paid, usd_per_gpu_hour=usd_per_hour))
    if not own["tokens"]:
        return
    given, answered = own["tokens"]
    for price in teachers.prices():
        usd = (given * float(price.input_usd_per_million) + answered * float(price.output_usd_per_million)) / MILLION
        if usd > 0:
            note = f"{given:,.0f} tokens in, {answered:,.0f} out, price as entered on {price.as_of:%-d %b %Y}"
            yield GpuLine(price.model, note, costs.own_gpu(usd_per_mail=usd, usd_per_gpu_hour=usd_per_hour))


def _methods(found: dict[str, Any]) -> list[dict[str, str]]:
    named = list((found["analysis"] or {}).get("methods", []))
    watched = {"name": sequences.ALWAYS_VALID.name, "source": sequences.ALWAYS_VALID.source}
    if found["days"] and watched not in named:
        named.append(watched)
    named += [spread["method"] for spread in found["segments"][:1] if spread["q"] is not None]
    if ratio := found["sample_ratio"]:
        named.append(ratio["method"])
    return named


def _look(look: Any) -> dict[str, Any]:
    verdicts = look.result.get("verdicts", [])
    return {
        "number": look.number, "at": look.created_at, "by": look.created_by, "is_final": look.is_final,
        "sentences": [verdict["sentence"] for verdict in verdicts], "rests_on": look.result.get("rests_on", ""),
    }  # fmt: skip
