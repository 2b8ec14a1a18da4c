"""Render chat templates, a line of JSON for each question: `python -I render_worker.py`, started by `rendering`.

A template is a program of the model's makers. The sandbox keeps it from files and from Python; memory and time are
bounded here, by limits of this process. Imports nothing of the product, so that it starts fast and holds no secret.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

MEMORY_BYTES = 512 * 2**20


class GenerationBlock(Extension):
    """Blocks that some templates put around what the model wrote: rendered as what is in them."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class PlainNamespace(Namespace):
    """Jinja's own place for values that outlive a loop, without names that begin as Python's inner ones do."""

    def __init__(self, /, *args: Any, **values: Any) -> None:
        namespace = dict(*args, **values)
        for name in namespace:
            require_plain(name)
        super().__init__(namespace)

    def __setitem__(self, name: str, value: object) -> None:
        require_plain(name)
        super().__setitem__(name, value)


def require_plain(name: object) -> None:
    """Refuse a name that begins with an underscore."""
    if isinstance(name, str) and name.startswith("_"):
        raise TemplateError(f"A template keeps no values under names such as {name}.")


@lru_cache(maxsize=8)
def compiled(text: str) -> Template:
    """A template with what templates of models expect of their surroundings."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlock, loopcontrols]
    )
    environment.filters["tojson"] = to_json
    environment.globals |= {"raise_exception": refuse, "strftime_now": lambda form: datetime.now().strftime(form)}
    # The type itself would be a way to more than dictionaries.
    environment.globals |= {"namespace": PlainNamespace, "dict": lambda *args, **values: dict(*args, **values)}
    return environment.from_string(text)


def to_json(
    value: object,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is, where Jinja's own filter escapes it for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def refuse(message: str) -> None:
    """Refuse, called by a template for messages it has no place for."""
    raise TemplateError(message)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Texts of conversations, or what is wrong."""
    try:
        template = compiled(request["template"])
        texts = [
            template.render(
                messages=messages,
                tools=None,
                documents=None,
                add_generation_prompt=request["answer_next"],
                **request["names"],
            )
            for messages in request["conversations"]
        ]
        if sum(map(len, texts)) > request["max_chars"]:
            return {"over": "length"}
        return {"texts": texts}
    except (MemoryError, OverflowError):
        return {"over": "memory"}
    except Exception as error:
        return {"error": f"{error}" or type(error).__name__}


def main() -> None:
    """Answer until the asking process hangs up. Too long a question ends the process: its alarm has no handler."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, request["limit_s"])
        try:
            reply = json.dumps(answer(request)).encode()
        except MemoryError:
            reply = b'{"over": "memory"}'
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(reply + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
