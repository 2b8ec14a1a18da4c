"""What becomes of a mail when the conversation goes wrong at each of its points,
with a server that follows a script.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.mail import EmailMessage

from campaigns.models import Message
from campaigns.sending.transport import MailConnection, SendResult
from campaigns.states import MessageState
from tests.campaigns import factories

HANG_UP = "hang up"


class ScriptedServer:
    """Speaks SMTP, but answers a command as the script says; `text` is the answer to a mail's text."""

    def __init__(self, script: dict[str, str], *, times: int) -> None:
        self.script, self.times = script, times
        self.texts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        # Closed under the thread that waits at it, its number may be the next server's, whose caller this one then
        # takes.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        usual = {"ehlo": "250 hello", "mail": "250 ok", "rcpt": "250 ok", "data": "354 go on", "rset": "250 ok",
                 "noop": "250 ok", "quit": "221 bye"}  # fmt: skip
        with connection, connection.makefile("rwb") as lines:
            lines.write(b"220 here\r\n")
            lines.flush()
            while line := lines.readline():
                command = line[:4].decode("ascii", "replace").lower()
                answer = self._scripted(command) or usual.get(command, "500 what?")
                if answer == HANG_UP:
                    return
                lines.write(answer.encode() + b"\r\n")
                lines.flush()
                if answer.startswith("421"):
                    return
                if command == "data" and answer.startswith("354"):
                    while lines.readline() not in (b".\r\n", b""):
                        pass
                    self.texts += 1
                    said = self._scripted("text") or "250 taken"
                    if said == HANG_UP:
                        return
                    lines.write(said.encode() + b"\r\n")
                    lines.flush()

    def _scripted(self, command: str) -> str:
        if command not in self.script or self.times <= 0:
            return ""
        self.times -= 1
        return self.script[command]


@pytest.fixture
def scripted(settings) -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def make(times: int = 1_000, **script: str) -> ScriptedServer:
        server = ScriptedServer(script, times=times)
        servers.append(server)
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "campaigns.sending.smtp_backend.EmailBackend", "127.0.0.1"
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = server.port, 3
        return server

    yield make
    for server in servers:
        server.close()


def hand_over():
    with MailConnection() as wire:
        assert wire.opened() is None
        return wire.send(EmailMessage("Subject", "Text", "a@sender.example", ["b@reader.example"]))


@pytest.mark.parametrize(
    ("script", "fate", "hard"),
    [
        ({}, SendResult.ACCEPTED, False),
        ({"mail": "451 4.3.0 not now"}, SendResult.AWAY, False),
        ({"mail": "550 5.7.1 we do not know you"}, SendResult.AWAY, False),
        ({"mail": "421 too many mails"}, SendResult.AWAY, False),
        ({"rcpt": "550 5.1.1 no such user"}, SendResult.REFUSED, True),
        ({"rcpt": "550 5.7.1 blocked"}, SendResult.REFUSED, False),
        ({"rcpt": "451 4.7.1 greylisted"}, SendResult.DEFERRED, False),
        ({"data": "451 later"}, SendResult.DEFERRED, False),
        ({"data": "554 no"}, SendResult.REFUSED, False),
        ({"text": "554 5.7.1 spam"}, SendResult.REFUSED, False),
        ({"text": "452 4.3.1 full disk"}, SendResult.DEFERRED, False),
        ({"mail": HANG_UP}, SendResult.DEFERRED, False),
        ({"rcpt": HANG_UP}, SendResult.DEFERRED, False),
        ({"data": HANG_UP}, SendResult.DEFERRED, False),
        ({"text": HANG_UP}, SendResult.UNKNOWN, False),
    ],
)
def test_every_answer_has_its_fate(scripted, script, fate, hard):
    scripted(**script)

    answer = hand_over()

    assert (answer.fate, answer.is_hard) == (fate, hard), answer


@pytest.mark.slow
def test_a_server_that_takes_the_text_and_is_silent_leaves_the_fate_open(scripted, settings):
    server = scripted(text="250-never ends")
    settings.EMAIL_TIMEOUT = 0.5

    answer = hand_over()

    assert answer.fate == SendResult.UNKNOWN
    assert server.texts == 1


def test_what_cannot_be_written_down_never_reaches_the_wire(scripted):
    server = scripted()

    with MailConnection() as wire:
        wire.opened()
        broken = wire.send(EmailMessage("Two\nlines", "Text", "a@sender.example", ["b@reader.example"]))

    assert broken.fate == SendResult.REFUSED
    assert server.texts == 0


def test_a_server_that_is_not_there_is_away_before_anything_is_claimed(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "campaigns.sending.smtp_backend.EmailBackend",
        "127.0.0.1",
        1,
    )

    with MailConnection() as wire:
        assert wire.opened().fate == SendResult.AWAY


@pytest.mark.django_db(transaction=True)
class TestWhatBecomesOfTheMails:
    def test_one_lost_after_its_text_is_unknown_and_the_others_go(self, campaign, scripted, send):
        server = scripted(times=1, text=HANG_UP)
        factories.make_due_mails(campaign, 4)

        job, again = send(campaign), send(campaign)

        states = sorted(Message.objects.values_list("state", flat=True))
        assert (job.result["unknown"], job.result["sent"], again.result["sent"]) == (1, 3, 0)
        assert states == [MessageState.SENT] * 3 + [MessageState.UNKNOWN]
        assert server.texts == 4

    def test_a_connection_that_ends_after_some_mails_is_made_anew(self, campaign, scripted, send):
        scripted(times=1, mail="421 enough for one connection")
        factories.make_due_mails(campaign, 4)

        job = send(campaign)

        assert job.state == "succeeded", job.waiting_reason
        assert Message.objects.filter(state=MessageState.SENT).count() == 4

    @pytest.mark.parametrize("count", [1, 4])
    def test_a_server_that_will_not_have_us_keeps_every_mail_here(self, campaign, scripted, send, count):
        server = scripted(mail="550 5.7.1 sender not allowed")
        factories.make_due_mails(campaign, count)

        job = send(campaign)

        assert job.state == "waiting"
        assert "sender not allowed" in job.waiting_reason
        assert Message.objects.filter(state=MessageState.APPROVED).count() == count
        assert server.texts == 0
