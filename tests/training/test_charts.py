"""Metrics as series."""

from __future__ import annotations

from training import charts


def test_a_series_holds_what_is_known_and_finite():
    metrics = [
        {"step": 0, "epoch": 0.0, "val_loss": 2.0},
        {"step": 1, "epoch": 0.5, "loss": None},
        {"step": 2, "epoch": 1.0, "loss": 1.5, "val_loss": float("nan")},
    ]

    drawn = charts.losses(metrics)

    assert [each["points"] for each in drawn["series"]] == [[[2, 1.5]], [[0, 2.0]]]
    assert charts.overlay({"Run 1": metrics}, "loss", "loss")["series"][0]["points"] == [[1.0, 1.5]]
