"""What a batch's seconds tell, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.evaluations import speeds, tables


def seconds(mean: float, low: float | None, high: float | None) -> dict[str, Any]:
    return {"seconds": {"mean": mean, "low": low, "high": high, "n": 40, "companies": 40}}


def test_a_batch_tells_throughput_and_a_call_its_seconds() -> None:
    summary = {
        "kinds": {"base": "base", "tuned": "lora", "teacher": "teacher", "majority": "baseline"},
        "systems": {
            "base": seconds(0.5, 0.4, 0.625), "tuned": seconds(0.25, None, None), "teacher": seconds(3.0, 2.5, 3.5),
            "majority": seconds(0.0, None, None),
        },
        "batch_size": 32,
    }  # fmt: skip

    rows = {row["metric"].label: row for row in tables.rows(summary)}

    names = tables.systems(summary)
    told = {
        label: {
            name: cell and (cell["value"], cell["interval"]) for name, cell in zip(names, row["cells"], strict=True)
        }
        for label, row in rows.items()
    }
    assert told["Outputs a second"] == {
        "base": ("2.00", "1.60 to 2.50"), "tuned": ("4.00", ""), "teacher": None, "majority": None,
    }  # fmt: skip
    assert told["Seconds a call"] == {
        "base": None, "tuned": None, "teacher": ("3.00 s", "2.50 s to 3.50 s"), "majority": None,
    }  # fmt: skip
    assert "up to 32 at once" in rows["Outputs a second"]["metric"].about
    assert "Seconds" not in rows


def test_an_interval_that_reaches_no_time_at_all_has_no_rate() -> None:
    found = speeds.throughput({"mean": 0.5, "low": -0.1, "high": 1.1, "n": 3})

    assert found
    assert (found["mean"], found["low"], found["high"]) == (pytest.approx(2), None, None)
    assert speeds.throughput(None) is None
