"""The pages and the API of proposals."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from generation.learning import proposals
from generation.models import TaskProposal
from members.models import Member
from review.models import Task
from review.spec.task_spec import TaskSpec
from review.tasks import authoring
from tests.generation.teaching.conftest import OPENING, Judge

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]
ApiAs = Callable[..., APIClient]


@pytest.fixture
def proposal(task: Task, lead: Member, judged: Judge) -> TaskProposal:
    judged("edit", 4)
    judged("reject", 3, reasons=["wrong_fact"], note="Not <b>true</b>.")
    return proposals.propose(task, by=lead)


@pytest.mark.slow
def test_a_lead_counts_reads_and_accepts_on_pages(task: Task, lead: Member, judged: Judge, as_member: AsMember) -> None:
    judged("edit", 5)
    client = as_member(lead)

    posted = client.post(f"/tasks/{task.slug}/learn/", {"teacher": "", "look_at": "100"}, follow=True)
    page = posted.content.decode()
    made = TaskProposal.objects.get()
    accepted = client.post(
        f"/proposals/{made.pk}/",
        {"verb": "accept", "change.0.on": "1", "change.0.value": "in good spirits"},
        follow=True,
    )

    assert posted.status_code == 200 and "Forbidden phrase" in page and f"<del>{OPENING}" in page
    assert accepted.redirect_chain[0][0] == f"/tasks/{task.slug}/diff/1/2/"
    latest = task.versions.order_by("-number")[0]
    assert latest.spec.offer.forbidden_phrases == ("in good spirits",) and not latest.spec.checks


@pytest.mark.slow
def test_a_stale_proposal_offers_the_rebase_and_a_refusal_is_told(
    proposal: TaskProposal, task: Task, lead: Member, as_member: AsMember
) -> None:
    body = task.versions.get().spec.canonical() | {"language": "de"}
    authoring.new_version(task, spec=TaskSpec.model_validate(body), by=lead)
    client = as_member(lead)

    page = client.get(f"/proposals/{proposal.pk}/").content.decode()
    refused = client.post(f"/proposals/{proposal.pk}/", {"verb": "accept", "change.0.on": "1"}, follow=True)
    client.post(f"/proposals/{proposal.pk}/", {"verb": "rebase"})

    proposal.refresh_from_db()
    assert "Rebase on version 2" in page
    assert "the task is at version 2" in refused.content.decode()
    assert proposal.base_version.number == 2


def test_what_a_lead_reworded_stays_through_a_refusal_and_a_rebase(
    proposal: TaskProposal, task: Task, lead: Member, as_member: AsMember
) -> None:
    body = task.versions.get().spec.canonical() | {"language": "de"}
    authoring.new_version(task, spec=TaskSpec.model_validate(body), by=lead)
    client, words = as_member(lead), {"change.0.value": "Worded by a lead", "change.1.value": "x", "change.1.on": "1"}

    pages = [client.post(f"/proposals/{proposal.pk}/", {**words, "verb": verb}) for verb in ("accept", "rebase")]

    assert [page.status_code for page in pages] == [409, 200]
    for page in pages:
        html = page.content.decode()
        assert "Worded by a lead" in html
        assert re.search(r'id="change-0-on" value="1" >', html) and re.search(
            r'id="change-1-on" value="1" checked>', html
        )
    assert "Rebase on version 2" in pages[0].content.decode()
    assert 'value="accept" >' in pages[1].content.decode()


def test_notes_of_experts_are_text_and_their_names_are_not_told(
    proposal: TaskProposal, lead: Member, as_member: AsMember
) -> None:
    page = as_member(lead).get(f"/proposals/{proposal.pk}/").content.decode()

    assert "Not &lt;b&gt;true" in page and "<b>true" not in page


def test_too_few_decisions_are_told_beside_the_form(task: Task, lead: Member, as_member: AsMember) -> None:
    refused = as_member(lead).post(f"/tasks/{task.slug}/learn/", {"teacher": "", "look_at": "100"})

    assert refused.status_code == 422 and b"fewer than 5" in refused.content


@pytest.mark.slow
def test_programs_propose_read_accept_and_dismiss(task: Task, lead: Member, judged: Judge, api_as: ApiAs) -> None:
    judged("edit", 5)
    api = api_as(lead)

    made = api.post(f"/api/v1/tasks/{task.slug}/proposals/", {}, format="json")
    second = api.post(f"/api/v1/tasks/{task.slug}/proposals/", {}, format="json")
    first_id, second_id = made.json()["id"], second.json()["id"]
    changes = {str(n): None for n in range(1, len(made.json()["changes"]))}
    accepted = api.post(f"/api/v1/proposals/{first_id}/accept/", {"changes": changes}, format="json")
    stale = api.post(f"/api/v1/proposals/{second_id}/accept/", {}, format="json")
    api.post(f"/api/v1/proposals/{second_id}/dismiss/", {}, format="json")
    listed = api.get(f"/api/v1/tasks/{task.slug}/proposals/").json()["results"]

    assert made.status_code == 201 and accepted.status_code == 200
    assert (accepted.json()["state"], accepted.json()["accepted_version"]) == ("accepted", 2)
    assert (stale.status_code, stale.json()["code"]) == (409, "base_changed")
    assert {one["id"]: one["state"] for one in listed} == {first_id: "accepted", second_id: "dismissed"}
