"""How far the reviewers of a task agree: what counts for it, the figures, and what they mean in words."""

from review.selectors.agreement.figures import ENOUGH
from review.selectors.agreement.report import Rates, Report, counts_of, rates, report

__all__ = ["ENOUGH", "Rates", "Report", "counts_of", "rates", "report"]
