"""Ten blind pairs: what a visitor reads, chooses and is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evaluation.evaluations import start_evaluation
from evaluation.guessing import guessing
from evaluation.guessing.guessing import BlindPair, Guesses
from evaluation.models import Evaluation, EvaluationOutput
from members.models import Member
from training.models import Miniature

pytestmark = pytest.mark.django_db
OWN = "run 1 (LoRA)"


@pytest.fixture
def evaluation(miniature: Miniature, admin: Member, finish: Any) -> Evaluation:
    made: Evaluation = finish(
        start_evaluation.start(miniature.run, by=admin), {"gpt": ("teacher", 0.9), OWN: ("lora", 0.8)}
    )
    for output in EvaluationOutput.objects.filter(evaluation=made):
        output.text, output.fields = f"A mail by {output.system} for {output.record_id}", None
        output.save()
    return made


def by_author(evaluation: Evaluation) -> dict[str, str]:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation).values_list("text", "system")
    return {text: "teacher" if system == "gpt" else "own" for text, system in rows}


def test_each_pair_has_one_text_of_the_teacher_and_the_order_stays(evaluation: Evaluation, admin: Member) -> None:
    authors = by_author(evaluation)

    pairs, again = guessing.pairs_of(evaluation, admin), guessing.pairs_of(evaluation, admin)

    assert pairs and pairs == again
    for pair in pairs:
        assert {authors[pair.left], authors[pair.right]} == {"teacher", "own"}
        assert authors[getattr(pair, pair.teacher_side)] == "teacher"


def test_neither_side_shows_how_a_model_laid_out_its_answer(evaluation: Evaluation, admin: Member) -> None:
    outputs = EvaluationOutput.objects.filter(evaluation=evaluation)
    same, other = outputs.filter(system=OWN).values_list("record_id", flat=True)[:2]
    for output in outputs:
        body = "Hello" if output.record_id == same else f"A mail by {output.system}"
        output.fields = {"subject": "Hello", "body": body}
        output.text = f"Subject: Hello\n\n{body}" if output.system == "gpt" else f"Sure!\n```\n{output.fields}\n```"
        output.save()

    pairs = guessing.pairs_of(evaluation, admin)

    assert str(other) in {pair.key for pair in pairs} and str(same) not in {pair.key for pair in pairs}
    assert all(text.startswith("Subject: Hello\n\nA mail") for pair in pairs for text in (pair.left, pair.right))


def test_both_sides_are_the_teachers_over_many_records(evaluation: Evaluation, admin: Member, viewer: Member) -> None:
    keys = [f"record {number}" for number in range(200)]

    lots = [int(guessing._lot(evaluation, admin, f"side {key}")[:8], 16) % 2 for key in keys]

    assert 70 < sum(lots) < 130


def test_a_form_with_every_choice_is_told_how_many_are_right(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(admin), f"/evaluations/{evaluation.pk}/guess/"
    pairs = guessing.pairs_of(evaluation, admin)
    before = client.get(address).content.decode()

    told = client.post(address, {pair.key: pair.teacher_side for pair in pairs})

    assert ": teacher" not in before and ": miniature" not in before
    assert f"You chose <strong>{len(pairs)} of {len(pairs)}</strong> correctly" in told.content.decode()
    assert ": teacher" in told.content.decode()
    assert guessing.last_of(admin) is None
    assert guessing.last_of(Member.objects.get(pk=admin.pk)) == Guesses(len(pairs), len(pairs))


def test_a_choice_is_kept_while_the_next_pair_is_shown_and_back_takes_it_back(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(admin), f"/evaluations/{evaluation.pk}/guess/"
    first, second, *_ = guessing.pairs_of(evaluation, admin)
    kept = f'name="{first.key}" value="left">'

    shown = client.get(address).content.decode()
    then = client.post(address, {first.key: "left"}, headers={"HX-Request": "true"}).content.decode()
    back = client.post(address, {first.key: "left", "back": "1"}).content.decode()
    bad = client.post(address, {first.key: "up"}).content.decode()

    assert first.left in shown and second.left not in shown
    assert kept in then and second.left in then and first.left not in then and "<html" not in then
    assert ": teacher" not in then and ": miniature" not in then
    assert all(first.left in page and kept not in page for page in (back, bad))
    assert guessing.last_of(Member.objects.get(pk=admin.pk)) is None


@pytest.mark.parametrize(
    ("right", "can_tell"), [(0, False), (1, False), (2, None), (5, None), (8, None), (9, True), (10, True)]
)
def test_ten_pairs_tell_apart_only_what_chance_hardly_gives(right: int, can_tell: bool | None) -> None:
    pairs = [BlindPair(str(number), "", "", "", "left") for number in range(10)]
    choices = {str(number): "left" if number < right else "right" for number in range(10)}

    found = guessing.read(choices, pairs)

    assert found and (found.right, found.can_tell) == (right, can_tell)


def test_without_a_teacher_the_page_says_so(
    miniature: Miniature, admin: Member, finish: Any, as_member: Callable[[Member], Client]
) -> None:
    alone = finish(start_evaluation.start(miniature.run, by=admin), {"tiny (base)": ("base", 0.1), OWN: ("lora", 0.8)})

    page = as_member(admin).get(f"/evaluations/{alone.pk}/guess/").content.decode()

    assert "No texts to compare" in page
    assert "The first is the teacher" not in page
    assert guessing.with_prose(admin) is None
