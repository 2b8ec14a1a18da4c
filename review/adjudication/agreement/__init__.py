"""Agreement of a task's reviewers: the verdicts that count, the figures, and their wording."""

from review.adjudication.agreement.figures import ENOUGH
from review.adjudication.agreement.report import AgreementReport, VerdictRates, counts_of, rates, report, report_now

__all__ = ["ENOUGH", "AgreementReport", "VerdictRates", "counts_of", "rates", "report", "report_now"]
