"""How much of a request is read, and of whom."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from miniatures_site.server import callers, request_bodies
from miniatures_site.server.request_bodies import ANYONE_MAX_BYTES, FORM_BYTES, MIB, BodyReader, BodyRefused

PIECE = b"x" * (MIB // 2)


def scope_of(address: str, *, length: int | None = None, accept: str = "", shows: str = "") -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"accept", accept.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    if shows:
        headers.append((b"authorization", shows.encode()))
    return {"type": "http", "method": "POST", "path": address, "headers": headers}


class Sender:
    """A client that sends so many pieces, and tells how many were taken."""

    def __init__(self, pieces: int) -> None:
        self.left, self.taken = pieces, 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        self.left -= 1
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}


def read(scope: dict[str, Any], sender: Sender, *, is_member: bool = True, reader: BodyReader | None = None) -> int:
    """How many bytes were read."""

    async def asked(_: Any) -> bool:
        return is_member

    async def take() -> int:
        body = await (reader or BodyReader(asked)).read(scope, sender)
        size = len(body.file.read())
        body.close()
        return size

    return asyncio.run(take())


def refusal_of(scope: dict[str, Any], sender: Sender, **options: Any) -> BodyRefused:
    with pytest.raises(BodyRefused) as refused:
        read(scope, sender, **options)
    return refused.value


def test_a_small_body_is_read_from_anybody() -> None:
    assert read(scope_of("/accounts/login/"), Sender(2), is_member=False) == ANYONE_MAX_BYTES


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_large_body_is_not_read_from_a_stranger(is_declared: bool) -> None:
    sender = Sender(1000)
    length = 1000 * len(PIECE) if is_declared else None

    refusal = refusal_of(scope_of("/api/v1/sources/", length=length, shows="Bearer x"), sender, is_member=False)

    assert (refusal.status, refusal.code) == (401, "not_authenticated")
    assert sender.taken == (0 if is_declared else 3)


@pytest.mark.parametrize(
    ("address", "mib", "setting"),
    [
        ("/api/v1/tasks/", 2, "MAX_BODY_MIB"),
        ("/api/v1/sources/", 4, "MAX_UPLOAD_MIB"),
        ("/api/v1/contacts/", 4, "MAX_UPLOAD_MIB"),
        ("/tasks/outreach/sources/import/", 4, "MAX_UPLOAD_MIB"),
    ],
)
def test_a_member_sends_as_much_as_the_settings_say(address: str, mib: int, setting: str, settings: Any) -> None:
    settings.MAX_BODY_MIB, settings.MAX_UPLOAD_MIB = 2.0, 4.0
    most = mib * MIB + (FORM_BYTES if mib == 4 else 0)
    fits, sender = most // len(PIECE), Sender(1000)

    size = read(scope_of(address, shows="Bearer x"), Sender(fits))
    refusal = refusal_of(scope_of(address, shows="Bearer x"), sender)

    assert size == most
    assert (refusal.status, refusal.code, refusal.title) == (
        413, "request_too_large", f"The request is larger than {mib} MiB.",
    )  # fmt: skip
    assert setting in refusal.hint
    assert sender.taken == fits + 1


def test_what_says_its_size_is_refused_before_it_is_read() -> None:
    sender = Sender(10)

    refusal = refusal_of(scope_of("/api/v1/tasks/", length=9 * MIB, shows="Bearer x"), sender)

    assert (refusal.status, sender.taken) == (413, 0)


@pytest.mark.parametrize("address", ["/v1/chat/completions", "/nothing/here/"])
def test_questions_and_what_leads_nowhere_stay_small_for_members_too(address: str) -> None:
    refusal = refusal_of(scope_of(address, shows="Bearer x"), Sender(1000))

    assert (refusal.status, refusal.title) == (413, "The request is larger than 1 MiB.")


def test_only_a_few_large_webhooks_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "LARGE_SIGNED_AT_ONCE", 2)
    scope = scope_of("/api/v1/inbound/miniatures/")

    async def asked(_: Any) -> bool:
        return False

    async def rush() -> tuple[int, int]:
        reader = BodyReader(asked)
        first, second = [await reader.read(scope, Sender(3)) for _ in range(2)]
        with pytest.raises(BodyRefused) as refused:
            await reader.read(scope, Sender(3))
        first.close()
        second.close()
        again = await reader.read(scope, Sender(3))
        size = len(again.file.read())
        again.close()
        return refused.value.status, size

    assert asyncio.run(rush()) == (503, 3 * len(PIECE))


class Trickler(Sender):
    """A client that stops sending, and stays."""

    async def __call__(self) -> dict[str, Any]:
        if not self.left:
            await asyncio.Event().wait()
        return {**await super().__call__(), "more_body": True}


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_large_webhook_that_comes_slowly_keeps_its_place_from_no_other(
    monkeypatch: pytest.MonkeyPatch, is_declared: bool
) -> None:
    """At the pace of other requests what has come of it would hold the place for six minutes."""
    monkeypatch.setattr(request_bodies, "LARGE_SIGNED_AT_ONCE", 1)
    monkeypatch.setattr(request_bodies, "MIN_SIGNED_BYTES_PER_S", 64 * MIB)
    scope = scope_of("/api/v1/inbound/miniatures/", length=2 * MIB if is_declared else None)

    async def asked(_: Any) -> bool:
        return False

    async def rush() -> tuple[BodyRefused, int]:
        reader = BodyReader(asked, grace_s=0.2)
        async with asyncio.timeout(30):
            with pytest.raises(BodyRefused) as refused:
                await reader.read(scope, Trickler(3))
            after = await reader.read(scope, Sender(3))
        size = len(after.file.read())
        after.close()
        return refused.value, size

    refusal, size = asyncio.run(rush())
    assert (refusal.status, refusal.code, size) == (408, "too_slow", 3 * len(PIECE))
    assert f"{64 * 1024} KiB a second" in refusal.hint


def answered(scope: dict[str, Any], refusal: BodyRefused) -> tuple[dict[bytes, bytes], bytes]:
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asyncio.run(request_bodies.send_refusal(refusal, scope, Sender(3), send))
    assert said[-1] == {"type": "http.response.body", "body": b""}
    return dict(said[0]["headers"]), b"".join(message.get("body", b"") for message in said)


TOO_LARGE = BodyRefused(413, "request_too_large", "It is large.", "Split it.")


def test_a_program_reads_a_problem() -> None:
    headers, said = answered(scope_of("/api/v1/tasks/"), TOO_LARGE)

    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"connection"] == b"close"
    assert json.loads(said) == {
        "type": "urn:miniatures:problem:request_too_large", "title": "It is large.", "status": 413,
        "code": "request_too_large", "hint": "Split it.",
    }  # fmt: skip


def test_a_client_of_v1_reads_its_own_shape() -> None:
    _, said = answered(scope_of("/v1/chat/completions"), TOO_LARGE)

    assert json.loads(said)["error"]["message"] == "It is large. Split it."


def test_a_browser_sees_a_page() -> None:
    headers, said = answered(scope_of("/tasks/x/sources/import/", accept="text/html,*/*"), TOO_LARGE)

    assert headers[b"content-type"].startswith(b"text/html")
    assert b"It is large. Split it." in said


@pytest.mark.django_db
def test_a_member_is_known_by_token_or_session_and_nobody_else(admin: Any, api_as: Any, as_member: Any) -> None:
    token = api_as(admin)._credentials["HTTP_AUTHORIZATION"]
    session = as_member(admin).cookies["sessionid"].value

    def with_cookie(value: str) -> dict[str, Any]:
        return {**scope_of("/"), "headers": [(b"cookie", f"theme=dark; sessionid={value}".encode())]}

    assert callers.is_member(scope_of("/", shows=token))
    assert callers.is_member(with_cookie(session))
    assert not callers.is_member(scope_of("/", shows="Bearer wrong"))
    assert not callers.is_member(with_cookie("wrong"))
    assert not callers.is_member(scope_of("/"))
