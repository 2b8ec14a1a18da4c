"""Models listed from the provider: with the key that belongs to the address, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.teachers import edit
from generation.teachers.edit import NewTeacher
from generation.teachers.offered_models import models_of
from members.models import Member
from web.errors import Refusal
from web.net import allowed_hosts

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
    [(401, b"", "refused the key"), (500, b"", "HTTP 500"), (200, b"{}", "not a list"), (200, b"[[", "not a list")],
)
def test_what_is_no_list_is_told_in_words(listing: Listing, status: int, body: bytes, said: str) -> None:
    listing.status, listing.body = status, body

    with pytest.raises(Refusal, match=said):
        models_of("openai-compatible", listing.url)


def test_a_private_address_is_not_called(listing: Listing, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = []

    with pytest.raises(Refusal, match="private network"):
        models_of("openai-compatible", listing.url)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("key", [CANARY, ""])
@pytest.mark.parametrize("provider", ["openai-compatible", "anthropic", "openai", "offline", "none"])
def test_an_address_that_is_none_is_told_in_words(provider: str, key: str, admin: Member, as_member: Any) -> None:
    client = as_member(admin)
    addresses = [
        "", "localhost:11434/v1", "gpu-1", "http://", "http://[::1", "https://[x/v1", "http://10.1.2.3/v1", "ftp://x/v1",
        "http://host:port/v1", "http://user:word@gpu-1/v1", "http://gpu-1:99999/v1", "//x", "\u0130://x",
    ]  # fmt: skip

    answers = {
        address: client.post(
            reverse("generation:teacher-models"), {"provider": provider, "base_url": address, "key": key}
        )
        for address in (addresses if provider != "none" else addresses[:2])
        if address or provider not in ("openai", "anthropic")
    }

    assert {answer.status_code for answer in answers.values()} == {200}
    assert all(
        b'role="alert"' in answer.content and CANARY.encode() not in answer.content for answer in answers.values()
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_server_of_this_machine_may_be_asked_where_the_site_is_for_this_machine_alone(
    host: str, settings: Any, admin: Member
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = []
    new = NewTeacher("x", "Llama", "openai-compatible", "llama3.1:8b", base_url=f"http://{host}:11434/v1")

    with pytest.raises(Refusal, match="private network"):
        edit.create(new, by=admin)
    settings.SERVES_THIS_MACHINE_ALONE = True
    teacher = edit.create(new, by=admin)

    assert teacher.base_url.endswith(":11434/v1")
    with pytest.raises(Refusal, match="private network"):
        edit.change(teacher, replace(new, base_url="http://10.1.2.3:8000/v1"), by=admin)


def test_such_a_server_lists_its_models(listing: Listing, settings: Any) -> None:
    listing.offers("llama3.1:8b")
    settings.ALLOWED_PRIVATE_HOSTS, settings.SERVES_THIS_MACHINE_ALONE = [], True

    assert models_of("openai-compatible", listing.url, key=CANARY).names == ["llama3.1:8b"]


def test_nothing_else_reaches_the_machine_of_a_site_for_itself(settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS, settings.SERVES_THIS_MACHINE_ALONE = [], True

    with pytest.raises(allowed_hosts.AddressRefusedError):
        allowed_hosts.check("http://127.0.0.1:8000/hook")
    with pytest.raises(allowed_hosts.AddressRefusedError):
        allowed_hosts.pin("http://127.0.0.1:8000/hook")


WHO_IS_REACHED = """
import importlib, json, os, sys
for host, names in json.loads(sys.argv[1]):
    os.environ |= {"HOST": host, "ALLOWED_HOSTS": names}
    print(importlib.reload(importlib.import_module("miniatures_site.settings.dev")).SERVES_THIS_MACHINE_ALONE)
"""


def test_a_site_is_for_its_machine_alone_where_it_listens_there_and_lets_in_no_other_name(tmp_path: Path) -> None:
    own = "localhost,127.0.0.1,[::1]"
    alone = [("127.0.0.1", own), ("127.0.0.2", "localhost"), ("::1", own), ("localhost", own)]
    reached = [
        ("0.0.0.0", own), ("::", own), ("10.0.0.4", own), ("", own), ("127.0.0.1", f"{own},miniatures.example.org"),
        ("127.0.0.1", "*"),
    ]  # fmt: skip
    command = [sys.executable, "-c", WHO_IS_REACHED, json.dumps(alone + reached)]
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "SECRET_KEY": "x" * 50}

    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert printed.stdout.split() == ["True"] * len(alone) + ["False"] * len(reached)


def test_the_form_lists_models_and_keeps_the_key_to_itself(
    listing: Listing, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    listing.offers("a-1", "<b>")
    sent = {"provider": "openai-compatible", "base_url": listing.url, "key": CANARY}

    told = as_member(admin).post(reverse("generation:teacher-models"), sent).content.decode()

    assert '<option value="a-1">' in told
    assert "<b>" not in told
    assert CANARY not in told
