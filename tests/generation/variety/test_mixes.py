"""Several teachers behind one order: shares, temperatures, stances, examples, their price and their keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from generation.diversity.request import MixRequest, TeacherRequest
from generation.kinds import GenerationKind
from generation.models import Call, Order, Teacher
from generation.orders import launch, run_spec
from members.models import Member
from review.models import Draft, Source, Task
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.tasks import authoring
from tests.generation.answering import Body
from tests.generation.engine.conftest import TASK
from tests.generation.variety.golds import approve
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def mail(body: Body) -> str:
    return (
        f"Subject: For {body['messages'][-1]['content'][-9:]}\n\nWritten by {body['model']} at "
        f"{body.get('temperature')}."
    )


def stances(task: Task, by: Member) -> None:
    spec = TASK | {"personas": ["A former buyer.", "A planner."], "angles": ["Begin with the delay."]}
    authoring.new_version(task, spec=TaskSpec.model_validate(spec), by=by)


@pytest.mark.slow
def test_each_teacher_writes_its_share_and_every_draft_says_who(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    ann, at_ann = serve("ann", mail)
    bob, at_bob = serve("bob", mail, usd=10)
    stances(task, lead)
    mix = MixRequest(
        (TeacherRequest(ann, 2, (0.2, 0.9)), TeacherRequest(bob, 1)), personas=True, angles=True,
    )  # fmt: skip

    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=6, by=lead, max_cost_usd=Decimal(1), mix=mix))
    carry_out(order)

    drafts = list(Draft.objects.filter(job_id=order.job_id))
    assert Counter(draft.teacher for draft in drafts) == {"openai-compatible:ann": 4, "openai-compatible:bob": 2}
    assert (len(at_ann.asked), len(at_bob.asked)) == (4, 2)
    assert Counter(body["temperature"] for body in at_ann.asked) == {0.2: 2, 0.9: 2}
    assert all("temperature" not in body for body in at_bob.asked)
    assert all(draft.messages and prompting.prompt_hash(draft.messages) == draft.prompt_hash for draft in drafts)
    assert all("Begin with the delay." in draft.messages[-1]["content"] for draft in drafts)
    assert {draft.parameters["persona"] for draft in drafts} == {"A former buyer.", "A planner."}
    assert Counter(Call.objects.values_list("teacher_name", flat=True)) == {"Ann": 4, "Bob": 2}
    assert {call.cost_usd for call in Call.objects.filter(teacher_name="Bob")} == {Decimal("0.001100")}
    assert {call.cost_usd for call in Call.objects.filter(teacher_name="Ann")} == {Decimal("0.000110")}


def test_the_engine_gets_every_key_once_and_no_spec_holds_one(
    task: Task, source: Source, lead: Member, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, _ = serve("ann", mail)
    bob, _ = serve("bob", mail)
    monkeypatch.setenv("OTHER_KEY", "sk-canary-other-0123456789")
    Teacher.objects.filter(pk=bob.pk).update(secret_ref="OTHER_KEY")
    bob.refresh_from_db()

    mix = MixRequest((TeacherRequest(ann), TeacherRequest(bob)))
    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, max_cost_usd=Decimal(1), mix=mix))

    assert GenerationKind().secret_refs(order.job) == ["LOCAL_KEY", "OTHER_KEY"]
    assert "canary" not in str(run_spec.build(order.job)) + str(order.variety)


def test_the_price_is_each_teachers_by_its_share(task: Task, source: Source, lead: Member, serve: Any) -> None:
    cheap, _ = serve("cheap", mail, usd=1)
    dear, _ = serve("dear", mail, usd=10)
    mix = MixRequest((TeacherRequest(cheap, 3), TeacherRequest(dear, 1)))

    mixed = launch.quote(launch.OrderRequest(task, teacher=cheap, count=8, by=lead, mix=mix)).estimate
    of_cheap = launch.quote(launch.OrderRequest(task, teacher=cheap, count=6, by=lead)).estimate
    of_dear = launch.quote(launch.OrderRequest(task, teacher=dear, count=2, by=lead)).estimate

    assert mixed.cost_usd == pytest.approx(of_cheap.cost_usd + of_dear.cost_usd)
    assert mixed.worst_call_usd == of_dear.worst_call_usd
    assert mixed.calls == 8


def test_examples_raise_the_price_of_every_call(task: Task, source: Source, lead: Member, serve: Any) -> None:
    ann, _ = serve("ann", mail)
    approve(task, lead)

    plain = launch.quote(launch.OrderRequest(task, teacher=ann, count=4, by=lead)).estimate
    shown = launch.quote(launch.OrderRequest(task, teacher=ann, count=4, by=lead, mix=MixRequest(examples=2))).estimate

    assert shown.input_tokens > plain.input_tokens
    assert shown.worst_call_usd > plain.worst_call_usd
    assert shown.output_tokens == plain.output_tokens


def answered(order: Order, n: int, name: str, **usage: Any) -> None:
    amounts = {"input_tokens": 1000, "output_tokens": 100, "cost_usd": Decimal("0.0011"), "latency_s": 1.0, **usage}
    record_id, state = order.record_ids[0], "answered"
    Call.objects.bulk_create(
        Call(id=uuid4(), order=order, record_id=record_id, state=state, teacher_name=name, **amounts) for _ in range(n)
    )


def test_a_teacher_is_measured_on_its_own_calls_of_a_mix(task: Task, source: Source, lead: Member, serve: Any) -> None:
    ann, bob = (serve(name, mail)[0] for name in ("ann", "bob"))
    mix = MixRequest((TeacherRequest(ann), TeacherRequest(bob)))
    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, max_cost_usd=Decimal(1), mix=mix))
    answered(order, 12, "Ann")
    answered(order, 12, "Bob", output_tokens=9000, cost_usd=Decimal("0.01"))

    alone = launch.quote(launch.OrderRequest(task, teacher=ann, count=10, by=lead)).estimate

    assert (alone.basis[:8], alone.input_tokens, alone.output_tokens) == ("measured", 10_000, 1_000)


def test_examples_are_priced_once_where_calls_with_examples_were_measured(
    task: Task, source: Source, lead: Member, serve: Any
) -> None:
    ann, _ = serve("ann", mail)
    approve(task, lead)
    shown = MixRequest(examples=2)
    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, max_cost_usd=Decimal(1), mix=shown))
    answered(order, 12, "")

    again = launch.quote(launch.OrderRequest(task, teacher=ann, count=10, by=lead, mix=shown)).estimate
    plain = launch.quote(launch.OrderRequest(task, teacher=ann, count=10, by=lead)).estimate

    assert again.input_tokens == 10_000
    assert plain.basis.startswith("guessed")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (lambda ann: MixRequest((TeacherRequest(ann), TeacherRequest(ann))), "teacher_twice"),
        (lambda ann: MixRequest((TeacherRequest(ann, 0),)), "share"),
        (lambda ann: MixRequest((TeacherRequest(ann, 1, (2.5,)),)), "temperature"),
        (lambda ann: MixRequest(personas=True), "no_personas"),
        (lambda ann: MixRequest(angles=True), "no_angles"),
        (lambda ann: MixRequest(best_of="checks"), "best_of"),
        (lambda ann: MixRequest(best_of="judge"), "best_of"),
        (lambda ann: MixRequest(judge=ann), "judge"),
        (lambda ann: MixRequest(examples=2), "too_few_golds"),
        (lambda ann: MixRequest(examples=99), "too_many_examples"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_is_paid(
    task: Task, source: Source, lead: Member, serve: Any, wish: Callable[[Teacher], MixRequest], code: str
) -> None:
    ann, server = serve("ann", mail)

    with pytest.raises(Refusal) as refused:
        launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, max_cost_usd=Decimal(1), mix=wish(ann)))

    assert refused.value.code == code
    assert not Order.objects.exists() and not server.asked


def test_a_teacher_of_the_mix_without_its_key_stops_the_launch(
    task: Task, source: Source, lead: Member, serve: Any
) -> None:
    ann, _ = serve("ann", mail)
    bob, _ = serve("bob", mail)
    Teacher.objects.filter(pk=bob.pk).update(secret_ref="NOBODY_SET_THIS_KEY")
    bob.refresh_from_db()

    with pytest.raises(Refusal) as refused:
        launch.quote(
            launch.OrderRequest(
                task, teacher=ann, count=2, by=lead, mix=MixRequest((TeacherRequest(ann), TeacherRequest(bob)))
            )
        )

    assert refused.value.code == "secret_missing"


def test_an_order_as_ever_keeps_no_variety(task: Task, source: Source, lead: Member, offline: Teacher) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead))

    assert order.variety == {}


def test_programs_order_mixes_by_shares(
    task: Task, source: Source, lead: Member, serve: Any, api_as: Callable[..., APIClient]
) -> None:
    serve("ann", mail)
    serve("bob", mail)
    body = {
        "task": task.slug, "count": 4, "max_cost_usd": "1.00", "near_duplicates": "keep_out",
        "teachers": [{"teacher": "ann", "share": 3, "temperatures": [0.5]}, {"teacher": "bob"}],
    }  # fmt: skip

    quoted = api_as(lead).post("/api/v1/orders/estimate/", body, format="json")
    started = api_as(lead).post("/api/v1/orders/", body, format="json")
    shown = api_as(lead).get(f"/api/v1/orders/{started.json()['id']}/")

    assert (quoted.status_code, started.status_code) == (200, 202)
    assert shown.json()["teachers"] == [
        {"teacher": "ann", "share": 3.0, "temperatures": [0.5]},
        {"teacher": "bob", "share": 1.0, "temperatures": []},
    ]
    assert shown.json()["variety"]["near_duplicates"] == "keep_out"


@pytest.mark.parametrize("named", [{}, {"teacher": "ann", "teachers": [{"teacher": "ann"}]}])
def test_programs_name_one_teacher_or_several(
    task: Task, source: Source, lead: Member, serve: Any, api_as: Callable[..., APIClient], named: dict[str, Any]
) -> None:
    serve("ann", mail)

    refused = api_as(lead).post("/api/v1/orders/", {"task": task.slug, "count": 1, **named}, format="json")

    assert refused.status_code == 400 and "teacher" in refused.json()["errors"]


def test_a_task_with_stances_keeps_the_hash_of_versions_without(task: Task, lead: Member) -> None:
    first = task.versions.get()
    stances(task, lead)

    assert "personas" not in first.body and authoring.spec_hash(first.spec) == first.content_hash
    assert task.versions.order_by("-number")[0].body["angles"] == ["Begin with the delay."]
