"""A client that nobody wrote: made from the published schema, it lists,
pages and decides against a server that runs.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from drf_spectacular.generators import SchemaGenerator
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import ErrorLevel

from members.models import ApiToken, Member
from review.models import Decision, Draft
from tests.review import factories

NAME = "miniatures_client"
# Answers that are no JSON: a client is told of them, and takes their bytes.
FILES = ("application/x-ndjson", "application/vnd.apache.parquet", "application/zip")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Import the client's modules by name, such as `api.drafts.drafts`."""
    folder = tmp_path_factory.mktemp("client")
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))  # type: ignore[no-untyped-call]
    plain = ConfigFile(post_hooks=[])
    faults = generate(
        config=Config.from_sources(plain, MetaType.NONE, schema, "utf-8", overwrite=False, output_path=folder / NAME)
    )
    unread = [fault for fault in faults if not any(kind in str(fault.detail) for kind in FILES)]
    assert [(fault.level, fault.header, str(fault.detail)) for fault in unread] == []
    assert all(fault.level == ErrorLevel.WARNING for fault in faults)
    sys.path.insert(0, str(folder))
    yield lambda module: importlib.import_module(f"{NAME}.{module}")
    sys.path.remove(str(folder))
    for module in [module for module in sys.modules if module.split(".")[0] == NAME]:
        del sys.modules[module]


def test_a_generated_client_lists_pages_and_decides(generated: Any, live_server: Any, admin: Member) -> None:
    task = factories.make_desk(by=admin, count=5)
    _, token = ApiToken.objects.create(user=admin, name="client", scopes=["review"])
    client = generated("client").AuthenticatedClient(base_url=live_server.url, token=token)
    models, drafts, draft, decide = (generated(f"{part}") for part in (
        "models", "api.drafts.drafts", "api.drafts.draft", "api.drafts.decide",
    ))  # fmt: skip

    seen, cursor = [], {}
    while True:
        page = drafts.sync(client=client, task=task.slug, state=models.DraftsState.PENDING, limit=2, **cursor)
        seen += [row.id for row in page.results]
        if page.next_ is None:
            break
        cursor = {"cursor": parse_qs(urlsplit(page.next_).query)["cursor"][0]}
    whole = draft.sync(seen[0], client=client)
    body = models.DecisionInRequest(id=uuid4(), verdict=models.VerdictEnum.ACCEPT, seconds=3.0)
    decided = decide.sync(seen[0], client=client, body=body, if_match=whole.etag)
    refused = drafts.sync(client=client, task=task.slug, round_="first")
    lost = drafts.sync(client=client, task="no-such-task")

    assert sorted(seen) == sorted(Draft.objects.values_list("pk", flat=True))
    assert (decided.decision.draft, decided.decision.verdict, decided.left) == (seen[0], "accept", 4)
    assert Decision.objects.get().pk == body.id
    assert isinstance(refused, models.ProblemDetails)
    assert isinstance(lost, models.ProblemDetails)
    assert list(refused.errors.additional_properties) == ["round"]
