"""The key sheet names every key that the desk's scripts handle."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from review.desk import desk_keys

DESK = Path(settings.BASE_DIR) / "static/js/desk/desk.js"
IMPORTS = re.compile(r"""(?:from |import\()"(\./[\w./]+)\"""")
COMPARED = re.compile(r"""event\.key [!=]== "([^"]+)\"""")
LOOKED_UP = re.compile(r"\{([^{}]+)\}\[event\.key\]")


def scripts(path: Path, seen: dict[Path, str]) -> dict[Path, str]:
    """Texts of a script and of all that it imports from its own folder."""
    if path not in seen:
        seen[path] = path.read_text()
        for name in IMPORTS.findall(seen[path]):
            scripts(path.parent / name, seen)
    return seen


def handled() -> set[str]:
    text = "\n".join(scripts(DESK, {}).values())
    names = set(COMPARED.findall(text))
    for table in LOOKED_UP.findall(text):
        names |= {each.partition(":")[0].strip() for each in table.split(",")}
    names |= {"digit"} if "(Digit|Numpad)" in text else set()
    names |= {"⇧"} if "event.shiftKey" in text else set()
    shell = (DESK.parent.parent / "shell/keys.js").read_text()
    return names | set(re.findall(r'letter === "(\w)"', shell))


def test_all_keys_that_scripts_of_the_desk_handle_are_on_the_sheet_and_no_others() -> None:
    assert len(scripts(DESK, {})) > 25
    assert handled() == {name for fixed in desk_keys.FIXED for name in fixed.names}


def test_every_letter_of_the_desk_has_words_and_an_act_in_the_scripts() -> None:
    text = "\n".join(scripts(DESK, {}).values())

    assert desk_keys.WORDS.keys() == desk_keys.DEFAULTS.keys()
    assert len(set(desk_keys.DEFAULTS.values())) == len(desk_keys.DEFAULTS)
    acts = set(re.findall(r"^  \"?([\w-]+)\"?: \(", text, re.MULTILINE)) | set(re.findall(r'command === "(\w+)"', text))
    assert desk_keys.DEFAULTS.keys() - acts == set()
