"""Which secrets may be named for what, and to which hosts they may go."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import system_checks as checks
from jobs.secrets import allow_list
from jobs.secrets.allow_list import SecretUse
from web.errors import Refusal


@pytest.mark.parametrize(
    ("use", "name", "url"),
    [
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://api.openai.com/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://API.openai.com./v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://eu.api.openai.com/v1"),
        (SecretUse.TEACHER, "ANTHROPIC_API_KEY", "https://api.anthropic.com"),
        (SecretUse.HUB, "HF_TOKEN", "https://huggingface.co"),
    ],
)
def test_well_known_keys_go_to_their_own_provider(settings: Any, use: SecretUse, name: str, url: str) -> None:
    settings.ALLOWED_SECRETS = []

    assert allow_list.is_allowed(name, use=use, url=url)


@pytest.mark.parametrize(
    ("use", "name", "url"),
    [
        (SecretUse.TEACHER, "AWS_SECRET_ACCESS_KEY", "https://api.openai.com/v1"),
        (SecretUse.TEACHER, "AWS_SECRET_ACCESS_KEY", "https://stranger.example/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://stranger.example/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://api.openai.com.stranger.example/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://fakeapi.openai.com/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "http://api.openai.com/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://api.openai.com@stranger.example/v1"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", "https://api.anthropic.com"),
        (SecretUse.TEACHER, "OPENAI_API_KEY", ""),
        (SecretUse.TEACHER, "HF_TOKEN", "https://huggingface.co"),
        (SecretUse.HUB, "OPENAI_API_KEY", "https://huggingface.co"),
        (SecretUse.HUB, "HF_TOKEN", "https://stranger.example"),
    ],
)
def test_any_other_secret_goes_nowhere(settings: Any, use: SecretUse, name: str, url: str) -> None:
    settings.ALLOWED_SECRETS = []

    assert not allow_list.is_allowed(name, use=use, url=url)
    with pytest.raises(Refusal, match=f"The secret {name} may not be sent"):
        allow_list.require(name, use=use, url=url, field="x")


def test_whoever_runs_the_installation_allows_more(settings: Any) -> None:
    settings.ALLOWED_SECRETS = ["teacher:LAB_*@gpu-1:8000", "teacher:ROUTER_KEY@*.router.example", "hub:ACME@[fd00::1]"]

    allowed = allow_list.is_allowed
    assert allowed("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-1:8000/v1")
    assert allowed("ROUTER_KEY", use=SecretUse.TEACHER, url="https://eu.router.example/v1")
    assert allowed("ACME", use=SecretUse.HUB, url="https://[fd00::1]")
    assert not allowed("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-1:9000/v1")
    assert not allowed("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-2:8000/v1")
    assert not allowed("LAB_KEY", use=SecretUse.HUB, url="http://gpu-1:8000")
    assert not allowed("ROUTER_KEY", use=SecretUse.TEACHER, url="https://router.example.stranger.example/v1")


def test_the_houses_own_keys_go_nowhere_whatever_is_set(settings: Any) -> None:
    settings.ALLOWED_SECRETS = ["teacher:*@*"]

    assert not allow_list.is_allowed("SECRET_KEY", use=SecretUse.TEACHER, url="https://api.openai.com/v1")


def test_a_refusal_says_which_line_would_allow_it(settings: Any) -> None:
    settings.ALLOWED_SECRETS = []

    with pytest.raises(Refusal) as refused:
        allow_list.require("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-1:8000/v1", field="secret_ref")

    assert "add teacher:LAB_KEY@gpu-1 to ALLOWED_SECRETS" in refused.value.hint
    assert list(refused.value.errors) == ["secret_ref"]


@pytest.mark.parametrize(
    "entry", ["LAB_KEY@gpu-1", "teacher:LAB_KEY", "mail:LAB_KEY@gpu-1", "teacher:lab@gpu-1", "teacher:A@gpu-1:http"]
)
def test_an_entry_that_cannot_be_read_is_said_at_start(settings: Any, entry: str) -> None:
    settings.ALLOWED_SECRETS = [entry]

    (error,) = checks.allowed_secrets_can_be_read()

    assert entry in error.msg


def test_a_hub_of_ones_own_gets_the_hubs_token(settings: Any) -> None:
    settings.HUB_ENDPOINT = "https://hub.example"

    assert allow_list.is_allowed("HF_TOKEN", use=SecretUse.HUB, url="https://hub.example")
    assert not allow_list.is_allowed("OPENAI_API_KEY", use=SecretUse.HUB, url="https://hub.example")


@pytest.mark.parametrize(
    "address",
    ["hub.example", "hub.example:8443", "https://name:word@hub.example", "https://hub.example/?a=1", "https://["],
)
def test_a_hub_whose_address_cannot_be_read_is_said_at_start_and_is_no_permission(settings: Any, address: str) -> None:
    settings.HUB_ENDPOINT, settings.ALLOWED_SECRETS = address, ["teacher:LAB_KEY@gpu-1"]

    (error,) = checks.allowed_secrets_can_be_read()

    assert error.msg.startswith("HUB_ENDPOINT cannot be used: ")
    assert error.hint
    assert not allow_list.is_allowed("HF_TOKEN", use=SecretUse.HUB, url="https://hub.example")
    assert allow_list.is_allowed("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-1/v1")


def test_an_entry_that_cannot_be_read_takes_no_other_permission_away(settings: Any) -> None:
    settings.ALLOWED_SECRETS = ["LAB_KEY@gpu-1", "teacher:ROUTER_KEY@router.example"]

    assert not allow_list.is_allowed("LAB_KEY", use=SecretUse.TEACHER, url="http://gpu-1/v1")
    assert allow_list.is_allowed("ROUTER_KEY", use=SecretUse.TEACHER, url="https://router.example/v1")
