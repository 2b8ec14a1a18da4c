"""A team without mails, from a blank task to /v1, in a browser: tickets in a file as Excel writes it in Germany, a
teacher behind an address, verdicts by keyboard, a decoder and an encoder tuned on them, their confusion table, their
answers.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from playwright.sync_api import Browser, Page, expect

from evaluation.models import Evaluation
from generation.models import Call
from generation.states import CallState
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from members.models import Member
from review.desk.cards import values
from review.models import DatasetVersion, Decision, Draft, Record, Task
from review.spec import json_schema
from review.states import Verdict
from review.tasks.queries import latest_version
from serving.engine.contracts import ModelEntry
from serving.promotions import sync_models
from tests.generation.answering import Answering, Body, answering
from tests.nursery import Standby
from tests.review.desk.looking import SHOWN, current, saved, signed_in_page, until
from tests.serving.conftest import Site, start_engine
from tests.serving.promoting import give_a_reason
from tests.serving.waiting import work_beside
from tests.training.engine.classifier import conftest as encoders
from tests.training.test_kinds import model_folder, tiny
from training.models import Miniature, Student
from training.students import registration

__all__ = ["model_folder", "tiny"]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.django_db(transaction=True)]
ROWS, SLUG = 60, "ticket-sorting"
# What a ticket of each kind says, and the word that tells it.
KINDS = {
    "billing": ("Zahlung", "Zahlung doppelt abgebucht – die Rechnung {n} über {n},50 € stimmt nicht, bitte prüfen."),
    "bug": ("App", "Die App stürzt ab, Fehler beim Öffnen der Straße Nr. {n}."),
    "access": ("Passwort", "Passwort für Konto {n} vergessen, Anmeldung gesperrt, wir können nicht arbeiten."),
    "how_to": ("Wie", "Wie füge ich ein größeres Gerät hinzu? Frage {n}."),
    "other": ("Grüße", "Grüße an das Team, schönes Jubiläum Nummer {n}."),
}
LABELS = list(KINDS)
SMALL = {"epochs": "2", "batch_size": "4", "learning_rate": "0.005", "max_length": "512"}


def kind_of(text: str) -> str:
    return next(kind for kind, (word, _) in KINDS.items() if word in text)


def answer(body: Body) -> str:
    """The teacher: takes every seventh ticket for something else."""
    text = body["messages"][-1]["content"]
    number = re.search(r"Söhne (\d+)", text)
    kind = "other" if number and int(number[1]) % 7 == 0 else kind_of(text)
    return json.dumps({"category": kind, "urgent": kind == "access"})


@pytest.fixture
def teacher(settings: Any) -> Iterator[Answering]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with answering(answer) as server:
        yield server


@pytest.fixture
def encoder(tiny: Student, model_folder: Path, admin: Member, monkeypatch: pytest.MonkeyPatch) -> Student:
    monkeypatch.setitem(encoders.SIZES, "max_position_embeddings", 514)
    folder, tokenizer = model_folder.parent / "encoder", encoders.make_tokenizer()
    tokenizer.save_pretrained(folder)
    encoders.make_encoder("modernbert", len(tokenizer)).save_pretrained(folder)
    return registration.register_folder(path=str(folder), by=admin, name="Tiny encoder", licence="Apache-2.0")


@pytest.fixture
def page(browser: Browser, live_server: Any, admin: Member) -> Iterator[Page]:
    with signed_in_page(browser, live_server.url, admin) as page:
        yield page


@pytest.mark.timeout(1200)
def test_tickets_go_from_a_file_to_answers_of_two_kinds_of_miniatures(
    page: Page,
    teacher: Answering,
    encoder: Student,
    tiny: Student,
    site: Site,
    short_folder: Path,
    key_of: Any,
    admin: Member,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SPARE_PROCESSES, "take", Standby)
    # A quarter of the cards instead of a tenth: of sixty some are sure to be there.
    monkeypatch.setattr(values, "HIDDEN_IN", 4)

    make_the_task(page)
    # Splits are drawn with a task's secret: with this one every label is trained on and tested.
    Task.objects.update(seed="0" * 32)
    import_tickets(page, tmp_path)
    order_drafts(page, teacher)
    judge_by_keyboard(page)
    freeze(page)
    tune(page, encoder, "classifier")
    tune(page, tiny, "demo-full")
    read_the_confusion(page)
    for miniature in Miniature.objects.all():
        export_and_promote(page, miniature)

    settings.SERVING_SOCKET = str(short_folder / f"{secrets.token_hex(4)}.sock")
    models = [ModelEntry.model_validate(entry) for entry in sync_models.model_entries()]
    process = start_engine(tmp_path / "serving", Path(settings.SERVING_SOCKET), models)
    try:
        ask_both(openai.OpenAI(base_url=site.url, api_key=key_of(admin), max_retries=0, timeout=60))
    finally:
        process.terminate()
        process.wait(20)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"[name='{name.replace('__', '.')}']").fill(value)


def retype(page: Page, row: str, type_: str) -> None:
    """Choose a field's type and wait until its row is drawn anew."""
    page.locator(f"[name='{row}.name']").evaluate("box => { box.dataset.before = '' }")
    page.locator(f"[name='{row}.type']").select_option(type_)
    expect(page.locator(f"[name='{row}.name']:not([data-before])")).to_have_count(1)


def make_the_task(page: Page) -> None:
    """A blank task becomes five labels and a yes or no on its form."""
    page.goto("/tasks/new/")
    page.locator("[name=starter][value=blank]").check()
    expect(page.locator("[name=name]")).to_have_value("Blank")
    fill(page, name="Ticket sorting")
    page.get_by_role("button", name="Make the task").click()
    page.wait_for_url(re.compile("/edit/"))
    fill(page, instruction="Sort the customer's ticket, and say whether somebody cannot work.", record_noun="ticket")
    for row in ("input_schema-0", "input_schema-1", "output_schema-0"):
        page.locator(f"#row-{row} > summary").click()
    fill(page, input_schema__0__name="ticket", input_schema__1__name="message")
    page.locator("button[value='add:input_schema']").click()
    fill(page, input_schema__2__name="amount")
    retype(page, "input_schema.2", "number")
    fill(page, output_schema__0__name="category")
    retype(page, "output_schema.0", "choice")
    labels = "\n".join(f"{kind}: a ticket of the kind {kind}" for kind in KINDS)
    fill(page, output_schema__0__labels=f"{labels} #aa0000")
    page.locator("button[value='add:output_schema']").click()
    fill(page, output_schema__1__name="urgent")
    retype(page, "output_schema.1", "boolean")
    page.get_by_role("button", name="Save version 2").click()
    page.wait_for_url(re.compile("/diff/1/2/"))


def import_tickets(page: Page, folder: Path) -> None:
    """Semicolons, decimal commas and Windows-1252 are found; half of the tickets train, a third tests."""
    rows = [f"Müller & Söhne {n};{KINDS[LABELS[n % 5]][1].format(n=n)};{1000 + n},50" for n in range(ROWS)]
    path = folder / "tickets.csv"
    path.write_bytes("\r\n".join(["Ticket;Nachricht;Betrag", *rows, ""]).encode("cp1252"))
    page.goto(f"/tasks/{SLUG}/sources/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check columns").click()
    expect(page.locator("main")).to_contain_text("Windows-1252")
    page.locator("[name='map.1']").select_option("message")
    page.locator("[name='map.2']").select_option("amount")
    fill(page, train="50", validation="15")
    page.get_by_role("button", name="Read again").last.click()
    expect(page.locator("[name=decimal]")).to_be_visible()
    page.get_by_role("button", name=f"Import {ROWS} records").click()
    page.wait_for_url(re.compile(r"/sources/[0-9a-f-]{36}/"))
    facts = Record.objects.get(title="Müller & Söhne 0").facts
    assert (facts["amount"], facts["message"]) == (1000.5, KINDS["billing"][1].format(n=0))


def order_drafts(page: Page, teacher: Answering) -> None:
    page.goto("/teachers/new/?provider=openai-compatible")
    fill(page, name="House model", slug="house", model="house-1", base_url=teacher.url)
    page.get_by_role("button", name="Add the teacher").click()
    page.wait_for_url(re.compile("/teachers/$"))
    page.goto("/teachers/prices/")
    page.locator("main [name=provider]").select_option("openai-compatible")
    fill(page, model="house-1", input_usd_per_million="1", output_usd_per_million="2")
    page.get_by_role("button", name="Save the price").click()
    expect(page.locator("main")).to_contain_text("house-1")
    page.goto(f"/tasks/{SLUG}/generation/")
    page.locator("[name=teacher]").select_option("house")
    fill(page, count=str(ROWS), max_cost_usd="1")
    page.get_by_role("button", name="Generate drafts").click()
    page.wait_for_url(re.compile(r"/generation/[0-9a-f-]{36}/"))
    work_beside(page)
    expect(page.locator("[data-drafts]")).to_contain_text("category: how_to")
    assert Counter(Call.objects.values_list("state", flat=True)) == {CallState.ANSWERED: ROWS}
    assert (Draft.objects.count(), len(teacher.asked)) == (ROWS, ROWS)


def judge_by_keyboard(page: Page) -> None:
    page.goto(f"/tasks/{SLUG}/review/")
    page.wait_for_selector(".desk.is-live")
    for judged in range(1, ROWS + 1):
        card = page.locator(SHOWN)
        shown, kind = current(page), kind_of(card.inner_text())
        page.keyboard.press(str(LABELS.index(kind) + 1))
        if card.locator(".value.is-active").get_attribute("data-value") == "category":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("1" if kind == "access" else "2")
        page.keyboard.press("Enter")
        expect(page.locator(f"{SHOWN}[data-card='{shown}']")).to_have_count(0)
        if judged < ROWS:
            expect(card).to_have_count(1)
    saved(page, ROWS)
    said = Counter(Decision.objects.values_list("verdict", flat=True))
    assert said == {Verdict.ACCEPT: 53, Verdict.EDIT: 7}
    assert 0 < Decision.objects.filter(teacher_hidden=True).count() < ROWS


def freeze(page: Page) -> None:
    """That many tickets get the same label is no reason to leave any out."""
    page.goto(f"/tasks/{SLUG}/datasets/")
    page.get_by_label("Name").fill("Tickets")
    page.get_by_role("button", name="Create dataset").click()
    page.get_by_role("button", name="Freeze version 1").click()
    page.wait_for_url(re.compile("/datasets/tickets/v/1/"))
    work_beside(page)
    expect(page.locator("main")).to_contain_text("Class balance")
    assert DatasetVersion.objects.get().counts["balance"]["category"] == dict.fromkeys(LABELS, 12)


def tune(page: Page, student: Student, recipe: str) -> None:
    page.goto(f"/tasks/{SLUG}/training/")
    page.locator("[name=student]").select_option(student.slug)
    page.locator("#recipe-values").evaluate("box => { box.firstElementChild.dataset.before = '' }")
    page.locator("[name=recipe]").select_option(recipe)
    expect(page.locator("#recipe-values [data-before]")).to_have_count(0)
    for name, value in SMALL.items():
        box = page.locator(f"[name=set-{name}]")
        box.evaluate(
            "e => { for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true }"
        )
        box.fill(value)
    expect(page.locator("#estimate")).to_contain_text("Trainable")
    page.get_by_role("button", name="Launch run").click()
    page.wait_for_url(re.compile("/training/[0-9a-f-]{36}/"))
    work_beside(page)
    expect(page.locator("[data-job-badge]").first).to_have_text("succeeded")
    until(page, lambda: Miniature.objects.filter(run__student=student).exists())


def read_the_confusion(page: Page) -> None:
    """The later evaluation shows both miniatures, what costs nothing, and which labels each takes for which."""
    evaluation = Evaluation.objects.order_by("-created_at").first()
    assert evaluation is not None and evaluation.summary
    page.goto(f"/evaluations/{evaluation.pk}/")
    expect(page.locator("main")).to_contain_text("Most frequent answer")
    table = page.get_by_label("Confusion of the labels of category by House model")
    expect(table.locator("tbody tr")).to_have_count(len(LABELS))
    # The one evaluated stands open, the others wait for a click.
    expect(page.locator("#labels details[open] summary").first).to_have_text("Answers: Your miniature")
    for run in ("run 1 (encoder)", "Your miniature"):
        expect(page.get_by_label(f"Confusion of the labels of category by {run}")).to_have_count(1)


def export_and_promote(page: Page, miniature: Miniature) -> None:
    page.goto(f"/miniatures/{miniature.pk}/exports/")
    expect(page.locator("main")).to_contain_text("Download (")
    page.goto(f"/miniatures/{miniature.pk}/")
    page.locator(f"#promote-{miniature.pk}").click()
    give_a_reason(page, miniature.pk)


def ask_both(client: openai.OpenAI) -> None:
    """The decoder is held to JSON, the encoder tells a label and how sure it is."""
    asked: Any = [{"role": "user", "content": "ticket: Müller\nmessage: Die App stürzt ab."}]
    schema = json_schema.output_json_schema(latest_version(Task.objects.get(slug=SLUG)).spec)
    form: Any = {"type": "json_schema", "json_schema": {"name": "ticket", "schema": schema, "strict": True}}
    for miniature in Miniature.objects.all():
        said = client.chat.completions.create(
            model=miniature.slug, messages=asked, max_tokens=400, response_format=form
        )
        value = json.loads(said.choices[0].message.content or "")
        assert (value["category"] in LABELS, type(value["urgent"])) == (True, bool)
        is_encoder = miniature.run.recipe_name == "classifier"
        assert set((said.model_extra or {}).get("probabilities", {})) == (
            {"category", "urgent"} if is_encoder else set()
        )
