"""`python -m campaigns.sink`: the sink as a process of its own. What it needs stands in the environment."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from campaigns.sink.delivery import Webhook
from campaigns.sink.mailbox import Mailbox
from campaigns.sink.server import Sink, serve


def main() -> None:
    """Serve on SINK_HOST and SINK_PORT until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    url, key = os.environ.get("INBOUND_URL", ""), os.environ.get("INBOUND_KEY", "")
    deliver = Webhook(url, key.encode()) if url and key else None
    mailbox = Mailbox(Path(os.environ.get("VAR_DIR", "var")) / "mailbox")
    serve(os.environ.get("SINK_HOST", "127.0.0.1"), int(os.environ.get("SINK_PORT", "8025")), Sink(mailbox, deliver))


main()
