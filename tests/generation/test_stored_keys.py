"""A teacher's key that an admin enters: stored encrypted, sent to one place, never shown again,
replaced and removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from audit.models import AuditRow
from generation.models import Teacher, TeacherKey
from generation.orders import launch, run_spec
from generation.teachers import edit
from generation.teachers import queries as selectors
from generation.teachers.edit import NewTeacher
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from members.models import Member
from review.models import Source, Task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]
CANARY = "sk-canary-0123456789"
OTHER = "sk-other-9876543210"


@pytest.fixture(autouse=True)
def no_key_in_the_environment(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOWED_SECRETS = []
    settings.ALLOWED_PRIVATE_HOSTS = ["gpu-1", "gpu-2"]
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def new(**over: Any) -> NewTeacher:
    return NewTeacher(**{"slug": "x", "name": "X", "provider": "openai", "model": "gpt-4o", "key": CANARY, **over})


@pytest.fixture
def keyed(admin: Member) -> Teacher:
    return edit.create(new(), by=admin)


def test_a_key_is_stored_encrypted_and_handed_over_by_its_name(
    keyed: Teacher, task: Task, source: Source, lead: Member
) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=keyed, count=1, by=lead, max_cost_usd=Decimal(1)))

    assert CANARY not in TeacherKey.objects.get().sealed
    assert CANARY not in json.dumps(order.teacher_spec)
    assert order.job is not None
    assert [store.resolve(name) for name in run_spec.secret_refs(order.job)] == [CANARY]


def test_a_key_goes_to_the_place_it_was_entered_for_and_nowhere_else(keyed: Teacher, admin: Member) -> None:
    name = keyed.secret_ref

    assert allow_list.is_allowed(name, use=SecretUse.TEACHER, url="https://api.openai.com/v1")
    for url in ("http://api.openai.com/v1", "https://api.openai.com:444/v1", "https://evil.example/v1", ""):
        assert not allow_list.is_allowed(name, use=SecretUse.TEACHER, url=url)
    assert not allow_list.is_allowed(name, use=SecretUse.HUB, url="https://api.openai.com/v1")


def test_changing_the_host_asks_for_the_key_again(keyed: Teacher, admin: Member) -> None:
    moved = {"provider": "openai-compatible", "base_url": "http://gpu-1:8000/v1"}

    with pytest.raises(Refusal) as refused:
        edit.change(keyed, new(key="", **moved), by=admin)

    assert refused.value.code == "secret_not_allowed"
    assert "key" in refused.value.errors
    assert Teacher.objects.get(slug="x").base_url == ""


def test_another_teacher_may_name_a_stored_key_for_the_same_place_only(keyed: Teacher, admin: Member) -> None:
    sibling = edit.create(new(slug="y", key="", secret_ref=keyed.secret_ref), by=admin)

    assert selectors.line_of(sibling, None).has_key
    with pytest.raises(Refusal, match="was not entered for"):
        edit.create(
            new(
                slug="z", key="", secret_ref=keyed.secret_ref, provider="openai-compatible", base_url="http://gpu-2/v1"
            ),
            by=admin,
        )


def test_saving_without_a_key_keeps_it_and_another_replaces_it(keyed: Teacher, admin: Member) -> None:
    name = keyed.secret_ref

    edit.change(keyed, new(key="", name="Renamed"), by=admin)
    assert store.resolve(name) == CANARY

    edit.change(keyed, new(key=OTHER), by=admin)
    assert store.resolve(name) == OTHER
    assert keyed.secret_ref == name


def test_naming_a_variable_instead_deletes_the_stored_key(keyed: Teacher, admin: Member) -> None:
    edit.change(keyed, new(key="", secret_ref="OPENAI_API_KEY"), by=admin)

    assert keyed.secret_ref == "OPENAI_API_KEY"
    assert not TeacherKey.objects.exists()


def test_a_removed_key_leaves_a_teacher_that_cannot_be_asked(keyed: Teacher, admin: Member, lead: Member) -> None:
    with pytest.raises(PermissionDenied):
        edit.remove_key(keyed, by=lead)
    edit.remove_key(keyed, by=admin)

    assert not selectors.line_of(keyed, selectors.price_of(keyed)).can_be_asked
    with pytest.raises(Refusal, match="no longer has a key"):
        store.resolve(keyed.secret_ref)
    assert not edit.remove_key(keyed, by=admin)


def test_a_stored_name_is_never_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORED_KEY_0", "from the environment")

    assert not store.is_set("STORED_KEY_0")
    with pytest.raises(Refusal):
        store.resolve("STORED_KEY_0")


def test_a_key_under_another_secret_key_says_so(keyed: Teacher, settings: Any) -> None:
    settings.SECRET_KEY = "another" * 8

    with pytest.raises(Refusal, match="SECRET_KEY was changed"):
        store.resolve(keyed.secret_ref)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"key": "two words here"}, "without a space"),
        ({"key": "short"}, "8 to 500"),
        ({"provider": "offline"}, "needs no key"),
        ({"provider": "openai-compatible", "base_url": "http://8.8.8.8/v1"}, "over https only"),
    ],
)
def test_a_key_that_cannot_be_stored_is_refused_beside_its_field(
    admin: Member, over: dict[str, str], said: str
) -> None:
    with pytest.raises(Refusal) as refused:
        edit.create(new(**over), by=admin)

    assert said in refused.value.errors["key"][0]
    assert new(**over).key not in str(refused.value.errors)
    assert not Teacher.objects.filter(slug="x").exists()


def test_a_private_server_takes_its_key_over_http(admin: Member) -> None:
    made = edit.create(new(provider="openai-compatible", base_url="http://gpu-1:8000/v1"), by=admin)

    assert selectors.line_of(made, None).has_key


def test_no_page_no_answer_and_no_trail_shows_the_key(admin: Member, lead: Member, as_member: SignIn) -> None:
    form = {"name": "X", "slug": "x", "provider": "openai", "model": "gpt-4o", "concurrency": "8", "key": CANARY}
    page = as_member(admin)

    made = page.post(reverse("generation:teacher-new"), form)
    refused = page.post(reverse("generation:teacher-new"), form)
    texts = [
        refused.content.decode(),
        page.get(reverse("generation:teachers")).content.decode(),
        page.get(reverse("generation:teacher-edit", args=["x"])).content.decode(),
        page.get("/api/v1/teachers/x/").content.decode(),
        as_member(lead).get("/api/v1/teachers/").content.decode(),
        json.dumps(list(AuditRow.objects.values("act", "detail"))),
        repr(new()),
    ]

    assert made.status_code == 302
    assert refused.status_code == 409 or refused.status_code == 400
    assert [text for text in texts if CANARY in text] == []
    assert "stored" in texts[1]
    assert "Remove the key" in texts[2]
    assert AuditRow.objects.filter(act="teacher_key_set").count() == 1


def test_an_admin_removes_the_key_on_the_page_and_in_the_api(admin: Member, lead: Member, as_member: SignIn) -> None:
    teacher = edit.create(new(), by=admin)
    url = "/api/v1/teachers/x/key/"

    assert as_member(lead).delete(url).status_code == 403
    assert as_member(admin).delete(url).status_code == 204
    assert as_member(admin).delete(url).status_code == 204
    edit.change(teacher, new(), by=admin)
    as_member(admin).post(reverse("generation:teacher-key-remove", args=["x"]))

    assert not TeacherKey.objects.exists()
    assert AuditRow.objects.filter(act="teacher_key_removed").count() == 2


def test_the_api_takes_a_key_and_gives_none_back(admin: Member, as_member: SignIn) -> None:
    body = {"slug": "x", "name": "X", "provider": "openai", "model": "gpt-4o", "key": CANARY}

    made = as_member(admin).post("/api/v1/teachers/", body, content_type="application/json")
    patched = as_member(admin).patch("/api/v1/teachers/x/", {"key": OTHER}, content_type="application/json")

    assert made.status_code == 201, made.content
    assert (made.json()["has_key"], "key" in made.json()) == (True, False)
    assert made.json()["key_set_at"]
    assert OTHER not in patched.content.decode()
    assert store.resolve(Teacher.objects.get(slug="x").secret_ref) == OTHER
