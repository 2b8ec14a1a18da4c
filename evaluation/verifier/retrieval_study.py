"""The study *a miniature as verifier over retrieval*: claims judged against what is found in stored pages, by a registered rule.

It tunes nothing, so it is no grid of runs: arms are verifiers, and its record is a file whose hash stands in the audit trail before
anything is judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from audit import trail
from audit.models import AuditRow
from evaluation.verifier.passages import Passage, PassageIndex, cut
from evaluation.verifier.retrieval_verdict import conclude, outlook
from generation.models import WebPage
from members.models import Member
from review.models import Task
from review.spec.prompting import canonical_json
from review.states import Role
from review.tasks import permissions
from review.text.verification.finding import Claim
from review.text.verification.rules_first import RulesFirst
from web.errors import Refusal

FindVerifier = Callable[[str, str], RulesFirst]
FORMAT: Final = "miniatures.retrieval-study/1"
ACT: Final = "retrieval_study_registered"
NONE: Final = "none"
FEWEST_DOCUMENTS: Final = 3
MOST_PASSAGES: Final = 20
RULE: Final = (
    "Arms are asked in the order in which they stand: is the balanced accuracy of each above that of the one before it (the 95 % interval "
    "of the difference over the same claims, by document, lies above zero)? The first that is not ends the asking: so at most 2.5 % of such "
    "studies call an arm better that is not. Whether the right page was found is counted apart, the same for all arms."
)


@dataclass(frozen=True)
class JudgedClaim:
    """A claim whose truth is known.

    Attributes:
        text: What is claimed.
        supported: Whether its page bears it out.
        document: Address of the page that decides it.
        evidence: Words of that page that decide it; empty where the whole page does.
    """

    text: str
    supported: bool
    document: str
    evidence: str = ""


def register(
    task: Task, claims: Sequence[JudgedClaim], *, count: int, arms: Mapping[str, str], by: Member
) -> tuple[str, str]:
    """Fix a study before anything is judged: its record, and that record's SHA-256, which the audit trail keeps.

    Args:
        task: Whose stored pages are searched.
        claims: With their truth.
        count: How many passages a claim is held against.
        arms: Who judges, in the order in which they are asked, and the name of each where it has one.
        by: A lead of the task.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 400, it could tell nothing: too few documents, one class alone, or a page that is not stored.
    """
    permissions.require(by, task, Role.LEAD)
    pages = _pages(task)
    _require_judgeable(claims, pages, count)
    record = {
        "format": FORMAT,
        "question": "Does a miniature tell supported claims from others, on what a search finds?",
        "task": task.slug,
        "registered_by": by.username,
        "claims": len(claims),
        "documents": len({claim.document for claim in claims}),
        "claims_sha256": _claims_hash(claims),
        "pages": _hashes(pages),
        "passages": count,
        "arms": [[arm, name] for arm, name in arms.items()],
        "metric": "balanced_accuracy",
        "rule": RULE,
        "outlook": outlook([claim.supported for claim in claims]),
    }
    text = canonical_json(record)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    trail.record(ACT, by=by, about=task, task=task.slug, sha256=sha256)
    return text, sha256


def judge(
    task: Task, claims: Sequence[JudgedClaim], record_text: str, *, verifiers: FindVerifier, by: Member
) -> dict[str, Any]:
    """Judge by the record; asked again after an interruption, what models answered is taken up.

    Args:
        task: As registered.
        claims: As registered.
        record_text: The record, byte for byte.
        verifiers: Finds who answers for an arm other than *none*, by the arm and its registered name.
        by: A lead of the task.

    Returns:
        `sentence`, `retrieval`, `arms` and `comparisons`, as plain data.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, the record is none that was registered, or the claims or pages are not what they were; as the verifiers.
    """
    permissions.require(by, task, Role.LEAD)
    record, pages = _registered(record_text), _pages(task)
    if record["task"] != task.slug or record["claims_sha256"] != _claims_hash(claims):
        raise _changed("The claims or the task are not those that were registered.")
    if record["pages"] != _hashes(pages):
        raise _changed("The stored pages are not those that were registered.")
    index = PassageIndex(passage for address, text in pages.items() for passage in cut(address, text))
    found = [index.find(claim.text, record["passages"]) for claim in claims]
    asked = [
        Claim("\n".join(passage.text for passage in passages), claim.text)
        for claim, passages in zip(claims, found, strict=True)
    ]
    answers = {arm: _answers(arm, name, asked, verifiers) for arm, name in record["arms"]}
    is_found = [_holds(claim, passages) for claim, passages in zip(claims, found, strict=True)]
    truths, documents = [claim.supported for claim in claims], [claim.document for claim in claims]
    return {**conclude(answers, truths, documents, is_found), "passages": record["passages"]}


def _answers(arm: str, name: str, asked: Sequence[Claim], verifiers: FindVerifier) -> list[bool]:
    """What an arm says of each claim: all are supported where nobody is asked, and the rules answer where a model did not."""
    if arm == NONE:
        return [True] * len(asked)
    return [answer.supported for answer in verifiers(arm, name).verify(asked)]


def _holds(claim: JudgedClaim, passages: Sequence[Passage]) -> bool:
    words = " ".join(claim.evidence.split())
    return any(passage.document == claim.document and words in " ".join(passage.text.split()) for passage in passages)


def _pages(task: Task) -> dict[str, str]:
    """Text by address of what is stored of a task's research, the newest of each."""
    rows = WebPage.objects.filter(site__research__task=task, refused_code="").exclude(text="")
    newest_last = rows.order_by("fetched_at", "pk").only("url", "final_url", "text")
    return dict(sorted({page.address: page.text for page in newest_last}.items()))


def _require_judgeable(claims: Sequence[JudgedClaim], pages: Mapping[str, str], count: int) -> None:
    missing = next((claim.document for claim in claims if claim.document not in pages), None)
    if missing is not None:
        raise _refusal("claims", f"No page of {missing} is stored for this task.", "Research it first.")
    if len({claim.document for claim in claims}) < FEWEST_DOCUMENTS:
        raise _refusal("claims", f"Claims about fewer than {FEWEST_DOCUMENTS} pages tell nothing.", "Add some.")
    if len({claim.supported for claim in claims}) < 2:
        raise _refusal("claims", "All claims are of one kind.", "Take supported ones and others.")
    if not 1 <= count <= MOST_PASSAGES:
        raise _refusal("passages", f"A claim is held against 1 to {MOST_PASSAGES} passages.", "Name as many.")


def _registered(record_text: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(record_text.encode()).hexdigest()
    if not AuditRow.objects.filter(act=ACT, detail__sha256=sha256).exists():
        raise _changed("This record was never registered here, or it was changed since.")
    return dict(json.loads(record_text))


def _claims_hash(claims: Sequence[JudgedClaim]) -> str:
    return hashlib.sha256(canonical_json([asdict(claim) for claim in claims]).encode()).hexdigest()


def _hashes(pages: Mapping[str, str]) -> list[list[str]]:
    return [[address, hashlib.sha256(text.encode()).hexdigest()] for address, text in pages.items()]


def _changed(message: str) -> Refusal:
    return Refusal("record_changed", message, hint="Register the study again.", status=409)


def _refusal(field: str, message: str, hint: str) -> Refusal:
    return Refusal("bad_study", message, hint=hint, status=400, errors={field: [message]})
