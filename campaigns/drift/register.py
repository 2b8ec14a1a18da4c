"""Register a study of drift, and record its looks. Neither changes from then on."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from audit import trail
from campaigns.drift import outlook, series, verdict
from campaigns.drift.outlook import MailsAtHand
from campaigns.drift.series import SeriesTerms
from campaigns.models import DriftLook, DriftStudy
from campaigns.states import DriftSeries, Metric
from members.models import Member
from review.models import Task
from review.spec.prompting import canonical_json
from review.states import Role
from review.tasks import permissions
from stats import drift
from web.errors import Refusal

FORMAT: Final = "miniatures.drift-study/1"
RATES: Final = {
    Metric.REPLY: "reply rate",
    Metric.POSITIVE_REPLY: "rate of replies with interest",
    Metric.MEETING: "rate of meetings",
}
MOST_POINTS: Final = 24
MOST_HORIZON_DAYS: Final = 90
LEAST_ALPHA, MOST_ALPHA = 0.01, 0.1
QUESTION_CHARS: Final = 200
# A series begins so many months before or after its registration at most.
MOST_MONTHS_AWAY: Final = 24
NOUNS: Final = {DriftSeries.MONTHS: "month", DriftSeries.ROUNDS: "round"}
UNIT: Final = (
    "A contact counts in the point in which its first mail went, as one who did it if that was within the days registered. "
    "What is exchanged by the test are companies: the contacts of one in one point."
)
RULE: Final = (
    "Looks are after each complete point from the second on. A change is shown at a look whose p-value, that of the largest likelihood ratio "
    "over all places to cut against 9,999 seeded orders of the companies, is at most the part of the error rate that was registered "
    "for it; the parts add up to the error rate, whichever looks are left out. The first look that shows a change ends the study, and so does the last point."
)


@dataclass(frozen=True)
class DriftRequest:
    """What is to be studied.

    Attributes:
        first_day: Where the series begins; of months the first day of one.
        points: How many months or rounds it has.
        metric: What counts, per contact whose first mail went.
        series: What its points are.
        question: In words; the usual one where empty.
        horizon_days: Days after its first mail in which what a contact does counts.
        alpha: Chance that any look shows a change where there is none, at most.
        is_simulated: Mails to simulated inboxes in place of the others.
        mails: First mails a point to plan with; None: as in the past year.
        share: Of them who do it to plan with, 0 to 1; None: as in the past year.
    """

    first_day: date
    points: int = 6
    metric: Metric = Metric.REPLY
    series: DriftSeries = DriftSeries.MONTHS
    question: str = ""
    horizon_days: int = 14
    alpha: float = 0.05
    is_simulated: bool = False
    mails: int | None = None
    share: float | None = None

    def terms(self, task: Task) -> SeriesTerms:
        """The series that it is of."""
        return SeriesTerms(
            task, self.metric, self.series, self.first_day, self.points, self.horizon_days, self.is_simulated
        )


@transaction.atomic
def register(task: Task, asked: DriftRequest, *, by: Member) -> DriftStudy:
    """Fix what is to be found out, and by which rule.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `bad_study` with errors by field.
    """
    permissions.require(by, task, Role.LEAD)
    told = what_it_can_show(task, asked)
    study_id, now = uuid.uuid4(), timezone.now()
    text = canonical_json(_record(study_id, task, asked, told, now))
    study = DriftStudy.objects.create(
        id=study_id,
        task=task,
        question=_question(asked),
        metric=asked.metric,
        series=asked.series,
        first_day=asked.first_day,
        points=asked.points,
        horizon_days=asked.horizon_days,
        alpha=asked.alpha,
        is_simulated=asked.is_simulated,
        record_text=text,
        record_sha256=hashlib.sha256(text.encode()).hexdigest(),
        created_by=by,
    )
    trail.record("drift_study_registered", by=by, about=study, task=task.slug, sha256=study.record_sha256)
    return study


def what_it_can_show(task: Task, asked: DriftRequest) -> dict[str, Any]:
    """The smallest change that the last look of such a study notices; see `outlook.outlook`. Writes nothing.

    Raises:
        Refusal: `bad_study`, it could tell nothing or has no sense; with errors by field.
    """
    _require_sense(asked)
    past = mails_at_hand(task, asked)
    mails = asked.mails if asked.mails is not None or past is None else past.mails
    share = asked.share if asked.share is not None or past is None else past.share
    if not mails or share is None:
        missing = "mails" if not mails else "share"
        message = "Nothing went in the past year: say how many first mails a point will have, and the share expected."
        raise _refusal(missing, message)
    if not 0 < share < 1:
        raise _refusal("share", "Say which share is expected, above 0 and below 100 %.")
    return outlook.outlook(
        mails=mails,
        share=share,
        effect=past.effect if past else 1.0,
        points=asked.points,
        alpha=asked.alpha,
        noun=NOUNS[asked.series],
    )


def mails_at_hand(task: Task, asked: DriftRequest) -> MailsAtHand | None:
    """What went in the twelve months before this one, as the series would count it; None where nothing did."""
    now = timezone.now()
    begins = series.month_after(now.date(), -series.MONTHS)
    past = replace(asked, first_day=begins, points=series.MONTHS).terms(task)
    return outlook.at_hand(series.read(past, now=now))


def record_look(study: DriftStudy, *, by: Member) -> DriftLook:
    """Look at all points that are complete, and keep what they show.

    Two at once are one look: the study's row is locked meanwhile, and the second is refused.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `study_concluded`, or `nothing_new` since the last look.
    """
    permissions.require(by, study.task, Role.LEAD)
    record = study.record
    points = series.read(terms_of(study), now=timezone.now())
    with transaction.atomic():
        DriftStudy.objects.select_for_update(of=("self",), no_key=True).get(pk=study.pk)
        last = DriftLook.objects.filter(study=study).order_by("-covered").first()
        if last is not None and last.body["state"] != verdict.OPEN:
            raise Refusal(
                "study_concluded", "This study has its verdict.", hint="Register another for new months.", status=409
            )
        if len(points) < max(drift.FEWEST_POINTS, last.covered + 1 if last else 0):
            raise Refusal(
                "nothing_new",
                f"No further {record['noun']} is complete.",
                hint=f"One is once all its first mails went {study.horizon_days} days ago; the first look takes two.",
                status=409,
            )
        return DriftLook.objects.create(
            study=study,
            covered=len(points),
            body=verdict.conclude(points, record),
            data_sha256=series.data_sha256(points),
            created_by=by,
        )


def terms_of(study: DriftStudy) -> SeriesTerms:
    """The registered series."""
    return SeriesTerms(
        study.task,
        Metric(study.metric),
        DriftSeries(study.series),
        study.first_day,
        study.points,
        study.horizon_days,
        study.is_simulated,
    )


def _record(
    study_id: uuid.UUID, task: Task, asked: DriftRequest, told: dict[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": str(study_id),
        "question": _question(asked),
        "task": task.slug,
        "metric": asked.metric.value,
        "rate": RATES[asked.metric],
        "series": asked.series.value,
        "noun": NOUNS[asked.series],
        "first_day": asked.first_day.isoformat(),
        "points": asked.points,
        "horizon_days": asked.horizon_days,
        "is_simulated": asked.is_simulated,
        "is_exploratory": asked.first_day <= now.date(),
        "unit": UNIT,
        "rule": RULE,
        "alpha": asked.alpha,
        "alpha_by_look": [[covered, part] for covered, part in drift.spent_at(asked.alpha, asked.points).items()],
        "seed": verdict.SEED,
        "outlook": told,
        "registered_at": now.isoformat(timespec="seconds"),
    }


def _question(asked: DriftRequest) -> str:
    usual = f"Does the {RATES[asked.metric]} change over {asked.points} {NOUNS[asked.series]}s?"
    return asked.question.strip()[:QUESTION_CHARS] or usual


def _require_sense(asked: DriftRequest) -> None:
    if asked.metric not in RATES:
        raise _refusal("metric", f"Count one of {', '.join(repr(metric.label) for metric in RATES)}.")
    if not drift.FEWEST_POINTS <= asked.points <= MOST_POINTS:
        raise _refusal("points", f"A series has {drift.FEWEST_POINTS} to {MOST_POINTS} points.")
    if not 1 <= asked.horizon_days <= MOST_HORIZON_DAYS:
        raise _refusal("horizon_days", f"Outcomes count for 1 to {MOST_HORIZON_DAYS} days.")
    if not LEAST_ALPHA <= asked.alpha <= MOST_ALPHA:
        raise _refusal("alpha", f"The error rate lies between {LEAST_ALPHA:.0%} and {MOST_ALPHA:.0%}.")
    if asked.series == DriftSeries.MONTHS and asked.first_day.day != 1:
        raise _refusal("first_day", "A series of months begins on the first day of one.")
    today = timezone.now().date()
    earliest, latest = (series.month_after(today, away) for away in (-MOST_MONTHS_AWAY, MOST_MONTHS_AWAY))
    if not earliest <= asked.first_day <= latest:
        raise _refusal("first_day", f"A series begins within {MOST_MONTHS_AWAY} months of today.")


def _refusal(field: str, message: str) -> Refusal:
    return Refusal(
        "bad_study",
        message,
        hint="Mend what is named; nothing was registered.",
        status=400,
        errors={field: [message]},
    )
