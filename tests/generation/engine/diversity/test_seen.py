from __future__ import annotations

from generation.selection.signatures import SignatureIndex, signature

LONG = (
    "we plan your loads so that fewer lorries leave half empty and your planners get home on time each day of the week"
)


def texts(**by_key: str) -> tuple[SignatureIndex, dict[str, str]]:
    seen = SignatureIndex(at_most=100)
    seen.add((key, signature(text)) for key, text in by_key.items())
    return seen, by_key


def test_a_text_with_one_word_changed_near_its_end_is_a_twin() -> None:
    seen, known = texts(first=LONG, other="something else entirely that nobody would take for the first of the two")

    twin = seen.twin(LONG.replace("week", "year"), but="new", text_of=known.get)

    # 19 runs of five each, 18 of them shared: 18 of 20.
    assert twin is not None and twin.key == "first"
    assert round(twin.similarity, 4) == round(18 / 20, 4)


def test_a_text_that_shares_half_is_no_twin() -> None:
    seen, known = texts(first=LONG)

    half = " ".join(LONG.split()[:11]) + " and then it goes on in quite another way about warehouses and docks"
    assert seen.twin(half, but="new", text_of=known.get) is None


def test_a_draft_told_again_is_no_twin_of_itself() -> None:
    seen, known = texts(same=LONG)

    assert seen.twin(LONG, but="same", text_of=known.get) is None


def test_a_twin_that_is_gone_is_none() -> None:
    seen, _ = texts(first=LONG)

    assert seen.twin(LONG, but="new", text_of=lambda key: None) is None


def test_only_the_newest_are_remembered() -> None:
    seen = SignatureIndex(at_most=4)
    known = {str(n): f"{LONG} number {n} of {n} texts that all differ by {n} {n + 1} {n + 2} {n + 3}" for n in range(9)}
    for key, text in known.items():
        seen.add([(key, signature(text))])

    assert len(seen) <= 8
    assert seen.twin(known["8"], but="new", text_of=known.get) is not None


def test_an_empty_text_is_like_nothing() -> None:
    seen, known = texts(first="", second=LONG)

    assert len(seen) == 1
    assert seen.twin("", but="new", text_of=known.get) is None
