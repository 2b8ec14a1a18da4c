"""How far the reviewers of a task agree: what counts for it, the figures, and what they mean in words."""

from review.adjudication.agreement.figures import ENOUGH
from review.adjudication.agreement.report import AgreementReport, VerdictRates, counts_of, rates, report, report_now

__all__ = ["ENOUGH", "AgreementReport", "VerdictRates", "counts_of", "rates", "report", "report_now"]
