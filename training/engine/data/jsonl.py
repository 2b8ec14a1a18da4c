"""Lines of a dataset file of any format, and the refusals that all formats share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from training.engine.contracts import TrainError
from training.engine.data.chat import Chat, Messages
from training.engine.data.control_tokens import RowRefusedError
from training.engine.data.sft_rows import Item, TokenRow

NAMED: Final = 10


def lines(path: Path, *, format: str, texts: Sequence[str], max_rows: int | None = None) -> list[dict[str, Any]]:
    """Objects of a JSON lines file.

    Args:
        format: What a row is called in messages, such as `dpo`.
        texts: Fields that hold an answer: messages that end with an assistant's, not empty.

    Raises:
        TrainError: The file is missing, holds no rows, or a row without id, prompt or one of the texts.
    """
    if not path.is_file():
        raise TrainError("no_data_file", f"the dataset file {path.name} is not in the run directory")
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            if max_rows is not None and len(rows) == max_rows:
                break
            if line.strip():
                rows.append(_checked(line, f"{path.name}, line {number}", format, texts))
    if not rows:
        raise TrainError("no_rows", f"{path.name} holds no rows", f"Freeze a version with {format} rows in this split.")
    return rows


def encode(chat: Chat, id: str, prompt: Messages, completion: Messages) -> TokenRow:
    """Token ids of a prompt and an answer.

    Raises:
        TrainError: Template or tokenizer do not keep the prompt or the answer as they are.
    """
    try:
        ids, prompt_length = chat.encode(prompt, completion)
    except RowRefusedError as error:
        raise TrainError(error.code, f"row {id}: {error.message}", error.hint) from error
    return TokenRow(id, ids, prompt_length)


def require_fitting(longest: Mapping[str, int], max_length: int) -> None:
    """Refuse rows that are too long; nothing is cut.

    Args:
        longest: By row, tokens of its longest sequence.

    Raises:
        TrainError: Names the longest of them.
    """
    too_long = sorted(((tokens, id) for id, tokens in longest.items() if tokens > max_length), reverse=True)
    if not too_long:
        return
    named = ", ".join(f"{id} ({tokens} tokens)" for tokens, id in too_long[:NAMED])
    more = f" and {len(too_long) - NAMED} more" if len(too_long) > NAMED else ""
    raise TrainError(
        "rows_too_long",
        f"{len(too_long)} rows are longer than {max_length} tokens and nothing is cut silently: {named}{more}",
        f"Raise max_length to {too_long[0][0]} if the student's context allows, or leave these rows out.",
    )


def supervised(items: Sequence[Item]) -> int:
    """Supervised tokens of items together."""
    return sum(item.supervised for item in items)


def _checked(line: str, where: str, format: str, texts: Sequence[str]) -> dict[str, Any]:
    try:
        row = json.loads(line)
        is_whole = bool(row["prompt"]) and "id" in row
        ends = [row[name][-1] for name in texts]
        is_whole = is_whole and all(end["role"] == "assistant" and end["content"].strip() for end in ends)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise TrainError("bad_row", f"{where}: not a {format} row ({error!r})", "Freeze the dataset again.") from error
    if not is_whole:
        needs = " and ".join(texts)
        raise TrainError("bad_row", f"{where}: a {format} row needs an id, a prompt, and {needs} that are not empty")
    return dict(row)
