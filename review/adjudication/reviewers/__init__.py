"""Figures of reviewers in a task: one reviewer's own page, and all reviewers side by side for a lead."""

from review.adjudication.reviewers.figures import FASTEST_WPM, RATES_OF
from review.adjudication.reviewers.profile import Profile, ReviewerRow, profile, reviewer_or_404, rows

__all__ = ["FASTEST_WPM", "RATES_OF", "Profile", "ReviewerRow", "profile", "reviewer_or_404", "rows"]
