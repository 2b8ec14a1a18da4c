"""A compiled query gives what its queryset gives, for every value, in every thread, without compiling again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.constants import OnConflict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.models import Decision, Draft, Record, Task
from tests.review import factories
from web.db.compiled_query import CompiledExists, CompiledInsert, CompiledQuery, CompiledUpdate
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db


def drafts_of(limit: int, *, task_id: UUID, title: str) -> QuerySet[Draft]:
    judged = Decision.objects.filter(draft=OuterRef("pk"))
    found = Draft.objects.select_related("record").defer("messages").annotate(is_judged=Exists(judged))
    return found.filter(task_id=task_id, record__title__gt=title).order_by("queue_position")[:limit]


@pytest.fixture
def task() -> Task:
    return factories.make_desk(by=Member.objects.create(username="lead", is_superuser=True))


def test_rows_related_rows_and_annotations_are_those_of_the_queryset(task: Task) -> None:
    ask = CompiledQuery(drafts_of)

    for title in ("", "Graz", "Zwolle"):
        wanted = list(drafts_of(3, task_id=task.pk, title=title))
        found: list[Any] = ask(3, task_id=task.pk, title=title)

        assert found == wanted
        assert [(card.record.facts, card.is_judged) for card in found] == [
            (card.record.facts, False) for card in wanted
        ]


def test_a_related_row_costs_no_further_question_and_a_deferred_field_one(
    task: Task, django_assert_num_queries: Any
) -> None:
    ask = CompiledQuery(drafts_of)

    with django_assert_num_queries(1):
        [card] = ask(1, task_id=task.pk, title="")
        assert card.record.title

    with django_assert_num_queries(1):
        assert card.messages == []


def test_the_queryset_is_built_once_for_each_set_of_fixed_arguments(task: Task) -> None:
    built: list[int] = []

    def counted(limit: int, *, task_id: UUID) -> QuerySet[Draft]:
        built.append(limit)
        return Draft.objects.filter(task_id=task_id)[:limit]

    ask = CompiledQuery(counted)
    sizes = [len(ask(limit, task_id=task.pk)) for limit in (2, 3, 2, 3)]

    assert sizes == [2, 3, 2, 3]
    assert built == [2, 3]


def test_constants_stand_in_the_text_so_that_one_plan_serves_all_calls(task: Task) -> None:
    sent: list[Any] = []

    def note(execute: Any, sql: str, parameters: Any, *more: Any) -> Any:
        sent.append(list(parameters))
        return execute(sql, parameters, *more)

    ask = CompiledQuery(lambda *, task_id: Draft.objects.filter(task_id=task_id, record__title__lt="O'Hara 5%"))
    with connection.execute_wrapper(note):
        found = ask(task_id=task.pk)

    assert set(found) == set(Draft.objects.filter(task_id=task.pk, record__title__lt="O'Hara 5%"))
    assert [len(parameters) for parameters in sent] == [1]


def test_moments_are_parameters_too(task: Task) -> None:
    ask = CompiledQuery(lambda *, before: Record.objects.filter(created_at__lt=before))
    now = timezone.now()

    assert len(ask(before=now + timedelta(hours=1))) == 8
    assert ask(before=now - timedelta(hours=1)) == []


def test_a_value_that_the_statement_does_not_carry_is_refused(task: Task) -> None:
    ask = CompiledQuery(lambda *, task_id, unused: Draft.objects.filter(task_id=task_id))

    with pytest.raises(LookupError, match="unused"):
        ask(task_id=task.pk, unused=task.pk)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_threads_with_connections_of_their_own_ask_side_by_side(task: Task) -> None:
    ask = CompiledQuery(drafts_of)
    wanted = ask(8, task_id=task.pk, title="")

    def once(_: int) -> bool:
        try:
            return ask(8, task_id=task.pk, title="") == wanted
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(once, range(24)))


def renamed(*, pk: UUID, name: str, shown: str | None, task_id: UUID) -> tuple[QuerySet[Record], dict[str, Any]]:
    drafts = Draft.objects.filter(record=OuterRef("pk"), task_id=task_id)
    return Record.everything.filter(Exists(drafts), pk=pk), {"title": name, "domain": shown or "none"}


def test_an_update_changes_the_row_that_its_values_name(task: Task) -> None:
    update = CompiledUpdate(renamed)
    first, second, third = Draft.objects.values_list("record_id", flat=True).distinct().order_by("record_id")[:3]

    counts = [update(pk=pk, name=f"New {n}", shown=None, task_id=task.pk) for n, pk in enumerate((first, second))]
    missed = update(pk=third, name="Never", shown=None, task_id=uuid4())

    assert (counts, missed) == ([1, 1], 0)
    titles = dict(Record.objects.values_list("pk", "title"))
    assert (titles[first], titles[second]) == ("New 0", "New 1")
    assert "Never" not in titles.values()


def test_an_update_with_a_value_that_is_no_parameter_or_with_a_join_is_refused(task: Task) -> None:
    unused = CompiledUpdate(lambda *, pk, other: (Draft.objects.filter(pk=pk), {"words": 3}))
    joined = CompiledUpdate(lambda *, title: (Draft.objects.filter(record__title=title), {"words": 3}))

    with pytest.raises(LookupError, match="other"):
        unused(pk=uuid4(), other=5)
    with pytest.raises(LookupError, match="join"):
        joined(title="x")


def test_a_compiled_exists_answers_as_its_queryset_and_asks_once(task: Task, django_assert_num_queries: Any) -> None:
    has_drafts = CompiledExists(lambda *, task_id, after: drafts_of(3, task_id=task_id, title=after))

    with django_assert_num_queries(3):
        answers = [has_drafts(task_id=pk, after=title) for pk, title in ((task.pk, ""), (task.pk, "zz"), (uuid4(), ""))]

    assert answers == [True, False, False]


def test_a_none_among_the_values_of_a_compiled_exists_is_part_of_the_statement(task: Task) -> None:
    def drafts(*, task_id: UUID, title: str | None) -> QuerySet[Draft]:
        rows = Draft.objects.filter(task_id=task_id)
        return rows if title is None else rows.filter(record__title=title)

    has_drafts = CompiledExists(drafts)

    assert [has_drafts(task_id=task.pk, title=title) for title in (None, "nobody", None)] == [True, False, True]


def test_a_compiled_insert_writes_what_the_model_would_and_passes_over_what_is_there() -> None:
    insert = CompiledInsert(WebhookEvent)
    rows = [WebhookEvent(key=key, kind="job.done", data={"n": n}) for n, key in enumerate(("one", "two", "one"))]

    for row in rows:
        insert(row)

    assert sorted(WebhookEvent.objects.values_list("key", "data")) == [("one", {"n": 0}), ("two", {"n": 1})]


def test_a_compiled_insert_may_refuse_what_is_there_or_write_named_columns_into_it() -> None:
    refuse = CompiledInsert(WebhookEvent, on_conflict=None)
    renew = CompiledInsert(WebhookEvent, on_conflict=OnConflict.UPDATE, unique=("key",), updated=("data",))
    first = refuse(WebhookEvent(key="one", kind="job.done", data={"n": 1}))

    with pytest.raises(IntegrityError), transaction.atomic():
        refuse(WebhookEvent(key="one", kind="job.failed", data={"n": 2}))
    renew(WebhookEvent(key="one", kind="job.failed", data={"n": 3}))

    first.refresh_from_db()
    assert (first.kind, first.data) == ("job.done", {"n": 3})


@pytest.mark.postgres_only
def test_postgresql_plans_a_compiled_query_once_and_the_log_holds_its_values(task: Task) -> None:
    ask = CompiledQuery(drafts_of)

    with CaptureQueriesContext(connection) as captured:
        for title in ("Graz", "100 %", "Zwolle"):
            ask(3, task_id=task.pk, title=title)

    assert [
        query["sql"].count(f"'{title}'") for query, title in zip(captured, ("Graz", "100 %", "Zwolle"), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, parameter_types::text FROM pg_prepared_statements")
        [(statement, types)] = cursor.fetchall()
    assert statement.endswith("LIMIT 3")
    assert sorted(types.strip("{}").split(",")) == ["text", "uuid"]
