"""`python -m demo.mail_sink`: the sink as a process, configured by the environment."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from demo.mail_sink.mail_folder import MailFolder
from demo.mail_sink.server import SinkHandler, serve
from demo.mail_sink.webhook import Webhook


def main() -> None:
    """Serve on SINK_HOST and SINK_PORT until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    url, key = os.environ.get("INBOUND_URL", ""), os.environ.get("INBOUND_KEY", "")
    deliver = Webhook(url, key.encode()) if url and key else None
    mailbox = MailFolder(Path(os.environ.get("VAR_DIR", "var")) / "mailbox")
    serve(
        os.environ.get("SINK_HOST", "127.0.0.1"),
        int(os.environ.get("SINK_PORT", "8025")),
        SinkHandler(mailbox, deliver),
    )


main()
