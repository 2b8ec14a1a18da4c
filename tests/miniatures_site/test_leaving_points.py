"""Every module that can open a connection to the outside is known, with what holds it back while everything is stopped.

A new one fails here until it is given its check, or a reason why it goes on during a halt (docs/halt.md names these).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.kinds import registry

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "web", "audit", "members", "jobs", "webhooks", "review", "generation", "training", "evaluation", "serving",
    "campaigns", "demo", "stats", "miniatures_site",
)  # fmt: skip
# Importing one of these, or a part of it, is what opening a connection begins with.
OUTWARD = (
    "httpx", "requests", "aiohttp", "urllib.request", "urllib3", "http.client", "ftplib", "smtplib", "aiosmtplib",
    "django.core.mail.send_mail", "django.core.mail.send_mass_mail", "django.core.mail.get_connection",
    "django.core.mail.mail_admins", "django.core.mail.mail_managers", "openai", "anthropic", "huggingface_hub", "boto3",
    "botocore", "paramiko", "websockets", "socket", "web.net.pinned_post", "web.net.page_fetch",
    "web.net.exchange", "web.net.pinned_session", "transformers",
)  # fmt: skip


@dataclass(frozen=True)
class Engine:
    """Runs only as the engine of these kinds of jobs, which a halt stops."""

    kinds: tuple[str, ...]


# Run the engine of a leaving kind and go on during a halt, with what their engine is asked for in place of new work.
ENDING = {"generation-collect": "cancels a cancelled order's batches at the provider and takes in what is paid"}


@dataclass(frozen=True)
class Asks:
    """Is used only behind a transaction that asks `halt.check_and_lock`, in this module."""

    module: str


@dataclass(frozen=True)
class Stays:
    """Goes on during a halt, or leaves nowhere."""

    why: str


CALLING = Engine(("generation", "research"))
READS_WEIGHTS = Stays("fetches a public or gated model to tune; nothing of ours leaves and nothing is paid")
TEAM_MAIL = Stays("a mail to members of this installation, not to contacts")
POINTS: dict[str, Engine | Asks | Stays] = {
    "campaigns/sending/transport.py": Asks("campaigns/sending/outbox.py"),
    "campaigns/sending/smtp_backend.py": Asks("campaigns/sending/outbox.py"),
    "campaigns/sending/guardrails.py": TEAM_MAIL,
    "demo/mailbox/pages.py": Stays("answers to the demo's own mail sink on this host"),
    "demo/mail_sink/webhook.py": Stays("the demo's mail sink tells this site what came in"),
    "generation/engine/": CALLING,
    "generation/money/alerts.py": TEAM_MAIL,
    "training/notices/send.py": TEAM_MAIL,
    "review/adjudication/share_outs/daily_mail.py": TEAM_MAIL,
    "members/invitations/mail.py": TEAM_MAIL,
    "miniatures_site/alerts/channels.py": Stays("tells operators of troubles of the installation, and holds no record"),
    "members/accounts/addresses.py": TEAM_MAIL,
    "generation/teachers/offered_models.py": Stays(
        "an admin asks a provider which models it has; nothing of a record leaves and nothing is paid"
    ),
    "members/recent_login/sso_proof.py": Stays(
        "asks the organisation's own sign-in provider what it tells; members must get in to resume"
    ),
    "review/datasets/hub/": Engine(("push", "push_miniature")),
    "training/engine/": READS_WEIGHTS,
    "demo/student/": READS_WEIGHTS,
    "demo/encoder/": READS_WEIGHTS,
    "serving/engine/": Stays("loads weights, and listens for our own web processes"),
    "serving/runtime/": Stays("asks our own serving engines, on this host and on hosts of the installation"),
    "serving/backends/students.py": READS_WEIGHTS,
    "serving/backends/vllm/": Stays("asks vLLM over a unix socket of this host"),
    "serving/backends/url/": Stays(
        "asks the server that an admin named to serve miniatures; a question to /v1 is no campaign's"
    ),
    "web/net/exchange.py": Stays("carries one call of those who use it, each of which is named here"),
    "web/net/pinned_session.py": Stays("calls the organisation's own sign-in provider; members must get in to resume"),
    "members/sign_in/": Stays("calls the organisation's own sign-in provider; members must get in to resume"),
    "web/net/pinned_post.py": Asks("webhooks/deliveries/deliver.py"),
    "web/net/page_fetch.py": CALLING,
    "jobs/rundir/": Stays("asks this host for its own name"),
    "jobs/lifecycle/parts.py": Stays("asks this host for its own address and for a free port"),
    "web/net/ssrf.py": Stays("looks up the numbers of a name, and calls none of them"),
    "webhooks/deliveries/deliver.py": Asks("webhooks/deliveries/deliver.py"),
    "miniatures_site/health/container_check.py": Stays("asks our own web server whether it is alive"),
    "miniatures_site/reachable.py": Stays("asks our own database, queue and storage whether they answer"),
    "miniatures_site/before_up.py": Stays("binds the address that this machine is to listen at, and calls nobody"),
    "miniatures_site/management/commands/up.py": Stays("asks our own web server whether it is up"),
    "miniatures_site/one_machine.py": Stays("asks this machine for a free port"),
}


def imported(path: Path) -> set[str]:
    """Every dotted name a module imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def opens_connections(path: Path) -> bool:
    # Parsing is slow, and a file that does not spell every part of a name cannot import it.
    text = path.read_text(encoding="utf-8")
    if not any(all(part in text for part in each.split(".")) for each in OUTWARD):
        return False
    return any(name == each or name.startswith(f"{each}.") for name in imported(path) for each in OUTWARD)


def point_of(name: str) -> str | None:
    return next((point for point in POINTS if name == point or (point.endswith("/") and name.startswith(point))), None)


FOUND = sorted(
    str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.py") if opens_connections(path)
)


@pytest.mark.parametrize("name", FOUND)
def test_what_opens_connections_is_held_back_or_says_why_not(name: str) -> None:
    assert point_of(name), (
        f"{name} can open a connection: ask jobs.scheduling.halt where it lets something leave, and name it here."
    )


def test_the_list_names_nothing_that_is_gone() -> None:
    assert sorted(set(POINTS) - {point_of(name) for name in FOUND}) == []


@pytest.mark.parametrize(
    "kind", sorted({kind for point in POINTS.values() if isinstance(point, Engine) for kind in point.kinds})
)
def test_engines_that_leave_belong_to_kinds_that_a_halt_stops(kind: str) -> None:
    assert registry.KINDS[kind].leaves


def test_no_kind_leaves_unnamed() -> None:
    """An engine whose module stands in the list as leaving is run by no kind that a halt passes over."""
    leaving = {point for point, how in POINTS.items() if isinstance(how, Engine)}
    passed_over = {
        kind.name
        for kind in registry.KINDS.values()
        if kind.engine_module
        and not kind.leaves
        and kind.name not in ENDING
        and point_of(f"{kind.engine_module.replace('.', '/')}/") in leaving
    }
    assert passed_over == set()


@pytest.mark.parametrize("kind", sorted(ENDING))
def test_what_ends_things_during_a_halt_is_passed_over_by_it(kind: str) -> None:
    assert not registry.KINDS[kind].leaves


@pytest.mark.parametrize("module", sorted({point.module for point in POINTS.values() if isinstance(point, Asks)}))
def test_what_asks_asks_in_its_claim(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    claims = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.strip("_") == "claim"]

    assert len(claims) == 1
    said = ast.unparse(claims[0])
    # A mail's claim holds halts off, and asks of them with all else that may stand in its way.
    assert "halt.check_and_lock()" in said or 0 < said.find("halt.hold_off()") < said.find("obstacles.before_claim(")
