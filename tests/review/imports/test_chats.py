"""Chats between people and traces of programs: nothing in them is an answer, so they are refused with a way on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from review.sources.imports.own_rows import pasted
from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write
from web.errors import Refusal

TELEGRAM = {"name": "Lev", "type": "personal_chat", "id": 4, "messages": [
    {"id": 1, "type": "service", "date": "2026-02-03", "actor": "Lev", "actor_id": "user4", "action": "x", "text": ""},
    {"id": 2, "type": "message", "date": "2026-02-03", "from": "Lev", "from_id": "user4", "text": "Hi"},
]}  # fmt: skip
DISCORD = {"guild": {"id": "1"}, "channel": {"id": "2", "category": "Text"}, "messages": [
    {"id": "7", "type": "Default", "content": "Hi", "author": {"id": "3", "name": "lev"}},
], "messageCount": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("export", "program"),
    [
        (TELEGRAM, "Telegram"),
        (DISCORD, "Discord"),
        ("[03.02.26, 09:15:02] Lev: Hi\n[03.02.26, 09:16:00] Ida: Hm", "WhatsApp"),
        ("3/2/26, 9:15 PM - Lev: Hi\n3/2/26, 9:16 PM - Ida: Hm", "WhatsApp"),
    ],
)
def test_a_chat_is_refused_by_its_program(write: Write, export: Any, program: str) -> None:
    text = export if isinstance(export, str) else json.dumps(export, indent=1)
    with pytest.raises(Refusal, match=f"a chat from {program}") as caught:
        open_table(write(text, "chat"))

    assert "a column of messages and one of their answers" in caught.value.hint
    if program == "WhatsApp":
        with pytest.raises(Refusal, match="a chat from WhatsApp"):
            pasted.read(text)
    else:
        assert len(list(open_table(write(text, "chat"), sheet="messages").rows())) == len(export["messages"])


def test_a_chat_comes_in_as_its_messages_where_that_is_asked_for(write: Write) -> None:
    chat = "[03.02.26, 09:15:02] Lev: Hi\n[03.02.26, 09:16:00] Ida: Hm"

    assert len(list(open_table(write(pasted.read(chat, "lines").file, "lines")).rows())) == 2
    assert len(list(open_table(write(json.dumps(TELEGRAM["messages"]), "messages")).rows())) == 2


@pytest.mark.parametrize("lines", [
    "[03.02.26, 09:15:02] ERROR: no disk\n[03.02.26, 09:16:00] INFO: a disk",
    "3.2.26, 9:15 - It is cold in flat 2\n3.2.26, 9:18 - The roof leaks",
])  # fmt: skip
def test_a_log_and_notes_of_calls_are_no_chat(lines: str) -> None:
    assert len(pasted.read(lines).file.decode().splitlines()) == 2


def test_messages_of_ones_own_are_no_chat(write: Write) -> None:
    rows = [{"date": "2026-02-03", "from_id": n, "text": f"Hi {n}", "label": "spam"} for n in range(4)]

    assert open_table(write(json.dumps({"messages": rows}), "messages.json")).columns == ("messages",)


def test_traces_of_opentelemetry_are_refused_with_a_way_on(write: Write) -> None:
    with pytest.raises(Refusal, match="OpenTelemetry") as caught:
        open_table(write(json.dumps({"resourceSpans": [{"scopeSpans": []}]}), "traces.json"))

    assert "as JSONL" in caught.value.hint
    with pytest.raises(Refusal, match="OpenTelemetry"):
        open_table(write(f"{json.dumps({'resourceSpans': []})}\n" * 3, "traces.jsonl"))


@pytest.mark.parametrize("line", ["[2026-02-03 09:15:02] app.ERROR: no disk", "3.2.26, nine: Lev came", "[1, 2]: x"])
def test_lines_with_a_day_are_no_chat(write: Write, line: str) -> None:
    assert pasted.texts_of(f"{line}\n{line}", "lines") == [line, line]
    assert pasted.read(f"{line}\n{line}", "lines").file


def test_a_board_of_cards_is_read_by_its_cards(write: Write) -> None:
    board = {"id": "b", "name": "Press", "actions": [{"id": n, "type": "updateCard"} for n in range(9)],
             "cards": [{"id": n, "desc": f"Interview {n}"} for n in range(3)], "lists": [{"id": 1, "name": "Open"}],
             "closed": False, "url": "https://x.example"}  # fmt: skip
    table = open_table(write(json.dumps(board), "board.json"))

    assert (table.sheet, "actions" in table.sheets, len(list(table.rows()))) == ("cards", True, 3)
    rows = {"name": "Press", "actions": [{"do": f"Call {n}", "label": "urgent"} for n in range(9)]}
    assert open_table(write(json.dumps(rows), "rows.json")).columns == ("do", "label")
