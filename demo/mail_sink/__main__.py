"""`python -m demo.mail_sink`: the sink as a process, configured by the environment."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

from demo.mail_sink import server
from demo.mail_sink.webhook import Webhook


def main() -> None:
    """Serve on SINK_HOST and SINK_PORT until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    url, key = os.environ.get("INBOUND_URL", ""), os.environ.get("INBOUND_KEY", "")
    deliver = Webhook(url, key.encode()) if url and key else None
    host, port = os.environ.get("SINK_HOST", "127.0.0.1"), int(os.environ.get("SINK_PORT", "8025"))
    ends = {signal.SIGTERM, signal.SIGINT}
    # Before the server's thread begins, which inherits the mask: only `sigwait` takes these signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with server.running(Path(os.environ.get("VAR_DIR", "var")) / "mailbox", deliver, host=host, port=port):
        signal.sigwait(ends)


main()
