"""Which way of computing a run is kept, from the seconds of its first steps."""

from __future__ import annotations

import pytest

from training.engine.state import TrainState
from training.engine.trials import TIMED_LAYOUTS, WARM_UP_STEPS, CompileTrial, LayoutTrial

STEPS = WARM_UP_STEPS + len(TIMED_LAYOUTS)


class Run:
    """A run of steps that take as long as the layout in use takes."""

    def __init__(self, seconds: dict[str, float], *, total: int = 1000, layout: str = "") -> None:
        self.seconds, self.used, self.told = seconds, ["packed"], []
        self.standing, self.total = TrainState(layout=layout), total
        self.trial = LayoutTrial(("packed", "padded"), self.used.append, self.told.append)
        self.trial.began(self.standing, total)

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.standing.step += 1
            self.trial.stepped(self.standing, 100, self.seconds[self.used[-1]])


@pytest.mark.parametrize(
    ("packed", "padded", "kept"),
    [(1.0, 2.0, "packed"), (2.0, 1.0, "padded"), (1.0, 0.98, "packed")],
    ids=["packed is faster", "padded is faster", "too near to tell"],
)
def test_the_clearly_faster_layout_is_kept(packed, padded, kept):
    run = Run({"packed": packed, "padded": padded})

    run.steps(STEPS)
    run.steps(50)

    assert run.used[-1] == run.standing.layout == kept
    assert len(run.told) == 1


def test_both_layouts_get_as_many_steps_and_a_machine_that_slows_down_harms_both_alike():
    run = Run({"packed": 1.0, "padded": 2.0})
    order = []

    for _ in range(STEPS):
        order.append(run.used[-1])
        run.steps(1)

    timed = order[WARM_UP_STEPS:]
    places = {name: [at for at, used in enumerate(timed) if used == name] for name in ("packed", "padded")}
    assert len(places["packed"]) == len(places["padded"]) == len(TIMED_LAYOUTS) // 2
    assert sum(places["packed"]) == sum(places["padded"])


def test_one_slow_step_does_not_decide():
    run = Run({"packed": 1.0, "padded": 1.2})
    run.steps(WARM_UP_STEPS)
    run.seconds["packed"] = 60.0
    run.steps(1)
    run.seconds["packed"] = 1.0

    run.steps(STEPS)

    assert run.standing.layout == "packed"


def test_a_short_run_is_not_timed():
    run = Run({"packed": 2.0, "padded": 1.0}, total=8 * STEPS - 1)

    run.steps(40)

    assert run.used == ["packed"]


def test_a_resumed_run_keeps_what_it_chose():
    run = Run({"packed": 1.0, "padded": 2.0}, layout="padded")

    run.steps(40)

    assert run.used == ["packed", "padded"]
    assert run.told == []


@pytest.mark.parametrize(
    ("step_s", "total", "compiles"), [(1.0, 300, 0), (1.0, 400, 1), (0.02, 1500, 0), (0.3, 1500, 1)]
)
def test_layers_are_compiled_where_enough_of_the_run_is_left(step_s, total, compiles):
    compiled, told, standing = [], [], TrainState()
    trial = CompileTrial(lambda: compiled.append(1) or 28, told.append)
    trial.began(standing, total)

    for _ in range(20):
        standing.step += 1
        trial.stepped(standing, 1000, step_s)

    assert len(compiled) == len(told) == compiles
