"""`manage.py check_claims`: lines in, lines out, and what is wrong with a file."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROWS = [
    {"id": "a", "source": "The fee is $18 per month.", "text": "The fee is 18 dollars a month."},
    {"id": 2, "source": "The fee is $18 per month.", "text": "The fee is €81."},
]


def check(path: Path, *options: str) -> list[str]:
    out = StringIO()
    call_command("check_claims", str(path), *options, stdout=out)
    return out.getvalue().splitlines()


def written(path: Path, *lines: str) -> Path:
    (path / "claims.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path / "claims.jsonl"


def test_each_line_has_one_answer_in_order(tmp_path: Path) -> None:
    file = written(tmp_path, *map(json.dumps, ROWS))

    answers = [json.loads(line) for line in check(file, "--rules", "--json")]

    assert [(answer["id"], answer["supported"], answer["by"]) for answer in answers] == [
        ("a", True, "rules"),
        (2, False, "rules"),
    ]
    assert answers[0] == {"id": "a", "supported": True, "score": 1.0, "unsupported": [], "by": "rules"}
    assert [sorted(place) for place in answers[1]["unsupported"]] == [["end", "start", "why"]]


def test_for_people_the_places_are_quoted(tmp_path: Path) -> None:
    lines = check(written(tmp_path, json.dumps(ROWS[1])))

    assert lines[0].startswith("2: not supported (0.")
    assert "'81'" in lines[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is not JSON"), ("[1]", "line 2 is not a JSON object"),
        ('{"id": 1, "source": "x"}', "line 2 has no 'text'"),
        (r'{"id": 1, "source": "x", "text": "a\u0000"}', "line 2: text: There is a zero byte"),
        (r'{"id": 1, "source": "x\ud800", "text": "a"}', "line 2: source: There is half"),
        ('{"id": 1, "source": 7, "text": "x"}', "line 2: 'source' is not a text"),
        ('{"id": null, "source": "x", "text": "x"}', "line 2: 'id' is"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_nothing_is_printed(tmp_path: Path, line: str, message: str) -> None:
    out = StringIO()

    with pytest.raises(CommandError, match=message):
        call_command("check_claims", str(written(tmp_path, json.dumps(ROWS[0]), line)), "--json", stdout=out)
    assert out.getvalue() == ""


def test_a_file_that_is_missing_empty_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        check(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="holds no line"):
        check(written(tmp_path, "", " "))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="not UTF-8"):
        check(tmp_path / "bytes")
