"""Who gave the verdicts of a file: members of the team, or members made for the file who cannot sign in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from django.utils.text import slugify

from members.models import Member
from review.models import Membership, Task
from web.errors import Refusal

PREFIX = "elsewhere"


class Reviewers:
    """Names of a file to members, made when they are first needed."""

    def __init__(self, task: Task, chosen: Mapping[str, str]) -> None:
        """Look up the members whom the importer chose.

        Raises:
            Refusal: `mapping_invalid`: somebody chosen does not belong to the task.
        """
        wanted = {username for username in chosen.values() if username}
        team = Membership.objects.filter(task=task, member__username__in=wanted).select_related("member")
        known = {held.member.username: held.member for held in team}
        if strange := sorted(wanted - known.keys()):
            words = f"There is no member '{strange[0]}' in the team of this task."
            raise Refusal("mapping_invalid", words, hint="Choose a member of the team, or none.",
                          errors={"reviewers": [words]})  # fmt: skip
        self._task = task
        self._by_name = {name: known[username] for name, username in chosen.items() if username}

    def learn(self, names: Iterable[str]) -> None:
        """Find or make the members of further names; a name is the same member in every import of the task."""
        fresh = {username_of(self._task, name): name for name in names if name not in self._by_name}
        known = {member.username: member for member in Member.objects.filter(username__in=fresh)}
        for username, name in fresh.items():
            self._by_name[name] = known.get(username) or _made(username, name)

    def member(self, name: str) -> Member:
        """The member of a name that was learnt."""
        return self._by_name[name]


def username_of(task: Task, name: str) -> str:
    """The user name of somebody known by files alone; "annotator 1" of another task is somebody else."""
    digest = hashlib.sha256(f"{task.pk} {name.casefold()}".encode()).hexdigest()[:8]
    return f"{PREFIX}-{slugify(name)[:60] or 'reviewer'}-{digest}"


def _made(username: str, name: str) -> Member:
    member = Member(username=username, display_name=name[:80], is_active=False)
    member.set_unusable_password()
    member.save()
    return member
