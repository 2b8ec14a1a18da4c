"""A judge and drafts of which experts judged most.

Drafts and verdicts take longer than most tests. A file whose tests are all ordinary ones asks by its `pytestmark` for
`shared_order`, or for `shared_reviews` if all of them begin with a judge's reading.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from generation.judges import launch as judges
from generation.judges.acceptance import act
from generation.models import JudgedText, Judging, Order, Teacher
from generation.orders import launch
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.desk import decisions, deck, ordering
from review.models import AcceptanceRule, Draft, Membership, Task
from review.spec.task_spec import Reason, Requirement, TaskSpec
from tests.fresh_rows import fresh
from tests.generation.answering import Body
from tests.generation.conftest import offline, stranger, viewer
from tests.generation.judges.acceptances import WIDE
from tests.generation.variety.conftest import carry_out, serve
from tests.review import factories
from tests.shared_rows import rolled_back

__all__ = ["carry_out", "offline", "serve", "stranger", "viewer"]
DRAFTS, REVIEWED = 40, 32


def make_task(by: Member) -> Task:
    """A task with a rubric of two requirements."""
    plain = factories.plain_spec()
    spec = TaskSpec.model_validate(
        plain.canonical()
        | {
            "rubric": [Requirement(name="Polite"), Requirement(name="Grounded", description="Only facts")],
            "reasons": [Reason(digit=1, code="wrong", label="Wrong")],
        }
    )
    return factories.make_task(by=by, spec=spec)


def make_order(task: Task, by: Member) -> Order:
    """An order whose drafts are there: three of four are good, and some of each kind mislead the judge."""
    offline = Teacher.objects.get(slug="offline")
    records = factories.make_records(factories.make_source(task), DRAFTS, question="How?")
    made = launch.launch(launch.OrderRequest(task, teacher=offline, count=DRAFTS, by=by, seed=1))
    texts = [{"reply": text_of(n)} for n in range(DRAFTS)]
    factories.make_drafts(task, records, fields=texts, model="gpt-9-mini")
    Draft.objects.filter(task=task).update(job_id=made.job_id)
    Job.objects.filter(pk=str(made.job_id)).update(state=JobState.SUCCEEDED)
    return made


def text_of(n: int) -> str:
    """GOOD or BAD by its number, and what the judge is misled by: it passes all that shines."""
    truth = "BAD" if n % 4 == 0 else "GOOD"
    return f"{truth} answer number {n} {'SHINES ' * (n % 20 in (4, 8))}{'DULL ' * (n % 20 == 5)}as told."


def review(task: Task, count: int, *, by: Member) -> None:
    """Have an expert judge so many drafts by what is true of them."""
    for card in deck.deal(by, task, count=count):
        good = "GOOD" in card.draft.fields["reply"]
        said: dict[str, Any] = {"ratings": {"Grounded": good}}
        if not good:
            said["reasons"] = ["wrong"]
        verdict = "accept" if good else "reject"
        decisions.record(card.draft_id, by=by, id=uuid.uuid4(), verdict=verdict, if_match=card.etag, **said)


def review_most(task: Task, by: Member) -> None:
    """Leave eight drafts to wait, dealt in no order of their own."""
    Draft.objects.filter(task=task).update(random_key=2**62)
    review(task, REVIEWED, by=by)


@pytest.fixture(scope="module")
def shared_admin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Member]:
    with rolled_back(django_db_blocker):
        yield Member.objects.create(username="ada", is_superuser=True, is_staff=True)


@pytest.fixture(scope="module")
def shared_task(shared_admin: Member) -> Task:
    return make_task(shared_admin)


@pytest.fixture(scope="module")
def shared_lead(shared_task: Task) -> Member:
    return make_lead(shared_task, Member.objects.create(username="lea"))


@pytest.fixture(scope="module")
def shared_order(shared_task: Task, shared_lead: Member) -> Order:
    return make_order(shared_task, shared_lead)


@pytest.fixture(scope="module")
def shared_reviews(shared_order: Order, shared_task: Task, shared_admin: Member) -> None:
    review_most(shared_task, shared_admin)


def make_lead(task: Task, member: Member) -> Member:
    Membership.objects.create(member=member, task=task, role="lead")
    return member


@pytest.fixture
def admin(request: pytest.FixtureRequest, make_member: Callable[..., Member]) -> Member:
    return fresh(request, "shared_admin") or make_member("ada", admin=True)


@pytest.fixture
def task(request: pytest.FixtureRequest, admin: Member) -> Task:
    return fresh(request, "shared_task") or make_task(admin)


@pytest.fixture
def lead(request: pytest.FixtureRequest, task: Task, make_member: Callable[..., Member]) -> Member:
    return fresh(request, "shared_lead") or make_lead(task, make_member("lea"))


@pytest.fixture
def order(request: pytest.FixtureRequest, task: Task, lead: Member) -> Order:
    return fresh(request, "shared_order") or make_order(task, lead)


@pytest.fixture
def review_some(task: Task, admin: Member) -> Callable[[int], None]:
    """Have an expert judge so many drafts by what is true of them."""
    return lambda count: review(task, count, by=admin)


def misled(body: Body) -> str:
    """A judge that passes what shines, whatever it says, and fails what is dull."""
    told = body["messages"][-1]["content"]
    passes = "SHINES" in told or ("GOOD" in told and "DULL" not in told)
    return json.dumps({"why": "It reads well.", "requirement_1": True, "requirement_2": passes, "passes": passes})


@pytest.fixture
def judge(serve: Any) -> Teacher:
    made, _ = serve("mistral-large", misled)
    return roomy(made)


def roomy(teacher: Teacher) -> Teacher:
    teacher.parameters = {"max_tokens": 400}
    teacher.save(update_fields=["parameters"])
    return teacher


@pytest.fixture
def judging(order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member) -> Judging:
    """Verdicts that have arrived, by hand: the judge passes every text."""
    review_some(REVIEWED)
    subject = judges.of_order(order)
    made = judges.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=Decimal(1))
    JudgedText.objects.filter(judging=made).update(passes=True, why="It reads well.")
    return made


@pytest.fixture
def read(request: pytest.FixtureRequest, order: Order, admin: Member, judge: Teacher, lead: Member) -> Judging:
    """A judge that passes what is good, on the drafts that wait and on those that experts judged."""
    if "shared_reviews" not in request.fixturenames:
        review_most(order.task, admin)
    subject = judges.of_desk(order.task)
    made = judges.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=Decimal(1))
    for text in made.texts.all():
        good = "GOOD" in text.fields["reply"]
        text.passes, text.meets = good, {"Grounded": good, "Polite": True}
        text.save(update_fields=["passes", "meets"])
    # The lot falls by the task's seed: one by which half of the good ones are audited.
    good_ones = [text.draft_id for text in made.texts.filter(passes=True, draft__gold=None) if text.draft_id]
    seeds = (f"seed {number}" for number in count())
    halves = (s for s in seeds if sum(ordering.lot(s, pk, of="audit") < WIDE["audit_share"] for pk in good_ones) == 3)
    Task.objects.filter(pk=order.task_id).update(seed=next(halves))
    return made


@pytest.fixture
def rule(read: Judging, task: Task, judge: Teacher, lead: Member) -> AcceptanceRule:
    return act.start(task, judge, by=lead, **WIDE)
