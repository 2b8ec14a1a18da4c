from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.models import Call, Order, SpendDay, Teacher
from generation.money import daily_sums, ledger
from generation.orders import launch
from members.models import Member
from review.models import Membership, Source, Task
from tests.generation.money.tellings import doubt, take_in, told
from web.errors import Refusal

Browse = Callable[[Member], Client]


@pytest.fixture
def spent(task: Task, source: Source, paid: Teacher, lead: Member, admin: Member) -> list[Order]:
    """Three orders of two members with 30 calls each, at costs that no cent divides."""
    made = []
    for number, member in enumerate((lead, lead, admin)):
        order = launch.launch(launch.OrderRequest(task, teacher=paid, count=30, by=member, max_cost_usd=Decimal(1)))
        costs = [0.000_301 * (n + number) for n in range(1, 31)]
        take_in(order, *(told(order, "draft", n, cost_usd=usd) for n, usd in enumerate(costs, start=1)))
        made.append(order)
    take_in(made[0], doubt(made[0], 99))
    return made


def read(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def fetched(client: Client, **asked: str) -> list[dict[str, str]]:
    answer = client.get(reverse("generation:ledger-csv"), asked)
    return read(b"".join(answer.streaming_content).decode())  # type: ignore[attr-defined]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("by", [*ledger.GROUPINGS, "call"])
def test_the_lines_of_a_csv_add_up_to_the_total_exactly(
    spent: list[Order], lead: Member, as_member: Browse, by: str
) -> None:
    total = ledger.total(lead, ledger.parse_query(lead))

    rows = fetched(as_member(lead), by=by)

    assert sum(Decimal(row["cost_usd"]) for row in rows) == total.cost_usd
    assert sum(Decimal(row["possible_usd"]) for row in rows) == total.possible_usd == Decimal("0.004")
    assert total.cost_usd == sum(call.cost_usd for call in Call.objects.all()) > Decimal("0.4")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("by", "keys"), [("job", 3), ("task", 1), ("teacher", 1), ("member", 2), ("day", 1)])
def test_sums_are_by_what_was_asked(spent: list[Order], lead: Member, by: str, keys: int) -> None:
    lines, following = ledger.page(lead, ledger.parse_query(lead, by=by))

    assert (len(lines), following) == (keys, "")
    assert sum(line.amounts.calls for line in lines) == 91


def test_lines_are_named_and_lead_to_what_they_sum(spent: list[Order], lead: Member) -> None:
    named = {by: ledger.page(lead, ledger.parse_query(lead, by=by))[0][0] for by in ledger.GROUPINGS}

    assert [named[by].label for by in ("job", "task", "teacher")] == ["30 drafts by GPT-4o", "Outreach", "GPT-4o"]
    assert {line.label for line in ledger.page(lead, ledger.parse_query(lead, by="member"))[0]} == {"ada", "lea"}
    assert named["job"].url == reverse("generation:detail", args=[spent[-1].pk])
    assert named["day"].key == timezone.localdate().isoformat()


@pytest.mark.parametrize("by", ["job", "member", "day"])
def test_pages_go_on_where_the_last_ended(spent: list[Order], lead: Member, by: str) -> None:
    for back in range(1, 4):
        SpendDay.objects.create(
            order=spent[0], day=timezone.localdate() - timedelta(days=back), teacher_name="GPT-4o", way="live"
        )
    wanted, seen, after = ledger.parse_query(lead, by=by, month="all"), [], ""

    while True:
        lines, after = ledger.page(lead, wanted, after=after, size=1)
        seen += [line.key for line in lines]
        if not after:
            break

    assert seen == [line.key for line in ledger.page(lead, wanted)[0]]
    assert len(seen) == len(set(seen)) == {"job": 3, "member": 2, "day": 4}[by]


def test_a_month_holds_its_own_days_and_calls(spent: list[Order], lead: Member, as_member: Browse) -> None:
    long_ago = timezone.make_aware(timezone.datetime(2024, 2, 29, 23, 59))  # type: ignore[attr-defined]
    Call.objects.filter(order=spent[1]).update(created_at=long_ago)
    daily_sums.rebuild(spent[1])

    assert ledger.total(lead, ledger.parse_query(lead, month="2024-02")).calls == 30
    assert ledger.total(lead, ledger.parse_query(lead, month="2024-03")).calls == 0
    assert len(fetched(as_member(lead), by="call", month="2024-02")) == 30
    assert "2024-02" in ledger.months(lead)


def test_a_stranger_sees_nothing_and_an_admin_sees_archived_tasks_too(
    spent: list[Order], task: Task, stranger: Member, admin: Member, as_member: Browse
) -> None:
    Task.objects.filter(pk=task.pk).update(archived_at=timezone.now())

    assert ledger.total(stranger, ledger.parse_query(stranger)).calls == 0
    assert fetched(as_member(stranger), by="call") == []
    assert ledger.total(admin, ledger.parse_query(admin)).calls == 91
    assert len(fetched(as_member(admin), by="call")) == 91


def test_calls_are_streamed_in_chunks_without_gaps_or_repeats(
    spent: list[Order], lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All at one instant: the chunk's end falls between equals.
    Call.objects.update(created_at=timezone.now())
    monkeypatch.setattr(ledger, "CHUNK", 7)

    found = [call.pk for call in ledger.calls(lead, ledger.parse_query(lead))]

    assert len(found) == len(set(found)) == 91


def test_no_cell_of_the_csv_begins_a_formula(spent: list[Order], lead: Member, as_member: Browse) -> None:
    Call.objects.filter(position=1).update(request_id="=HYPERLINK(1)")

    assert {row["request_id"][0] for row in fetched(as_member(lead), by="call")} == {"r", "'"}


def test_the_page_shows_lines_total_and_files(spent: list[Order], lead: Member, as_member: Browse) -> None:
    total = ledger.total(lead, ledger.parse_query(lead))

    page = as_member(lead).get(reverse("generation:ledger"), {"by": "member"})

    assert page.status_code == 200
    text = page.content.decode()
    assert f"{total.cost_usd.normalize():,f}" in text
    assert "ledger/csv/?by=call" in text


def test_the_page_asks_as_much_for_many_orders_as_for_few(
    spent: list[Order], lead: Member, as_member: Browse, django_assert_max_num_queries: Any
) -> None:
    client = as_member(lead)

    with django_assert_max_num_queries(16):
        client.get(reverse("generation:ledger"))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "asked",
    [{"month": "13-2026"}, {"by": "colour"}, {"after": "nowhere"}, {"month": "2026-13"}, {"month": "2026-05\n"}],
)
def test_a_part_that_cannot_be_is_refused_and_the_month_that_lasts_shown(
    spent: list[Order], lead: Member, as_member: Browse, asked: dict[str, str]
) -> None:
    assert as_member(lead).get(reverse("generation:ledger"), asked).status_code == 400
    if "after" not in asked:
        with pytest.raises(Refusal):
            ledger.parse_query(lead, **asked)
        assert as_member(lead).get(reverse("generation:ledger-csv"), asked).status_code == 400


@pytest.mark.slow
def test_the_api_tells_lines_and_their_total(spent: list[Order], lead: Member, as_member: Browse) -> None:
    found = as_member(lead).get("/api/v1/ledger/", {"by": "member"}).json()

    assert (found["by"], found["next"], len(found["results"])) == ("member", None, 2)
    lines = [Decimal(line["amounts"]["cost_usd"]) for line in found["results"]]
    assert sum(lines) == Decimal(found["total"]["cost_usd"])
    answer = as_member(lead).get("/api/v1/ledger/csv/", {"by": "call"})
    assert len(read(b"".join(answer.streaming_content).decode())) == 91  # type: ignore[attr-defined]
    assert as_member(lead).get("/api/v1/ledger/", {"month": "x"}).json()["code"] == "ledger_month"


def test_months_end_on_their_last_day() -> None:
    assert ledger.month_bounds("2024-02") == (date(2024, 2, 1), date(2024, 3, 1))


def test_another_tasks_viewer_sees_that_task_alone(
    spent: list[Order], task: Task, stranger: Member, as_member: Browse
) -> None:
    assert as_member(stranger).get(reverse("generation:ledger"), {"task": "outreach"}).status_code == 404

    Membership.objects.create(member=stranger, task=task, role="viewer")

    assert as_member(stranger).get(reverse("generation:ledger"), {"task": "outreach"}).status_code == 200
