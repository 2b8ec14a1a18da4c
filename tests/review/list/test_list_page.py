"""The list of drafts: searched, narrowed, paged, and safe to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.bulk import listing
from review.desk import deck
from review.drafts import draft_filters, search_index
from review.models import Comment, Draft, Task
from review.states import DraftState, Role
from tests.review import factories
from tests.review.bulk.acts import act, pending
from tests.review.desk.verbs import judge
from tests.review.shared_desk import shared
from web.db import keyset

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
URL = "/tasks/outreach/review/list/"


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[bool]:
    yield from shared(request, django_db_blocker, lambda admin: factories.make_desk(by=admin, count=20))


@pytest.fixture
def admin(desk: bool, db: None) -> Member:
    return Member.objects.get(username="ada")


@pytest.fixture
def task(desk: bool, db: None) -> Task:
    return Task.objects.get(slug="outreach")


@pytest.fixture
def browser(expert: Member, as_member) -> Client:
    return as_member(expert)


def titles(client: Client, **narrowed: str) -> list[str]:
    page = client.get(URL, narrowed).content.decode()
    return re.findall(r'<th scope="row">\s*<a[^>]*>(?:<bdi>)?([^<]*)', page)


@pytest.mark.slow
def test_words_find_drafts_by_text_title_and_facts(browser: Client) -> None:
    assert len(titles(browser, q="thursday")) == 20
    assert titles(browser, q='"works 7"') == ["Brno Works 7"]
    assert titles(browser, q="lund -depot") == []
    assert "Lund Works 1" in titles(browser, q="lund")


def test_a_hit_is_marked_as_text(browser: Client) -> None:
    page = browser.get(URL, {"q": "thursday"}).content.decode()

    assert page.count('<mark class="hit">Thursday</mark>') == 20


def test_words_and_filters_narrow_together(browser: Client, task: Task, expert: Member) -> None:
    (card,) = deck.deal(expert, task, count=1)
    judge(card, by=expert)

    assert titles(browser, q="thursday", state="decided") == [card.draft.record.title]
    assert titles(browser, q="thursday", verdict="reject") == []
    assert titles(browser, verdict="accept") == [card.draft.record.title]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"round": "1"}, 0),
        ({"round": "2"}, 0),
        ({"round": "x"}, 0),
        ({"since": "2001-01-01"}, 20),
        ({"until": "2001-01-01"}, 0),
        ({"since": "no day"}, 0),
        ({"since": "9999-12-31", "until": "9999-12-31"}, 0),
        ({"reviewer": "rob"}, 0),
        ({"bulk": "yes"}, 0),
        ({"bulk": "no uuid"}, 0),
        ({"commented": "yes"}, 0),
        ({"split": "train"}, 20),
        ({"origin": "import"}, 0),
        ({"check": "spam"}, 0),
        ({"state": "nonsense"}, 0),
    ],
)
def test_each_filter_narrows_and_a_strange_value_finds_nothing(
    browser: Client, narrowed: dict[str, str], count: int
) -> None:
    assert len(titles(browser, **narrowed)) == count


@pytest.mark.slow
@pytest.mark.parametrize("narrowed", [{"q": "unheardof"}, {"state": "gold"}])
def test_a_list_that_nothing_matches_says_so(browser: Client, narrowed: dict[str, str]) -> None:
    page = browser.get(URL, narrowed).content.decode()

    assert "No draft matches these words and filters." in page


def test_drafts_judged_in_bulk_by_me_and_with_comments_are_found(browser: Client, task: Task, expert: Member) -> None:
    done = act(task, pending(task, 3), by=expert)
    Comment.objects.create(draft_id=pending(task, 1)[0], author=expert, text="Look")

    assert len(titles(browser, bulk="yes")) == 3
    assert len(titles(browser, bulk=str(done.pk))) == 3
    assert len(titles(browser, reviewer="rob")) == 3
    assert len(titles(browser, reason="tone")) == 3
    # While a draft waits, that somebody has something to say about it is not told.
    assert titles(browser, commented="yes") == []


def test_a_reviewer_learns_neither_who_wrote_nor_who_judged_what_waits(
    browser: Client, task: Task, make_member, as_member
) -> None:
    other = make_member("olga")
    factories.join(other, task)
    judge(deck.deal(other, task, count=1)[0], by=other)

    page = browser.get(URL).content.decode()

    assert titles(browser, reviewer="olga") == []
    assert len(titles(browser, teacher="offline")) == 1
    assert page.count("offline-1") == 1  # the one that is judged
    assert 'name="teacher"' not in page


@pytest.mark.slow
def test_a_lead_narrows_by_teacher_and_reviewer(task: Task, admin: Member, as_member, expert: Member) -> None:
    judge(deck.deal(expert, task, count=1)[0], by=expert)
    lead = as_member(admin)

    assert len(titles(lead, teacher="offline")) == 20
    assert len(titles(lead, reviewer="rob")) == 1
    assert 'name="teacher"' in lead.get(URL).content.decode()


def test_chips_show_what_is_chosen_and_take_it_away(browser: Client) -> None:
    page = browser.get(URL, {"q": "depot", "state": "pending"}).content.decode()

    chips = re.findall(r'<a class="chip" href="\?([^"]*)"', page)
    assert chips == ["state=pending", "q=depot"]


@pytest.mark.slow
def test_the_page_costs_the_same_number_of_statements_whatever_is_there(browser: Client, task: Task) -> None:
    browser.get(URL)
    with CaptureQueriesContext(connection) as few:
        browser.get(URL)
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 60))
    with CaptureQueriesContext(connection) as many:
        browser.get(URL)

    assert len(many) <= len(few)
    assert len(many) <= 20


def test_what_no_index_holds_is_looked_through_so_far_and_goes_on(task: Task, admin: Member) -> None:
    first = Draft.objects.order_by("created_at", "id").first()
    Draft.objects.filter(pk=first.pk).update(round=2)
    wanted = draft_filters.parse({"round": "2"})

    page, steps = listing.page(admin, task, wanted, cursor="", look_at=6), 1
    while not page.rows:
        assert page.is_cut
        page, steps = listing.page(admin, task, wanted, cursor=page.next, look_at=6), steps + 1

    assert steps == 4
    assert [row.pk for row in page.rows] == [first.pk]
    assert page.next == ""


def test_every_draft_stands_on_one_page_however_many_share_a_moment(task: Task) -> None:
    Draft.objects.update(created_at=timezone.now() - timedelta(days=1))
    rows = Draft.objects.filter(task=task)

    seen, cursor = [], ""
    while True:
        page = keyset.page(rows, cursor=cursor, size=7, among=rows, look_at=5)
        seen += [row.pk for row in page.rows]
        cursor = page.next
        if not cursor:
            break

    assert len(seen) == len(set(seen)) == 20


@pytest.mark.slow
def test_text_of_a_megabyte_and_hostile_text_are_shown_as_text(browser: Client, task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Odd"), 2)
    factories.make_drafts(
        task, records, fields=[
            {"subject": "Long", "body": "needle " + "x" * 1_000_000},
            {"subject": "<img src=x onerror=alert(1)>", "body": "<script>needle</script> \u202e\x07</table>"},
        ],
    )  # fmt: skip

    page = browser.get(URL, {"q": "needle"})

    text = page.content.decode()
    assert len(text) < 100_000
    assert "<img src=x" not in text
    assert '&lt;script&gt;<mark class="hit">needle</mark>&lt;/script&gt;' in text


def test_a_viewer_sees_the_list_without_boxes(task: Task, make_member, as_member) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)

    page = as_member(viewer).get(URL).content.decode()

    assert "data-select" not in page
    assert len(titles(as_member(viewer))) == 20


def test_kept_drafts_are_listed_only_when_asked_for(browser: Client, task: Task) -> None:
    Draft.objects.filter(pk=pending(task, 1)[0]).update(state=DraftState.KEPT)

    assert len(titles(browser)) == 19
    assert len(titles(browser, state="kept")) == 1


def test_the_api_searches_within_a_task(task: Task, expert: Member, api_as) -> None:
    api = api_as(expert)

    found = api.get("/api/v1/drafts/", {"task": "outreach", "q": "lund", "limit": 5}).json()
    refused = api.get("/api/v1/drafts/", {"q": "lund"})

    assert {row["record"]["title"] for row in found["results"]} >= {"Lund Works 1"}
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"task": ["Name the task to search."]}
    assert api.get("/api/v1/drafts/", {"task": "nowhere", "q": "lund"}).status_code == 404


@pytest.mark.slow
def test_pages_of_a_search_hold_each_draft_once(browser: Client, task: Task) -> None:
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 60))
    search_index.catch_up()

    first = browser.get(URL, {"q": "thursday"}).content.decode()
    after = re.search(r'rel="next"\s+href="\?([^"]*)"', first).group(1).replace("&amp;", "&")
    second = browser.get(f"{URL}?{after}").content.decode()

    ids = [re.findall(r'name="draft"\s+value="([^"]+)"', page) for page in (first, second)]
    assert len(ids[0]) == 50
    assert len(ids[1]) == 30
    assert not set(ids[0]) & set(ids[1])


def test_a_search_beside_a_rare_filter_looks_so_far_and_goes_on(
    task: Task, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FEW_HITS", 3)
    monkeypatch.setattr(draft_filters, "HITS_AT_MOST", 6)
    first = Draft.objects.order_by("search_text__id").first()
    Draft.objects.filter(pk=first.pk).update(round=2)
    wanted = draft_filters.parse({"q": "thursday", "round": "2"})

    page, steps = listing.page(admin, task, wanted, cursor=""), 1
    while not page.rows:
        assert page.is_cut
        page, steps = listing.page(admin, task, wanted, cursor=page.next), steps + 1

    assert steps == 4
    assert [row.pk for row in page.rows] == [first.pk]
    assert page.next == ""
