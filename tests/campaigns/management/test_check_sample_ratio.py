"""`check_sample_ratio`: a line in, a line out."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def run(path: Path) -> tuple[str, str, str]:
    out, err, refusal = io.StringIO(), io.StringIO(), ""
    try:
        call_command("check_sample_ratio", str(path), stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        refusal = str(error)
    return out.getvalue(), err.getvalue(), refusal


def test_every_line_gets_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "ratios.jsonl"
    path.write_text(
        '{"id": "h", "counts": [21306, 21307, 21387]}\n{"id": 7, "counts": [100, 320], "weights": [1, 3]}\n'
    )

    out, err, refusal = run(path)

    first, second = map(json.loads, out.splitlines())
    # Hillstrom's campaign, as in the repository aokassamali/Hillstrom-emails-experiment.
    assert first == {"id": "h", "chi2": pytest.approx(0.20253125), "p_value": pytest.approx(0.9036929575)}
    assert second["id"] == 7 and second["chi2"] == pytest.approx(25 / 105 + 25 / 315)
    assert (err, refusal) == ("", "")


def test_bad_lines_are_told_and_the_others_still_answered(tmp_path: Path) -> None:
    path = tmp_path / "ratios.jsonl"
    path.write_text('{"id": 1, "counts": [5]}\n{"id": 2, "counts": [5, 6]}\noops\n')

    out, err, refusal = run(path)

    assert [json.loads(line)["id"] for line in out.splitlines()] == [2]
    assert "line 1: A sample ratio needs at least two arms." in err
    assert "line 3: This is not JSON" in err
    assert refusal == "2 lines could not be checked."


@pytest.mark.slow
def test_from_the_shell_the_exit_code_tells() -> None:
    command = [sys.executable, "manage.py", "check_sample_ratio", "-"]

    good = subprocess.run(command, input='{"id": 1, "counts": [5, 6]}\n', capture_output=True, text=True, timeout=60)
    bad = subprocess.run(command, input="oops\n", capture_output=True, text=True, timeout=60)

    assert good.returncode == 0 and json.loads(good.stdout)["id"] == 1
    assert bad.returncode == 1 and "line 1: This is not JSON" in bad.stderr


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")

    assert "cannot be read" in run(tmp_path / "absent.jsonl")[2]
    assert "not UTF-8" in run(binary)[2]
