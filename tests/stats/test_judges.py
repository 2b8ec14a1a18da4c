"""Judges against people: the figures of a published table, and what is not defined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from stats.agreement import judges

# The 999 pairs of PandaLM's test set (github.com/WeOpenML/PandaLM, data/testset-v1.json and the two results beside it),
# counted: three annotators, GPT-3.5 (T says tie, g what could not be read), PandaLM-7B.
PANDALM = """
00010:15 00011:17 00012:6 00020:6 00021:7 00022:18 000T0:3 000T1:2 000g0:4 000g1:2 000g2:5 00122:2 00221:1 00222:1
02022:4 02221:2 02222:2 10011:2 10021:1 100g1:2 10111:5 10122:2 101T1:1 101T2:1 101g0:1 101g1:1 11010:3 11011:3
11012:2 11020:1 11021:1 11110:20 11111:236 11112:45 11120:9 11121:27 11122:18 111T0:5 111T1:4 111T2:1 111g1:2
111g2:1 11211:2 11212:1 11221:1 11222:5 112T1:1 12111:7 12121:1 12122:4 12211:2 12212:1 12222:6 122T2:2 20010:2
20020:2 20021:1 20022:2 20212:1 20222:3 21111:6 21112:2 21122:2 211g0:1 21211:3 21212:1 21221:3 21222:11 22022:1
220g0:1 22111:2 22121:1 22122:4 22210:11 22211:37 22212:28 22220:17 22221:47 22222:263 222T0:6 222T1:2 222T2:10
222g1:1 222g2:4
"""
LABELS = ["0", "1", "2"]


@pytest.fixture
def pandalm(tmp_path: Path) -> Path:
    path, said = tmp_path / "pairs.jsonl", {"T": "Tie", "g": "garbage"}
    lines = []
    for cell in PANDALM.split():
        (a, b, c, gpt, panda), times = cell.split(":")[0], int(cell.split(":")[1])
        row = {"a": int(a), "b": int(b), "c": int(c), "gpt": said.get(gpt, gpt), "panda": int(panda)}
        lines += [json.dumps(row)] * times
    path.write_text("\n".join(lines))
    return path


def test_published_figures_come_out(pandalm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("judge_agreement", pandalm, raters="a,b,c", judges="gpt,panda", labels="0,1,2", json=True)
    told = json.loads(capsys.readouterr().out)

    assert {pair: round(value, 2) for pair, value in told["cohen_kappa"].items()} == {
        "a-b": 0.85, "a-c": 0.88, "b-c": 0.86,
    }  # fmt: skip
    assert {name: round(share, 4) for name, share in told["judge_accuracy"].items()} == {"gpt": 0.7107, "panda": 0.6677}
    assert sum(told["majority"].values()) == 999
    assert told["fleiss_kappa"] == pytest.approx(told["krippendorff_alpha"], abs=0.001)
    assert -0.05 < told["position_bias"] < 0


def test_no_majority_and_no_listed_label_count_as_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.jsonl"
    rows = [
        {"a": 0, "b": 1, "c": 2, "x": "unclear"},
        {"a": 1, "b": 1.0, "c": "1", "x": "1"},
        {"a": 2, "b": 2, "c": None},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))

    call_command("judge_agreement", path, raters="a,b,c", judges="x", labels="0,1,2", json=True)
    told = json.loads(capsys.readouterr().out)

    assert told["majority"] == {"0": 1, "1": 1, "2": 1}
    assert told["judge_accuracy"] == {"x": pytest.approx(2 / 3)}
    assert told["position_bias"] == 1.0


def test_what_is_not_defined_is_none() -> None:
    same = {"a": ["0", "0"], "b": ["0", "0"]}

    report = judges.judge_report(same, {"x": ["0", "0"]}, LABELS)

    assert (report.cohen_kappa, report.fleiss_kappa, report.krippendorff_alpha) == ({"a-b": None}, None, None)
    assert report.position_bias is None and report.judge_accuracy == {"x": 1.0}


@pytest.mark.parametrize(("text", "raters", "reason"), [
    ('{"a": 1, "b": 2}\nnot json', "a,b", "line 2 is not JSON"), ("[1]", "a,b", "line 1 is not a JSON object"),
    ("", "a,b", "holds no line"), ('{"a": 1, "b": 2}', "a,d", "No line has the key 'd'"),
    ('{"a": 1, "b": 2}', "a", "two raters"), ('{"a": 1, "b": 2}', "a,a", "appears twice"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, raters: str, reason: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)

    with pytest.raises(CommandError, match=reason):
        call_command("judge_agreement", path, raters=raters, labels="0,1,2")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("judge_agreement", "nowhere.jsonl", raters="a,b", labels="0,1,2")
