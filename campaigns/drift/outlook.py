"""What a study of drift can show before it begins, from the mails at hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from campaigns.drift.series import SeriesPoint
from stats import drift
from web.templatetags.figures import percent

POWER: Final = 0.8
# From fewer companies one cannot tell how alike their contacts answer.
FEWEST_COMPANIES: Final = 30


@dataclass(frozen=True, slots=True)
class MailsAtHand:
    """What went before a study.

    Attributes:
        points: Complete months or rounds that had mails.
        mails: First mails a point, on average.
        share: Of them, who did it, 0 to 1.
        effect: How many mails say as much as one to a company of its own: at least 1, and 1 where too few companies were mailed to tell.
    """

    points: int
    mails: int
    share: float
    effect: float


def at_hand(points: Sequence[SeriesPoint]) -> MailsAtHand | None:
    """What earlier points tell; None where no mail went in any."""
    filled = [point for point in points if point.mails]
    if not filled:
        return None
    mails, happened = sum(point.mails for point in filled), sum(point.happened for point in filled)
    share = happened / mails
    companies = sum(kind[2] for point in filled for kind in point.kinds)
    effect = 1.0
    if companies >= FEWEST_COMPANIES and 0 < share < 1:
        squares = sum(many * (did - share * mailed) ** 2 for point in filled for did, mailed, many in point.kinds)
        effect = max(1.0, squares / (mails * share * (1 - share)))
    return MailsAtHand(len(filled), round(mails / len(filled)), share, effect)


def outlook(*, mails: int, share: float, effect: float, points: int, alpha: float, noun: str) -> dict[str, Any]:
    """The smallest change that the last look notices, as plain data with a sentence.

    Args:
        mails: First mails a point.
        share: Before a change, 0 to 1.
        effect: As in `MailsAtHand`.
        points: Of the whole series.
        alpha: Error rate of all looks together.
        noun: Of a point: month or round.
    """
    last = drift.spent_at(alpha, points)[points]
    noticed = drift.noticed_change(share, [mails / effect] * points, alpha=last, power=POWER)
    told = [
        f"a {way} to {percent(end)}" for way, end in (("fall", noticed.fall), ("rise", noticed.rise)) if end is not None
    ]
    missing = [f"no {way}" for way, end in (("fall", noticed.fall), ("rise", noticed.rise)) if end is None]
    begins = f"With {mails:,} first mails a {noun} and a share of {percent(share)} before, "
    if not told:
        words = "no lasting change halfway would be noticed at the last look with a power of 80 %."
    else:
        words = (
            f"the last look notices a lasting change halfway with a power of 80 % from {' or '.join(told)} on"
            f"{f'; {missing[0]} would be noticed' if missing else ''}."
        )
    return {
        "mails": mails,
        "share": share,
        "effect": effect,
        "power": POWER,
        "fall": noticed.fall,
        "rise": noticed.rise,
        "sentence": begins + words,
    }
