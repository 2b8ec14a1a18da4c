"""A misspelt field of a body is refused by name; what a GET gave may be sent back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from generation.models import Teacher
from members.models import Member
from review.desk.serializers import SetAsideIn
from review.models import Task

Api = Callable[..., APIClient]
ROOT = Path(__file__).parents[2]
ROOMS = (
    "audit",
    "campaigns",
    "evaluation",
    "generation",
    "jobs",
    "members",
    "review",
    "serving",
    "training",
    "webhooks",
)
# A provider may add fields to its notices at any time.
FROM_OUTSIDE = ["campaigns/replies/webhook_api.py"]
# A change is laid over what the sender holds, and checked as a whole.
LAID_OVER = ["campaigns/senders/api.py"]


def test_a_misspelt_field_is_refused_with_the_nearest_and_nothing_is_made(admin: Member, api_as: Api) -> None:
    body = {"name": "Mails", "slug": "mails", "starter": "outreach", "trian_fraction": 0.9}

    refused = api_as(admin).post("/api/v1/tasks/", body, format="json")

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert refused.json()["errors"] == {
        "trian_fraction": [
            "There is no field 'trian_fraction'; nearest: train_fraction, validation_fraction. Found 0.9."
        ]
    }
    assert not Task.objects.exists()


def test_a_misspelt_field_is_named_beside_the_other_mistakes(admin: Member, api_as: Api) -> None:
    refused = api_as(admin).post("/api/v1/tasks/", {"nmae": "Mails"}, format="json")

    assert refused.json()["errors"].keys() == {"name", "slug", "nmae"}
    assert "nearest: name." in refused.json()["errors"]["nmae"][0]


def test_a_field_with_two_values_is_refused(admin: Member, api_as: Api) -> None:
    bodies = ['{"name": "A", "slug": "a", "starter": "outreach", "name": "B"}', '{"spec": {"slots": [], "slots": [1]}}']

    refused = [api_as(admin).post("/api/v1/tasks/", body, content_type="application/json") for body in bodies]

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(400, "parse_error")] * 2
    assert "'name' is there twice, with different values" in refused[0].json()["title"]
    assert not Task.objects.exists()


def test_a_field_inside_a_list_is_named_by_its_path(admin: Member, api_as: Api) -> None:
    body = {"task": "mails", "count": 1, "teachers": [{"teacher": "offline", "shar": 1}]}

    refused = api_as(admin).post("/api/v1/orders/estimate/", body, format="json")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["teachers[0].shar"])


def test_what_a_get_gave_may_be_sent_back_changed_and_a_misspelt_change_not(admin: Member, api_as: Api) -> None:
    api, address = api_as(admin), "/api/v1/teachers/offline/"
    teacher = api.get(address).json()

    changed = api.patch(address, {**teacher, "name": "By rote"}, format="json")
    refused = api.patch(address, {"nam": "By heart"}, format="json")

    assert (changed.status_code, refused.status_code) == (200, 400)
    assert Teacher.objects.get(slug="offline").name == "By rote"


def test_what_a_list_shows_of_orders_is_no_field_of_a_new_one(admin: Member, api_as: Api) -> None:
    body = {"task": "mails", "teacher": "offline", "count": 1, "model": "gpt-4o"}

    refused = api_as(admin).post("/api/v1/orders/", body, format="json")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["model"])


def test_of_a_body_full_of_strange_names_some_are_told(admin: Member, api_as: Api) -> None:
    refused = api_as(admin).post("/api/v1/tasks/", {f"name{n}": n for n in range(5000)}, format="json")

    assert refused.status_code == 400
    assert len(refused.json()["errors"]) < 30


@pytest.mark.parametrize("name", ["é" * 300, "\u202e", ""])
def test_a_name_that_is_none_is_refused_like_any(name: str, admin: Member, api_as: Api) -> None:
    refused = api_as(admin).post("/api/v1/tasks/", {name: 1}, format="json")

    assert refused.status_code == 400
    assert len(refused.content) < 3000


def test_every_body_is_read_where_its_names_are_checked() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    validated = [path for path, text in sources.items() if "is_valid(raise_exception=True)" in text]
    by_hand = [
        path
        for path, text in sources.items()
        if path.endswith("api.py") and re.search(r"^(?!.*\bchecked\().*\brequest\.data\b", text, re.MULTILINE)
    ]

    assert validated == FROM_OUTSIDE
    assert by_hand == LAID_OVER


def test_what_the_desk_sends_with_a_card_set_aside_is_known() -> None:
    sent = re.search(r'"set-aside"\), body: \{ ([^}]*) \}', (ROOT / "static/js/desk/verdicts.js").read_text())

    assert sent
    assert set(sent[1].split(", ")) <= set(SetAsideIn().fields)
