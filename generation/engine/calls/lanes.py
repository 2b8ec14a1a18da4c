"""Order and pace of calls: each provider's model and key has a lane of its own. Knows no network.

A teacher that refuses calls, or is slow, holds up its own lane and no other. Teachers of a mix that are the same model
behind the same key share one, since they share its limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from generation.engine import plan
from generation.engine.calls.pace import CallGate
from generation.engine.clients.interface import CallError
from generation.engine.contracts import TeacherSpec
from generation.engine.plan import PlannedCall

Key = tuple[str, str, str, str | None]


class Lane:
    """The calls of one model behind one key.

    Args:
        ceiling: The most that may be in flight: those of the whole order, once the other lanes are empty.

    Attributes:
        unanswered_in_a_row: Calls that ended without an answer since the last that had one.
        announced: How many of what is left are announced, from its beginning.
    """

    def __init__(self, ceiling: int) -> None:
        self.pace = CallGate(ceiling)
        self.left: deque[PlannedCall] = deque()
        self.unanswered_in_a_row = self.announced = 0

    @property
    def has_calls(self) -> bool:
        return bool(self.left) and not self.pace.is_closed

    def take(self) -> PlannedCall:
        self.announced = max(0, self.announced - 1)
        return self.left.popleft()

    def announce(self, ahead: int) -> list[PlannedCall]:
        """Return those not yet announced of the next so many calls; they count as announced from now on."""
        fresh = list(islice(self.left, self.announced, ahead))
        self.announced += len(fresh)
        return fresh

    @property
    def is_busy(self) -> bool:
        return self.has_calls or self.pace.in_flight > 0


class Lanes:
    """The lanes of one order, and how its calls at once are shared among them.

    Args:
        teachers: Of the order, in the order of the mix.

    Attributes:
        all: Each lane once.
    """

    def __init__(self, teachers: Sequence[TeacherSpec], calls: Sequence[PlannedCall], *, at_once: int) -> None:
        self._at_once = at_once
        self._by_key: dict[Key, Lane] = {}
        self._by_teacher = [self._by_key.setdefault(_key(teacher), Lane(at_once)) for teacher in teachers]
        for call in calls:
            self.of(call).left.append(call)
        self.all = list(self._by_key.values())
        self._homes = _lanes_by_place([len(lane.left) for lane in self.all], at_once)

    def of(self, call: PlannedCall) -> Lane:
        return self._by_teacher[call.teacher]

    def take(self, place: int) -> PlannedCall | None:
        """The next call for one of the places of the order; None when nothing is left that may be asked.

        A place serves its own lanes while they have calls, however long these wait, and then the others: what a slow
        teacher holds is never more than its places as long as somebody else has use for theirs.
        """
        own = [lane for home in self._homes[place] if (lane := self.all[home]).has_calls]
        others = own or [lane for lane in self.all if lane.has_calls]
        if not others:
            return None
        lane = max(others, key=lambda lane: (lane.pace.has_room, len(lane.left)))
        return lane.take()

    @property
    def limit(self) -> int:
        return min(self._at_once, sum(int(lane.pace.limit) for lane in self.all if lane.is_busy)) or self._at_once

    def close(self, lane: Lane) -> bool:
        """Let nothing more out of a lane; returns whether others go on."""
        lane.pace.close()
        return any(other.is_busy for other in self.all if other is not lane)

    def close_all(self) -> None:
        for lane in self.all:
            lane.pace.close()


def unanswered_message(error: CallError, *, row: int) -> str:
    """Describe a lane where so many calls in a row brought no answer."""
    return f"{row} calls in a row brought no answer. The last: {error.message}"


def _key(teacher: TeacherSpec) -> Key:
    return teacher.provider, teacher.base_url, teacher.model, teacher.secret_ref


def _lanes_by_place(counts: Sequence[int], places: int) -> list[list[int]]:
    """Lanes that each place serves first: places in proportion to calls, at least one a lane that has any."""
    lanes = [lane for lane, count in enumerate(counts) if count]
    if not lanes:
        return [[] for _ in range(places)]
    if len(lanes) >= places:
        return [lanes[place::places] for place in range(places)]
    more = plan.apportioned([counts[lane] for lane in lanes], places - len(lanes))
    return [[lanes[turn]] for turn in plan.interleaved([1 + extra for extra in more])]
