"""Access levels, and the line that a route has of them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

READS = ("GET", "HEAD")


class AccessLevel(Enum):
    """Requirements on a caller. Inside a task each role has what those before it have."""

    OPEN = "anybody: there is nothing here, or the address itself is a signed key"
    KEY = "a program with an API token or a signature, which the view checks; a browser's session is not enough"
    MEMBER = "any member; lists hold what the member may see"
    VIEWER = "viewer of the task"
    REVIEWER = "reviewer of the task"
    LEAD = "lead of the task"
    ANY_LEAD = "lead of any task"
    USERS = "lead of every task that uses it; where none does, who made it"
    ADMIN = "admin"
    OWN = "the member whose it is"
    NONE = "no such method"


OPEN, KEY, MEMBER, VIEWER, REVIEWER, LEAD, ANY_LEAD, USERS, ADMIN, OWN, NONE = AccessLevel


class Rule(NamedTuple):
    """Requirements of one route on its callers.

    Attributes:
        read: What GET and HEAD need.
        write: What every other method needs.
        read_floor: Where the address alone cannot tell whether a caller has what reading needs (the task comes in the
            query, or a member reads their own): what is asked before the view, which asks the rest.
        write_floor: The same for writing: the task comes in the body.
        reason: Why the route is right to reach beyond one task.
        withheld: Whether it hands out weights or opinions of the task's miniatures: where these judge another task's
            drafts, it is refused to who reviews those drafts, whatever their role in the address's own task.
    """

    read: AccessLevel
    write: AccessLevel
    read_floor: AccessLevel | None = None
    write_floor: AccessLevel | None = None
    reason: str = ""
    withheld: bool = False

    def declared(self, method: str) -> AccessLevel:
        """Return the full requirement of a method: of the declaration and of the services behind it."""
        return self.read if self._is_read(method) else self.write

    def enforced(self, method: str) -> AccessLevel:
        """Return the requirement of a method before its view is called."""
        floor = self.read_floor if self._is_read(method) else self.write_floor
        return floor or self.declared(method)

    @property
    def page_methods(self) -> list[str]:
        """The methods a page with this line answers; what forms send is POST."""
        reads = [] if self.read is NONE else list(READS)
        return reads if self.write is NONE else [*reads, "POST"]

    def _is_read(self, method: str) -> bool:
        return method in READS or (method == "OPTIONS" and self.read is not NONE)
