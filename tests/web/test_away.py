"""While the database is away, every way in says so and when to come back: 503, never 500."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.utils import ConnectionHandler, InterfaceError, ProgrammingError

from members.sign_in.session_store import SessionStore
from members.tokens.authentication import BearerAuthentication
from review.tasks import permissions
from web.http import away

pytestmark = pytest.mark.django_db


def failure_of(database: dict[str, Any], question: str = "SELECT 1", *more: str) -> DatabaseError:
    """What Django raises for a question to such a database."""
    own = ConnectionHandler({"default": database})["default"]

    def ask() -> None:
        with own.cursor() as cursor:
            for each in (question, *more):
                cursor.execute(each)

    try:
        with pytest.raises(DatabaseError) as raised:
            ask()
    finally:
        own.close()
    return raised.value


def refused() -> DatabaseError:
    """What a PostgreSQL raises that nobody listens for."""
    return failure_of(
        {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x", "USER": "x"}
    )


def sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"timeout": 0}}


def test_a_database_that_nobody_listens_for_is_away():
    assert away.is_away(refused())


def test_a_file_that_another_holds_is_away_and_a_wrong_question_is_not(tmp_path):
    path = tmp_path / "x.sqlite3"
    with sqlite3.connect(path) as holder:
        holder.execute("CREATE TABLE held (x)")
        holder.commit()
        holder.execute("BEGIN EXCLUSIVE")
        locked = failure_of(sqlite(path), "INSERT INTO held VALUES (1)")
    wrong = failure_of(sqlite(path), "SELECT * FROM nowhere")

    assert (away.is_away(locked), away.is_away(wrong)) == (True, False)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ends_is_away_and_a_slow_question_is_not():
    own = {**settings.DATABASES["default"], "NAME": connection.settings_dict["NAME"]}

    ended = failure_of(own, "SELECT pg_terminate_backend(pg_backend_pid())")
    slow = failure_of(own, "SET statement_timeout = 1", "SELECT pg_sleep(5)")

    assert (away.is_away(ended), away.is_away(slow)) == (True, False)


def test_what_is_no_fault_of_the_connection_is_not_away():
    assert away.is_away(InterfaceError("the connection is closed"))
    assert not away.is_away(ProgrammingError("no such column"))
    assert not away.is_away(ValueError("x"))
    assert not away.is_away(None)


@pytest.fixture
def callers(admin, as_member, api_as):
    """A member's browser and a member's program, who are told of faults as the world outside is."""
    callers = as_member(admin), api_as(admin, scopes=("read",))
    for caller in callers:
        caller.raise_request_exception = False
    return callers


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let sessions and tokens ask a database that fails so."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(SessionStore, "_get_session_from_db", fail)
    monkeypatch.setattr(BearerAuthentication, "authenticate_credentials", fail)


def test_a_page_says_so_in_words(callers, monkeypatch):
    fail_with(monkeypatch, refused())

    answer = callers[0].get("/tasks/")

    assert (answer.status_code, answer["Retry-After"]) == (503, str(away.RETRY_AFTER_S))
    assert "is not responding" in answer.content.decode()


@pytest.mark.parametrize("address", ["/api/v1/tasks/", "/v1/models"])
def test_a_program_is_told_in_its_own_shape(callers, monkeypatch, address):
    fail_with(monkeypatch, refused())

    answer = callers[1].get(address)

    told = json.loads(answer.content)
    assert (answer.status_code, answer["Retry-After"]) == (503, str(away.RETRY_AFTER_S))
    assert (told.get("code") or told["error"]["code"]) == away.CODE


def test_a_view_of_the_api_that_loses_it_says_the_same(callers, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise refused()

    monkeypatch.setattr(permissions, "tasks_for", fail)

    answer = callers[1].get("/api/v1/tasks/")

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", away.CODE)


def test_a_fault_of_ours_stays_a_500_in_the_shape_of_who_asked(callers, monkeypatch):
    fail_with(monkeypatch, ZeroDivisionError())

    page, answer = callers[0].get("/tasks/"), callers[1].get("/api/v1/tasks/")

    assert (page.status_code, answer.status_code) == (500, 500)
    assert "could not finish this" in page.content.decode()
    assert answer.json()["code"] == "broken"
