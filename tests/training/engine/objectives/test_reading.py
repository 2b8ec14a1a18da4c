"""Reading pairs and verdicts: what is taken, what is left out, what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.engine.conftest import make_tokenizer
from training.engine.contracts import TrainError
from training.engine.data import labelled, pairs
from training.engine.data.chat import Chat, open_chat

pytestmark = pytest.mark.engine


@pytest.fixture
def chat() -> Chat:
    return open_chat(make_tokenizer())


def turns(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def pair(number: int, chosen: str = "good", rejected: str = "bad") -> dict[str, Any]:
    return {"id": f"p{number}", "prompt": turns("user", f"Firm {number}"), "chosen": turns("assistant", chosen),
            "rejected": turns("assistant", rejected)}  # fmt: skip


def verdict(number: int, text: str, *, label: Any = True, prompt: str | None = None) -> dict[str, Any]:
    return {"id": f"v{number}", "prompt": turns("user", prompt or f"Firm {number}"),
            "completion": turns("assistant", text), "label": label}  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_both_texts_of_a_pair_begin_with_its_prompt(tmp_path: Path, chat: Chat) -> None:
    (found,) = pairs.read(write(tmp_path / "f", [pair(1)]), chat, max_length=200)

    prompt = found.chosen.prompt_length
    assert found.chosen.ids[:prompt] == found.rejected.ids[:prompt]
    assert found.length == found.chosen.length + found.rejected.length
    assert chat.text(found.rejected.ids[prompt:]) == "bad"


def test_a_pair_of_equal_texts_prefers_nothing(tmp_path: Path, chat: Chat) -> None:
    found = pairs.read(write(tmp_path / "f", [pair(1, "same", "same"), pair(2)]), chat, max_length=200)

    assert [each.id for each in found] == ["p2"]


def test_a_pair_counts_as_long_as_its_longer_text(tmp_path: Path, chat: Chat) -> None:
    path = write(tmp_path / "f", [pair(1), pair(2, rejected="word " * 60)])

    with pytest.raises(TrainError, match=r"1 rows are longer than 60 tokens .* p2 \("):
        pairs.read(path, chat, max_length=60)


@pytest.mark.parametrize(
    "row", [{"id": "p"}, pair(1, chosen=" "), {**pair(1), "rejected": []}, {**pair(1), "prompt": []}, {"prompt": "x"}]
)
def test_a_malformed_pair_is_refused_with_its_line(tmp_path: Path, chat: Chat, row: dict[str, Any]) -> None:
    path = write(tmp_path / "train.jsonl", [pair(1), row])

    with pytest.raises(TrainError, match=r"train.jsonl, line 2") as caught:
        pairs.read(path, chat, max_length=200)

    assert caught.value.code == "bad_row"


def test_drift_is_told_by_the_answer_of_the_row_before_to_another_prompt(tmp_path: Path, chat: Chat) -> None:
    rows = [verdict(0, "zero"), verdict(1, "one", prompt="same"), verdict(2, "two", prompt="same", label=False)]

    found = labelled.read(write(tmp_path / "f", rows), chat, max_length=200)

    assert [chat.text(each.stranger.ids[each.row.prompt_length :]) for each in found] == ["two", "zero", "zero"]
    assert all(each.stranger.ids[: each.row.prompt_length] == each.row.ids[: each.row.prompt_length] for each in found)
    assert [each.is_good for each in found] == [True, True, False]


def test_a_stranger_that_does_not_fit_is_passed_over(tmp_path: Path, chat: Chat) -> None:
    rows = [verdict(0, "zero"), verdict(1, "word " * 12), verdict(2, "two", prompt="a longer prompt " * 5)]
    limit = 110

    found = labelled.read(write(tmp_path / "f", rows), chat, max_length=limit)

    assert chat.text(found[2].stranger.ids[found[2].row.prompt_length :]) == "zero"
    assert all(each.stranger.length <= limit for each in found)


def test_verdicts_on_one_prompt_borrow_the_answers_of_others(tmp_path: Path, chat: Chat) -> None:
    trained = labelled.read(write(tmp_path / "t", [verdict(n, f"text {n}") for n in range(2)]), chat, max_length=200)
    rows = [verdict(n, f"held out {n}", prompt="same") for n in range(2)]

    found = labelled.read(write(tmp_path / "v", rows), chat, max_length=200, lenders=[each.row for each in trained])

    assert [chat.text(each.stranger.ids[each.row.prompt_length :]) for each in found] == ["text 0", "text 0"]


def test_verdicts_on_one_prompt_are_refused(tmp_path: Path, chat: Chat) -> None:
    rows = [verdict(n, f"text {n}", prompt="same") for n in range(3)]

    with pytest.raises(TrainError, match="all rows of f answer the same prompt"):
        labelled.read(write(tmp_path / "f", rows), chat, max_length=200)


@pytest.mark.parametrize("label", [None, 1, "true"])
def test_a_verdict_without_a_label_is_refused(tmp_path: Path, chat: Chat, label: Any) -> None:
    with pytest.raises(TrainError, match="row v1 of f has no label"):
        labelled.read(write(tmp_path / "f", [verdict(0, "a"), verdict(1, "b", label=label)]), chat, max_length=200)
