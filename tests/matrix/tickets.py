"""The seeded installation with a task of labels: sorted support tickets, and no mail anywhere."""

from __future__ import annotations

from django.utils import timezone

from evaluation.models import Evaluation
from jobs.models import Job
from review.datasets import freezing
from review.models import DatasetVersion, Draft, Record
from review.spec.schema import InputField
from review.states import Split
from tests.evaluation.conftest import conclude_evaluation
from tests.matrix.installation import CANARY, Installation
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import WORDS, sealed

FACTS = (InputField(name="subject", role="title"), InputField(name="text"))


class TicketInstallation(Installation):
    """One of everything that a task without mails has."""

    spec = factories.triage_spec().model_copy(update={"input_schema": FACTS})
    facts = {"subject": "Invoice", "text": "I was charged twice."}

    def _judged(self) -> DatasetVersion:
        golds.accept_all(self.admin, self.task, count=len(self._drafts(26, name=f"{CANARY} old")))
        return sealed(freezing.freeze(freezing.create(self.task, name="Gold 20", by=self.admin), by=self.admin))

    def _waiting(self) -> list[Draft]:
        return self._drafts(3, name=f"{CANARY} new")

    def _drafts(self, count: int, *, name: str) -> list[Draft]:
        records = factories.make_records(factories.make_source(self.task, name=name), count)
        splits = (Split.TRAIN,) * 20 + (Split.VALIDATION,) * 4 + (Split.TEST,) * 2
        for number, (record, split) in enumerate(zip(records, splits, strict=False)):
            text = " ".join(f"{WORDS[(number + step) % len(WORDS)]}{number}" for step in range(12))
            record.title = record.group = f"{CANARY} {number}"
            record.facts, record.split = {"subject": record.title, "text": text}, split
        Record.objects.bulk_update(records, ["title", "group", "facts", "split"])
        fields = [factories.triage_fields(number) for number in range(count)]
        return factories.make_drafts(self.task, records, fields=fields)

    def _arena(self, evaluation: Evaluation) -> None:
        systems = {"teacher": ("teacher", 0.9), "student": ("lora", 0.8), "most frequent": ("baseline", 0.3)}
        conclude_evaluation(evaluation, systems, self.folder / "evaluation", **factories.triage_fields())
        Job.objects.filter(pk=evaluation.job_id).update(state="succeeded", finished_at=timezone.now())
        super()._arena(evaluation)

    def _campaigns(self) -> None:
        """Add nothing: campaigns belong to tasks whose output is a mail."""
