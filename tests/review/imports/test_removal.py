"""An import taken back while nothing rests on it, and refused with what does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from evaluation.models import Suite
from members.models import Member
from review.desk import decisions, deck
from review.desk.comments import writing as comments
from review.models import Assignment, Draft, Record, SearchText, Source, Task
from review.sources.imports import import_drafts, import_records, removal
from review.states import AssignmentState, Role
from review.tasks.queries import latest_version
from tests.campaigns.factories import make_contact
from tests.review import factories
from tests.review.imports.conftest import GOOD, Write
from web.errors import Refusal

pytestmark = pytest.mark.django_db
DRAFTS = "company,sector,size,subject,body\nAcme Ltd,steel,12,Steel,A word on steel.\nCarb AG,paint,7,Paint,On paint.\n"


@pytest.fixture
def source(task: Task, admin: Member, write: Write) -> Source:
    return import_records(task, write(GOOD), by=admin).source


@pytest.fixture
def drafts(source: Source, admin: Member, write: Write) -> Source:
    """An import of two drafts, one for a record that was here and one that brings its own."""
    return import_drafts(source.task, write(DRAFTS, "drafts.csv"), by=admin).source


def refused(source: Source, by: Member) -> Refusal:
    with pytest.raises(Refusal) as caught:
        removal.take_back(source.pk, by=by)
    assert Source.objects.filter(pk=source.pk).exists()
    assert (caught.value.code, caught.value.status) == ("import_in_use", 409)
    return caught.value


def test_records_go_and_the_file_can_come_again(source: Source, task: Task, admin: Member, write: Write) -> None:
    gone = removal.take_back(source.pk, by=admin)

    assert (gone.records, gone.drafts) == (2, 0)
    assert not Record.everything.exists()
    assert not Source.everything.exists()
    row = AuditRow.objects.get(act="import_taken_back")
    assert (row.subject_id, row.detail["records"], row.detail["holds"]) == (str(source.pk), 2, "records")
    assert import_records(task, write(GOOD), by=admin).rows_added == 2


def test_drafts_go_with_the_records_that_they_brought(drafts: Source, source: Source, admin: Member) -> None:
    gone = removal.take_back(drafts.pk, by=admin)

    assert (gone.records, gone.drafts) == (1, 2)
    assert not Draft.objects.exists()
    assert not SearchText.objects.exists()
    assert set(Record.objects.values_list("source", flat=True)) == {source.pk}


def test_what_rests_on_an_import_is_counted_by_kind(drafts: Source, source: Source, task: Task, admin: Member) -> None:
    record = Record.objects.filter(source=source)[0]
    make_contact(task, record=record)
    cases = [{"record": str(record.pk), "rule": ""}]
    Suite.objects.create(task=task, task_version=latest_version(task), kind="slice", name="Steel", cases=cases)

    refusal = refused(source, admin)

    assert sorted(refusal.errors["uses"]) == ["1 contact", "1 draft", "1 suite"]
    assert "1 contact" in refusal.message


def _judge(draft: Draft, by: Member) -> None:
    card = next(card for card in deck.deal(by, draft.task, count=5) if card.draft_id == draft.pk)
    decisions.record(draft.pk, by=by, id=uuid4(), verdict="accept", if_match=card.etag)


def _hold(draft: Draft, by: Member) -> None:
    deck.deal(by, draft.task, count=5)


def _remark(draft: Draft, by: Member) -> None:
    comments.add(draft.pk, by=by, id=uuid4(), text="Look again.")


@pytest.mark.parametrize(
    ("use", "words"), [(_judge, "1 decision"), (_hold, "2 cards in front of reviewers"), (_remark, "1 comment")]
)
def test_drafts_that_somebody_saw_stay(
    use: Callable[[Draft, Member], None], words: str, drafts: Source, admin: Member
) -> None:
    use(Draft.objects.all()[0], admin)

    assert words in refused(drafts, admin).errors["uses"]


def test_cards_that_were_given_back_hold_nothing_up(drafts: Source, admin: Member) -> None:
    _hold(Draft.objects.all()[0], admin)
    Assignment.objects.update(state=AssignmentState.RELEASED)

    assert removal.take_back(drafts.pk, by=admin).drafts == 2


def test_drafts_of_an_import_that_they_do_not_name_are_not_guessed(drafts: Source, admin: Member) -> None:
    Draft.objects.update(imported_from=None)

    with pytest.raises(Refusal, match="its own drafts cannot be identified"):
        removal.take_back(drafts.pk, by=admin)


def test_a_reviewer_may_not(source: Source, reviewer: Member) -> None:
    factories.join(reviewer, source.task, Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        removal.take_back(source.pk, by=reviewer)


def test_a_program_takes_an_import_back_once(
    source: Source, drafts: Source, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    api = api_as(admin)
    urls = [f"/api/v1/sources/{pk}/" for pk in (source.pk, drafts.pk, drafts.pk, source.pk)]

    answers = [api.delete(url) for url in urls]

    assert [answer.status_code for answer in answers] == [409, 204, 404, 204]
    assert answers[0].json()["errors"]["uses"] == ["1 draft"]
    assert not Source.everything.exists()


def test_the_page_offers_it_to_leads_and_names_what_rests_on_it(
    source: Source, drafts: Source, admin: Member, as_member: Callable[[Member], Client], reviewer: Member
) -> None:
    factories.join(reviewer, source.task, Role.VIEWER)
    lead, viewer = as_member(admin), as_member(reviewer)

    refusal = lead.post(f"/sources/{source.pk}/")
    done = lead.post(f"/sources/{drafts.pk}/", follow=True)

    assert refusal.status_code == 409
    assert "1 draft" in refusal.content.decode()
    assert "is taken back, 1 record and 2 drafts with it" in done.content.decode()
    assert "Take this import back" in lead.get(f"/sources/{source.pk}/").content.decode()
    assert "Take this import back" not in viewer.get(f"/sources/{source.pk}/").content.decode()
    assert viewer.post(f"/sources/{source.pk}/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_takes_it_back(source: Source, admin: Member) -> None:
    outcomes, start = list[str](), threading.Barrier(4)

    def take_back() -> None:
        start.wait(30)
        try:
            removal.take_back(source.pk, by=admin)
            outcomes.append("done")
        except Http404:
            outcomes.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=take_back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", "gone", "gone", "gone"]
