"""The server dies again and again while verdicts are saved: what was answered is there, once,
and so is what was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from members.models import ApiToken, Member
from review.models import Decision, DeskSettings
from tests.review import factories
from tests.review.fire.server import Client, Server
from tests.review.fire.sound import assert_all_there, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 4


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_server_killed_in_the_middle_of_saves_loses_nothing_and_doubles_nothing(
    admin: Member, make_member: Callable[..., Member], tmp_path: Path, stress_count: Callable[[int, int], int]
) -> None:
    kills = stress_count(2, 50)
    task = factories.make_desk(by=admin, count=30 * kills)
    DeskSettings.objects.create(task=task, overlap_share=0.2)
    server, clients = Server(tmp_path), []
    for place in range(CLIENTS):
        member = make_member(f"expert{place}")
        factories.join(member, task)
        _, token = ApiToken.objects.create(user=member, name="drill", scopes=["review"])
        clients.append(Client(server, token))

    server.start()
    [client.start() for client in clients]
    died_in_a_save = 0
    for _ in range(kills):
        until = time.monotonic() + 20
        while not any(client.is_saving for client in clients) and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.01)
        died_in_a_save += any(client.is_saving for client in clients)
        server.kill()
        server.start()
    [client.join() for client in clients]
    server.kill()

    assert not [fault for client in clients for fault in client.faults]
    sent = {id: subject for client in clients for id, subject in client.sent.items()}
    assert_all_there(task, sent, (id for client in clients for id in client.refused))
    assert {id: fields["subject"] for id, fields in Decision.objects.values_list("pk", "fields")} == sent
    assert died_in_a_save > 0
    assert_sound(task)
