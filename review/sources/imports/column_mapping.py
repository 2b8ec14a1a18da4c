"""Mapping of a file's columns to a task's fields. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec
from review.states import SourceKind

# Column name to field name; a column without a field, or with "", is left out.
ColumnMapping = dict[str, str]
LABELS_FIELD = "labelled_defects"
SPLIT_FIELD = "record.split"
MODEL_FIELD = "draft.model"
# A column whose cells hold all that was written, as one JSON object.
ANSWER_FIELD = "draft.answer"
_ANSWERS = frozenset({"answer", "output", "completion", "response", "json", "result", "antwort"})
# Objects that hold a whole row, as JSON:API, GeoJSON, search engines and GraphQL give it.
_ENVELOPE = re.compile(r"(?:attributes|properties|fields|_source|node)\.")
# Programs that keep contacts set whose column it is before its name: `Organization - Industry`, `Contact: Job title`.
_OWNER = re.compile(
    r"(?:person|organi[sz]ation|company|contact|account|lead|business)(?: ?[-:] | )(?!name\b)(?=\w)", re.I
)
_OWNED = 0.05
_LEAST_SCORE = 0.72
_ALIKE = 0.8

# A company's column in files of other languages, and of programs that keep contacts.
COMPANY_WORDS = (
    "company name for emails",
    "account name",
    "organization name",
    "organisation name",
    "organization 1 name",
    "person organization",
    "current company",
    "associated company",
    "firma",
    "firmenname",
    "firmenbezeichnung",
    "unternehmen",
    "unternehmensname",
    "entreprise",
    "société",
    "societe",
    "nom de l entreprise",
    "raison sociale",
    "empresa",
    "nombre de la empresa",
    "azienda",
    "ragione sociale",
    "bedrijf",
    "bedrijfsnaam",
    "företag",
    "virksomhed",
    "bedrift",
    "nazwa firmy",
    "yritys",
    "společnost",
    "cég",
    "şirket",
    "компания",
)
# What people call these columns; scored just under the field's own name.
_ALIASES: dict[str, tuple[str, ...]] = {
    "company": (
        "company name",
        "organisation",
        "organization",
        "account",
        "account name",
        "firm",
        "business",
        "security",
        "employer",
        *COMPANY_WORDS,
        "name",
    ),
    "domain": (
        "website",
        "web",
        "site",
        "homepage",
        "company domain",
        "website url",
        "webseite",
        "internetadresse",
        "site web",
    ),
    "sector": (
        "industry",
        "gics sector",
        "vertical",
        "branch",
        "line of business",
        "category",
        "branche",
        "secteur",
        "sector de actividad",
        "settore",
    ),
    "product": ("products", "gics sub industry", "sub industry", "offering", "what they do", "description", "services"),
    "size": ("employees", "headcount", "staff", "number of employees", "company size", "team size"),
    "city": ("headquarters location", "headquarters", "hq", "location", "seat", "town"),
    "country": ("nation", "country region"),
    "founded": ("year founded", "founding year", "established"),
    "role": ("job title", "position", "title", "function", "contact role"),
    "trigger": ("event", "news", "trigger event", "signal", "anlass"),
    "trigger_date": ("event date", "news date", "signal date"),
    "tool": ("software", "tools", "current tool", "tech stack"),
    "pain": ("problem", "pain point", "challenge"),
    "goal": ("objective", "aim", "target"),
    "notes": ("note", "comment", "comments", "remarks"),
    "title": ("name", "headline"),
    "url": ("link", "address", "page"),
    "text": ("body", "content", "document", "article"),
    "body": ("mail", "e mail", "email", "message", "text", "draft"),
    "subject": ("subject line", "betreff", "topic"),
    "message": ("question", "ticket", "request", "body", "text"),
    SPLIT_FIELD: ("split", "dataset split", "data split", "subset", "partition"),
    "draft.model": ("model", "model name", "llm", "generator"),
    "said.verdict": ("verdict", "decision", "judgement", "judgment", "choice", "label", "answer", "rating", "quality"),
    "said.reviewer": (
        "reviewer",
        "annotator",
        "annotator id",
        "annotated by",
        "completed by",
        "annotation approver",
        "worker",
        "user",
    ),
    "said.at": ("annotated at", "created at", "updated at", "judged at", "decided at", "time", "timestamp"),
    "said.seconds": ("lead time", "seconds", "duration", "time spent"),
    "said.reasons": ("reasons", "reason", "why"),
    "said.note": ("remark", "explanation", "feedback", "annotator comment"),
    "said.draft": ("draft id", "draft", "candidate id", "candidate"),
}


@dataclass(frozen=True, slots=True)
class TargetField:
    """A field that a column may fill.

    `name` is what a mapping says; it is the field's own but where a fact and a written field are namesakes: there the
    written one is `written.<name>`. Where it may repeat, several columns fill it, each a line of its own.
    """

    name: str
    label: str
    is_required: bool
    is_output: bool
    field: InputField | OutputField | None
    may_repeat: bool = False


def target_fields(spec: TaskSpec, kind: SourceKind) -> tuple[TargetField, ...]:
    """The fields that an import of this kind can fill: facts, and for drafts what was written too."""
    facts = tuple(
        TargetField(
            field.name, field.name.replace("_", " "), field.required and kind == SourceKind.RECORDS, False, field
        )
        for field in spec.input_schema
    )
    split = TargetField(SPLIT_FIELD, "split: train, validation or test", False, False, None)
    if kind == SourceKind.RECORDS:
        return (*facts, split)
    names = {field.name for field in spec.input_schema}
    written = tuple(
        TargetField(
            f"written.{f.name}" if f.name in names else f.name,
            f"{f.name.replace('_', ' ')} (written)",
            f.required,
            True,
            f,
        )
        for f in spec.output_schema
    )
    label = "the whole answer, as JSON (written)"
    whole = (TargetField(ANSWER_FIELD, label, False, True, None),) if _has_parts(spec.output_schema) else ()
    # Written fields first: of two namesakes the draft's is the one that must not be missed.
    return (
        *written,
        *facts,
        *whole,
        TargetField(LABELS_FIELD, "labelled defects", False, False, None),
        TargetField(MODEL_FIELD, "model that wrote it", False, False, None),
        split,
    )


def guess_mapping(columns: Sequence[str], fields: Sequence[TargetField]) -> ColumnMapping:
    """Pair columns with fields by likeness of their names, best pairs first; each is used once."""
    scored = [
        (_score(column, target.name), -place, index, column, target.name)
        for place, column in enumerate(columns)
        for index, target in enumerate(fields)
    ]
    mapping: ColumnMapping = {}
    taken: set[str] = set()
    for score, _, _, column, name in sorted(scored, key=lambda pair: (-pair[0], pair[2], -pair[1])):
        if score < _LEAST_SCORE:
            break
        if column not in mapping and name not in taken:
            mapping[column] = name
            taken.add(name)
    mapping |= _whole_answer(columns, fields, mapping)
    return {column: mapping[column] for column in columns if column in mapping}


def _has_parts(schema: Sequence[OutputField]) -> bool:
    """Return whether an answer may come as a JSON object: it is more than one text."""
    return len(schema) > 1 or schema[0].type != "text"


def _whole_answer(columns: Sequence[str], fields: Sequence[TargetField], mapping: ColumnMapping) -> ColumnMapping:
    """A column that is called an answer, where none of several written fields has a column of its own."""
    written = [target.name for target in fields if target.is_output]
    if ANSWER_FIELD not in written or len(written) < 3 or set(written) & set(mapping.values()):
        return {}
    free = [column for column in columns if column not in mapping and _plain(column) in _ANSWERS]
    return dict.fromkeys(free[:1], ANSWER_FIELD)


def _score(column: str, field: str) -> float:
    envelope = _ENVELOPE.match(column)
    own = column[envelope.end() if envelope else 0 :]
    owner = _OWNER.match(own)
    return max(_likeness(own, field), _likeness(own[owner.end() :], field) - _OWNED if owner else 0.0)


def _likeness(column: str, field: str) -> float:
    have, want = _plain(column), _plain(field)
    if have == want:
        return 1.0
    aliases = _ALIASES.get(field, ())
    if have in aliases:
        return 0.97 - aliases.index(have) * 0.001
    words = have.split()
    if words and (words[-1] == want or words[0] == want) and len(words) <= 3:
        return 0.85
    alike = SequenceMatcher(None, have.replace(" ", ""), want.replace(" ", ""))
    # Most pairs are told apart by their lengths or letters alone.
    if alike.real_quick_ratio() < _ALIKE or alike.quick_ratio() < _ALIKE:
        return 0.0
    likeness = alike.ratio()
    return likeness * 0.9 if likeness >= _ALIKE else 0.0


def _plain(name: str) -> str:
    """'companyName', 'Company_Name' and 'company-name' agree."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", parted).casefold().split())
