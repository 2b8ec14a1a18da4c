"""One task's proof in a real browser: a judge that errs is put right, experts vote, a gate decides, the test split is
opened once, and two studies give their verdicts. Engines that would take minutes have ended as they would have; the
judge is asked for real, over HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from evaluation.models import Arena, Evaluation, Study
from generation.models import Judging
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import Task
from review.states import Role, Split
from serving.models import Promotion
from tests.evaluation.arena.test_arena_browser import press
from tests.evaluation.proof.proof_rows import (
    BASE,
    GOOD,
    TEACHER,
    VALIDATION,
    of_second,
    taken_in_by_shine,
)
from tests.evaluation.studies.conftest import finish_all
from tests.generation.judges.conftest import roomy
from tests.generation.variety.conftest import serve
from tests.review import factories
from training.models import Miniature

__all__ = ["serve"]


pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.django_db(transaction=True)]


Open = Callable[[Member, str], Page]
# Systems by the name that pages show: the evaluated run, and its student before tuning.
SHOWN = {"run 2 (LoRA)": "Your miniature", BASE: "tiny before tuning"}


@pytest.mark.timeout(600)
def test_a_task_is_proved_from_judge_to_studies_in_a_browser(
    evaluation: Evaluation,
    miniatures: list[Miniature],
    admin: Member,
    make_member: Callable[..., Member],
    open_as: Open,
    serve: Any,
    answers: Callable[..., Evaluation],
    tmp_path: Path,
) -> None:
    page = open_as(admin, f"/evaluations/{evaluation.pk}/")
    page.on("dialog", lambda dialog: dialog.accept())
    roomy(serve("mistral-large", taken_in_by_shine)[0])

    a_biased_judge_is_put_right(page)
    two_experts_vote_to_the_end(page, evaluation, [make_member("eva"), make_member("otto")], open_as)
    a_gate_lets_one_of_two_through(page, miniatures)
    the_test_split_is_opened_once(page, evaluation, answers)
    two_studies_give_their_verdicts(page, evaluation.task, tmp_path)


def a_biased_judge_is_put_right(page: Page) -> None:
    """By its word alone far more of the first run's answers pass than do; corrected,
    the truth lies within its interval.
    """
    page.get_by_role("link", name="Run LLM judge").click()
    page.get_by_label("Texts").fill("240")
    page.get_by_label("Budget, US dollars").fill("5")
    expect(page.locator("form#judge")).to_contain_text("Experts judged 130 of these texts")
    page.get_by_role("button", name="Order these verdicts").click()
    page.wait_for_url(re.compile("/judgings/"))
    with away(page):
        job = Judging.objects.select_related("order").get().order.job_id
        assert job is not None
        run_job(job, worker="worker-1")
        ended = Job.objects.get(pk=job)
        assert ended.state == "succeeded", (ended.state, ended.error, ended.waiting_reason)

    found = passing(page)
    good = {SHOWN.get(system, system): count for system, count in GOOD.items()}
    assert set(found) == set(good)
    for system, (_, low, high, _) in found.items():
        assert low <= 100 * good[system] / VALIDATION <= high, (system, found[system])
    share, low, high, alone = found["run 1 (LoRA)"]
    assert alone == 24 + 14
    assert not low <= 100 * alone / VALIDATION <= high
    assert abs(share - 40) < abs(100 * alone / VALIDATION - 40) / 2
    expect(page.locator("main")).to_contain_text("Corrected by 130 verdicts of experts")


@contextmanager
def away(page: Page) -> Iterator[None]:
    """Leave the page while a job ends, and come back: it loads itself anew then, which would cut a visit off."""
    address = page.url
    page.goto("about:blank")
    yield
    page.goto(address)


def passing(page: Page) -> dict[str, tuple[int, int, int, int]]:
    """By system: the corrected share, the ends of its interval, and how many the judge alone would pass."""
    rows = page.locator("section[aria-labelledby=pass-h] tbody tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {
        name: (*(int(found) for found in re.findall(r"\d+", f"{share} {ends}")), int(alone.split(" of ")[0]))  # type: ignore[misc]
        for name, share, ends, alone, _ in cells
    }


def two_experts_vote_to_the_end(page: Page, evaluation: Evaluation, experts: list[Member], open_as: Open) -> None:
    """They prefer the teacher to the first run until the arena's own rule ends it."""
    page.goto(f"/evaluations/{evaluation.pk}/")
    page.get_by_role("link", name="Compare blind").click()
    for box in page.locator("[name=systems]").all():
        box.set_checked(box.get_attribute("value") in (TEACHER, "run 1 (LoRA)"))
    page.get_by_role("button", name="Open the arena").click()
    page.wait_for_url(re.compile("/arenas/[0-9a-f-]{36}/$"))
    for expert in experts:
        factories.join(expert, evaluation.task, Role.REVIEWER)
    arena = Arena.objects.get()
    desks = [open_as(expert, f"/arenas/{arena.pk}/vote/") for expert in experts]
    for turn in range(30):
        desk = desks[turn % 2]
        desk.reload()
        if desk.get_by_role("heading", name="This arena is closed").count():
            break
        is_left = TEACHER in desk.locator(".choosing-draft").first.inner_text()
        press(desk, "1" if is_left else "2")
    page.reload()
    expect(page.locator("#answer")).to_contain_text(
        re.compile(rf"{TEACHER} is preferred to run 1 \(LoRA\): (\d+) of the \1 votes")
    )
    arena.refresh_from_db()
    assert arena.ended == "clear"


def a_gate_lets_one_of_two_through(page: Page, miniatures: list[Miniature]) -> None:
    first, second = miniatures
    page.goto(f"/tasks/{first.task.slug}/evaluation/gate/")
    for tick in page.locator("[name=keep]").all():
        tick.uncheck()
    page.get_by_text("Another rule").click()
    page.get_by_label("Metric").select_option("passes_all")
    page.get_by_label("Kind").first.select_option("at_least")
    page.get_by_label("Bound", exact=True).fill("80")
    page.get_by_role("button", name="Set the gate").click()
    expect(page.locator("section[aria-labelledby=gate-h]")).to_contain_text("number 1, set")

    page.goto(f"/miniatures/{first.pk}/")
    page.locator(f"#promote-{first.pk}").click()
    expect(page.locator("h1")).to_have_text(f"{first.name} is not promoted yet")
    expect(page.get_by_role("alert").first).to_contain_text("Passes all checks: at least 80.0 % fails: 40.0 %")
    page.goto(f"/miniatures/{second.pk}/")
    page.locator(f"#promote-{second.pk}").click()
    expect(page.locator(f"#demote-{second.pk}")).to_be_visible()
    assert list(Promotion.objects.values_list("miniature", flat=True)) == [second.pk]


def the_test_split_is_opened_once(page: Page, evaluation: Evaluation, answers: Callable[..., Evaluation]) -> None:
    address = f"/evaluations/{evaluation.pk}/"
    open_test_split(page, address, planned="2")
    page.wait_for_url(lambda url: "/evaluations/" in url and address not in url)
    with away(page):
        opened = answers(Evaluation.objects.get(split=Split.TEST), of_second(evaluation.run))

    expect(page.locator("#opening")).to_contain_text("Test set used once (1 of 2 planned), by ")
    expect(page.locator("#opening")).to_contain_text("97.5 %")
    expect(page.locator("#answer")).to_contain_text("Your miniature passes all checks in")
    open_test_split(page, address)
    expect(page.locator("body")).to_contain_text("run 2 was evaluated on these test records before", ignore_case=True)
    assert Evaluation.objects.filter(split=Split.TEST).get() == opened


def open_test_split(page: Page, address: str, *, planned: str = "") -> None:
    page.goto(address)
    page.locator("#again summary").click()
    if planned:
        page.get_by_label("Openings planned").fill(planned)
    page.get_by_role("button", name="Open the test split").click()


def two_studies_give_their_verdicts(page: Page, task: Task, folder: Path) -> None:
    """How many samples, and whether the human filter helps."""
    study = register(page, task, "samples", sizes="10, 20")
    with away(page):
        finish_all(study, folder)
    expect(page.locator(".verdict")).to_contain_text("10 records are enough")

    study = register(page, task, "filter", sizes="")
    with away(page):
        finish_all(study, folder, better={"Accepted and edited": 0.1})
    expect(page.locator(".verdict")).to_contain_text("The human filter helps: ")
    page.goto(f"/tasks/{task.slug}/studies/")
    expect(page.locator("td.told")).to_have_count(2)
    expect(page.locator("td.told", has_text="none yet")).to_have_count(0)


def register(page: Page, task: Task, kind: str, *, sizes: str) -> Study:
    page.goto(f"/tasks/{task.slug}/studies/")
    page.get_by_label("Question").select_option(kind)
    page.get_by_text("Change the grid").click()
    page.get_by_label("Sizes").fill(sizes)
    page.get_by_label("Seeds").fill("1, 2")
    page.get_by_role("button", name="Register and start").click()
    page.wait_for_url(re.compile("/studies/[0-9a-f-]{36}/"))
    return Study.objects.get(pk=page.url.rstrip("/").rsplit("/", 1)[-1])
