"""Words of an answer that no file takes, or that are too many: the answer is paid, and the order goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from generation.engine.calls.parse import FailedAnswer, parse_answer
from generation.engine.clients.interface import Reply
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK, Attempts, teacher
from tests.generation.provider_server import MAIL, Provider, Running, _send

LISTED = TASK | {"output_schema": [{"name": "title"}, {"name": "points", "type": "list"}]}


class Chatterbox(Provider):
    """Answers well, and says of itself what it likes."""

    about: dict[str, Any] = {}

    async def _behave(self, what: str, path: str, headers: dict[str, str], writer: Any) -> bool:
        self.billed[headers["idempotency-key"]] += 1
        choices = [{"message": {"content": MAIL.format(n=self.billed.total())}, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 120, "completion_tokens": 40}
        body = {"model": "g", "choices": choices, "usage": usage, **self.about}
        return await _send(writer, 200, json.dumps(body).encode())


@pytest.fixture
def chatterbox() -> Iterator[Running]:
    running = Running(Chatterbox())
    yield running
    running.close()


@pytest.mark.parametrize(
    "about",
    [
        {"model": "half \ud83d"},
        {"id": "half \ud83d"},
        {"model": "m" * 2_000_000},
        {"probabilities": {"title": {f"label {number}": 0.5 for number in range(80_000)}}},
        {"probabilities": {"title": {"l" * 2_000_000: 0.5}}},
    ],
)
def test_what_a_server_says_of_itself_ends_no_order(
    attempts: Attempts, chatterbox: Running, about: dict[str, Any]
) -> None:
    chatterbox.provider.about = about

    result = attempts.run(teacher(chatterbox.url), count=2)

    assert (result["outcome"], result["summary"]["drafts"]) == ("succeeded", 2)
    assert result["summary"]["uncertain"] == 0


def test_half_a_character_behind_an_escape_is_no_draft() -> None:
    text = r'{"title": "A depot \ud83d", "points": ["One"]}'

    outcome = parse_answer(TaskSpec.model_validate(LISTED), Reply(text))

    assert isinstance(outcome, FailedAnswer)
    assert outcome.code == "mis_encoded"


@pytest.mark.parametrize("said", [r'{"sub\ud83dject": "x", "body": "y"}', "Half a \ud83d, and no JSON."])
def test_a_flawed_answer_with_half_a_character_is_sent_back_once(
    attempts: Attempts, chatterbox: Running, said: str
) -> None:
    chatterbox.provider.about = {"choices": [{"message": {"content": said}, "finish_reason": "stop"}]}

    result = attempts.run(teacher(chatterbox.url, answers="json"), count=1)

    assert (result["outcome"], result["summary"]["drafts"]) == ("succeeded", 0)
    assert result["summary"]["repairs"] == 1
    assert result["summary"]["cost_usd"] == pytest.approx(2 * 0.0007)
