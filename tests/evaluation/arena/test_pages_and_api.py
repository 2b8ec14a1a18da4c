"""Pages and API of arenas: one click opens one, voters learn nothing of who wrote what,
and results wait for the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from evaluation.arena import cast_vote, open_arena, queries
from evaluation.models import Arena, ArenaVote, Evaluation, EvaluationOutput
from generation.models import Call, JudgedPair, Judging, Order, Teacher
from generation.orders import launch
from generation.states import Purpose
from members.models import Member
from review.models import JudgeTask
from review.states import Role
from tests.evaluation.arena.conftest import OWN, TEACHER
from tests.review import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
AsMember = Callable[[Member], Client]
ApiAs = Callable[..., APIClient]
# Nothing that tells a voter who wrote a text, nor leads to where it is told.
TELLING = (TEACHER, OWN, "Your miniature", "tiny (base)", "LoRA", "Offline")


@pytest.mark.slow
def test_a_miniature_is_compared_with_its_teacher_by_one_click(
    evaluation: Evaluation, admin: Member, as_member: AsMember
) -> None:
    lead = as_member(admin)
    card = lead.get(f"/evaluations/of-run/{evaluation.run_id}/card/").content.decode()

    first = lead.post(f"/evaluations/of-run/{evaluation.run_id}/compare-blind/", follow=True)
    second = lead.post(f"/evaluations/of-run/{evaluation.run_id}/compare-blind/", follow=True)

    assert "Compare blind with its teacher" in card
    arena = Arena.objects.get()
    assert arena.systems == [TEACHER, OWN]
    assert [each.redirect_chain[-1][0] for each in (first, second)] == [f"/arenas/{arena.pk}/"] * 2
    page = first.content.decode()
    assert "at most 12 pairs" in page and "however often you look" in page
    listed = lead.get(f"/tasks/{arena.task.slug}/arenas/").content.decode()
    assert all("Offline teacher against Your miniature" in each and OWN not in each for each in (page, listed))
    assert "show a preference of" in page


@pytest.mark.slow
def test_the_rule_stands_on_the_form_before_it_is_opened(
    evaluation: Evaluation, admin: Member, as_member: AsMember
) -> None:
    lead, address = as_member(admin), f"/evaluations/{evaluation.pk}/arena/"
    page = lead.get(address).content.decode()
    bad = lead.post(address, {"systems": [TEACHER], "most_votes": 5})
    made = lead.post(address, {"systems": [OWN, TEACHER, "tiny (base)"], "most_votes": 50})

    assert "with a chance of at most 5 %" in page and "Votes, two systems" in page
    assert bad.status_code == 422 and "Choose two to 6 systems" in bad.content.decode()
    arena = Arena.objects.get()
    assert made.headers["Location"] == f"/arenas/{arena.pk}/"
    assert (arena.systems, arena.most_votes) == ([TEACHER, OWN, "tiny (base)"], 50)
    assert arena.pairs.count() == 36


@pytest.mark.slow
def test_voters_see_two_texts_and_nothing_of_who_wrote_them(
    arena: Arena, expert: Member, as_member: AsMember, api_as: ApiAs
) -> None:
    pages = [
        as_member(expert).get(address).content.decode()
        for address in (f"/arenas/{arena.pk}/vote/", f"/arenas/{arena.pk}/", f"/tasks/{arena.task.slug}/arenas/")
    ]
    calls = [
        api_as(expert).get(f"/api/v1/arenas/{path}").content.decode()
        for path in ("", f"{arena.pk}/", f"{arena.pk}/next/")
    ]

    assert "Body 0" in pages[0] and "Body 1" in pages[0]
    assert "Body 0" in calls[2] and "Body 1" in calls[2]
    told = [(word, n) for n, text in enumerate([*pages, *calls]) for word in TELLING if word in text]
    assert told == []
    assert str(arena.evaluation_id) not in "".join([*pages, *calls])


@pytest.mark.slow
def test_nobody_who_votes_reads_who_wrote_what_until_the_arena_is_closed(
    arena: Arena, admin: Member, expert: Member, as_member: AsMember, api_as: ApiAs
) -> None:
    page, rows = f"/evaluations/{arena.evaluation_id}/", f"/api/v1/evaluations/{arena.evaluation_id}/outputs/"
    compared = a_judge_compares(arena)
    of_voter, of_lead = as_member(expert), api_as(expert)
    hidden = [of_voter.get(page).content.decode(), of_voter.get(compared).content.decode()]
    refused = of_lead.get(rows)
    seen = [as_member(admin).get(page).content.decode(), as_member(admin).get(compared).content.decode()]
    open_arena.close(arena.pk, by=admin)

    assert all("until it is closed only leads see which system wrote what" in text for text in hidden)
    assert not any("Text 1" in text or "Body 1" in text for text in hidden)
    assert (refused.status_code, refused.json()["code"]) == (409, "arena_open")
    assert all("Text 1" in text or "Body 1" in text for text in seen)
    assert "Text 1" in of_voter.get(page).content.decode() and of_lead.get(rows).status_code == 200
    assert "Body 1" in of_voter.get(compared).content.decode()


def a_judge_compares(arena: Arena) -> str:
    """The page of a judge's comparisons of the same systems."""
    outputs = EvaluationOutput.objects.filter(evaluation=arena.evaluation).order_by("record", "system")
    texts = {(row.record_id, row.system): row.fields for row in outputs}
    judge = Teacher.objects.create(slug="judge", name="Judge", provider="openai", model="gpt-4o")
    about = {"task": arena.task, "task_version": arena.evaluation.task_version, "teacher": judge, "teacher_spec": {}}
    order = Order.objects.create(**about, count=24, purpose="rubric")
    judging = Judging.objects.create(
        task=arena.task, order=order, subject_id=arena.evaluation_id, first=TEACHER, second=OWN, prompt_version=1
    )
    for place, record in enumerate(dict.fromkeys(record for record, _ in texts)):
        JudgedPair.objects.create(
            judging=judging, place=place, record_id=record, first_fields=texts[record, TEACHER],
            second_fields=texts[record, OWN], as_is="first", swapped="first",
        )  # fmt: skip
    return f"/judgings/{judging.pk}/"


@pytest.mark.slow
def test_a_vote_by_the_page_brings_the_next_pair_and_undo_the_last(
    arena: Arena, expert: Member, as_member: AsMember
) -> None:
    desk, address = as_member(expert), f"/arenas/{arena.pk}/vote/"
    dealt = queries.next_pair(arena, expert)
    assert dealt is not None
    sent = {"id": str(uuid4()), "pair": str(dealt.id), "verdict": "tie", "seconds": "1.5"}

    voted = desk.post(address, sent, headers={"HX-Request": "true"})
    again = desk.post(address, sent, headers={"HX-Request": "true"})
    undone = desk.post(address, {"id": str(uuid4()), "do": "undo"}, headers={"HX-Request": "true"})

    assert "A tie." in voted.content.decode() and str(dealt.id) not in voted.content.decode()
    assert "1 vote of yours" in again.content.decode()
    assert "Taken back." in undone.content.decode() and str(dealt.id) in undone.content.decode()
    assert ArenaVote.objects.filter(retracts__isnull=True).count() == 1


def test_who_votes_while_the_arena_closes_is_told_so_and_shown_no_pair(
    arena: Arena, expert: Member, admin: Member, as_member: AsMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealt = queries.next_pair(arena, expert)
    assert dealt is not None
    vote = cast_vote.vote

    def closed_meanwhile(*args: Any, **kwargs: Any) -> cast_vote.VoteOutcome:
        open_arena.close(arena.pk, by=admin)
        return vote(*args, **kwargs)

    monkeypatch.setattr(cast_vote, "vote", closed_meanwhile)
    sent = {"id": str(uuid4()), "pair": str(dealt.id), "verdict": "tie"}
    page = as_member(expert).post(f"/arenas/{arena.pk}/vote/", sent, headers={"HX-Request": "true"}).content.decode()

    assert "the vote was not recorded" in page and "Read the result" in page
    assert 'name="pair"' not in page and not ArenaVote.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"id": "x"}, {"verdict": "left"}, {"do": "undo"}, {"verdict": "best", "pair": "yes"}]
)
def test_a_broken_form_is_refused_in_words(
    arena: Arena, expert: Member, as_member: AsMember, sent: dict[str, str]
) -> None:
    dealt = queries.next_pair(arena, expert)
    assert dealt is not None
    body = {"id": str(uuid4()), **sent}
    if body.get("pair"):
        body["pair"] = str(dealt.id)

    answer = as_member(expert).post(f"/arenas/{arena.pk}/vote/", body)

    assert 400 <= answer.status_code < 500 and b"alert" in answer.content
    assert not ArenaVote.objects.exists()


@pytest.mark.slow
def test_programs_open_vote_close_and_read(
    evaluation: Evaluation, admin: Member, expert: Member, api_as: ApiAs
) -> None:
    body = {"evaluation": str(evaluation.pk), "most_votes": 20}
    lead, voter = api_as(admin), api_as(expert)
    made = lead.post("/api/v1/arenas/", body, format="json").json()
    pair = voter.get(f"/api/v1/arenas/{made['id']}/next/").json()["pair"]
    vote = {"id": str(uuid4()), "pair": pair["id"], "verdict": "left", "seconds": 1}
    answers = [voter.post(f"/api/v1/arenas/{made['id']}/votes/", vote, format="json").status_code for _ in range(2)]
    bare = voter.post(f"/api/v1/arenas/{made['id']}/votes/", {"id": str(uuid4())}, format="json")
    hidden = voter.get(f"/api/v1/arenas/{made['id']}/").json()
    closed = lead.post(f"/api/v1/arenas/{made['id']}/close/").json()
    read = voter.get(f"/api/v1/arenas/{made['id']}/").json()

    assert made["systems"] == [TEACHER, OWN]
    assert answers == [201, 200] and bare.status_code == 400
    assert (hidden["result"], hidden["systems"], hidden["evaluation"]) == (None, None, None)
    assert (closed["ended"], read["result"]["votes"]) == ("lead", 1)
    assert read["result"]["contests"][0]["is_clear"] is False


def test_a_vote_of_another_arena_is_not_found(
    evaluation: Evaluation, arena: Arena, admin: Member, expert: Member, api_as: ApiAs
) -> None:
    other = open_arena.open_arena(evaluation, by=admin, systems=[OWN, "tiny (base)"])
    pair = other.pairs.first()
    assert pair is not None
    body = {"id": str(uuid4()), "pair": str(pair.pk), "verdict": "left"}

    assert api_as(expert).post(f"/api/v1/arenas/{arena.pk}/votes/", body, format="json").status_code == 404


@pytest.mark.slow
def test_the_review_desk_has_a_link_while_an_arena_is_open(
    arena: Arena, admin: Member, expert: Member, viewer: Member, as_member: AsMember
) -> None:
    address, link = f"/tasks/{arena.task.slug}/review/list/", f"/arenas/{arena.pk}/vote/"
    shown = [link in as_member(each).get(address, follow=True).content.decode() for each in (expert, viewer)]
    open_arena.close(arena.pk, by=admin)

    assert shown == [True, False]
    assert link not in as_member(expert).get(address, follow=True).content.decode()
    result = as_member(viewer).get(f"/arenas/{arena.pk}/").content.decode()
    assert TEACHER in result and "No votes yet." in result


def test_standings_by_a_column_are_told_where_votes_suffice(
    arena: Arena, admin: Member, expert: Member, as_member: AsMember
) -> None:
    from review.models import Record

    for n, pair in enumerate(arena.pairs.select_related("record").order_by("pk")):
        facts = {**pair.record.facts, "sector": "rare" if n < 2 else "common"}
        Record.objects.filter(pk=pair.record_id).update(facts=facts)
        ArenaVote.objects.create(id=uuid4(), pair=pair, voter=expert, verdict="left" if n % 3 else "tie")

    page = as_member(admin).get(f"/arenas/{arena.pk}/").content.decode()

    assert "By sector" in page and "<h3>common</h3>" in page
    assert "rare: 2 pairs, too few." in page


def test_who_reviews_drafts_votes_on_no_answers_of_the_miniatures_that_judge_them(
    arena: Arena, expert: Member, admin: Member, as_member: AsMember, api_as: ApiAs
) -> None:
    judged = factories.make_task(by=admin, slug="judged")
    JudgeTask.objects.create(task=arena.task, judged=judged)
    page, api = as_member(expert), api_as(expert)
    addresses: list[tuple[Any, str]] = [(page, f"/arenas/{arena.pk}/vote/"), (api, f"/api/v1/arenas/{arena.pk}/next/")]
    before = [client.get(address).status_code for client, address in addresses]

    factories.join(expert, judged, Role.REVIEWER)

    assert before == [200, 200]
    assert [client.get(address).status_code for client, address in addresses] == [403, 403]
    shown = page.get(f"/evaluations/{arena.evaluation_id}/").content.decode()
    assert "These miniatures judge drafts that you review" in shown


def test_calls_of_a_compared_teacher_tell_who_wrote_what_only_once_the_arena_is_closed(
    arena: Arena, admin: Member, expert: Member, api_as: Any
) -> None:
    record = arena.pairs.first().record
    teacher = Teacher.objects.get(slug="offline")
    order = launch.launch(
        launch.OrderRequest(
            arena.task, teacher=teacher, count=1, by=admin, record_ids=[record.pk], purpose=Purpose.EVALUATION
        )
    )
    call = Call.objects.create(id=UUID(int=1), order=order, record=record, state="answered", fields={"body": "Text"})

    def fields(member: Member) -> tuple[Any, Any]:
        shown = api_as(member).get(f"/api/v1/orders/{order.pk}/calls/").json()["results"][0]
        return shown["record"], shown["fields"]

    open_to = fields(expert), fields(admin)
    Arena.objects.filter(pk=arena.pk).update(closed_at=timezone.now())

    told = (str(record.pk), call.fields)
    assert (open_to, fields(expert)) == (((None, None), told), told)
