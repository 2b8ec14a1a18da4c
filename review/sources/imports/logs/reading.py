"""A log row by row: the shape of each is recognised, and results of a batch are joined with their requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple, Protocol

from review.sources.imports.logs import datasets, exchange, traces
from review.sources.imports.logs.exchange import NO_MESSAGES, Exchange, Half, joined
from review.sources.imports.logs.messages import require_tool_results
from review.sources.imports.tables import Row

_LOOKED_AT = 20
# Shapes that a table of a task may have by chance.
ALPACA, TEMPLATED = "Alpaca", "texts of a chat template"


class Shape(NamedTuple):
    """One form of a log: how a row of it is told, and how it is read."""

    name: str
    fits: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any]], Exchange | Half]


SHAPES = (
    Shape("Bedrock", traces.is_bedrock, traces.read_bedrock),
    Shape("LangSmith", traces.is_langsmith, traces.read_langsmith),
    Shape("Phoenix", traces.is_openinference, traces.read_openinference),
    Shape("Langfuse", traces.is_langfuse, traces.read_langfuse),
    Shape("LiteLLM", traces.is_litellm, traces.read_litellm),
    Shape("preference pairs", datasets.is_preference, datasets.read_preference),
    Shape("requests and responses", exchange.is_call, exchange.read_call),
    Shape("conversations", exchange.is_conversation, exchange.read_conversation),
    Shape("ShareGPT", datasets.is_sharegpt, datasets.read_sharegpt),
    Shape("trees of messages", datasets.is_tree, datasets.read_tree),
    Shape(TEMPLATED, datasets.is_templated, datasets.read_templated),
    Shape(ALPACA, datasets.is_alpaca, datasets.read_alpaca),
)
# Keys of a row that hold the exchange itself; every other key is a column.
HOLDERS = frozenset(
    {
        "messages", "request", "response", "body", "params", "result", "choices", "error", "output", "inputs",
        "outputs", "attributes", "conversations", "conversation", "preferred_output", "non_preferred_output",
        "modelInput", "modelOutput", "history", "events", "extra", "serialized", "contents", "systemInstruction",
        "system_instruction", "candidates", "request_body", "response_body", "requestBody", "responseBody",
    }
)  # fmt: skip


class Rows(Protocol):
    """A file as rows, that can be read as often as wanted."""

    def rows(self) -> Iterator[Row]: ...


class LogRow(NamedTuple):
    """One row of a log: its exchange, or why there is none, and the row's own keys."""

    number: int
    exchange: Exchange | None
    values: Mapping[str, Any]
    problem: str = ""


def shape_of(values: dict[str, Any]) -> Shape | None:
    """The shape a row has, if any."""
    return next((shape for shape in SHAPES if shape.fits(values)), None)


def shapes_in(table: Rows) -> list[str]:
    """Names of the shapes among the first rows; none where this is no log.

    A CSV or a sheet with columns of Alpaca's names is a table of a task, and so are an annotation tool's texts.
    """
    if getattr(table, "answers", None):
        return []
    first = [row.values for row in islice(_rows(table), _LOOKED_AT) if not row.problem]
    names = dict.fromkeys(shape.name for values in first if (shape := shape_of(values)))
    return [name for name in names if name != ALPACA or getattr(table, "format", "") not in ("csv", "xlsx")]


def _rows(table: Rows) -> Iterator[Row]:
    """Rows of a file with the bodies of their calls as objects."""
    for row in table.rows():
        values = row.values if row.problem else exchange.with_bodies(row.values)
        yield row if values is row.values else replace(row, values=values)


def read_log(table: Rows) -> Iterator[LogRow]:
    """Every exchange of a log in the order of its rows, or by its number why a row has none.

    A file that holds requests of a batch is read twice: results come in any order, and each is joined with its request
    by `custom_id`.

    Raises:
        Refusal: As `Table.rows`.
    """
    waiting = _requests(table)
    answered: set[str] = set()
    for row in _rows(table):
        if row.problem:
            yield LogRow(row.number, None, {}, row.problem)
            continue
        try:
            held = _read(row.values)
            if isinstance(held, Half):
                continue
            answered.add(held.custom_id)
            held = joined(held, waiting.get(held.custom_id, (0, None))[1])
            require_tool_results(held.asked)
        except ValueError as error:
            answered.add(str(row.values.get("custom_id") or ""))
            yield LogRow(row.number, None, row.values, str(error))
        else:
            yield LogRow(row.number, held, row.values)
    for custom_id, (number, _) in waiting.items():
        if custom_id not in answered:
            yield LogRow(number, None, {}, f"the file holds no result for the request '{custom_id}'")


def _requests(table: Rows) -> dict[str, tuple[int, Half]]:
    requests: dict[str, tuple[int, Half]] = {}
    if not any("custom_id" in row.values for row in islice(_rows(table), _LOOKED_AT)):
        return requests
    for row in _rows(table):
        if not row.problem and exchange.is_request_of_batch(row.values) and shape_of(row.values):
            try:
                held = _read(row.values)
            except ValueError:
                continue
            if isinstance(held, Half):
                requests.setdefault(held.custom_id, (row.number, held))
    return requests


def _read(values: dict[str, Any]) -> Exchange | Half:
    shape = shape_of(values)
    if shape is None:
        raise ValueError(NO_MESSAGES)
    return shape.read(values)
