"""How one reviewer works in a task, as the reviewer sees it first, and all of them side by side for a lead."""

from review.selectors.reviewers.haste import FASTEST_WPM
from review.selectors.reviewers.own import RATES_OF
from review.selectors.reviewers.profile import Profile, profile, reviewer_or_404
from review.selectors.reviewers.team import Row, rows

__all__ = ["FASTEST_WPM", "RATES_OF", "Profile", "Row", "profile", "reviewer_or_404", "rows"]
