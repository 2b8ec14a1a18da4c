"""Checks of packages in their process: what they answer, and what becomes of those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from review.text.own_checks import process
from review.text.own_checks.installed import installed
from review.text.own_checks.process import CheckProcess, UnansweredError


def draft(body: str = "Some words.") -> dict[str, Any]:
    return {
        "fields": {"body": body, "category": "billing"},
        "texts": [{"path": "body", "text": body}],
        "facts": {"title": "billing"},
        "language": "en",
    }


def messages(asked: CheckProcess, name: str, body: str = "Some words.") -> list[str]:
    return [mark["message"] for mark in asked.marks(f"acme-checks:{name}", draft(body))]


def why_not(asked: CheckProcess, name: str) -> str:
    with pytest.raises(UnansweredError) as caught:
        asked.marks(f"acme-checks:{name}", draft())
    return str(caught.value)


def assert_answers(asked: CheckProcess, body: str) -> None:
    [message] = messages(asked, "counts", body)
    assert message.startswith("Call ")


def test_installed_checks_are_named_by_package_and_name(acme: CheckProcess) -> None:
    assert {"acme-checks:shouting", "acme-checks:german"} <= set(installed())


def test_nothing_is_started_for_a_check_that_is_not_installed(acme: CheckProcess) -> None:
    idle = CheckProcess()

    assert why_not(idle, "unheard_of") == "is not installed here"
    assert idle._process is None


def test_a_check_tells_its_name_and_languages(acme: CheckProcess) -> None:
    shouting, german = acme.about("acme-checks:shouting"), acme.about("acme-checks:german")

    assert (shouting.label, shouting.languages) == ("Shouting", None)
    assert (german.description, german.languages) == ("A text that says du.", frozenset({"de"}))


def test_a_check_marks_places(acme: CheckProcess) -> None:
    [mark] = acme.marks("acme-checks:shouting", draft("Now: BUY IT RIGHT NOW. Thanks."))

    assert (mark["start"], mark["end"], mark["severity"]) == (5, 21, "warning")


def test_an_answer_is_kept_for_equal_fields_and_facts(acme: CheckProcess) -> None:
    [first], [again], [other] = (messages(acme, "counts", body) for body in ("One.", "One.", "Two."))

    assert first == again != other


def test_what_a_check_prints_does_not_come_between_answers(acme: CheckProcess) -> None:
    assert messages(acme, "prints") == ["Sees ''"]
    assert_answers(acme, "After printing.")


def test_a_check_sees_none_of_the_sites_secrets(acme: CheckProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for others")

    [seen] = messages(acme, "peeks")

    assert "PYTHONPATH" in seen
    assert "SECRET_KEY" not in seen


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("name", ["hangs", "forks_and_hangs"])
def test_a_check_that_hangs_is_killed_and_others_go_on(
    acme: CheckProcess, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(acme, "_answer_s", 0.5)

    assert why_not(acme, name) == "did not answer within 0.5 s"

    monkeypatch.setattr(acme, "_answer_s", 60)
    assert_answers(acme, f"After {name}.")


@pytest.mark.parametrize("name", ["exits", "eats"])
def test_a_check_that_ends_its_process_does_no_harm(acme: CheckProcess, name: str) -> None:
    assert why_not(acme, name) == "ended its process or took too much memory"
    assert_answers(acme, f"After {name}.")


def test_a_check_that_raises_is_told_by_its_place_and_not_by_words_of_the_draft(acme: CheckProcess) -> None:
    why = why_not(acme, "raises")

    assert why.startswith("failed: ValueError in acme_trouble.py, line ")
    assert "Some words" not in why


@pytest.mark.parametrize(("name", "kind"), [("broken", "AttributeError"), ("gone", "ModuleNotFoundError")])
def test_a_package_that_cannot_be_loaded_is_told(acme: CheckProcess, name: str, kind: str) -> None:
    assert why_not(acme, name).startswith(f"failed: {kind}")


@pytest.mark.parametrize("name", ["misses", "drifts", "halves"])
def test_a_mark_beside_the_text_is_no_answer(acme: CheckProcess, name: str) -> None:
    assert why_not(acme, name) == "gave a mark that fits no text of the draft"


def test_a_check_that_fails_again_and_again_is_left_alone(acme: CheckProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PATIENCE", 2)
    for _ in range(2):
        assert why_not(acme, "leaves") == "ended its process or took too much memory"
    assert_answers(acme, "After leaving.")
    running = acme._process

    why = why_not(acme, "leaves")

    assert why == "ended its process or took too much memory"
    assert acme._process is running


def test_a_fork_leaves_the_process_to_its_parent(acme: CheckProcess) -> None:
    assert_answers(acme, "Before the fork.")
    lock, running = acme._lock, acme._process
    assert running is not None

    acme.forget()
    is_left = acme._process is None
    acme.close()

    assert is_left
    assert running.poll() is None
    acme._lock, acme._process = lock, running
