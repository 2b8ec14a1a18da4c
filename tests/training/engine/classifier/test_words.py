"""Votes of words beside an encoder: what they learn, what a text meets in training, and what is kept of them."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from tests.training.engine.classifier.conftest import LABELS, make_tokenizer
from training.engine.classifier.fields import HeadField
from training.engine.classifier.rows import TargetRow, collate
from training.engine.classifier.words import PLACES, WordVotes, fold_of, letters_of, spellings, word_numbers

pytestmark = pytest.mark.engine
FIELDS = (HeadField(name="category", type="choice", labels=tuple(LABELS)), HeadField(name="amount", type="number"))
WANTS = ("invoice refund", "crash error", "member add", "morning to all")


@pytest.fixture
def rows() -> list[TargetRow]:
    """Forty texts that name their label among words of no meaning; one says nothing of the label."""
    tokenizer = make_tokenizer()
    texts = [f"Text {'abcdefghij'[number // 4]} {WANTS[number % 4]} please" for number in range(40)]
    made = [TargetRow(f"r{n}", tokenizer(text).input_ids, (float(n % 4), float(n))) for n, text in enumerate(texts)]
    return [TargetRow("r0", made[0].ids, (None, 3.0)), *made[1:]]


def batch(rows: list[TargetRow]) -> tuple[torch.Tensor, torch.Tensor]:
    return collate([row.ids for row in rows], 0, torch.device("cpu"))


def test_words_tell_labels_and_say_nothing_of_numbers(rows: list[TargetRow]) -> None:
    votes = WordVotes.fit(make_tokenizer(), rows, FIELDS, seed=1).eval()

    scores = votes(*batch(rows))

    assert scores.shape == (40, 5)
    assert scores[:, :4].argmax(dim=1).tolist() == [number % 4 for number in range(40)]
    assert not scores[:, 4].any()


@pytest.mark.slow
def test_in_training_a_text_meets_votes_that_were_fitted_without_it(rows: list[TargetRow]) -> None:
    is_first = fold_of(*batch(rows)) == 0
    turned = [
        TargetRow(row.id, row.ids, (3.0 - (row.targets[0] or 0), None)) if is_its else row
        for row, is_its in zip(rows, is_first, strict=True)
    ]

    as_they_are, otherwise = (WordVotes.fit(make_tokenizer(), each, FIELDS, seed=1) for each in (rows, turned))

    assert 0 < is_first.sum() < 40
    assert torch.equal(as_they_are(*batch(rows))[is_first], otherwise(*batch(rows))[is_first])
    assert not torch.allclose(as_they_are.eval()(*batch(rows)), otherwise.eval()(*batch(rows)))


@pytest.mark.slow
def test_what_is_kept_votes_the_same_whatever_shares_the_batch(rows: list[TargetRow]) -> None:
    votes = WordVotes.fit(make_tokenizer(), rows, FIELDS, seed=1).eval()
    loaded = WordVotes.of_tensors(votes.tensors())

    together = loaded(*batch(rows))
    alone = torch.cat([loaded(*batch([row])) for row in rows])

    assert torch.allclose(together, votes(*batch(rows)), atol=0.02)
    assert torch.allclose(together, alone, atol=1e-5)


def test_case_blanks_and_digits_make_no_other_word() -> None:
    tokenizer = make_tokenizer()
    numbers = word_numbers(spellings(tokenizer))
    place = tokenizer.convert_tokens_to_ids

    assert numbers[place("A")] == numbers[place("a")] != numbers[place("b")]
    assert numbers[place("1")] == numbers[place("2")] > 0
    assert numbers[tokenizer.pad_token_id] == numbers[place("Ġ")] == 0


@pytest.mark.slow
def test_a_word_that_was_never_read_votes_by_its_letters(rows: list[TargetRow]) -> None:
    tokenizer = make_tokenizer()
    votes = WordVotes.fit(tokenizer, rows, FIELDS, seed=1).eval()
    texts = ("invoiced refunding", "crashes", "remembers", "mornings")
    unread = [TargetRow(text, tokenizer(text).input_ids, (None, None)) for text in texts]

    assert votes(*batch(unread))[:, :4].argmax(dim=1).tolist() == [0, 1, 2, 3]


def test_runs_of_letters_cross_tokens_and_are_the_same_for_every_split_of_a_word() -> None:
    letters = letters_of(["", " in", "voice", " invoice"])
    votes = WordVotes(torch.arange(4), letters, torch.ones(2 * PLACES), torch.zeros(2 * PLACES, 1, 1))

    read = votes._features(torch.tensor([[1, 2, 0], [3, 0, 0]]), torch.tensor([[1, 1, 0], [1, 0, 0]]))

    split, whole = (each[each >= PLACES].tolist() for each in read.places.split(read.counts.tolist()))
    assert sorted(split) == sorted(whole)
    assert len(split) == 6 + 5 + 4


def test_an_id_without_a_token_between_others_has_a_place_and_no_text() -> None:
    words = Tokenizer(models.WordLevel({"[PAD]": 0, "a": 1, "b": 4}, unk_token="[PAD]"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]")

    assert spellings(tokenizer) == ["", "a", "", "", "b"]


@pytest.mark.parametrize(
    ("tokens", "spelled"),
    [
        ({"[PAD]": "[PAD]", "Ġa": " A", "b": "b", "7": "7"}, ["", " a", "b", "0"]),
        ({"[PAD]": "[PAD]", "▁a": "a", "b": "b", "7": "7"}, ["", " a", "b", "0"]),
        ({"[PAD]": "[PAD]", "a": "A", "##b": "##b", "##7": "##7"}, ["", " a", "b", "0"]),
    ],
)
def test_a_blank_stands_before_a_word_whichever_mark_the_tokenizer_uses(
    tokens: dict[str, str], spelled: list[str]
) -> None:
    class Spelling:
        """A tokenizer of four entries."""

        all_special_ids = (0,)

        def get_vocab(self) -> dict[str, int]:
            return {token: number for number, token in enumerate(tokens)}

        def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
            return [list(tokens)[number] for number in ids]

        def batch_decode(self, lines: list[list[int]]) -> list[str]:
            return [list(tokens.values())[line[0]] for line in lines]

    assert spellings(Spelling()) == spelled
