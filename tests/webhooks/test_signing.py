"""Signatures: what a reader accepts and what it must not."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from webhooks.endpoints.signing import is_valid, new_secret, signature

BODY = '{"event":"job.finished","data":{"title":"Größe"}}'.encode()


def test_a_signature_is_the_mac_of_time_dot_body_as_documented() -> None:
    header = signature(BODY, keys=["whsec_a"], at=1_700_000_000)

    mac = hmac.new(b"whsec_a", b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert header == f"t=1700000000,v1={mac}"


@pytest.mark.parametrize("key", ["new", "old"])
def test_while_a_secret_is_changed_either_opens(key: str) -> None:
    header = signature(BODY, keys=["new", "old"], at=1000)

    assert is_valid(header, BODY, key=key, now=1000)


@pytest.mark.parametrize(
    ("header", "body", "key", "now"),
    [
        (signature(BODY, keys=["k"], at=1000), BODY + b" ", "k", 1000),
        (signature(BODY, keys=["k"], at=1000), BODY, "other", 1000),
        (signature(BODY, keys=["k"], at=1000), BODY, "k", 1301),
        (signature(BODY, keys=["k"], at=1000), BODY, "k", 699),
        (signature(BODY, keys=["k"], at=1000).replace("t=1000", "t=1100"), BODY, "k", 1100),
        ("", BODY, "k", 1000),
        ("t=now,v1=ü", BODY, "k", 1000),
        ("t=1000,v1=ü", BODY, "k", 1000),
    ],
)
def test_what_was_changed_or_is_old_is_not_valid(header: str, body: bytes, key: str, now: int) -> None:
    assert not is_valid(header, body, key=key, now=now)


def test_secrets_are_long_and_differ() -> None:
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert min(map(len, made)) >= 48
