"""`analyse_experiment`: from a file to a verdict, and clear refusals."""

import csv
import gzip
import io
import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from django.core.management import CommandError, call_command


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("analyse_experiment", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def hillstrom(outside_data: Path) -> str:
    return str(outside_data / "ab" / "hillstrom.csv.gz")


@pytest.mark.outside_data
def test_hillstroms_visits_from_csv_to_verdict(hillstrom: str) -> None:
    found = json.loads(run(hillstrom, "--arm", "segment", "--metric", "visit", "--control", "No E-Mail", "--json"))

    mens = found["comparisons"][0]
    assert mens["arm"] == "Mens E-Mail"
    assert round(mens["effect"]["estimate"], 7) == 0.0765896
    assert round(mens["effect"]["se"], 7) == 0.0033859
    assert round(found["sample_ratio"]["chi2"], 4) == 0.2025
    assert round(found["sample_ratio"]["p_value"], 3) == 0.904
    assert mens["verdict"]["sentence"] == (
        "Mens E-Mail did better than No E-Mail: 18.3 % against 10.6 %, difference 7.7 points (95 % 7.0 to 8.3)"
    )


@pytest.mark.outside_data
def test_hillstroms_spend_is_as_published(hillstrom: str, outside_data: Path) -> None:
    found = json.loads(run(hillstrom, "--arm", "segment", "--metric", "spend", "--json"))

    effects = {one["arm"]: one["effect"] for one in found["comparisons"]}
    mens = effects["Mens E-Mail"]
    assert (round(mens["estimate"], 6), round(mens["se"], 6)) == (0.769827, 0.145247)
    assert 2 * NormalDist().cdf(-mens["estimate"] / mens["se"]) == pytest.approx(1.157e-7, rel=1e-3)
    with (outside_data / "ab" / "hillstrom_published_effects.csv").open() as file:
        published = {row["comparison"]: row for row in csv.DictReader(file)}
    for arm, effect in effects.items():
        row = published[f"{arm} minus No E-Mail"]
        assert effect["estimate"] == pytest.approx(float(row["estimate"]), rel=1e-9)
        assert effect["se"] == pytest.approx(float(row["se"]), rel=1e-5)


@pytest.mark.outside_data
def test_the_lines_for_a_reader_have_verdict_numbers_and_method(hillstrom: str) -> None:
    text = run(hillstrom, "--arm", "segment", "--metric", "spend")

    lines = text.splitlines()
    assert lines[0] == "Note: 'No E-Mail' was taken as the control; name another with --control."
    assert lines[1].startswith("Mens E-Mail did better than No E-Mail: 1.42 against 0.65, difference 0.77")
    assert "Mens E-Mail − No E-Mail: +0.769827, SE 0.145247, 95 % 0.48514 to 1.05451" in text
    assert "adjusted for 2 comparisons (Holm)" in text
    assert "method: Welch's t (Welch 1947" in text


def table(tmp_path: Path, name: str = "table.csv") -> Path:
    """200 companies with three mails each; the miniature's get a few replies less."""
    rows = ["mail,company,arm,replied"]
    for company in range(200):
        arm = ("teacher", "miniature")[company % 2]
        for mail in range(3):
            replied = int((company * 7 + mail * 3) % (10 if arm == "teacher" else 11) == 0)
            rows.append(f"{company}-{mail},c{company},{arm},{replied}")
    path = tmp_path / name
    path.write_text("\n".join(rows))
    return path


def test_clusters_and_a_margin_are_heeded(tmp_path: Path) -> None:
    path = str(table(tmp_path))

    found = json.loads(
        run(path, "--arm=arm", "--metric=replied", "--unit=mail", "--cluster=company", "--margin=0.2", "--json")
    )

    assert found["control"] == "teacher"
    assert found["is_clustered"] is True
    assert found["sample_ratio"]["counts"] == [100, 100]
    assert found["comparisons"][0]["verdict"]["finding"] == "not_worse"
    assert "by more than 20 points" in found["comparisons"][0]["verdict"]["sentence"]


def test_a_running_experiment_is_decided_by_what_may_be_looked_at_daily(tmp_path: Path) -> None:
    path = tmp_path / "running.csv"
    path.write_text("arm,replied\n" + "a,0\n" * 950 + "a,1\n" * 50 + "b,0\n" * 929 + "b,1\n" * 71)

    ended = run(str(path), "--arm=arm", "--metric=replied")
    running = run(str(path), "--arm=arm", "--metric=replied", "--running", "--horizon=4000")

    assert "B did better than a" in ended
    assert "No clear difference between b and a so far" in running


def test_sixty_thousand_rows_take_seconds(tmp_path: Path) -> None:
    path = tmp_path / "large.csv.gz"
    lines = (f"{i},c{i // 6},{'ab'[i // 6 % 2]},{(i * i) % 13 == 0:d}" for i in range(64_000))
    path.write_bytes(gzip.compress(("id,company,arm,hit\n" + "\n".join(lines)).encode(), compresslevel=1))

    found = json.loads(run(str(path), "--arm=arm", "--metric=hit", "--cluster=company", "--json"))

    assert sum(arm["n"] for arm in found["arms"]) == 64_000
    assert math.isfinite(found["comparisons"][0]["effect"]["se"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--metric=nothing"], "The column 'nothing' is missing; the columns are mail, company, arm, replied."),
        (["--metric=replied", "--control=x"], "There is no arm 'x'; the arms are miniature, teacher."),
        (["--metric=replied", "--margin=0"], "A margin must be above 0"),
        (["--metric=replied", "--margin=2"], "A margin of a share must be below 1: 0.02 is 2 points"),
        (["--metric=replied", "--running", "--horizon=0"], "The horizon must be above 0"),
        (["--metric=replied", "--level=95"], "A level must be between 0 and 1"),
        (["--metric=company"], "not a finite number"),
        (["--metric=replied", "--horizon=-5"], "horizon"),
    ],
)
def test_what_has_no_sense_is_refused(tmp_path: Path, options: list[str], words: str) -> None:
    path = str(table(tmp_path))

    with pytest.raises(CommandError) as refused:
        run(path, "--arm=arm", *options)

    assert words in str(refused.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(b"arm,m\n" + b"a,1\nb,0\n" * 5000)[:-20])
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"arm,m\n\xff\xfe\x00,1\n")

    for path, words in ((tmp_path / "absent.csv", "cannot be read"), (broken, "cannot be read"), (binary, "not UTF-8")):
        with pytest.raises(CommandError, match=words):
            run(str(path), "--arm=arm", "--metric=m")
