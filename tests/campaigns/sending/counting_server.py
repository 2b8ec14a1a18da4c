"""An SMTP server that counts: `python -m tests.campaigns.sending.counting_server LEDGER`; prints its port.

It appends the Message-ID of each mail it accepts to a file before it answers, so that what it counted survives it, and
what was accepted but never answered for is counted too. A file `LEDGER.most` says how many it accepts for now.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Ledger:
    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.most = Path(f"{path}.most")
        self.accepted = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        while self.most.exists() and self.accepted >= int(self.most.read_text() or 0):
            await asyncio.sleep(0.005)
        self.accepted += 1
        found = re.search(rb"^message-id:\s*<([^>]+)>", envelope.content, re.IGNORECASE | re.MULTILINE)
        at = asyncio.get_running_loop().time()
        line = f"{found[1].decode() if found else '?'} {envelope.rcpt_tos[0]} {at}\n"
        os.write(self.file, line.encode())
        return "250 OK"


async def main() -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    ledger = Ledger(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(ledger, hostname="counts.localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
