"""Sending miniatures to a hub: what is previewed is what leaves, whole or not at all.

The engine is a process, the hub on loopback.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from huggingface_hub import ModelCard

from audit.models import AuditRow
from jobs.models import Job
from tests.members.conftest import aged
from tests.review.exports.hub import Hub, laid, sent, serving, start
from tests.training.miniatures import FILES
from training.exports import hub_push
from training.models import MiniatureExport
from web.errors import Refusal

pytestmark = pytest.mark.django_db
TOKEN = "hub-token-for-tests"
OWN = {path.removeprefix("adapter/"): content for path, content in FILES.items()}


@pytest.fixture
def hub(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as running:
        settings.HUB_ENDPOINT = running.url
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield running


@pytest.fixture
def export(miniature, lead) -> MiniatureExport:
    """A GGUF export whose files are in storage."""
    files = {"m.F16.gguf": b"GGUF" * 300, "Modelfile": b"FROM ./m.F16.gguf\n"}
    refs = []
    for path, content in files.items():
        default_storage.save(f"exports/e/{path}", ContentFile(content))
        refs.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)})
    job = Job.objects.create(kind="export", title="Export", queue="evaluation", state="succeeded")
    return MiniatureExport.objects.create(
        miniature=miniature, format="gguf-f16", job=job, created_by=lead, storage_prefix="exports/e", files=refs,
        manifest_sha256="0" * 64, bytes=sum(ref["bytes"] for ref in refs),
    )  # fmt: skip


@pytest.fixture
def order(miniature, lead, hub):
    """Order a push of what was just previewed."""

    def push(target: str = "own", **options: Any) -> Job:
        sha256 = hub_push.preview(miniature, target=target, by=lead).sha256
        return hub_push.push(miniature, target=target, to="acme/mini", by=lead, sha256=sha256, **options)

    return push


@pytest.mark.slow(after_first=True)
@pytest.mark.engine
@pytest.mark.parametrize(("target", "library"), [("own", "peft"), ("gguf-f16", "gguf")])
def test_a_miniature_lands_in_one_commit_as_it_was_previewed(
    order, hub, miniature, lead, export, tmp_path, target, library
):
    preview = hub_push.preview(miniature, target=target, by=lead)

    result = sent(order(target), tmp_path)

    assert (result["outcome"], result["summary"]["url"]) == ("succeeded", f"{hub.url}/acme/mini")
    assert (hub.made[0]["visibility"], len(hub.messages)) == ("private", 1)
    assert {path: len(content) for path, content in hub.files.items()} == {
        file["path"]: file["bytes"] for file in preview.files
    }
    readme = hub.files.pop("README.md").decode()
    assert readme == preview.readme
    assert ModelCard(readme).data.to_dict()["library_name"] == library
    assert {path: hashlib.sha256(content).hexdigest() for path, content in hub.files.items()} == {
        file["path"]: file["sha256"] for file in preview.weights
    }


@pytest.mark.slow
@pytest.mark.engine
def test_the_token_is_written_nowhere(order, hub, tmp_path):
    sent(order(), tmp_path)

    assert hub.tokens == {f"Bearer {TOKEN}"}
    written = [path for path in (tmp_path / "sent").rglob("*") if path.is_file()]
    assert len(written) > 4
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []
    assert TOKEN not in json.dumps(list(Job.objects.values("spec", "title", "result")), default=str)


@pytest.mark.slow
@pytest.mark.engine
def test_a_push_killed_in_the_middle_leaves_nothing_and_is_repeated(order, hub, tmp_path):
    job = order()
    process = start(job, laid(job, tmp_path / "killed"))
    hub.before_large = process.kill

    process.wait(120)

    assert (hub.files, hub.messages, len(hub.made)) == ({}, [], 1)
    hub.before_large = lambda: None
    assert sent(job, tmp_path)["outcome"] == "succeeded"
    assert {path: hub.files[path] for path in OWN} == OWN


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize(
    ("is_private", "there", "target", "code"),
    [
        (False, {}, "own", "hub_is_public"),
        (True, {"model.safetensors": b"x"}, "own", "hub_holds_others"),
        (True, {"model.safetensors": b"x", "adapter_config.json": b"{}"}, "gguf-f16", None),
        (True, {"adapter_config.json": b"{}", "README.md": b"old"}, "own", None),
    ],
)
def test_a_repository_that_does_not_suit_gets_nothing(order, hub, export, tmp_path, is_private, there, target, code):
    hub.is_private, hub.files = is_private, dict(there)

    result = sent(order(target), tmp_path)

    assert (result["error"] or {}).get("code") == code
    assert (hub.files == there) is bool(code)
    assert len(hub.messages) == (0 if code else 1)


@pytest.mark.slow
@pytest.mark.engine
def test_a_token_the_hub_does_not_take_fails_with_what_to_do(order, hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "wrong")

    result = sent(order(), tmp_path)

    assert (result["error"]["code"], hub.files) == ("hub_refused", {})
    assert "wrong" not in json.dumps(result)


def test_a_card_that_changed_since_it_was_read_is_not_sent(miniature, lead, hub):
    before = hub_push.preview(miniature, target="own", by=lead)
    miniature.name = "Another name"
    miniature.save()

    with pytest.raises(Refusal) as changed:
        hub_push.push(miniature, target="own", to="acme/mini", by=lead, sha256=before.sha256)

    assert (changed.value.code, changed.value.status) == ("preview_changed", 409)
    assert not Job.objects.filter(kind="push_miniature").exists()


def test_weights_that_were_changed_in_storage_do_not_leave(order, miniature, tmp_path):
    job = order()
    Path(default_storage.path(f"{miniature.storage_prefix}/adapter_config.json")).write_bytes(b"{}")

    with pytest.raises(Refusal) as damaged:
        laid(job, tmp_path / "laid")

    assert damaged.value.code == "artefact_damaged"


def test_only_a_lead_reads_the_preview_or_orders(miniature, viewer, hub):
    with pytest.raises(PermissionDenied):
        hub_push.preview(miniature, target="own", by=viewer)
    with pytest.raises(PermissionDenied):
        hub_push.push(miniature, target="own", to="acme/mini", by=viewer, sha256="")


def test_the_audit_trail_tells_who_sent_which_miniature_where(order, miniature, lead):
    order(private=False)

    (row,) = AuditRow.objects.filter(act="miniature_pushed")
    assert (row.actor, row.subject_id) == (str(lead.pk), str(miniature.pk))
    assert row.detail == {"task": "outreach", "to": "acme/mini", "private": False}


def test_an_order_with_a_mistake_is_refused_at_its_field(order, miniature, lead, hub):
    for mistake in ({"to": "gold"}, {"token": "SECRET_KEY"}, {"token": "OPENAI_API_KEY"}):
        with pytest.raises(Refusal) as refused:
            hub_push.push(miniature, **{"target": "own", "to": "acme/mini", "by": lead, "sha256": "", **mistake})
        assert list(refused.value.errors) == list(mistake)


@pytest.mark.slow
def test_the_page_shows_all_that_would_leave_before_it_is_sent(miniature, lead, hub, client, export):
    client.force_login(lead)
    address = reverse("training:miniature-hub", args=[miniature.pk, "own"])

    formats = client.get(reverse("training:miniature-exports", args=[miniature.pk])).content.decode()
    page = client.get(address)
    fields = {"to": "acme/mini", "private": "on", "token": "HF_TOKEN"}
    stale = client.post(address, {**fields, "sha256": "0" * 64})
    none_left = Job.objects.filter(kind="push_miniature").exists()
    ordered = client.post(address, {**fields, "sha256": page.context["preview"].sha256})

    assert f'href="{address}"' in formats
    assert reverse("training:miniature-hub", args=[miniature.pk, "gguf-f16"]) in formats
    text = page.content.decode()
    assert all(f"{name}</td>" in text for name in (*OWN, "README.md"))
    assert "library_name" in text
    assert (stale.status_code, "is not what you read" in stale.content.decode(), none_left) == (422, True, False)
    job = Job.objects.get(kind="push_miniature")
    assert (ordered.status_code, ordered["Location"], job.spec["private"]) == (302, f"/jobs/{job.pk}/", True)
    missing = client.get(reverse("training:miniature-hub", args=[miniature.pk, "merged"]))
    assert missing.status_code == 404


def test_an_old_session_is_asked_who_it_is_before_anything_is_sent(miniature, lead, hub, as_member):
    address = reverse("training:miniature-hub", args=[miniature.pk, "own"])
    sha256 = hub_push.preview(miniature, target="own", by=lead).sha256

    answer = aged(as_member(lead)).post(address, {"to": "acme/mini", "token": "HF_TOKEN", "sha256": sha256})

    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not Job.objects.filter(kind="push_miniature").exists()


def test_a_program_previews_and_orders_by_the_hash(miniature, lead, hub, api_as):
    address = reverse("api-miniature-hub", args=[miniature.pk, "own"])
    client = api_as(lead)

    preview = client.get(address).json()
    refused = client.post(address, {"to": "acme/mini", "sha256": "0" * 64}, format="json")
    taken = client.post(address, {"to": "acme/mini", "sha256": preview["sha256"]}, format="json")

    assert {file["path"] for file in preview["files"]} == {*OWN, "README.md"}
    assert preview["readme"].startswith("---\n")
    assert (refused.status_code, refused.json()["code"]) == (409, "preview_changed")
    job = Job.objects.get(kind="push_miniature")
    assert (taken.status_code, taken.json()["job"], job.spec["private"]) == (202, str(job.pk), True)
