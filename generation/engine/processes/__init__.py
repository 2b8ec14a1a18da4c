"""Calls over several processes: one core can run only so many of an SDK's calls.

The engine keeps the plan, the money, the journal and the events to itself; a process of this package only makes calls.
So nothing of what must be exact is ever shared.
"""

from generation.engine.processes.client import ProcessClient, process_count

__all__ = ["ProcessClient", "process_count"]
