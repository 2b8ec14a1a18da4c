"""A class in a template is one that a stylesheet, a script or a test knows: a misspelt one hides and styles nothing."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

from tests.passes import ROOT

CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
ATTRIBUTE = re.compile(r'\sclass="((?:\{%.*?%\}|\{\{.*?\}\}|[^"{])*)"')


def classes_of(template: Path) -> set[str]:
    """Classes that are written out; those that code makes, whole or in part, are left out."""
    spoken = (CODE.sub("\0", value) for value in ATTRIBUTE.findall(template.read_text()))
    return {name for value in spoken for name in re.sub(r"\S*\0\S*", " ", value).split()}


def test_every_class_is_known_somewhere() -> None:
    styled = set(
        chain.from_iterable(
            re.findall(r"\.(-?[a-zA-Z_][\w-]*)", path.read_text()) for path in ROOT.glob("static/**/*.css")
        )
    )
    named = "\n".join(path.read_text() for folder in ("static/**/*.js", "tests/**/*.py") for path in ROOT.glob(folder))
    used = {name: path for path in ROOT.glob("templates/**/*.html") for name in classes_of(path)}

    assert len(used) > 200
    unknown = {
        name: str(path.relative_to(ROOT))
        for name, path in used.items()
        if name not in styled and not re.search(rf"\b{name}\b", named)
    }
    assert not unknown
