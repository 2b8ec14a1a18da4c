"""Replicas as the part of Jobs › Hosts and the API show them, and hosts that could have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.scheduling import hosts
from jobs.states import FINISHED
from members import ports
from members.models import Member
from serving.models import Replica
from serving.promotions import queries
from serving.promotions.panels import BADGES
from serving.runtime import scaling, status
from serving.runtime.status import ServingStatus
from web.http.first_or_404 import first_or_404

DRAINING_BADGE = "is-look"


@dataclass(frozen=True)
class ReplicaRow:
    """A replica as a member sees it.

    Attributes:
        host_id: Its host, or the one it is meant for; empty while no host has taken it.
        host: Name of that host.
        models: Short names of those miniatures it has in memory that the member may ask.
        others: How many more it has.
    """

    host_id: str
    host: str
    models: tuple[str, ...]
    others: int
    status: ServingStatus

    @property
    def label(self) -> str:
        return "draining" if self.status.is_draining else str(self.status.state.label).lower()

    @property
    def badge(self) -> str:
        return DRAINING_BADGE if self.status.is_draining else BADGES[self.status.state]

    @property
    def has_ended(self) -> bool:
        return self.status.job is not None and self.status.job.state in FINISHED

    @property
    def in_flight(self) -> int | None:
        """Requests in progress, waiting ones included; None where its engine does not answer."""
        engine = self.status.engine
        return engine["running"] + engine["waiting"] if engine else None


def context(member: Member) -> dict[str, Any]:
    """Return what the part shows to a member; asks all engines at once, at most a second."""
    rows = replica_rows(member)
    serving = {row.host_id for row in rows}
    return {
        "rows": rows,
        "free": [host for host in scaling.serving_hosts() if host.pk not in serving],
        "may_serve": member.is_admin or ports.teams().leads_any(member),
        "may_drain": member.is_admin,
    }


def replica_rows(member: Member) -> list[ReplicaRow]:
    """Return a row for each replica, the first one first; asks all engines at once, at most a second."""
    visible = {each.name for each in queries.served_miniatures(member=member)}
    by_host = [(_host_id(each), each) for each in status.replica_statuses()]
    names = hosts.names(host_id for host_id, _ in by_host)
    rows = []
    for host_id, each in by_host:
        loaded = [name for name, model in each.models.items() if model.get("loaded")]
        shown = tuple(name for name in loaded if name in visible)
        rows.append(ReplicaRow(host_id, names[host_id], shown, len(loaded) - len(shown), each))
    return rows


def replica_or_404(replica_id: int) -> Replica:
    """Return a replica, or answer 404."""
    return first_or_404(Replica.objects.filter(pk=replica_id), "There is no such replica.")


def _host_id(each: ServingStatus) -> str:
    return (each.job.host_id if each.job else "") or (each.replica.host_id if each.replica else "")
