"""What a reviewer's figures mean, in plain words. Pure."""

from __future__ import annotations

from review.selectors.reviewers.own import RECENT_WEEKS, Drift


def of_drift(drift: Drift) -> str:
    """One sentence on whether verdicts lately fall differently than before."""
    change = drift.change
    if change is None:
        return (
            f"There is nothing to compare yet: it takes verdicts of the last {RECENT_WEEKS} weeks and of weeks before."
        )
    ends = f"{change.low * 100:+.0f} to {change.high * 100:+.0f} points"
    if not change.is_clear:
        return f"The last {RECENT_WEEKS} weeks differ from those before by no more than chance may bring ({ends})."
    way = "more" if change.value > 0 else "less"
    return (
        f"In the last {RECENT_WEEKS} weeks {way} was accepted than before ({ends}). Other drafts, other rules or another "
        "eye: the card list tells which."
    )
