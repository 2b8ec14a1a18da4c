"""What miniatures answered in the demo's campaign is played back prompt by prompt, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from demo.data.company_news import COMPANY_NEWS, page_of, url_of
from demo.data.prospects.generate import prospects
from demo.recordings import answers, pages
from generation.engine.plan import call_id
from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from jobs.rundir.attempt import read_result

FACTS = {"company": "Aster", "source_1": "In May 2026 Aster moved to Lund."}
CLAIMS = {"claims": [{"text": "moved to Lund", "quote": "In May 2026 Aster moved to Lund."}]}


def lay(folder: Path, kind: str, body: dict[str, Any]) -> Path:
    write_spec(folder, SpecEnvelope(job=str(uuid4()), kind=kind, fence=1, lease_s=60, body=body))
    return folder


def order(*facts: dict[str, str]) -> dict[str, Any]:
    """An order for the news of these companies, as an engine is given it."""
    teacher = {"name": "Miniature", "provider": "openai-compatible", "model": "news", "base_url": "http://127.0.0.1/v1"}
    records = [{"id": str(uuid4()), "facts": each, "title": each["company"]} for each in facts]
    return {
        "order": str(uuid4()), "task": COMPANY_NEWS.spec.canonical(), "teacher": teacher, "records": records,
        "count": len(records), "seed": 1,
    }  # fmt: skip


def told(folder: Path, kind: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [event["payload"] for event in events if event["kind"] == kind]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer, and one that came to nothing."""
    monkeypatch.setattr(answers, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(answers, "ANSWERS", tmp_path / "kept" / "answers.jsonl")
    answer = {"fields": CLAIMS, "text": "", "error": "", "seconds": 0.25, "input_tokens": 90, "output_tokens": 40}
    cut = {**answer, "fields": None, "text": "{", "error": "The text reached its limit before it ended."}
    prompts = [answers.prompt_of(COMPANY_NEWS.spec, {**FACTS, "company": name}) for name in ("Aster", "Birch")]
    answers.write({pk: {**each, "prompt": pk} for pk, each in zip(prompts, (answer, cut), strict=True)})
    (tmp_path / "kept" / "recording.json").write_text(json.dumps({"on": "1 May 2026"}))


def test_an_answer_is_told_with_the_tokens_and_seconds_it_took(kept: None, tmp_path: Path) -> None:
    body = order(FACTS)
    folder = lay(tmp_path / "run", "generation", body)

    answers.main(str(folder))

    [draft] = told(folder, "draft")
    assert draft["fields"] == CLAIMS
    assert draft["call_id"] == call_id(UUID(body["order"]), 0)
    assert (draft["latency_s"], draft["usage"]) == (0.25, {"input_tokens": 90, "output_tokens": 40})
    assert "Recorded answers" in told(folder, "log")[0]["message"]


def test_an_answer_that_came_to_nothing_is_a_failure(kept: None, tmp_path: Path) -> None:
    folder = lay(tmp_path / "run", "generation", order({**FACTS, "company": "Birch"}))

    answers.main(str(folder))

    assert told(folder, "draft") == []
    assert told(folder, "failure")[0]["message"] == "The text reached its limit before it ended."


def test_a_prompt_that_was_never_answered_is_refused(kept: None, tmp_path: Path) -> None:
    folder = lay(tmp_path / "run", "generation", order(FACTS, {**FACTS, "company": "Clover"}))

    answers.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert result.error is not None
    assert (result.outcome, result.error.code) == ("failed", "other_inputs")
    assert "Clover" in result.error.message
    assert told(folder, "draft") == []


def test_a_fictional_companys_page_is_drawn_and_another_site_has_none(tmp_path: Path) -> None:
    facts = prospects(1)[0]
    sites = [
        {"number": 1, "name": facts["company"], "url": "https://a-branch.example/"},
        {"number": 2, "name": "Somebody Else", "url": "https://else.example/"},
    ]
    folder = lay(tmp_path / "run", "research", {"sites": sites})

    pages.main(str(folder))

    [page] = told(folder, "page")
    assert (page["text"], page["final_url"]) == (page_of(facts).text, url_of(facts["company"]))
    assert [bool(site["why"]) for site in told(folder, "site")] == [False, True]


def test_what_is_kept_names_no_answer_twice_and_the_quotes_of_drawn_pages() -> None:
    kept = answers.kept_answers()

    assert len(kept) == len(answers.ANSWERS.read_text().splitlines())
    claims = [claim for each in kept.values() for claim in (each["fields"] or {}).get("claims", [])]
    drawn = " ".join(page_of(facts).text for facts in prospects())
    assert sum(claim["quote"] in drawn for claim in claims) > len(claims) / 3
