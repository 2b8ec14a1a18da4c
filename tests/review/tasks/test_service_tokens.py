"""Service tokens of a task: made, used, refused elsewhere, told of before they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit.models import AuditRow
from members.accounts import queries as people
from members.models import ApiToken, Member
from review.adjudication import desk_settings, rulings
from review.adjudication.share_outs import daily_mail
from review.desk import decisions, deck
from review.models import DailyMail, Membership, Task
from review.states import Role
from review.tasks import team
from review.tasks.service_tokens import issue
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db
PAGE = "/tasks/outreach/service-tokens/"
API = "/api/v1/tasks/outreach/service-tokens/"
ALL = ("read", "datasets", "serve", "lead")


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("lena")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    task = factories.make_task(by=admin)
    Membership.objects.filter(task=task).delete()
    factories.join(lead, task, Role.LEAD)
    return task


@pytest.fixture
def elsewhere(admin: Member) -> Task:
    return factories.make_task(by=admin, slug="elsewhere")


def program(task: Task, by: Member, *scopes: str) -> Client:
    _, secret = issue.make(task, name="nightly export", scopes=scopes or ALL, days=90, by=by)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_lead_makes_one_on_the_page_and_sees_it_once(task: Task, lead: Member, as_member: Any) -> None:
    browser = as_member(lead)

    made = browser.post(PAGE, {"name": "nightly export", "scopes": ["read", "datasets"], "days": "30"})
    later = browser.get(PAGE).content.decode()

    token = ApiToken.objects.get()
    _, _, rest = made.content.decode().partition('id="new-token"')
    secret = rest.split(">", 1)[1].split("<", 1)[0].strip()
    assert secret.startswith(token.token_key)
    assert "no-store" in made["Cache-Control"]
    assert secret not in later and "nightly export" in later
    used = Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/tasks/outreach/")
    assert used.status_code == 200


@pytest.mark.parametrize(("days", "badge"), [(20, None), (10, "Ends soon"), (-1, "Expired")])
def test_the_page_marks_what_ends(task: Task, lead: Member, as_member: Any, days: int, badge: str | None) -> None:
    program(task, lead, "read")
    ApiToken.objects.update(expiry=datetime.now(UTC) + timedelta(days=days))

    shown = as_member(lead).get(PAGE).content.decode()

    assert [words for words in ("Ends soon", "Expired") if words in shown] == ([badge] if badge else [])
    assert f"{PAGE}{ApiToken.objects.get().token_key}/revoke/" in shown


def test_the_api_makes_lists_and_revokes(task: Task, lead: Member, as_member: Any) -> None:
    browser = as_member(lead)
    body = {"name": "crm", "scopes": ["read"], "days": 7}

    made = browser.post(API, body, content_type="application/json")
    listed = browser.get(API).json()
    key = made.json()["key"]
    bearer = Client(headers={"Authorization": f"Bearer {made.json()['token']}"})
    before = bearer.get("/api/v1/tasks/outreach/").status_code
    gone = browser.delete(f"{API}{key}/")

    assert (made.status_code, [each["key"] for each in listed]) == (201, [key])
    assert "token" not in listed[0]
    assert (before, gone.status_code, bearer.get("/api/v1/tasks/outreach/").status_code) == (200, 204, 401)
    assert not Membership.objects.filter(task=task, member__is_service=True).exists()
    assert not Member.objects.get(is_service=True).is_active
    acts = AuditRow.objects.filter(act__startswith="token_").values_list("act", "actor", "detail__task")
    assert sorted(acts) == [("token_made", str(lead.pk), "outreach"), ("token_revoked", str(lead.pk), "outreach")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "scopes": ["read"], "days": 7}, "name"),
        ({"name": "crm", "scopes": ["review"], "days": 7}, "scopes"),
        ({"name": "crm", "scopes": ["admin"], "days": 7}, "scopes"),
        ({"name": "crm", "scopes": [], "days": 7}, "scopes"),
        ({"name": "crm", "scopes": ["read"], "days": 400}, "days"),
    ],
)
def test_a_wrong_one_is_refused_by_field_and_leaves_nothing(
    task: Task, lead: Member, as_member: Any, body: dict[str, Any], field: str
) -> None:
    answer = as_member(lead).post(API, body, content_type="application/json")

    assert answer.status_code in (400, 422)
    assert {name.partition("[")[0] for name in answer.json()["errors"]} == {field}
    assert not Member.objects.filter(is_service=True).exists()
    with pytest.raises(Refusal):
        issue.make(task, by=lead, **body)
    assert not Member.objects.filter(is_service=True).exists()


def test_a_program_does_what_its_scopes_say_in_its_task_alone(task: Task, elsewhere: Task, lead: Member) -> None:
    reads, all_of_it = program(task, lead, "read"), program(task, lead)
    spec = reads.get("/api/v1/tasks/outreach/versions/").json()["results"][0]["spec"]
    version = {"spec": {**spec, "guideline": "Be brief."}, "note": "by a program"}
    versions = "/api/v1/tasks/{}/versions/"

    def post(client: Client, address: str, body: Any) -> int:
        return client.post(address, body, content_type="application/json").status_code

    assert [each["slug"] for each in all_of_it.get("/api/v1/tasks/").json()["results"]] == ["outreach"]
    assert post(reads, versions.format("outreach"), version) == 403
    assert post(all_of_it, versions.format("outreach"), version) == 201
    assert post(all_of_it, versions.format("elsewhere"), version) == 404
    for address in ("tasks/", "invitations/", "suppressions/", "tokens/", "tasks/outreach/service-tokens/"):
        assert post(all_of_it, f"/api/v1/{address}", {}) == 403, address
    given = all_of_it.put(
        f"/api/v1/tasks/outreach/team/{lead.username}/", {"role": "viewer"}, content_type="application/json"
    )
    assert given.status_code == 403
    made = AuditRow.objects.filter(act="task_version_made").latest("pk")
    assert Member.objects.get(pk=made.actor).name == "nightly export (program)"


def test_a_program_judges_nothing(task: Task, lead: Member) -> None:
    factories.make_drafts(task, factories.make_records(factories.make_source(task), 1))
    card = deck.deal(lead, task, count=1)[0]
    client = program(task, lead)
    acting = Member.objects.get(is_service=True)
    said = {"id": str(uuid4()), "verdict": "accept", "seconds": 3}

    answer = client.post(
        f"/api/v1/drafts/{card.draft_id}/decisions/", said, content_type="application/json",
        headers={"If-Match": f'"{card.etag}"'},
    )  # fmt: skip

    assert (answer.status_code, b"cannot judge" in answer.content) == (403, True)
    with pytest.raises(PermissionDenied, match="cannot judge"):
        decisions.record(card.draft_id, by=acting, id=uuid4(), verdict="accept", if_match=card.etag)
    with pytest.raises(PermissionDenied, match="cannot judge"):
        deck.deal(acting, task, count=1)
    with pytest.raises(PermissionDenied, match="cannot judge"), rulings.locked_draft(card.draft_id, by=acting):
        pass


def test_a_program_is_no_person(task: Task, lead: Member, admin: Member, as_member: Any) -> None:
    program(task, lead)
    acting = Member.objects.get(is_service=True)

    assert acting not in people.all_members(admin)
    assert acting not in desk_settings.queries.reviewers(task)
    assert [held.member for held in team.team_of(lead, task)] == [lead]
    with pytest.raises(Refusal) as last:
        team.give_role(lead, task, role="", by=admin)
    assert last.value.code == "last_lead"
    with pytest.raises(Refusal) as unknown:
        team.member_named(acting.username, task=task, by=lead)
    assert unknown.value.code == "unknown_member"
    renew = as_member(admin).post(f"/settings/members/{acting.pk}/", {"act": "renew_password"})
    assert renew.status_code == 404
    assert not acting.has_usable_password()


def test_it_outlives_who_made_it(task: Task, lead: Member, admin: Member, make_member: Callable[..., Member]) -> None:
    factories.join(make_member("nora"), task, Role.LEAD)
    client = program(task, lead)

    people_left = Member.objects.filter(pk=lead.pk)
    people_left.update(is_active=False)
    Membership.objects.filter(member=lead, task=task).delete()

    assert client.get("/api/v1/tasks/outreach/").status_code == 200


@pytest.fixture
def told(task: Task, lead: Member, settings: Any) -> Callable[[int], int]:
    """Send the daily mails on a day that leaves the token so many, and say how many went."""
    settings.NOTICES_BY_MAIL = True
    Member.objects.filter(pk=lead.pk).update(email="lena@example.org")
    program(task, lead, "read")
    today = datetime.now(UTC).replace(hour=9)

    def tell(days_left: int, *, mailed_before: int | None = None) -> int:
        ApiToken.objects.update(expiry=today + timedelta(days=days_left, hours=3))
        DailyMail.objects.all().delete()
        if mailed_before is not None:
            DailyMail.objects.create(member=lead, day=today.date() - timedelta(days=mailed_before), due_at=today)
        return daily_mail.send_due(today)

    return tell


def test_leads_are_told_before_it_ends(told: Callable[..., int], mailoutbox: list[Any]) -> None:
    assert [told(15), told(14), told(3)] == [0, 1, 1]
    assert "'nightly export' expires in 14 days" in mailoutbox[0].body
    assert "'nightly export' expires in 3 days" in mailoutbox[1].body
    assert PAGE in mailoutbox[0].body


def test_a_notice_whose_day_was_missed_comes_later_and_once(told: Callable[..., int], mailoutbox: list[Any]) -> None:
    missed = [told(9), told(1)]
    had = [told(9, mailed_before=5), told(1, mailed_before=2)]
    had_the_first_alone = told(2, mailed_before=4)

    assert (missed, had, had_the_first_alone) == ([1, 1], [0, 0], 1)
    assert "expires in 1 day;" in mailoutbox[1].body
