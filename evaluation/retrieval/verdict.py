"""The verdict on verifiers over retrieval: what was found, how well each arm judged, and which is better. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from stats import noninferiority
from stats.intervals import balanced, shares
from stats.intervals.means import MeanInterval
from web.templatetags.figures import fixed, percent

# Of claims that two neighbouring arms answer differently, before any is asked: assumed, and told so.
ASSUMED_DIFFERENT: Final = 0.2


def outlook(truths: Sequence[bool]) -> dict[str, Any]:
    """What so many claims can show, before any is judged; claims of one page are taken as apart, which flatters."""
    supported = sum(truths)
    error = (ASSUMED_DIFFERENT * (1 / supported + 1 / (len(truths) - supported))) ** 0.5 / 2
    least = -noninferiority.largest_loss_shown(margin=0.0, error=error, df=len(truths) - 2.0)
    return {
        "assumed_different": ASSUMED_DIFFERENT,
        "least_gain": least,
        "sentence": (
            f"With a power of 80 % a gain of {100 * least:.0f} points of balanced accuracy is shown, if two arms differ on "
            f"{percent(ASSUMED_DIFFERENT)} of the claims and claims about one page are apart; else a larger one."
        ),
    }


def conclude(
    answers: Mapping[str, Sequence[bool]], truths: Sequence[bool], documents: Sequence[str], is_found: Sequence[bool]
) -> dict[str, Any]:
    """What the answers say under the registered rule.

    Args:
        answers: Of each arm, in the registered order: whether it takes each claim as supported.
        truths: Whether each is.
        documents: The page of each.
        is_found: Whether what decides it was among the passages.

    Returns:
        `sentence`, `retrieval` (recall, with its interval), `arms` and `comparisons`, as plain data.
    """
    right = {
        arm: [float(said is truth) for said, truth in zip(given, truths, strict=True)] for arm, given in answers.items()
    }
    recall = shares.clustered([float(found) for found in is_found], documents)
    mean_found = sum(is_found) / len(is_found)
    compared = _compare(right, truths, documents)
    arms = [_arm(arm, values, truths, documents, is_found) for arm, values in right.items()]
    return {
        "sentence": _sentence(compared, arms, mean_found),
        "retrieval": {"recall": mean_found, "low": recall.low, "high": recall.high},
        "arms": arms,
        "comparisons": compared,
    }


def _compare(
    right: Mapping[str, Sequence[float]], truths: Sequence[bool], documents: Sequence[str]
) -> list[dict[str, Any]]:
    compared, goes_on = [], True
    for before, arm in pairwise(right):
        gaps = [one - other for one, other in zip(right[arm], right[before], strict=True)]
        gain = balanced.mean(gaps, truths, documents)
        is_shown = goes_on and gain.low is not None and gain.low > 0
        compared.append({"arm": arm, "against": before, "is_asked": goes_on, "is_shown": is_shown, **_ends(gain)})
        goes_on = is_shown
    return compared


def _arm(
    arm: str, right: Sequence[float], truths: Sequence[bool], documents: Sequence[str], is_found: Sequence[bool]
) -> dict[str, Any]:
    kept = [place for place, found in enumerate(is_found) if found]
    where_found = None
    if len({truths[place] for place in kept}) == 2:
        of = [[values[place] for place in kept] for values in (right, truths, documents)]
        where_found = _ends(balanced.mean(*of))  # type: ignore[arg-type]
    return {"arm": arm, **_ends(balanced.mean(right, truths, documents)), "where_found": where_found}


def _ends(found: MeanInterval) -> dict[str, float | None]:
    return {"value": found.mean, "low": found.low, "high": found.high}


def _sentence(compared: Sequence[dict[str, Any]], arms: Sequence[dict[str, Any]], recall: float) -> str:
    found = f"what decides a claim was found for {percent(recall)} of them"
    shown = [each for each in compared if each["is_shown"]]
    if not shown:
        return f"{_capital(_not_shown(compared[0]))}, {_gain(compared[0])}; {found}."
    best = shown[-1]
    accuracy = next(arm["value"] for arm in arms if arm["arm"] == best["arm"])
    better = f"{_name(best['arm'])} {_is(best['arm'])} better than {_name(best['against'])}"
    ended = next((each for each in compared if each["is_asked"] and not each["is_shown"]), None)
    rest = f"; {_not_shown(ended)}" if ended else ""
    return f"{_capital(better)}: balanced accuracy {percent(accuracy)}, {_gain(best)}{rest}; {found}."


def _not_shown(one: Mapping[str, Any]) -> str:
    return f"{_name(one['arm'])} {_is(one['arm'])} not shown to be better than {_name(one['against'])}"


def left_to_rules(arm: str, count: int) -> str:
    """What a model gave no answer to, in words."""
    return f"{_capital(_name(arm))} left {count} claim{'' if count == 1 else 's'} to the rules."


def _name(arm: str) -> str:
    return "nobody" if arm == "none" else f"the {arm}"


def _is(arm: str) -> str:
    return "are" if arm == "rules" else "is"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _gain(one: Mapping[str, Any]) -> str:
    points = f"{fixed(100 * one['value'], 1)} points"
    if one["low"] is None:
        return f"{points} of difference"
    return f"{points} of difference (95 % {fixed(100 * one['low'], 1)} to {fixed(100 * one['high'], 1)})"
