"""A real run tells how well it uses its device, and its weights do not depend on being watched."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_each_point_of_the_curve_tells_the_use_of_the_device(student, lay_run, tune, events):
    run_dir = lay_run("run", student(), recipe={"epochs": 2})

    assert tune(run_dir) == 0

    points = [each for each in events(run_dir, "metric") if "tokens_per_s" in each]
    assert points
    # So tiny a model spends most of its time between its products.
    assert all(0 < point["mfu"] < 1 for point in points)
    shares = {round(point["mfu"] / point["tokens_per_s"], 18) for point in points}
    assert len(shares) == 1
