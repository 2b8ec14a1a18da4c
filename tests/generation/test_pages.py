from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Call, Order, Teacher
from generation.states import Purpose
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Source, Task
from review.states import SourceKind
from tests.generation.conftest import uncertain_call

SignIn = Callable[[Member], Client]


def test_an_order_is_launched_from_the_page(task: Task, source: Source, lead: Member, as_member: SignIn) -> None:
    page = as_member(lead)

    answer = page.post(
        reverse("generation:list", args=[task.slug]), {"teacher": "offline", "count": "3", "source": "prospects"}
    )

    order = Order.objects.get()
    assert answer.url == reverse("generation:detail", args=[order.pk])
    assert (order.count, order.source, order.job.state, order.created_by) == (3, source, "queued", lead)


def test_temperatures_without_a_share_are_those_of_the_only_teacher_or_refused(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    page, url = as_member(lead), reverse("generation:list", args=[task.slug])
    order = {"teacher": "offline", "count": "3", "source": "prospects", "temperatures.offline": "0.2 0.9"}

    refused = [page.post(url, {**order, **more}) for more in ({"share.gpt-4o": "1"}, {"temperatures.gpt-4o": "0.5"})]
    page.post(url, order)

    for answer in refused:
        assert answer.status_code == 422
        assert "Give each teacher that has temperatures a share too." in answer.content.decode()
    assert [mixed["temperatures"] for mixed in Order.objects.get().variety["teachers"]] == [[0.2, 0.9]]


def test_the_form_begins_with_a_teacher_that_can_be_asked(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")

    body = as_member(lead).get(reverse("generation:list", args=[task.slug])).content.decode()

    assert body.index("GPT-4o (no key)") < body.index("Offline teacher (free, a program for practice)")
    assert '<option value="offline" selected>' in body


def test_the_empty_page_says_what_comes_first(task: Task, lead: Member, as_member: SignIn) -> None:
    body = as_member(lead).get(reverse("generation:list", args=[task.slug])).content.decode()

    assert "Import records" in body
    assert 'id="order"' not in body


@pytest.mark.parametrize("kind", [SourceKind.DRAFTS, SourceKind.DECISIONS])
def test_records_that_came_with_drafts_can_be_written_for(
    task: Task, source: Source, lead: Member, as_member: SignIn, kind: SourceKind
) -> None:
    Source.objects.filter(pk=source.pk).update(kind=kind)

    page = as_member(lead)
    body = page.get(reverse("generation:list", args=[task.slug])).content.decode()
    page.post(reverse("generation:list", args=[task.slug]), {"teacher": "offline", "count": "3", "source": "prospects"})

    assert "Import records first." not in body
    assert "All 6 records" in body and "Prospects (6)" in body
    assert Order.objects.get().source == source


def test_the_price_and_the_terms_are_shown_before(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    body = (
        as_member(lead)
        .get(reverse("generation:estimate", args=[task.slug]), {"teacher": "gpt-4o", "count": "20"})
        .content.decode()
    )

    assert "$0.0" in body
    assert "before a large order" in body
    assert "compete with OpenAI" in body
    assert "check the current text" in body
    assert not Order.objects.exists()


@pytest.mark.slow
def test_without_scripts_the_price_is_one_button_away_and_nothing_is_ordered(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    page, url = as_member(lead), reverse("generation:list", args=[task.slug])
    chosen = {"teacher": "gpt-4o", "count": "21", "source": "prospects", "max_cost_usd": "3"}

    before = page.get(url).content.decode()
    asked = page.post(url, chosen | {"verb": "price", "csrfmiddlewaretoken": "canary"})
    shown = page.get(asked.url).content.decode()

    assert 'value="price"' in before
    assert "What it costs" not in before
    assert asked.status_code == 302
    assert "canary" not in asked.url
    assert "What it costs" in shown
    assert "21 for 6 records" in shown
    assert 'value="21"' in shown
    assert "before a large order" in shown
    assert not Order.objects.exists()


def test_a_link_that_names_a_teacher_alone_shows_the_price_of_what_stands_in_the_form(
    task: Task, source: Source, lead: Member, as_member: SignIn
) -> None:
    body = as_member(lead).get(reverse("generation:list", args=[task.slug]), {"teacher": "offline"}).content.decode()

    assert "What it costs" in body
    assert "Order between" not in body


def test_without_scripts_a_refusal_stands_where_the_price_would(
    task: Task, source: Source, lead: Member, as_member: SignIn
) -> None:
    url = reverse("generation:list", args=[task.slug])

    body = as_member(lead).get(url, {"teacher": "offline", "count": "9" * 5000}).content.decode()

    assert "What it costs" not in body
    assert 'role="alert"' in body


def test_a_budget_too_small_for_one_call_is_refused_beside_the_form(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    answer = as_member(lead).post(
        reverse("generation:list", args=[task.slug]), {"teacher": "gpt-4o", "count": "3", "max_cost_usd": "0.0001"}
    )

    assert answer.status_code == 422
    body = answer.content.decode()
    assert body.count("does not cover one call") == 1
    assert "Raise the budget" in body
    assert not Order.objects.exists()


def test_an_order_page_shows_counts_failures_and_doubts(paid_order: Order, lead: Member, as_member: SignIn) -> None:
    uncertain_call(paid_order, error_message="No answer came in time.")
    Call.objects.create(
        id="00000000-0000-0000-0000-0000000000ff",
        order=paid_order,
        record_id=paid_order.record_ids[0],
        state="failed",
        error_code="malformed",
        error_message="<b>the answer</b>",
        cost_usd=Decimal("0.0007"),
    )

    body = as_member(lead).get(reverse("generation:detail", args=[paid_order.pk])).content.decode()

    assert "1 uncertain call" in body
    assert "malformed" in body
    assert "<b>the answer</b>" not in body
    assert "$0.0007" in body
    assert "Ask again" in body


def test_an_evaluations_order_never_says_that_it_has_no_drafts(
    paid_order: Order, lead: Member, as_member: SignIn
) -> None:
    page, address = as_member(lead), reverse("generation:detail", args=[paid_order.pk])
    Order.objects.filter(pk=paid_order.pk).update(purpose=Purpose.EVALUATION)

    bodies = []
    for state in (JobState.QUEUED, JobState.SUCCEEDED):
        Job.objects.filter(pk=paid_order.job_id).update(state=state)
        bodies.append(page.get(address).content.decode())

    assert ["These belong to an evaluation and are not reviewed." in body for body in bodies] == [True, True]
    assert "None so far." not in bodies[1]


def test_an_order_page_counts_calls_that_it_does_not_list(paid_order: Order, lead: Member, as_member: SignIn) -> None:
    for n in range(201):
        uncertain_call(paid_order, n)
    for n in range(300, 351):
        Call.objects.create(id=UUID(int=n), order=paid_order, state="answered", position=n, claimed_cost_usd=Decimal(9))

    body = as_member(lead).get(reverse("generation:detail", args=[paid_order.pk])).content.decode()

    assert "201 uncertain calls" in body and "Shows the first 200" in body
    assert "Applies to the chosen calls, or to all 201" in body
    assert "51 calls with an impossible token count" in body and "Shows the first 50" in body


def test_dropping_and_asking_again_from_the_page(paid_order: Order, lead: Member, as_member: SignIn) -> None:
    first, second = uncertain_call(paid_order, 1), uncertain_call(paid_order, 2)
    page, url = as_member(lead), reverse("generation:settle", args=[paid_order.pk])

    page.post(url, {"verb": "drop", "call": str(first.pk)})
    page.post(url, {"verb": "not_paid", "call": str(second.pk)})
    page.post(url, {"verb": "retry", "call": "no id"})
    assert not Order.objects.filter(repeats=paid_order).exists()
    page.post(url, {"verb": "retry", "call": str(second.pk)})
    page.post(url, {"verb": "retry", "call": str(second.pk)})

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.settlement, second.settlement) == ("dropped", "retried")
    assert Order.objects.filter(repeats=paid_order).count() == 1


@pytest.mark.slow
def test_heads_of_a_list_of_many_pages_have_the_server_order_it(
    task: Task, source: Source, offline: Teacher, lead: Member, as_member: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.orders import launch, pages

    orders = [launch.launch(launch.OrderRequest(task, teacher=offline, count=count, by=lead)) for count in (1, 1, 1)]
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    address, client = reverse("generation:list", args=[task.slug]), as_member(lead)
    of = {str(order.pk): place for place, order in enumerate(orders)}

    def shown(query: str) -> list[int]:
        page = client.get(f"{address}?{query}").content.decode()
        return [of[key] for key in re.findall(r'<th scope="row"><a href="[^"]*?([0-9a-f-]{36})/">', page)]

    page = client.get(f"{address}?sort=launched").content.decode()

    assert '<th scope="col" aria-sort="ascending" ><a href="?sort=-launched">Launched</a></th>' in page
    assert '<th scope="col" aria-sort="none" class="num"><a href="?sort=cost">Cost</a></th>' in page
    assert (shown("sort=launched"), shown("sort=launched&page=2")) == ([0, 1], [2])
    assert shown("sort=-launched") == shown("") == shown("sort=nonsense") == [2, 1]
    assert shown("sort=-cost") == [2, 1]


@pytest.mark.slow
def test_the_list_costs_the_same_queries_at_one_order_and_at_many(
    task: Task, source: Source, offline: Teacher, lead: Member, as_member: SignIn, django_assert_max_num_queries: Any
) -> None:
    from generation.orders import launch

    for _ in range(20):
        launch.launch(launch.OrderRequest(task, teacher=offline, count=1, by=lead))
    page = as_member(lead)

    with django_assert_max_num_queries(20):
        answer = page.get(reverse("generation:list", args=[task.slug]))

    assert answer.status_code == 200


def test_the_budget_begins_as_the_sum_that_the_price_names(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    page, url = as_member(lead), reverse("generation:list", args=[task.slug])
    asked = {"teacher": "gpt-4o", "count": "5"}

    quoted = page.get(url, asked | {"max_cost_usd": ""}).content.decode()
    own = page.get(url, asked | {"max_cost_usd": "7.5"}).content.decode()
    free = page.get(url, {"teacher": "offline", "count": "5"}).content.decode()
    suggested = re.findall(r'<data data-suggested-budget value="([\d.]+)">', quoted)
    launched = page.post(url, asked | {"max_cost_usd": field_value(quoted)})

    assert [field_value(quoted)] == suggested
    assert (field_value(own), field_value(free)) == ("7.5", "")
    assert launched.status_code == 302
    assert Order.objects.get().max_cost_usd == Decimal(suggested[0])


def test_a_budget_that_is_left_out_is_refused_with_the_sum_that_would_do(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: SignIn
) -> None:
    page, url = as_member(lead), reverse("generation:list", args=[task.slug])
    price = page.get(reverse("generation:estimate", args=[task.slug]), {"teacher": "gpt-4o", "count": "5"})
    [suggested] = re.findall(r'<data data-suggested-budget value="([\d.]+)">', price.content.decode())

    refused = page.post(url, {"teacher": "gpt-4o", "count": "5"})

    assert refused.status_code == 422
    assert f"${suggested} would cover it" in refused.content.decode()
    assert not Order.objects.exists()


def field_value(page: str) -> str:
    """What stands in the form's budget."""
    [tag] = re.findall(r'<input[^>]*name="max_cost_usd"[^>]*>', page)
    found = re.search(r'value="([^"]*)"', tag)
    return found[1] if found else ""
