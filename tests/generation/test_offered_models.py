"""Models listed from the provider: with the key that belongs to the address, and nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.teachers import edit
from generation.teachers.edit import NewTeacher
from generation.teachers.offered_models import models_of
from members.models import Member
from web.errors import Refusal

pytestmark = pytest.mark.django_db
CANARY = "sk-canary-0123456789"


class Listing:
    """A server that answers every GET alike and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status, self.body, self.headers = 200, b"", {"Content-Type": "application/json"}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key = self.headers.get("Authorization") or self.headers.get("x-api-key") or ""
                outer.asked.append((self.path, key))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def offers(self, *names: str) -> None:
        self.body = json.dumps({"data": [{"id": name} for name in names]}).encode()


@pytest.fixture
def listing(settings: Any) -> Iterator[Listing]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ALLOWED_SECRETS = []
    made = Listing()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_models_come_with_the_key_that_was_typed(listing: Listing) -> None:
    listing.offers("b-2", "models/a-1")

    assert models_of("openai-compatible", listing.url, key=CANARY).names == ["a-1", "b-2"]
    assert listing.asked == [("/v1/models", f"Bearer {CANARY}")]


def test_models_come_with_the_stored_key_and_for_its_place_only(listing: Listing, admin: Member) -> None:
    listing.offers("a-1")
    new = NewTeacher("x", "X", "openai-compatible", "m", base_url=listing.url, key=CANARY)
    teacher = edit.create(new, by=admin)

    assert models_of("openai-compatible", listing.url, teacher_id=teacher.pk).names == ["a-1"]
    with pytest.raises(Refusal, match="was not entered for"):
        models_of("openai-compatible", listing.url.replace("/v1", "9/v1"), teacher_id=teacher.pk)
    assert [key for _, key in listing.asked] == [f"Bearer {CANARY}"]


def test_a_variables_key_does_not_go_to_another_address(listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)

    with pytest.raises(Refusal, match="may not be sent"):
        models_of("openai", listing.url)

    assert listing.asked == []


def test_a_redirect_does_not_take_the_key_along(listing: Listing) -> None:
    listing.status, listing.headers = 302, {"Location": listing.url + "/elsewhere"}

    with pytest.raises(Refusal):
        models_of("openai-compatible", listing.url, key=CANARY)

    assert len(listing.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(401, b"", "refused the key"), (500, b"", "HTTP 500"), (200, b"{}", "no list"), (200, b"[[", "no list")],
)
def test_what_is_no_list_is_told_in_words(listing: Listing, status: int, body: bytes, said: str) -> None:
    listing.status, listing.body = status, body

    with pytest.raises(Refusal, match=said):
        models_of("openai-compatible", listing.url)


def test_a_private_address_is_not_called(listing: Listing, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = []

    with pytest.raises(Refusal, match="private network"):
        models_of("openai-compatible", listing.url)


def test_the_form_lists_models_and_keeps_the_key_to_itself(
    listing: Listing, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    listing.offers("a-1", "<b>")
    sent = {"provider": "openai-compatible", "base_url": listing.url, "key": CANARY}

    told = as_member(admin).post(reverse("generation:teacher-models"), sent).content.decode()

    assert '<option value="a-1">' in told
    assert "<b>" not in told
    assert CANARY not in told
