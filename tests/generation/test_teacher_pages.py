from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import PriceEntry, Teacher
from generation.money import prices
from members.models import Member

SignIn = Callable[[Member], Client]


def test_an_admin_adds_and_edits_a_teacher(admin: Member, as_member: SignIn) -> None:
    page = as_member(admin)
    form: dict[str, Any] = {
        "name": "Claude",
        "slug": "claude",
        "provider": "anthropic",
        "model": "claude-sonnet-5-5",
        "parameters": '{"max_tokens": 500}',
        "concurrency": "8",
        "is_active": "on",
    }

    page.post(reverse("generation:teacher-new"), form)
    page.post(reverse("generation:teacher-edit", args=["claude"]), form | {"concurrency": "4"})

    teacher = Teacher.objects.get(slug="claude")
    assert (teacher.secret_ref, teacher.concurrency, teacher.parameters) == (
        "ANTHROPIC_API_KEY",
        4,
        {"max_tokens": 500},
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("parameters", '{"stream": true}', "set by the product"),
        ("parameters", '{"max_completion_tokens": 8000}', "Write max_tokens"),
        ("parameters", '{"best_of": 4}', "adds cost that a budget"),
        ("parameters", '{"plugins": [{"id": "web"}]}', "adds cost that a budget"),
        ("parameters", '{"models": ["a/dearer-one"]}', "adds cost that a budget"),
        ("parameters", '{"service_tier": "priority"}', "cost more"),
        ("parameters", '{"service_tier": "fast"}', "cost more"),
        ("parameters", '{"inference_geo": "us"}', "cost more"),
        ("parameters", '{"prompt_cache_options": {"ttl": "12h"}}', "cost more"),
        ("parameters", '{"cache_control": {"type": "ephemeral", "ttl": "1h"}}', "set by the product"),
        ("parameters", "[1]", "JSON object"),
        ("parameters", "{oops", "JSON object"),
        ("secret_ref", "sk-abcdef", "never the key itself"),
        ("secret_ref", "SECRET_KEY", "never the key itself"),
        ("base_url", "http://10.0.0.8/v1", "private network"),
        ("base_url", "ftp://example.com", "not an http"),
        ("base_url", "https://me:pw@example.com/v1", "user name"),
        ("base_url", "http://[::ffff:127.0.0.1]/v1", "private network"),
    ],
)
def test_a_teacher_that_must_not_be_is_refused_beside_its_field(
    admin: Member, as_member: SignIn, field: str, value: str, said: str
) -> None:
    form = {"name": "X", "slug": "x", "provider": "openai", "model": "m", "concurrency": "8", field: value}

    answer = as_member(admin).post(reverse("generation:teacher-new"), form)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Teacher.objects.filter(slug="x").exists()


def test_a_key_typed_where_its_name_belongs_is_not_shown_again(admin: Member, as_member: SignIn) -> None:
    form = {"name": "X", "slug": "x", "provider": "openai", "model": "m", "concurrency": "8", "secret_ref": "sk-canary"}

    answer = as_member(admin).post(reverse("generation:teacher-new"), form)

    assert "sk-canary" not in answer.content.decode()


def test_a_private_host_that_is_named_is_allowed(admin: Member, as_member: SignIn, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["10.0.0.0/24"]
    form = {
        "name": "X",
        "slug": "x",
        "provider": "openai-compatible",
        "model": "m",
        "concurrency": "8",
        "base_url": "http://10.0.0.8/v1",
    }

    as_member(admin).post(reverse("generation:teacher-new"), form)

    assert Teacher.objects.get(slug="x").secret_ref == ""


def test_prices_are_read_by_all_and_changed_by_admins(admin: Member, lead: Member, as_member: SignIn) -> None:
    form = {
        "provider": "openai",
        "model": "gpt-4o",
        "input_usd_per_million": "2.4",
        "output_usd_per_million": "9",
        "as_of": "2026-11-19",
        "source_url": "https://example.com/prices",
    }
    url = reverse("generation:prices")

    seen = as_member(lead).get(url).content.decode()
    refused = as_member(lead).post(url, form)
    as_member(admin).post(url, form)

    entry = prices.price_entry("openai", "gpt-4o")
    assert entry
    assert "gpt-4o" in seen
    assert "Save the price" not in seen
    assert refused.status_code == 403
    assert (entry.input_usd_per_million, str(entry.as_of)) == (Decimal("2.4"), "2026-11-19")


def test_a_price_to_edit_stands_in_the_form(admin: Member, as_member: SignIn) -> None:
    body = (
        as_member(admin).get(reverse("generation:prices"), {"provider": "openai", "model": "gpt-4o"}).content.decode()
    )

    assert 'value="2.5000"' in body
    assert 'value="https://github.com/CommitBrief' in body


def test_a_removed_price_makes_its_teacher_unaskable(admin: Member, paid: Teacher, as_member: SignIn) -> None:
    page = as_member(admin)
    entry = PriceEntry.objects.get(provider="openai", model="gpt-4o")

    page.post(reverse("generation:price-remove", args=[entry.pk]))

    teachers = page.get(reverse("generation:teachers")).content.decode()
    assert "no price" in teachers
    address = re.search(r'href="([^"]*#price)">Enter it', teachers)
    assert address
    form = page.get(html.unescape(address[1])).content.decode()
    assert '<option value="openai" selected>' in form
    assert 'value="gpt-4o"' in form


@pytest.mark.parametrize(
    ("choice", "address"),
    [
        ("azure", "https://YOUR-RESOURCE.openai.azure.com/openai/v1"),
        ("vllm", "http://localhost:8000/v1"),
        ("ollama", "http://localhost:11434/v1"),
    ],
)
def test_a_choice_comes_with_its_address(admin: Member, as_member: SignIn, choice: str, address: str) -> None:
    body = as_member(admin).get(reverse("generation:teacher-new"), {"provider": choice}).content.decode()

    assert f'value="{address}"' in body
    # Servers of one's own hold every model to a schema, and `auto` cannot know what an address runs.
    assert ('<option value="json" selected>' in body) == (choice in ("vllm", "ollama"))
    assert '<option value="openai-compatible" selected>' in body


@pytest.mark.parametrize(
    ("choice", "own_port", "port", "start"),
    [
        ("vllm", "8000", 8001, "vllm serve MODEL --port 8001"),
        ("vllm", "8400", 8000, "vllm serve MODEL --port 8000"),
        ("ollama", "11434", 11435, "OLLAMA_HOST=127.0.0.1:11435 ollama serve"),
    ],
)
def test_a_local_choice_never_leads_to_the_site_itself(
    admin: Member, as_member: SignIn, choice: str, own_port: str, port: int, start: str
) -> None:
    page, new = as_member(admin), reverse("generation:teacher-new")

    listed = page.get(reverse("generation:teachers"), SERVER_PORT=own_port).content.decode()
    body = page.get(new, {"provider": choice}, SERVER_PORT=own_port).content.decode()

    assert f"localhost:{port}</span>" in listed and f"localhost:{port}</span>" in body
    assert f'value="http://localhost:{port}/v1"' in body
    assert start in body
    assert ("This site itself listens" in body) == (own_port != "8400")


def test_a_short_name_is_made_from_the_name(admin: Member, as_member: SignIn) -> None:
    form = {"name": "GPT-4o, careful", "provider": "offline", "model": "m", "concurrency": "8"}
    page = as_member(admin)

    page.post(reverse("generation:teacher-new"), form)
    page.post(reverse("generation:teacher-new"), form | {"slug": ""})
    made = page.post(
        "/api/v1/teachers/", {"name": "\u6559\u5e08", "provider": "offline", "model": "m"}, "application/json"
    )

    slugs = Teacher.objects.exclude(slug="offline").order_by("created_at").values_list("slug", flat=True)
    assert list(slugs) == ["gpt-4o-careful", "gpt-4o-careful-2", "teacher"]
    assert made.json()["slug"] == "teacher"
