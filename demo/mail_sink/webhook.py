"""Posting of answers from the sink to the site's webhook, signed, like a mail provider."""

from __future__ import annotations

import base64
import json
import logging
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from campaigns.replies.webhook_signatures import HEADER, sign

logger = logging.getLogger(__name__)
TRIES = 6
TIMEOUT_S = 20


@dataclass(frozen=True)
class Webhook:
    """Address that receives answers, and the key that signs them."""

    url: str
    key: bytes

    def __call__(self, raw: bytes) -> None:
        """Post one mail; retry for about a minute. Posting twice is harmless."""
        body = json.dumps({"mails": [base64.b64encode(raw).decode()]}).encode()
        for attempt in range(TRIES):
            try:
                self._post(body)
            except OSError as error:
                logger.warning("The webhook did not take a mail (%s); try %s of %s.", error, attempt + 1, TRIES)
                time.sleep(2**attempt)
            else:
                return

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", HEADER: sign(body, secret=self.key)}
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310 (an address of our own settings)
        # No proxy between processes of one machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request, timeout=TIMEOUT_S).close()
