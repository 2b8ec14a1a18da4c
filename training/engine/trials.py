"""Choose how a run computes by timing its own first steps: packed or padded rows, compiled layers or plain ones.

Every way computes the same losses, so a step that is timed is a step of the run and nothing is computed twice.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from training.engine.state import TrainState

# The first steps warm caches up and tell nothing.
WARM_UP_STEPS: Final = 2
# Which of two layouts each timed step gets: equally often, and so that a machine that slows down harms both alike.
TIMED_LAYOUTS: Final = (0, 1, 1, 0, 1, 0, 0, 1)
# A trial is worth its slower half only in a run this many times as long.
LONGER_THAN_TRIAL: Final = 8
# What is laid out otherwise by default must be faster by more than noise.
CLEARLY_FASTER: Final = 1.03
# What compiling one layer takes on a GPU, and the share of a step it saves. Assumed: no GPU was at hand (docs/gpu.md).
COMPILE_S: Final = 45.0
COMPILE_SAVED_SHARE: Final = 0.12


class Trial(Protocol):
    """Hears of every step of a run and may change how the next one is computed."""

    def began(self, state: TrainState, total_steps: int) -> None:
        """The run begins or resumes at `state`."""

    def stepped(self, state: TrainState, tokens: int, seconds: float) -> None:
        """A step of so many tokens took so long; `state` is already past it."""


class LayoutTrial:
    """Times two layouts of rows in turns and keeps the faster one for the rest of the run."""

    def __init__(self, names: tuple[str, str], use: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """`use` lays rows out by one of the two names from the next step on; `tell` puts a line into the run's log.

        The first of `names` is kept unless the second is clearly faster.
        """
        self._names, self._use, self._tell = names, use, tell
        self._turns: list[int] = []
        self._seconds: tuple[list[float], list[float]] = ([], [])

    def began(self, state: TrainState, total_steps: int) -> None:
        """Take up what an earlier attempt chose, or begin timing where the run is long enough for it."""
        if state.layout in self._names:
            self._use(state.layout)
        elif total_steps - state.step >= LONGER_THAN_TRIAL * (WARM_UP_STEPS + len(TIMED_LAYOUTS)):
            self._turns = [0] * WARM_UP_STEPS + list(TIMED_LAYOUTS)

    def stepped(self, state: TrainState, tokens: int, seconds: float) -> None:
        """Note a step's seconds for each token; after the last turn keep the faster layout."""
        if not self._turns:
            return
        turn = self._turns.pop(0)
        if len(self._turns) < len(TIMED_LAYOUTS):
            self._seconds[turn].append(seconds / tokens)
        if self._turns:
            self._use(self._names[self._turns[0]])
            return
        first, second = (1 / statistics.median(times) for times in self._seconds)
        state.layout = self._names[int(second > first * CLEARLY_FASTER)]
        self._use(state.layout)
        self._tell(
            f"rows are {state.layout} from here on: {self._names[0]} {first:,.0f} tokens/s, "
            f"{self._names[1]} {second:,.0f} tokens/s over {len(TIMED_LAYOUTS) // 2} steps each"
        )


class CompileTrial:
    """Compiles the layers once what is left of the run will earn it back."""

    def __init__(self, compile_layers: Callable[[], int], tell: Callable[[str], None]) -> None:
        """`compile_layers` returns the number of compiled layers."""
        self._compile, self._tell = compile_layers, tell
        self._seconds: list[float] | None = []
        self._total = 0

    def began(self, state: TrainState, total_steps: int) -> None:
        """Note how long the run is; `state` does not matter."""
        self._total = total_steps

    def stepped(self, state: TrainState, tokens: int, seconds: float) -> None:
        """After the warm-up and four steps, compile if that saves more time than it takes."""
        if self._seconds is None:
            return
        self._seconds.append(seconds)
        if len(self._seconds) < WARM_UP_STEPS + 4:
            return
        step_s, self._seconds = statistics.median(self._seconds[WARM_UP_STEPS:]), None
        left_s = step_s * (self._total - state.step)
        if left_s * COMPILE_SAVED_SHARE > COMPILE_S:
            count = self._compile()
            self._tell(
                f"{count} layers are compiled: about {left_s / 60:.0f} minutes are left, "
                "of which it saves more than it takes"
            )


def began(trials: Sequence[Trial], state: TrainState, total_steps: int) -> None:
    for trial in trials:
        trial.began(state, total_steps)


def stepped(trials: Sequence[Trial], state: TrainState, tokens: int, seconds: float) -> None:
    for trial in trials:
        trial.stepped(state, tokens, seconds)
