"""Comments on drafts, whom they name, and who may read them while verdicts are blind."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from members.models import Member
from review.desk import deck
from review.desk.comments import queries as found
from review.desk.comments import writing
from review.erasure import erase
from review.models import Comment, Draft, Mention, Task
from review.states import Role
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(task: Task) -> Draft:
    return Draft.objects.order_by("queue_position").first()


def write(draft: Draft, text: str, *, by: Member, **more) -> Comment:
    return writing.add(draft.pk, by=by, id=more.pop("id", uuid4()), text=text)


def test_who_is_named_is_told_and_nobody_else(
    task: Task, draft: Draft, lead: Member, expert: Member, other: Member
) -> None:
    write(draft, "Is this depot real, @olga? (@LENA knows.) Not rob@example.org, nor @nobody.", by=expert)

    assert {mention.member for mention in Mention.objects.all()} == {lead, other}
    assert found.unread_count(other) == 1
    assert found.unread_count(expert) == 0


def test_strangers_are_not_told_and_see_nothing(task: Task, draft: Draft, expert: Member, make_member) -> None:
    stranger = make_member("stella")

    write(draft, "Ask @stella", by=expert)

    assert not Mention.objects.exists()
    with pytest.raises(Http404):
        write(draft, "Hello", by=stranger)


def test_who_left_the_task_is_told_no_more(task: Task, draft: Draft, expert: Member, other: Member) -> None:
    write(draft, "Look, @olga", by=expert)

    other.memberships.all().delete()

    assert found.unread_count(other) == 0


def test_the_same_comment_sent_twice_is_there_once(task: Task, draft: Draft, expert: Member) -> None:
    id = uuid4()

    first, second = write(draft, "Twice", by=expert, id=id), write(draft, "Twice", by=expert, id=id)

    assert first == second
    assert Comment.objects.count() == 1
    with pytest.raises(Refusal) as refused:
        write(draft, "Other words", by=expert, id=id)
    assert refused.value.code == "comment_id_reused"


@pytest.mark.parametrize(("text", "code"), [("  \n", "no_text"), ("x" * 4001, "too_long")])
def test_a_comment_without_text_or_with_too_much_is_refused(
    task: Task, draft: Draft, expert: Member, text: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        write(draft, text, by=expert)

    assert refused.value.code == code


def test_a_viewer_reads_and_writes_none(task: Task, draft: Draft, expert: Member, make_member) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)
    write(draft, "Read me", by=expert)

    assert [one.text for one in found.on_draft(viewer, draft)] == ["Read me"]
    with pytest.raises(PermissionDenied):
        write(draft, "Hello", by=viewer)


def test_while_verdicts_are_blind_a_comment_is_its_authors_and_the_leads(
    task: Task, lead: Member, expert: Member, other: Member, deals
) -> None:
    deals(overlap_share=1.0)
    card = deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    write(card.draft, "Too loud for my taste, @olga", by=expert)
    draft = Draft.objects.get(pk=card.draft_id)

    blind = [found.on_draft(member, draft).count() for member in (expert, lead, other)]
    told = found.unread_count(other)
    judge(deck.deal(other, task, count=1)[0], by=other)
    draft.refresh_from_db()

    assert (blind, told) == ([1, 1, 0], 0)
    assert found.on_draft(other, draft).count() == 1
    assert found.unread_count(other) == 1


def test_a_comment_of_an_admin_is_read_while_verdicts_are_blind(
    task: Task, admin: Member, expert: Member, other: Member, deals
) -> None:
    deals(overlap_share=1.0)
    card = deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    task.memberships.filter(member=admin).delete()
    write(card.draft, "Mind the depot, @olga", by=admin)

    draft = Draft.objects.get(pk=card.draft_id)

    assert [comment.author for comment in found.on_draft(other, draft)] == [admin]
    assert found.unread_count(other) == 1


def test_reading_mentions_marks_them_once(task: Task, draft: Draft, expert: Member, other: Member) -> None:
    comment = write(draft, "@olga", by=expert)

    assert writing.read_mentions(other, comments=[comment.pk]) == 1
    assert writing.read_mentions(other) == 0
    assert found.unread_count(other) == 0


def test_one_takes_ones_own_comment_away_and_a_lead_any(
    task: Task, draft: Draft, lead: Member, expert: Member, other: Member
) -> None:
    own, more = write(draft, "One", by=expert), write(draft, "Two", by=expert)

    with pytest.raises(PermissionDenied):
        writing.remove(own.pk, by=other)
    assert writing.remove(own.pk, by=expert) is True
    assert writing.remove(own.pk, by=expert) is False
    assert writing.remove(more.pk, by=lead) is True


def test_erasing_a_record_takes_what_was_written_on_its_drafts(
    task: Task, draft: Draft, expert: Member, other: Member
) -> None:
    write(draft, "Jane Doe, @olga", by=expert)

    erase.erase_records([draft.record_id])

    assert not Comment.objects.exists()
    assert not Mention.objects.exists()
    with pytest.raises(Refusal) as refused:
        write(draft, "Jane again", by=expert)
    assert refused.value.code == "erased"


def test_a_line_marks_names_and_leaves_all_else_as_it_is(task: Task, draft: Draft, expert: Member) -> None:
    comment = write(draft, "<b>@olga</b> and mail a@b.c", by=expert)

    parts = found.comment_row(comment, expert)["parts"]

    assert "".join(part["text"] for part in parts) == comment.text
    assert [part["text"] for part in parts if part["is_name"]] == ["@olga"]
