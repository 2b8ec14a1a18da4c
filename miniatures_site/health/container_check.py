"""`python -m miniatures_site.health.container_check [PORT]`.

Ask the site in this container whether it is alive; exits 0 if so.

The site answers to its own names only, so the question goes to 127.0.0.1 under the first of them. Knows no Django: it
is run every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys

from miniatures.env_file import host_name

TIMEOUT_S = 3


def is_alive(port: int, name: str) -> bool:
    """Return whether `/livez` answers 200."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        link.request("GET", "/livez", headers={"Host": name})
        return link.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def main() -> int:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    return 0 if is_alive(port, host_name(os.environ.get("ALLOWED_HOSTS", ""))) else 1


if __name__ == "__main__":
    sys.exit(main())
