"""What looks like a secret, or is one of the environment's, is in no line of the log; the rest of the line is."""

from __future__ import annotations

import pytest

from web.logs.redact import redactor

REDACT = redactor({"LAB_API_KEY": "plain-words-as-key", "SHORT_KEY": "abc", "HOME": "/home/lab"})


@pytest.mark.parametrize(
    "text",
    [
        "POST https://api.example.com/v1?key=S3CR3T&x=1 failed",
        "GET /join?token=S3CR3T",
        "{'password': 'S3CR3T', 'name': 'x'}",
        '{"new_password1": "S3CR3T with spaces"}',
        "api_key=S3CR3T",
        "X-Api-Key: S3CR3T",
        "Authorization: Bearer S3CR3T-S3CR3T",
        "Authorization: Token S3CR3T",
        "headers={'authorization': 'Basic S3CR3T=='}",
        "Cookie: sessionid=S3CR3T",
        "sent Bearer S3CR3T-and-more",
        "the key sk-S3CR3T0123456789 was refused",
        "postgres://user:S3CR3T@db:5432/miniatures",
        "redis://:S3CR3T@redis:6379/0",
        "client_secret=S3CR3T",
        "Resolver404: {'tried': [], 'path': 'join/S3CR3T/'}",
        "mail to S3CR3T@example.com bounced",
    ],
)
def test_secrets_and_addresses_are_taken_out(text: str) -> None:
    assert "S3CR3T" not in REDACT(text)


def test_secrets_of_the_environment_are_taken_out_wherever_they_stand() -> None:
    assert REDACT("it said plain-words-as-key twice") == "it said … twice"


@pytest.mark.parametrize(
    "text",
    [
        "max_new_tokens=128, prompt tokens: 5",
        "KeyError: 'tour'",
        "Job 7f3 is queued now.",
        "GET /tasks/letters/drafts/ 200 12 ms",
        "abc in /home/lab?",
        "Task jobs.ring[5f] received",
        "the worker celery@host stopped answering",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert REDACT(text) == text
