"""SMTP server of the sink: accepts every mail, except for addresses of a drill.

`bounce-…@` is refused for good, `greylist-…@` deferred the first time, `slow-…@` answered after two seconds. A mail to
an address with a signed token answers one of ours, and is passed to the webhook.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from demo.mail_sink.mail_folder import MailFolder

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, Envelope, Session
except ModuleNotFoundError as error:
    raise ImportError("The demo's mail sink misses its library: pip install 'miniatures[demo]'.") from error

MAX_BYTES = 5 * 1024 * 1024
SLOW_S = 2.0
TOKEN = re.compile(r"\+[a-z2-7]{30,60}@", re.IGNORECASE)
Deliver = Callable[[bytes], None]
# It logs a line for every SMTP command.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class SinkHandler:
    """SMTP handler of the sink.

    Args:
        deliver: Receiver, in a thread, of each mail that answers one of ours; None only stores them.
    """

    def __init__(self, mailbox: MailFolder, deliver: Deliver | None = None) -> None:
        self.mailbox, self.deliver = mailbox, deliver
        self._seen: set[str] = set()
        self._deliveries: set[asyncio.Task[None]] = set()

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, unless its name requests a drill."""
        name = address.lower()
        if name.startswith("bounce-"):
            return "550 5.1.1 There is no such mailbox here"
        if name.startswith("greylist-") and name not in self._seen:
            self._seen.add(name)
            return "451 4.7.1 Greylisted, please try again later"
        if name.startswith("slow-"):
            await asyncio.sleep(SLOW_S)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        recipients = [str(each) for each in envelope.rcpt_tos]
        self.mailbox.keep(raw, sender=str(envelope.mail_from or ""), recipients=recipients)
        if self.deliver is not None and any(TOKEN.search(each) for each in recipients):
            delivery = asyncio.create_task(asyncio.to_thread(self.deliver, with_envelope(raw, recipients)))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        return "250 2.0.0 OK"


def with_envelope(raw: bytes, recipients: list[str]) -> bytes:
    """Add the addresses of delivery to a mail, as a mail server does."""
    return "".join(f"Delivered-To: {each}\r\n" for each in recipients).encode("utf-8", "replace") + raw


def serve(host: str, port: int, sink: SinkHandler) -> None:
    """Serve in this thread until SIGTERM or SIGINT."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        server = await loop.create_server(lambda: _protocol(sink), host, port)
        async with server:
            await ended.wait()

    asyncio.run(run())


@contextlib.contextmanager
def running(folder: Path, deliver: Deliver | None = None, *, port: int = 0) -> Iterator[tuple[str, int]]:
    """Run a sink in a thread of this process, for loads and tests; yield host and port."""
    controller = _FreePort(SinkHandler(MailFolder(folder), deliver), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield "127.0.0.1", controller.port
    finally:
        controller.stop()


class _FreePort(Controller):
    """Controller that may use any free port, and connects there to see that it runs."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def factory(self) -> SMTP:
        return _protocol(self.handler)


def _protocol(handler: object) -> SMTP:
    return SMTP(handler, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, hostname="sink.localhost", timeout=300)
