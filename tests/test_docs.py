"""The documents name nothing that is not there: files, anchors, commands, names of code, addresses, settings."""

from __future__ import annotations

import fnmatch
import importlib
import importlib.util
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/adr").glob("*.md")),
]
SOURCE = ("*.py", "*.yml", "*.toml", "*.html", "*.js", "Makefile", "*Procfile", "deploy/*")
SUFFIX = re.compile(r"\.(py|md|html|js|css|toml|yml|svg|sh)$")
# What such a file holds is told for all rooms together.
IN_EACH_ROOM = {
    *("queries.py", "forms.py", "pages.py", "api.py", "serializers.py", "urls.py", "api_urls.py"),
    *("models.py", "states.py", "ports.py", "celery_tasks.py"),
}
# Settings of Django and django-anymail themselves.
THEIRS = {"CONN_MAX_AGE", "ANYMAIL_WEBHOOK_SECRET"}
# A group of entry points and a target of systemd, named as modules are.
ENTRY_POINTS = {"miniatures.checks", "miniatures.target"}
# What a run or an installation makes, not the repository.
MADE = (
    "schema.yml",
    "var/",
    "VAR_DIR/",
    "deploy/.env",
    "checkpoints/",
    "best/",
    "adapter/",
    "card/",
    "model/",
    "launch/",
    "robots.txt",
)


@cache
def listed(*patterns: str) -> tuple[str, ...]:
    """Paths of the files of the repository, those not yet added too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return tuple(path for path in named if path and (ROOT / path).exists())


@cache
def entries() -> frozenset[str]:
    """Files of the repository and their folders; a folder without a slash at its end."""
    return frozenset(listed()) | {str(folder) for path in listed() for folder in Path(path).parents}


@cache
def source() -> str:
    """All that is no document, but this file."""
    return "\n".join((ROOT / path).read_text() for path in listed(*SOURCE) if ROOT / path != Path(__file__))


def prose(document: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)


def code(document: Path) -> list[str]:
    """Code spans of a document and the lines of its blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(document))]
    return spans + [line for block in blocks for line in block.splitlines()]


def words(document: Path) -> list[str]:
    """Words of a document's code; a placeholder, `<id>` or `{id}`, is one without blanks."""
    texts = (re.sub(r"\{[^{}/]*\}|<[^<>/]*>", "{}", text) for text in code(document))
    return [word.rstrip(".;:") for text in texts for word in re.split(r"[\s\"'()=,|]+", text)]


def named(pattern: str) -> Iterator[tuple[str, str]]:
    """Each match of a pattern in the code of any document, with the document's name."""
    for document in DOCUMENTS:
        for text in code(document):
            for match in re.finditer(pattern, text):
                yield document.name, match[1]


def anchors(document: Path) -> set[str]:
    """The anchors that headings get on a forge: lower case, punctuation dropped, blanks as hyphens."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_to_files_and_to_headings(document):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_paths_are_full_and_lie_in_the_repository(document):
    tops = {path.split("/")[0] for path in listed() if "/" in path}
    missing = []
    for word in words(document):
        path = word.split("#")[0].split("::")[0]
        is_path = (path.split("/")[0] in tops and "/" in path) or (SUFFIX.search(path) and not path.startswith("*"))
        if not is_path or path.startswith(MADE) or path in IN_EACH_ROOM or "://" in word or is_address(path):
            continue
        if not fnmatch.filter(entries(), path.rstrip("/")):
            missing.append(path)

    assert missing == []


def is_address(path: str) -> bool:
    """Whether it is written as an address of the API or of a page: with a placeholder, or known to the routes."""
    return "{" in path or (path.endswith("/") and matches(path))


def test_the_index_names_each_document_once():
    index = ROOT / "docs/index.md"
    links = re.findall(r"\]\(([^)#]+)\)", index.read_text())

    named_there = sorted((index.parent / link).resolve() for link in links)

    assert named_there == sorted(set(DOCUMENTS) - {index, ROOT / "README.md"})


@pytest.mark.parametrize(
    ("what", "sign"),
    [
        ("a decision recorded", "decision = _RECORD("),
        ("a mail to a contact leaving", ".send_messages("),
        ("a loss computed", "def summed_loss("),
        ("the price of a call worked out", "def cost_usd("),
        ("a split fixed", "def draw("),
    ],
)
def test_the_page_on_architecture_leads_to_where_it_happens(what, sign):
    row = next(
        line for line in (ROOT / "docs/architecture.md").read_text().splitlines() if line.startswith(f"| {what} |")
    )
    paths = [ROOT / span for span in re.findall(r"`([^`]+/[^`]*)`", row)]

    files = [file for path in paths for file in ([path] if path.is_file() else path.glob("*.py"))]

    assert any(sign in file.read_text() for file in files)


def test_readme_quotes_the_demo_that_is_in_its_pictures():
    figures = json.loads((ROOT / "docs/images/figures.json").read_text())
    base, miniature, teacher = (figures[name]["passes_all"] for name in ("base", "miniature", "teacher"))
    row = next(line for line in (ROOT / "README.md").read_text().splitlines() if "the demo's miniature" in line)

    assert f"of {figures['records']} for companies held out" in row
    assert f"| {miniature} | {teacher} of its teacher" in row
    assert f"{base} of the untuned student | {miniature / teacher:.2f}, " in row
    assert "({} to {} points)".format(*figures["lead_over_teacher_points"]).replace("-", "−") in row


def test_every_module_that_is_run_is_there():
    modules = {module for _, module in named(r"python3? -m ([\w.]+)")}

    missing = [module for module in sorted(modules) if importlib.util.find_spec(module) is None]

    assert {"training.engine", "benchmarks.desk"} <= modules
    assert missing == []


def test_every_command_of_manage_is_there():
    commands = {command for _, command in named(r"manage\.py ([a-z]\w*)")}

    assert {"backup", "restore"} <= commands
    assert commands - set(get_commands()) == set()


def test_every_target_of_make_is_there():
    targets = {target for _, target in named(r"\bmake ([a-z][a-z-]*)")}
    benches = {name for _, name in named(r"\bmake bench NAME=(\w+)")}
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    missing = [name for name in sorted(benches) if importlib.util.find_spec(f"benchmarks.{name}") is None]

    assert {"run", "test"} <= targets
    assert targets - known == set()
    assert missing == []


@pytest.mark.torch
def test_every_dotted_name_of_code_is_there():
    rooms = "|".join(sorted({Path(path).parts[0] for path in listed("*/__init__.py")}))
    names = {name for _, name in named(rf"(?<![\w./-])((?:{rooms})(?:\.\w+)+)(?![\w./]*/)")}

    missing = [name for name in sorted(names - ENTRY_POINTS) if not is_there(name)]

    assert "training.engine.model.generate" in names
    assert missing == []


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        try:
            if importlib.util.find_spec(module) is None:
                continue
        except ModuleNotFoundError:
            continue
        thing: object = importlib.import_module(module) if end < len(parts) else None
        for part in parts[end:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


@cache
def addresses() -> tuple[re.Pattern[str], ...]:
    """All routes, as what they match, without a slash before."""
    plain = (route for route in routes(get_resolver().url_patterns, "") if "(?P" not in route)
    return tuple(re.compile(route) for route in plain)


def routes(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        route = before + re.sub(r"<[^>]+>", "[^/]+", str(pattern.pattern).replace(".", r"\."))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


@cache
def matches(path: str) -> bool:
    """Whether an address as documents write it is a route: in full, from its API on, or its end behind `…`."""
    wanted = path.split("?")[0].split("#")[0].lstrip("/")
    if path.startswith("…"):
        end = wanted[1:].replace(".", r"\.").replace("{}", "[^/]+")
        return any(f"/{route.pattern}".endswith(end) for route in addresses())
    return any(route.fullmatch(start + wanted) for start in ("", "api/v1/") for route in addresses())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_address_of_the_api_is_a_route(document):
    heads = {route.pattern.split("/")[2] for route in addresses() if re.match("api/v1/.+/", route.pattern)}
    missing = []
    for word in words(document):
        path = word.removeprefix("http://127.0.0.1:8000").removesuffix("/api/v1/")
        is_short = path.split("/")[0] in heads and ("/{" in path or path.split("?")[0].endswith("/"))
        is_folder = path.rstrip("/") in entries()
        if (path.startswith(("/api/v1/", "…/")) or (is_short and not is_folder)) and not matches(path):
            missing.append(path)

    assert missing == []


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_setting_is_read_somewhere(document):
    names = {
        name for text in code(document) for name in re.findall(r"(?<![\w.{])[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b", text)
    }

    missing = [name for name in sorted(names - THEIRS) if name not in source()]

    assert missing == []
