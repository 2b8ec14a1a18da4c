"""Who is shut out leaves nothing behind that others wait for, and keeps nothing that opens."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit.models import AuditRow
from members.accounts import manage
from members.invitations import invite
from members.models import ApiToken, Invitation, Member
from members.sign_in.account_adapter import NoSignupAdapter
from members.tokens import issue
from review.desk import deck
from review.models import Assignment, Decision, Draft
from review.states import AssignmentState, DraftState
from tests.review.factories import join, make_desk


@pytest.fixture
def task(admin, reviewer):
    task = make_desk(by=admin, count=4)
    join(reviewer, task)
    return task


def test_cards_in_hand_go_back_at_once_and_decisions_stay(admin, reviewer, task):
    held = deck.deal(reviewer, task, count=3)
    Decision.objects.create(
        draft=held[0].draft, task=task, reviewer=reviewer, verdict="accept", before_hash="a" * 64, body_hash="b" * 64
    )  # fmt: skip

    manage.deactivate(reviewer, by=admin)

    assert not Assignment.objects.filter(reviewer=reviewer, state=AssignmentState.ACTIVE).exists()
    assert Draft.objects.filter(state=DraftState.PENDING).count() == 4
    assert len(deck.deal(admin, task, count=5)) == 4
    assert Decision.objects.filter(reviewer=reviewer).count() == 1


def test_an_unfinished_edit_waits_for_who_comes_back(admin, reviewer, task):
    held = deck.deal(reviewer, task, count=1)[0]
    Assignment.objects.filter(pk=held.pk).update(unfinished={"body": "half"})

    manage.deactivate(reviewer, by=admin)
    manage.reactivate(reviewer, by=admin)
    again = deck.hold(reviewer, held.draft_id)

    assert again.unfinished == {"body": "half"}


def test_cards_kept_for_who_left_are_everybodys_again(admin, reviewer, task):
    card = Draft.objects.filter(task=task)[0]
    Draft.objects.filter(pk=card.pk).update(for_reviewer=reviewer)

    manage.deactivate(reviewer, by=admin)

    card.refresh_from_db()
    assert card.for_reviewer_id is None


def test_sessions_and_tokens_do_not_come_back_with_the_member(admin, reviewer, as_member, api_as):
    browser, program = as_member(reviewer), api_as(reviewer)

    manage.deactivate(reviewer, by=admin)
    manage.reactivate(reviewer, by=admin)

    assert browser.get("/settings/").status_code == 302
    assert "expired" in program.get("/api/v1/members/me/").json()["title"]
    assert as_member(reviewer).get("/settings/").status_code == 200


def test_who_was_shut_out_meanwhile_makes_no_token_and_no_invitation(admin, make_member):
    chief = make_member("chief", admin=True)
    manage.deactivate(Member.objects.get(pk=chief.pk), by=admin)

    with pytest.raises(PermissionDenied):
        issue.make_token(chief, name="late", scopes=["read"], days=30)
    with pytest.raises(PermissionDenied):
        invite.invite("nora@example.org", by=chief)
    manage.reactivate(chief, by=admin)

    assert not ApiToken.objects.exists()
    assert not Invitation.objects.exists()


def test_a_new_password_lets_nobody_in_who_was_shut_out_meanwhile(admin, reviewer):
    meanwhile = Member.objects.get(pk=reviewer.pk)
    manage.deactivate(meanwhile, by=admin)

    NoSignupAdapter().set_password(reviewer, "a sound long phrase 7")

    reviewer.refresh_from_db()
    assert reviewer.check_password("a sound long phrase 7")
    assert (reviewer.is_active, reviewer.session_epoch) == (False, meanwhile.session_epoch)


def test_signing_out_everywhere_spares_this_browser_alone(reviewer, as_member, api_as):
    here, there, program = as_member(reviewer), as_member(reviewer), api_as(reviewer)

    here.post("/settings/sign-out-everywhere/")

    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").status_code == 302
    assert program.get("/api/v1/members/me/").status_code == 200


def test_sign_ins_and_failures_are_in_the_trail_without_what_was_typed(admin, reviewer):
    client = Client()

    client.post("/accounts/login/", {"login": "rob", "password": "wrong one entirely"})
    client.post("/accounts/login/", {"login": "my secret by mistake", "password": "x"})
    client.post("/accounts/login/", {"login": "rob", "password": "correct horse battery"})
    client.post("/accounts/logout/")

    rows = list(AuditRow.objects.order_by("id").values_list("act", "subject_id"))
    mine = str(reviewer.pk)
    assert rows == [("sign_in_failed", mine), ("sign_in_failed", ""), ("signed_in", mine), ("signed_out", mine)]
    assert "secret" not in str(list(AuditRow.objects.values()))
