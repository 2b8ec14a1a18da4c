"""Replicas as this process sees them, and the choice of one for each question.

While questions come, rows and engines are looked at again every second, in a thread that no question waits for. A lone
engine on this host is chosen without a look.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, close_old_connections

from serving.runtime import links, replicas
from serving.runtime.links import EngineLink

logger = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 1.0
# Older views are not chosen by.
STALE_S: Final = 5.0
_LOOK_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="replicas")


@dataclass(frozen=True)
class Place:
    """A replica that may be asked: its models, each with whether it is loaded, and the questions of other processes."""

    link: EngineLink
    models: dict[str, bool] = field(default_factory=dict)
    elsewhere: int = 0

    def rank(self, model: str) -> int:
        """Return 0 where the model is loaded, 1 where it is known, 2 otherwise."""
        return 2 if model not in self.models else 1 - self.models[model]


@dataclass(frozen=True)
class View:
    """Replicas at one look.

    Attributes:
        is_alone: Only the engine of this host may be asked.
        is_own_closed: The engine of this host takes no new question.
        is_awaited: A replica that does not answer is expected back.
    """

    places: tuple[Place, ...] = ()
    is_alone: bool = True
    is_own_closed: bool = False
    is_awaited: bool = False


class Pool:
    """Replicas that answer, and how many questions of this process each has. One a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = Counter[EngineLink]()
        self._view, self._looked_s = View(), -STALE_S
        self._is_looking = False

    async def choose(self, model: str, *, without: Collection[EngineLink] = ()) -> EngineLink | None:
        """Return the replica to ask: one that holds the model, of those the one with the fewest questions.

        Args:
            without: Replicas that were tried before.
        """
        await self._look_if_due()
        view = self._view
        if view.is_alone:
            own = links.own()
            is_open = not view.is_own_closed and own not in without and links.has_own_socket()
            return own if is_open else None
        places = [place for place in view.places if place.link not in without]
        if not places:
            return None
        return min(places, key=lambda place: (place.rank(model), self._load(place), random.random())).link

    def is_awaited(self) -> bool:
        """Return whether a replica that does not answer now is expected back: it was killed and not stopped."""
        return self._view.is_awaited or (not self._view.is_own_closed and links.has_own_socket())

    def begin(self, link: EngineLink) -> None:
        """Count a question to a replica."""
        with self._lock:
            self._asked[link] += 1

    def end(self, link: EngineLink) -> None:
        """Take off a question that has ended."""
        with self._lock:
            self._asked[link] -= 1
            if self._asked[link] <= 0:
                del self._asked[link]

    def leave_out(self, link: EngineLink) -> None:
        """Choose a replica that did not answer no more until the next look."""
        with self._lock:
            self._view = replace(self._view, places=tuple(each for each in self._view.places if each.link != link))

    def look(self) -> None:
        """Look at rows and engines now. Blocks its thread, at most a second or so."""
        close_old_connections()
        try:
            view = self._read()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Replicas could not be read (%s); the last view of them holds.", type(error).__name__)
            view = self._view
        finally:
            close_old_connections()
        with self._lock:
            self._view, self._looked_s = view, time.monotonic()

    async def _look_if_due(self) -> None:
        age_s = time.monotonic() - self._looked_s
        if age_s < LOOK_EVERY_S:
            return
        if age_s < STALE_S or (self._view.is_alone and links.has_own_socket()):
            self._look_soon()
        else:
            await asyncio.get_running_loop().run_in_executor(_LOOK_THREAD, self._look_unless_fresh)

    def _look_soon(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            _LOOK_THREAD.submit(self._look_and_note)

    def _look_and_note(self) -> None:
        try:
            self.look()
        finally:
            self._is_looking = False

    def _look_unless_fresh(self) -> None:
        if time.monotonic() - self._looked_s >= LOOK_EVERY_S:
            self.look()

    def _read(self) -> View:
        serving = replicas.serving()
        own = links.own()
        closed = {each.link for each in serving if each.is_draining}
        reachable = [each.link for each in serving if each.link and not each.is_draining]
        if links.has_own_socket() and own not in closed:
            reachable.append(own)
        reachable = list(dict.fromkeys(reachable))
        if all(link == own for link in reachable) and not any(each.is_elsewhere for each in serving):
            return View(is_own_closed=own in closed)
        with ThreadPoolExecutor(max(1, len(reachable)), thread_name_prefix="look") as threads:
            states = list(threads.map(links.ask_state, reachable))
        places = [self._place(link, state) for link, state in zip(reachable, states, strict=True) if state]
        is_awaited = any(each.is_elsewhere and not each.is_draining for each in serving)
        return View(tuple(places), is_alone=False, is_own_closed=own in closed, is_awaited=is_awaited)

    def _place(self, link: EngineLink, state: dict[str, Any]) -> Place:
        models = {model["name"]: bool(model.get("loaded")) for model in state.get("models", [])}
        asked = int(state.get("running", 0)) + int(state.get("waiting", 0))
        return Place(link, models, max(0, asked - self._asked[link]))

    def _load(self, place: Place) -> int:
        return place.elsewhere + self._asked[place.link]


POOL: Final = Pool()
