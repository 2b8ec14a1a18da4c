"""Tokens: shown once, hashed, scoped, expiring, revocable, and never more than their member."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from generation.models import Budget
from jobs.models import Job
from members.models import ApiToken, Invitation
from members.tokens import issue
from serving.runtime.switch import start_serving
from tests.review.factories import make_task
from web.errors import Refusal
from webhooks.models import Hook


def _with(plaintext: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plaintext}")
    return client


def test_a_made_token_says_who_it_is(reviewer):
    row, plaintext = issue.make_token(reviewer, name="nightly export", scopes=["datasets", "read"], days=30)

    answer = _with(plaintext).get("/api/v1/members/me/").json()

    assert answer["username"] == "rob"
    assert answer["scopes"] == ["read", "datasets"]
    assert plaintext not in (row.digest, row.token_key)


def test_an_expired_token_is_refused_with_its_date(reviewer):
    row, plaintext = issue.make_token(reviewer, name="old", scopes=["read"], days=1)
    ApiToken.objects.filter(pk=row.pk).update(expiry=timezone.now() - timedelta(minutes=1))

    response = _with(plaintext).get("/api/v1/members/me/")

    assert response.status_code == 401
    assert response.json()["code"] == "token_expired"


def test_a_revoked_token_is_refused_at_once(reviewer):
    row, plaintext = issue.make_token(reviewer, name="gone", scopes=["read"], days=1)

    issue.revoke(row)

    assert _with(plaintext).get("/api/v1/members/me/").status_code == 401


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        (" ", ["read"], 30, "name"),
        ("x", [], 30, "scopes"),
        ("x", ["root"], 30, "scopes"),
        ("x", ["admin"], 30, "scopes"),
        ("x", ["read"], 0, "days"),
        ("x", ["read"], 9999, "days"),
    ],
)
def test_a_bad_wish_is_refused_beside_its_field(reviewer, name, scopes, days, field):
    with pytest.raises(Refusal) as refused:
        issue.make_token(reviewer, name=name, scopes=scopes, days=days)

    assert field in refused.value.errors
    assert not ApiToken.objects.exists()


def test_a_program_makes_and_revokes_a_token_over_the_api(admin, api_as):
    client = api_as(admin)

    made = client.post("/api/v1/tokens/", {"name": "ci", "scopes": ["read"], "days": 7}, format="json")

    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    new = _with(made.json()["token"])
    assert new.get("/api/v1/members/me/").status_code == 200
    assert client.delete(f"/api/v1/tokens/{made.json()['key']}/").status_code == 204
    assert new.get("/api/v1/members/me/").status_code == 401


def test_a_list_of_tokens_shows_none_of_them(admin, api_as):
    listed = api_as(admin).get("/api/v1/tokens/").json()

    assert [set(each) for each in listed] == [{"key", "name", "scopes", "created_at", "expires_at", "last_used_at"}]


def test_nobody_revokes_the_token_of_another(admin, reviewer, api_as):
    row, _ = issue.make_token(admin, name="mine", scopes=["read"], days=7)

    response = api_as(reviewer).delete(f"/api/v1/tokens/{row.token_key}/")

    assert response.status_code == 404
    assert ApiToken.objects.filter(pk=row.pk).exists()


def test_an_unknown_verb_is_a_problem(admin, api_as):
    response = api_as(admin).put("/api/v1/tokens/", {}, format="json")

    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("invitations/", {"email": "nora@example.org", "is_admin": True}),
        ("budgets/", {"scope": "installation-month", "limit_usd": "10.00"}),
        ("webhooks/", {"name": "all", "url": "https://hooks.example/x", "events": ["job.finished"]}),
        ("tokens/", {"name": "more", "scopes": ["lead"]}),
        ("tokens/", {"name": "more", "scopes": ["admin"]}),
    ],
)
def test_an_admins_token_of_scope_lead_does_nothing_that_admins_alone_do(admin, api_as, address, body):
    answer = api_as(admin, scopes=("lead", "review", "outcomes")).post(f"/api/v1/{address}", body, format="json")

    assert answer.status_code in (403, 422), answer.content
    assert b"admin" in answer.content
    assert not Invitation.objects.exists() and not Budget.objects.exists() and not Hook.objects.exists()
    assert ApiToken.objects.count() == 1


def test_an_admins_token_of_scope_lead_steers_jobs_as_a_lead_does(admin, api_as):
    job, client = start_serving(by=admin), api_as(admin, scopes=("lead",))
    steered = [client.post(f"/api/v1/jobs/{job.pk}/{verb}/") for verb in ("pause", "cancel")]
    Job.objects.filter(pk=job.pk).update(task_slug=make_task(by=admin).slug)
    address = f"/api/v1/jobs/{job.pk}/priority/"

    lowered, raised = (client.post(address, {"priority": word}, format="json") for word in ("low", "high"))

    assert [answer.status_code for answer in steered] == [403, 403]
    assert (lowered.status_code, raised.status_code) == (200, 403)
    assert b"lacks the scope 'admin'" in raised.content
