"""The agreement page, a reviewer's own page, and who may see which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from members.models import Member
from review.models import Assignment, Decision, Draft, KnownAnswer, Task
from review.states import Role
from tests.review import factories

pytestmark = pytest.mark.django_db
AGREEMENT = "/tasks/outreach/review/agreement/"
REVIEWERS = "/tasks/outreach/review/reviewers/"


@pytest.fixture(autouse=True)
def _forget() -> None:
    cache.clear()


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=30)


@pytest.fixture
def rob(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def olga(task: Task, make_member) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member


def say(task: Task, by: Member, verdicts: list[str], *, days_ago: float = 0, seconds: float = 60) -> list[Decision]:
    drafts = Draft.objects.filter(task=task).order_by("queue_position")
    return Decision.objects.bulk_create(
        Decision(
            draft=draft, task=task, reviewer=by, verdict=verdict, before_hash=draft.fields_hash, body_hash="0" * 64,
            fields=None if verdict == "reject" else draft.fields, seconds=seconds,
            created_at=timezone.now() - timedelta(days=days_ago),
        )
        for draft, verdict in zip(drafts, verdicts, strict=False)
    )  # fmt: skip


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def test_without_overlap_the_page_says_how_there_would_be_some(task: Task, rob: Member, as_member) -> None:
    page = text_of(as_member(rob), AGREEMENT)

    assert "No draft has been judged twice yet" in page


def test_the_page_shows_figures_words_and_ones_own_pairs_alone(
    task: Task, rob: Member, olga: Member, admin: Member, make_member, as_member
) -> None:
    third = make_member("tim")
    factories.join(third, task)
    for member, shift in ((rob, 0), (olga, 1), (third, 1)):
        say(task, member, ["accept"] * (9 + shift) + ["reject"] * (11 - shift))

    own, all_of_them = text_of(as_member(rob), AGREEMENT), text_of(as_member(admin), AGREEMENT)

    assert "as often as people who judged by chance would" in own
    assert "olga and tim" not in own
    assert "tim and olga" not in own
    assert ("olga and tim" in all_of_them) or ("tim and olga" in all_of_them)
    assert 'id="weeks-data"' in own


def test_a_lead_sees_all_reviewers_and_a_reviewer_is_sent_to_their_own_page(
    task: Task, rob: Member, admin: Member, as_member
) -> None:
    say(task, rob, ["accept"] * 12)

    listed = text_of(as_member(admin), REVIEWERS)
    sent = as_member(rob).get(REVIEWERS)

    assert f'href="{REVIEWERS}rob/"' in listed
    assert sent["Location"] == f"{REVIEWERS}me/"


@pytest.mark.slow
def test_a_reviewer_sees_hasty_accepts_at_once_and_the_lead_a_day_later(
    task: Task, rob: Member, admin: Member, as_member
) -> None:
    say(task, rob, ["accept"], seconds=1.5)
    title = Draft.objects.order_by("queue_position")[0].record.title

    own, lead = text_of(as_member(rob), f"{REVIEWERS}me/"), text_of(as_member(admin), f"{REVIEWERS}rob/")
    say(task, rob, ["accept", "accept"], days_ago=1.5, seconds=2)

    assert "Accepted faster than reading speed" in own
    assert title in own
    assert "faster than reading speed" not in lead
    assert "faster than reading speed" in text_of(as_member(admin), f"{REVIEWERS}rob/")


def test_a_slow_accept_an_edit_and_a_short_text_are_not_hasty(task: Task, rob: Member, as_member) -> None:
    say(task, rob, ["accept"], seconds=30)
    say(task, rob, ["reject", "reject"], seconds=1)
    Draft.objects.filter(pk=say(task, rob, ["accept"], seconds=1)[0].draft_id).update(words=12)

    assert "faster than reading speed" not in text_of(as_member(rob), f"{REVIEWERS}me/")


def test_nobody_sees_another_reviewers_page_but_leads(
    task: Task, rob: Member, olga: Member, admin: Member, make_member, as_member
) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)
    say(task, olga, ["accept"])

    assert as_member(rob).get(f"{REVIEWERS}olga/").status_code == 403
    assert as_member(viewer).get(f"{REVIEWERS}me/").status_code == 403
    assert as_member(make_member("stranger")).get(f"{REVIEWERS}olga/").status_code == 404
    assert as_member(admin).get(f"{REVIEWERS}olga/").status_code == 200
    assert as_member(admin).get(f"{REVIEWERS}stranger/").status_code == 404


def test_known_answers_are_told_on_ones_own_page_with_why(task: Task, rob: Member, as_member) -> None:
    right, wrong = say(task, rob, ["accept", "accept"])
    for decision, verdict in ((right, "accept"), (wrong, "reject")):
        KnownAnswer.objects.create(draft_id=decision.draft_id, task=task, verdict=verdict, note="The date is made up.")
        Assignment.objects.create(
            draft_id=decision.draft_id, reviewer=rob, task=task, state="done", drawn="known",
            leased_until=timezone.now(), etag="x",
        )  # fmt: skip

    page = text_of(as_member(rob), f"{REVIEWERS}me/")

    assert "1 of 2" in page
    assert "The date is made up." in page


@pytest.mark.slow
def test_drift_is_told_when_it_is_more_than_chance(task: Task, rob: Member, as_member) -> None:
    say(task, rob, ["accept"] * 5 + ["reject"] * 25, days_ago=40)
    before = text_of(as_member(rob), f"{REVIEWERS}me/")

    say(task, rob, ["accept"] * 28 + ["reject"] * 2, days_ago=0.1)

    assert "Nothing to compare yet" in before
    assert "In the last 2 weeks more was accepted than before" in text_of(as_member(rob), f"{REVIEWERS}me/")


@pytest.mark.slow
def test_the_api_gives_the_same_to_those_who_may(task: Task, rob: Member, olga: Member, admin: Member, api_as) -> None:
    say(task, rob, ["accept"] * 12)
    say(task, olga, ["accept"] * 11 + ["reject"])

    lead, own = api_as(admin), api_as(rob, scopes=("read",))
    agreement = own.get("/api/v1/tasks/outreach/agreement/").json()

    assert agreement["drafts"] == 12
    assert agreement["comparisons"][0]["same"]["value"] == pytest.approx(11 / 12)
    assert [row["member"] for row in lead.get("/api/v1/tasks/outreach/reviewers/").json()["results"]] == ["olga", "rob"]
    assert own.get("/api/v1/tasks/outreach/reviewers/").status_code == 403
    assert own.get("/api/v1/tasks/outreach/reviewers/me/").json()["rates"]["accept"]["count"] == 12
    assert own.get("/api/v1/tasks/outreach/reviewers/olga/").status_code == 403
    assert own.get("/api/v1/tasks/nothing/agreement/").status_code == 404
