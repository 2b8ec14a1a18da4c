"""Lay out the matrix's installation in a scratch database,
and write down all that a caller over HTTP needs to know of it.

`python -m benchmarks.fire.layout FOLDER`, with production's settings; the last act is FOLDER/layout.json.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402

from members.tokens.scopes import SCOPES  # noqa: E402
from tests.matrix.bodies import body_of  # noqa: E402
from tests.matrix.installation import Installation  # noqa: E402
from tests.matrix.published import generate  # noqa: E402
from tests.matrix.routes import Route, walk  # noqa: E402


def main(folder: Path) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with override_settings(MAILBOX_DIR=folder / "mailbox"):
        made = Installation(folder)
    laid = {
        "objects": {name: str(value) for name, value in made.objects.items()},
        "cookies": {
            name: client.cookies["sessionid"].value for name, client in made.browsers.items() if client.cookies
        },
        "tokens": {f"token:{scope}": made.programs[scope].defaults["HTTP_AUTHORIZATION"] for scope in SCOPES},
        "routes": [entry for route in walk() for entry in entries(route, made)],
        "schema": generate(),
    }
    (folder / "layout.json").write_text(json.dumps(laid, default=str))


def entries(route: Route, made: Installation) -> list[dict[str, Any]]:
    """Return one entry for each method of a route of the API."""
    values = {name: str(value) for name, value in made.values(route).items()}
    template = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)
    return [
        {
            "name": route.name,
            "method": method,
            "body": body_of(method, route.name, made),
            "template": template.replace("{pk}", "{id}"),
            "values": {"id" if name == "pk" else name: value for name, value in values.items()},
        }
        for method in route.methods() or []
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
