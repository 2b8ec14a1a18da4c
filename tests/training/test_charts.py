"""Metrics as series."""

from __future__ import annotations

from training.runs import charts


def test_a_series_holds_what_is_known_and_finite():
    metrics = [
        {"step": 0, "epoch": 0.0, "val_loss": 2.0},
        {"step": 1, "epoch": 0.5, "loss": None},
        {"step": 2, "epoch": 1.0, "loss": 1.5, "val_loss": float("nan")},
    ]

    drawn = charts.losses(metrics)

    assert [each["points"] for each in drawn["series"]] == [[[2, 1.5]], [[0, 2.0]]]
    assert charts.overlay({"Run 1": metrics}, "loss", "loss")["series"][0]["points"] == [[1.0, 1.5]]


def test_figures_that_nothing_told_draw_no_empty_line():
    metrics = [{"step": 1, "mfu": 0.3}, {"step": 2, "mfu": 0.4, "gpu_utilisation": 0.9}]

    with_gpu, without = charts.utilisation(metrics), charts.utilisation(metrics[:1])

    assert [each["name"] for each in with_gpu["series"]] == ["model FLOPs (MFU)", "GPU busy"]
    assert with_gpu["series"][1]["points"] == [[2, 0.9]]
    assert [each["name"] for each in without["series"]] == ["model FLOPs (MFU)"]


def test_the_first_line_of_a_live_chart_stands_there_before_it_has_points():
    assert charts.gradients([])["series"] == [{"name": "gradient norm", "points": []}]
