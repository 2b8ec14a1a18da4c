"""A router as a model of /v1: both routes, whole and streamed, and every way in which a question cannot be routed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pytest

from generation.models import Order, Teacher
from members.models import ApiToken, Member
from members.tokens import throttling
from review.models import Task
from review.spec import prompting
from review.spec.schema import OutputField
from review.states import Role
from review.tasks import authoring
from review.tasks.queries import latest_version
from review.text import checks
from serving.models import Routed, RouteOutcome, Router, RouterVersion, Usage
from serving.routing import report, set_thresholds
from serving.v1 import routed, routers
from serving.v1.routers import RoutedRequest
from tests.review import factories
from tests.serving.conftest import SLUG
from tests.serving.tiny import user
from tests.serving.waiting import wait_until
from training.models import HostPrice, Miniature, TrainingRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
SMALL, LARGE = (
    {"company": "Northwind", "sector": "cold logistics", "role": "Head of Operations", "size": size, "trigger": "grew"}
    for size in (12, 900)
)


@pytest.fixture
def version(make_version: Callable[..., RouterVersion]) -> RouterVersion:
    return make_version(Teacher.objects.get(slug="offline"))


@pytest.fixture
def ask(client: openai.OpenAI, version: RouterVersion) -> Callable[..., Any]:
    def make(record: Any, *, client: openai.OpenAI = client, **options: Any) -> Any:
        asked = {"model": version.router.slug, "messages": [], "extra_body": {"record": record}}
        return client.chat.completions.create(**asked | options)

    return make


def text_of(stream: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@pytest.mark.slow
def test_a_small_record_is_written_for_by_the_miniature_whole_and_streamed(ask, client, version, promoted, lead):
    HostPrice.objects.create(host="default", usd_per_hour="3.60")
    whole = ask(SMALL)
    raw = client.chat.completions.with_raw_response.create(
        model=version.router.slug, messages=[], extra_body={"record": SMALL}
    )
    streamed = text_of(ask(SMALL, stream=True))

    assert whole.model == SLUG == raw.headers["x-router-model"]
    assert raw.headers["x-router"] == version.router.slug
    assert streamed == whole.choices[0].message.content
    assert whole.router["why"] == "'size' is 12, at most 100." and whole.router["cost_usd"] > 0
    wait_until(lambda: Usage.objects.filter(miniature=promoted, member=lead, requests=3).exists())
    wait_until(lambda: RouteOutcome.objects.filter(routed__route=0, cost_usd__isnull=False).count() == 3)


@pytest.mark.slow
def test_a_large_record_is_written_for_by_the_teacher_whole_and_streamed(ask, version):
    whole = ask(LARGE)
    chunks = list(ask(LARGE, stream=True, stream_options={"include_usage": True}))

    assert whole.model == "offline" and "Northwind" in whole.choices[0].message.content
    assert text_of(chunks) == whole.choices[0].message.content
    assert (chunks[-2].choices[0].finish_reason, chunks[-2].router["model"]) == ("stop", "offline")
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    wait_until(lambda: report.report(version).lines[1].cost_usd == 0.0)
    assert [line.share for line in report.report(version).lines] == [0.0, 1.0]


@pytest.mark.slow
def test_a_router_by_marks_has_the_miniature_write_first_and_takes_the_teacher_for_what_is_no_mail(
    ask, make_version, promoted
):
    version = make_version(Teacher.objects.get(slug="offline"), feature="checks", fact="", thresholds=[3.0])

    answer = ask(SMALL)

    assert answer.model == "offline" and answer.router["why"] == "'checks' is missing, so the teacher writes."
    wait_until(lambda: Usage.objects.filter(miniature=promoted, requests=1).exists())
    wait_until(lambda: RouteOutcome.objects.filter(routed__version=version).exists())


@pytest.fixture
def plain(promoted: Miniature, task: Task, admin: Member) -> None:
    """Any text is of the task's shape, for a tiny model writes no mails."""
    spec = latest_version(task).spec.model_copy(update={"output_schema": (OutputField(name="reply", role="body"),)})
    TrainingRun.objects.filter(pk=promoted.run_id).update(task_version=authoring.new_version(task, spec=spec, by=admin))


@pytest.mark.slow
def test_a_router_by_confidence_keeps_what_the_miniature_was_sure_of_and_has_the_teacher_write_the_rest(
    ask, make_version, plain
):
    offline = Teacher.objects.get(slug="offline")
    make_version(offline, feature="confidence", fact="", takes_low=False, thresholds=[-20.0])
    kept, streamed = ask(SMALL), list(ask(SMALL, stream=True))
    make_version(offline, feature="confidence", fact="", takes_low=False, thresholds=[-0.000001])
    passed_on = ask(SMALL)

    value = Routed.objects.filter(route=0).values_list("value", flat=True)[0]
    assert kept.model == SLUG and kept.router["why"] == f"'confidence' is {value:g}, at least -20."
    assert kept.choices[0].logprobs is None and not hasattr(kept, "mean_log_prob")
    assert text_of(streamed) == kept.choices[0].message.content
    assert (
        passed_on.model == "offline" and passed_on.router["why"] == f"'confidence' is {value:g}, not at least -1e-06."
    )


@pytest.mark.slow
def test_an_audited_answer_says_so_and_leaves_its_outcome_to_be_told(ask, make_version):
    version = make_version(Teacher.objects.get(slug="offline"), audit_share=1.0)

    answer = ask(SMALL)

    assert answer.router["is_audit"] and answer.router["routed"] == str(version.routed.get(is_audit=True).pk)
    assert not RouteOutcome.objects.exists()


@pytest.mark.slow
def test_a_paid_teacher_writes_by_an_order_with_a_budget_and_a_journal(
    site, ask, make_version, paid, task, lead, key_of, worker
):
    make_version(paid)
    [record] = factories.make_records(factories.make_source(task), 1, size=900)
    spender = openai.OpenAI(base_url=site.url, api_key=key_of(lead, "lead"), max_retries=0, timeout=60)

    answer = ask(str(record.pk), client=spender)

    order = Order.objects.get()
    assert answer.model == "gpt" and answer.usage.completion_tokens == 40
    assert (order.created_by, order.max_cost_usd > 0, order.calls.count()) == (lead, True, 1)
    assert answer.router["cost_usd"] == pytest.approx(float(order.calls.get().cost_usd)) and order.calls.get().cost_usd
    wait_until(lambda: RouteOutcome.objects.filter(cost_usd=order.calls.get().cost_usd).exists())


@pytest.mark.slow
def test_a_paid_teacher_is_a_leads_to_ask_and_writes_for_imported_records_only(
    site, ask, make_version, paid, lead, key_of, client
):
    make_version(paid)
    spender = openai.OpenAI(base_url=site.url, api_key=key_of(lead, "lead"), max_retries=0, timeout=60)

    with pytest.raises(openai.PermissionDeniedError) as no_scope:
        ask(SMALL)
    with pytest.raises(openai.BadRequestError) as no_row:
        ask(SMALL, client=spender)

    assert "is paid" in no_scope.value.message and "'lead'" in no_scope.value.message
    assert no_row.value.code == "needs_record" and "Import it first" in no_row.value.message
    assert not Order.objects.exists()
    # Who may not ask it does not find it in the list.
    slug = Router.objects.get().slug
    assert slug not in {model.id for model in client.models.list()}
    assert slug in {model.id for model in spender.models.list()}


def test_a_question_whose_teacher_refuses_takes_nothing_of_its_tokens_minute(
    site, ask, make_version, paid, task, lead, key_of, monkeypatch
):
    make_version(paid)
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setattr(throttling.time, "time", lambda: 1_700_000_020.0)
    [record] = factories.make_records(factories.make_source(task), 1, size=900)
    spender = openai.OpenAI(base_url=site.url, api_key=key_of(lead, "lead"), max_retries=0, timeout=60)
    left = []

    for _ in range(2):
        with pytest.raises(openai.APIStatusError) as refused:
            ask(str(record.pk), client=spender)
        left.append(refused.value.response.headers["x-ratelimit-remaining-tokens"])

    assert not Order.objects.exists()
    assert left[0] == left[1]


@pytest.mark.slow
def test_a_question_that_cannot_be_routed_is_refused_by_name(ask):
    asked = [
        (None, {"messages": user("hello")}, "record_missing", "record"),
        ({"company": "Northwind"}, {}, "invalid_value", "record.sector"),
        ({**SMALL, "nonsense": 1}, {}, "invalid_value", "record.nonsense"),
        ("no id", {}, "record_unknown", "record"),
        (7, {}, "invalid_value", "record"),
        (SMALL, {"messages": user("hello")}, "invalid_value", "messages"),
        (SMALL, {"temperature": 0.7}, "unsupported_parameter", "temperature"),
        (SMALL, {"max_tokens": 9}, "unsupported_parameter", "max_tokens"),
        (SMALL, {"logprobs": True}, "unsupported_parameter", "logprobs"),
        (SMALL, {"model": SLUG}, "unsupported_parameter", "record"),
    ]
    for record, options, code, param in asked:
        with pytest.raises(openai.BadRequestError) as refused:
            ask(record, **options)

        assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.slow
def test_what_is_read_off_a_text_is_what_the_checks_object_to_or_how_sure_its_writer_was(version, make_version, lead):
    body = json.dumps({"model": version.router.slug, "record": SMALL}).encode()
    with_key = ApiToken.objects.create(user=lead, name="t", scopes=["serve"])[1]
    asked = routers.admit(f"Bearer {with_key}", body)
    [record] = factories.make_records(factories.make_source(version.router.task), 1)
    mail = prompting.completion(asked.spec, factories.mail(record))

    by_marks = replace(asked, version=make_version(version.teacher, feature="checks", fact=""))
    by_confidence = replace(asked, version=make_version(version.teacher, feature="confidence", fact=""))

    def read(asked: RoutedRequest, text: str, **done: float) -> dict[str, float]:
        return routed.read_features(asked, {"text": text, "done": done})

    clean, invented = (read(by_marks, text)["checks"] for text in (mail, mail.replace("grew", "earned $9bn")))

    assert clean == len(checks.run(asked.spec, asked.facts, factories.mail(record)))
    assert read(by_marks, "no mail") == {} and invented >= clean
    assert read(by_confidence, mail, mean_log_prob=-0.5) == {"confidence": -0.5}
    assert read(by_confidence, mail) == read(by_confidence, "no mail", mean_log_prob=-0.5) == {}


@pytest.mark.slow
def test_a_router_is_found_by_who_may_ask_its_models_only(
    site, ask, client, version, viewer, task, make_member, key_of
):
    def client_of(member: Member) -> openai.OpenAI:
        return openai.OpenAI(base_url=site.url, api_key=key_of(member), max_retries=0, timeout=60)

    reviewer = make_member("rae")
    factories.join(reviewer, task, Role.REVIEWER)

    for stranger in (viewer, make_member("sam")):
        with pytest.raises(openai.NotFoundError):
            ask(SMALL, client=client_of(stranger))
        assert list(client_of(stranger).models.list()) == []
    assert ask(SMALL, client=client_of(reviewer)).model == SLUG
    assert client.models.retrieve(version.router.slug).owned_by == task.slug


def test_a_router_whose_slug_a_task_took_too_is_asked_by_its_id(ask, client, task, version, as_member, lead):
    slug, by_id = version.router.slug, str(version.router.pk)
    page = f"/routers/{by_id}/"
    assert f"<code>{slug}</code>" in as_member(lead).get(page).content.decode()

    Task.objects.filter(pk=task.pk).update(slug=slug)

    with pytest.raises(openai.BadRequestError, match=f"by its id, {by_id}"):
        ask(SMALL)
    assert ask(SMALL, model=by_id).router["name"] == slug
    assert f"<code>{by_id}</code>" in as_member(lead).get(page).content.decode()
    listed = [each.id for each in client.models.list()]
    assert (listed.count(slug), listed.count(by_id)) == (1, 1)


def test_a_router_without_thresholds_or_with_a_model_out_of_use_says_so(ask, client, task, admin, promoted, version):
    from serving.promotions import promotion

    empty = set_thresholds.create(task, name="Empty", by=admin)

    with pytest.raises(openai.BadRequestError) as unset:
        ask(SMALL, model=empty.slug)
    promotion.demote(promoted, by=admin)
    with pytest.raises(openai.BadRequestError) as off:
        ask(SMALL)

    assert (unset.value.code, off.value.code) == ("router_unset", "router_model_off")
    assert list(client.models.list()) == []
