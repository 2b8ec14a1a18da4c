"""Values of secrets by name."""

import pytest

from jobs.secrets import store
from web.errors import Refusal


def test_a_secret_is_its_environment_variable(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", " value ")

    assert store.resolve("SOME_API_KEY") == "value"
    assert store.is_set("SOME_API_KEY")


@pytest.mark.parametrize("value", ["sk-one\nsk-two", "sk-\u201cquoted\u201d", "sk-\u00fcber"])
def test_a_value_that_no_header_carries_is_told_by_name_and_never_shown(monkeypatch, value):
    monkeypatch.setenv("SOME_API_KEY", value)

    with pytest.raises(Refusal, match="SOME_API_KEY has a line break or a letter") as refusal:
        store.resolve("SOME_API_KEY")

    assert "sk-" not in refusal.value.message + refusal.value.hint


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "lower", "A B", "", "X;rm"])
def test_the_houses_own_keys_and_odd_names_are_refused(monkeypatch, name):
    monkeypatch.setenv("SECRET_KEY", "x")

    with pytest.raises(Refusal, match="cannot name a secret"):
        store.resolve(name)

    assert not store.is_set(name)


def test_an_engines_environment_has_no_secret_in_it():
    environment = {
        "OPENAI_API_KEY": "a",
        "HF_TOKEN": "b",
        "DB_PASSWORD": "c",
        "SECRET_KEY_FALLBACKS": "c",
        "REDIS_URL": "d",
        "PATH": "e",
        "HOME": "f",
    }

    assert store.without_secrets(environment) == {"PATH": "e", "HOME": "f"}
