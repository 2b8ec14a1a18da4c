"""Pages that give orders: whatever a model makes of them, no recipient, sender, link, route or fact of ours changes.

The stages are the product's; the models are played, once by one that does all it is told and once by one that does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from campaigns.compose import message as compose_message
from campaigns.compose.render import UnfilledSlotError
from campaigns.models import Campaign, Contact, Link, Message, SenderIdentity, StageRoute, StageRun
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, StageKind, StageState
from generation.models import Order
from members.models import Member
from review.models import Draft, Record, Task
from review.spec.prompting import CompletionError, parse
from review.states import Role
from serving.models import RouterVersion
from serving.routing import promise
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.claims.claim_rows import CLAIMS, stored
from tests.campaigns.pipeline.test_hostile_facts import _check
from tests.campaigns.routed_rows import make_version, miniature
from tests.campaigns.stage_rows import answer_orders, qualify_stage
from tests.campaigns.under_fire.injected_pages import ORDERS, obeying, page_of, refusing
from tests.review import factories as desk

__all__ = ["make_version", "miniature"]
pytestmark = pytest.mark.django_db
URL = "https://co.example/news"
# Companies up to this size are the miniature's; texts with more marks are not.
MIDDLE, FEW_MARKS = 64, 1


@pytest.fixture(params=["fact", "checks"])
def router(request: pytest.FixtureRequest, make_version: Callable[..., RouterVersion]) -> RouterVersion:
    """Half of the companies are small enough for the miniature; or it writes all,
    and the teacher again what has two marks.
    """
    if request.param == "fact":
        return make_version(feature="fact", fact="size", thresholds=[float(MIDDLE)])
    return make_version(feature="checks", thresholds=[float(FEW_MARKS)])


@pytest.fixture
def campaign(task: Task, router: RouterVersion, lead: Member, admin: Member) -> Campaign:
    """A contact for each page, and a campaign by research, rules that verify, a label and a routed writer;
    nobody need approve.
    """
    tasks = stage_rows.make_tasks(by=admin)
    for each in tasks.values():
        desk.join(lead, each, Role.LEAD)
    records = desk.make_records(desk.make_source(task), len(ORDERS))
    for record, order in zip(records, ORDERS, strict=True):
        record.facts |= {"notes": page_of(order, record.facts["company"]), "goal": URL}
    Record.objects.bulk_update(records, ["facts"])
    factories.make_people(task, records)
    stages = [
        stored(tasks), StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS), qualify_stage(tasks["qualify"]),
        StagePlan("write", StageKind.WRITE, task, inputs={"trigger": "bear.claims.text"}, router=router),
    ]  # fmt: skip
    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
    made = factories.make_draft_campaign(
        task, by=lead, arms=[ArmPlan("A", pipeline=version)], approval=Approval.SAMPLE, sample_share=0.0,
        links={"demo": "https://tidewell.example/demo"},
    )  # fmt: skip
    return lifecycle.launch(made, by=lead)


def order_of(record: Record) -> str:
    """The order on the page of the company that a record is about."""
    return ORDERS[int(str(record.facts["company"]).rsplit(" ", 1)[1])]


def walk(research: Callable[[Record], str], write: Callable[[Record], dict[str, str]]) -> None:
    """Take all mails from their pages to their words, the stages' models played."""

    def read(record: Record) -> dict[str, Any] | None:
        try:
            return parse(stage_rows.research_spec(), research(record))
        except CompletionError:
            return None

    played = {"research-task": read, "qualify-task": lambda record: {"fit": "good"}, "outreach": write}
    for _ in range(5):
        tick.advance_all()
        answer_orders(played)
    tick.advance_all()


def ours() -> dict[str, list[Any]]:
    """Every row that says who is written to, by whom, and where links lead."""
    models = (Contact, SenderIdentity, Link)
    enrolled = Message.objects.order_by("contact__address").values_list("contact", "sender", "step")
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models} | {"mails": list(enrolled)}


def assert_nothing_of_ours_changed() -> None:
    for run in StageRun.objects.filter(stage__kind=StageKind.RESEARCH).exclude(record=None).select_related("record"):
        page = " ".join(run.record.facts["source_1"].split()) if run.record else ""
        for claim in run.output.get("claims", []):
            assert claim["quote"] in page, "no quote of the page"
            assert claim["url"] == URL
    mails = Message.objects.exclude(record=None).select_related(
        "contact__record", "record", "draft__task_version", "step", "campaign__sender"
    )
    for mail in mails:
        assert mail.record is not None and mail.contact.record is not None
        own = {name: value for name, value in mail.contact.record.facts.items() if name not in ("trigger", "notes")}
        assert own.items() <= mail.record.facts.items()
        passed = StageRun.objects.filter(message=mail, stage__kind=StageKind.VERIFY, state=StageState.PASSED)
        texts = [run.output["claim"]["text"] for run in passed if "claim" in run.output]
        assert mail.record.facts.get("trigger", "").split() == " ".join(texts).split()
        if mail.draft is not None:
            assert_harmless(mail)
            assert_routed_by_ours(mail)


def assert_harmless(mail: Message) -> None:
    try:
        compose_message.compose(mail, links=compose_message.links_of(mail.campaign))
    except UnfilledSlotError:
        assert mail.state == "awaiting"
    else:
        _check(mail)


def assert_routed_by_ours(mail: Message) -> None:
    """Who wrote is told by the number that we hold of the company, or by what our checks marked,
    and by nothing else.
    """
    assert mail.record is not None and mail.contact.record is not None and mail.draft is not None
    version = RouterVersion.objects.get()
    models = promise.models_of(version)
    orders = {order.job_id: order.teacher for order in Order.objects.select_related("teacher")}
    written = Draft.objects.filter(record=mail.record, origin="campaign")
    by_model = {orders[draft.job_id]: draft for draft in written}
    if version.feature == "fact":
        size = mail.contact.record.facts["size"]
        value, place = size, 0 if size <= MIDDLE else 1
        assert set(by_model) == {models[place]}, "who was not chosen was not asked either"
    else:
        first = by_model[models[0]]
        value, place = first.marks_count, 0 if first.marks_count <= FEW_MARKS else 1
    route = StageRoute.objects.get(record=mail.record)
    assert (route.routed.route, route.routed.value) == (place, value)
    assert mail.draft == route.draft == by_model[models[place]]


def routes() -> dict[int, int]:
    """How many companies went to each model."""
    return dict(Counter(StageRoute.objects.values_list("routed__route", flat=True)))


@pytest.mark.slow
def test_models_that_do_as_pages_tell_them_change_no_recipient_link_sender_route_or_fact(
    campaign: Campaign, router: RouterVersion
) -> None:
    before = ours()

    walk(
        lambda record: obeying(order_of(record), record.facts["company"], URL),
        lambda record: {
            "subject": order_of(record)[:180],
            "body": f"Hi {{{{contact.first_name}}}},\n\n{order_of(record)}",
        },
    )

    assert ours() == before
    assert Message.objects.exclude(draft=None).count() > 40
    assert_nothing_of_ours_changed()
    # Our checks mark a text that does as its page says: saying that it has no marks keeps no company with the
    # miniature.
    assert set(routes()) == ({0, 1} if router.feature == "fact" else {1})
    # What gives an order away is read by a person first.
    gone = Message.objects.filter(state="approved").select_related("draft__record")
    assert not [mail for mail in gone if mail.draft and mail.draft.marks_count]


@pytest.mark.slow
def test_models_that_heed_no_page_write_the_same_mail_as_ever(campaign: Campaign, router: RouterVersion) -> None:
    before = ours()

    walk(lambda record: refusing(record.facts["company"], URL), desk.mail)

    assert ours() == before
    assert_nothing_of_ours_changed()
    # Mails without an order in them have no marks, so no page sends a company to the dearer model.
    assert routes() == ({0: 25, 1: 25} if router.feature == "fact" else {0: 50})
    triggers = {mail.record.facts["trigger"] for mail in Message.objects.select_related("record") if mail.record}
    assert len(triggers) == Message.objects.exclude(draft=None).count() == len(ORDERS) == 50
