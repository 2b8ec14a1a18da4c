"""An instruction by rule: what is read, and for each field of the answer what is to be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from review.spec.schema import InputField, OutputField

# Labels that a sentence names; the prompt lists all of them elsewhere.
_NAMED = 12
# Names that say nothing of what is true.
_BARE = frozenset({"answer", "label", "output", "result", "target"})


def instruction_for(
    inputs: Sequence[InputField], outputs: Sequence[OutputField], record_noun: str, headers: Mapping[str, str]
) -> str:
    """Sentences that say what is given and what comes back, for a person to put right.

    Args:
        headers: By field, what the file calls it where the field's name cannot.
    """
    names = {
        name: headers.get(name) or name.replace("_", " ")
        for name in (*(field.name for field in inputs), *(field.name for field in outputs))
    }
    input_list = _listed([names[field.name] for field in inputs], "and")
    read = f"the {input_list} of {_one(record_noun)}" if len(inputs) > 1 else _one(input_list)
    return " ".join(
        [f"You are given {read}.", *(_asked(field, names[field.name]) for field in outputs), *_ending(outputs, names)]
    )


def _one(noun: str) -> str:
    return f"{'an' if noun[:1].casefold() in 'aeio' else 'a'} {noun}"


def _asked(field: OutputField, name: str) -> str:
    if field.type == "choice":
        return f"Say which {name} fits best{_labels(field, 'or')}."
    if field.type == "choices":
        return f"Say which {name} fit{_labels(field, 'and')}; several may."
    sentences = {
        "boolean": "Answer yes or no."
        if name in _BARE
        else f"Say whether it {'' if name.startswith(('is ', 'has ')) else 'is '}{name}: yes or no.",
        "integer": f"Give the {name} as a whole number.",
        "number": f"Give the {name} as a number.",
        "date": f"Give the {name} as a day.",
        "list": f"List the {name}.",
        "object": f"Give the {name} by its parts.",
        "quote": f"Quote the {name} letter by letter.",
    }
    most = f", in at most {field.max_words} words" if field.max_words else ""
    return sentences.get(field.type, f"Write the {name}{most}.")


def _ending(outputs: Sequence[OutputField], names: Mapping[str, str]) -> tuple[str, ...]:
    some = [names[field.name] for field in outputs if not field.required]
    return (f"Leave out the {_listed(some, 'and')} where nothing is said of it.",) if some else ()


def _labels(field: OutputField, word: str) -> str:
    names = [label.name for label in field.labels]
    return f": {_listed(names, word)}" if len(names) <= _NAMED else ""


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
