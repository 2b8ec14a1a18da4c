"""Register and launch a study of verifiers over retrieval: everything or nothing; from then on its row never changes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit import trail
from evaluation.models import RetrievalArm, RetrievalStudy
from evaluation.retrieval import verdict
from evaluation.retrieval.passages import Passage, PassageIndex, cut
from generation.claims import launch as claim_orders
from generation.models import Teacher, WebPage
from generation.orders import launch as orders
from jobs.lifecycle import control
from members.models import Member
from review.models import Task
from review.spec.prompting import canonical_json
from review.states import Role
from review.tasks import permissions
from review.text.verification.finding import Claim
from training.miniatures.claim_verifier import MiniatureVerifier
from training.models import Miniature
from web.errors import Refusal

KIND: Final = "retrieval-study"
FORMAT: Final = "miniatures.retrieval-study/2"
QUESTION: Final = "Does a miniature tell supported claims from others, on what a search finds?"
NONE, RULES, MINIATURE, TEACHER = "none", "rules", "miniature", "teacher"
FEWEST_DOCUMENTS: Final = 3
MOST_CLAIMS: Final = 2_000
MOST_PASSAGES: Final = 20
# Raised when the rules or the search would answer otherwise: then no earlier answers are taken.
ANSWERED_AS: Final = 1
# A price is worked out from so many claims with their passages.
PRICED_BY: Final = 20
RULE: Final = (
    "Arms are asked in the order in which they stand: is the balanced accuracy of each above that of the one before it (the 95 % interval "
    "of the difference over the same claims, by document, lies above zero)? The first that is not ends the asking: so at most 2.5 % of such "
    "studies call an arm better that is not. Whether the right page was found is counted apart, the same for all arms."
)


class JudgedClaim(NamedTuple):
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


@dataclass(frozen=True)
class RetrievalRequest:
    """What is to be studied.

    Attributes:
        claims: With their truth.
        passages: How many passages a claim is held against.
        miniature: Asked after the rules, if any.
        teacher: Asked last, if any.
        max_cost_usd: What the teacher may cost at most; needed where it costs anything.
        question: In words; the usual one where empty.
    """

    claims: Sequence[JudgedClaim]
    passages: int = 3
    miniature: Miniature | None = None
    teacher: Teacher | None = None
    max_cost_usd: Decimal | None = None
    question: str = ""

    @property
    def arms(self) -> dict[str, str]:
        """Who judges, in the order in which they are asked, and the short name of each that has one."""
        named = {MINIATURE: self.miniature, TEACHER: self.teacher}
        return {NONE: "", RULES: "", **{arm: each.slug for arm, each in named.items() if each is not None}}


@transaction.atomic
def launch(task: Task, request: RetrievalRequest, *, by: Member) -> RetrievalStudy:
    """Register a study of a task's stored pages and start it.

    Raises:
        PermissionDenied: The member does not lead the task, or only reads that of the miniature.
        Refusal: 400, it could tell nothing; `no_claim_task`, the miniature checks no claims; as `price`; `budget_missing`.
    """
    pages = _require_judgeable(task, request, by)
    if request.miniature is not None:
        MiniatureVerifier(request.miniature, by=by)
    if request.teacher is not None and request.max_cost_usd is None and (enough_usd := price(task, request, by=by)):
        message, hint = f"{request.teacher.name} costs money: say how much at most.", f"${enough_usd} would cover it."
        raise Refusal("budget_missing", message, hint=hint, errors={"max_cost_usd": [f"{message} {hint}"]})
    study_id = uuid.uuid4()
    record = _record(study_id, task, request, pages, by)
    text = canonical_json(record)
    job = control.launch(
        kind=KIND,
        title=f"Study: {record['question']}",
        spec={"study": str(study_id)},
        by=by,
        task_slug=task.slug,
        subject_id=study_id,
        subject_url=reverse("evaluation:retrieval-study", args=[study_id]),
    )
    study = RetrievalStudy.objects.create(
        id=study_id,
        task=task,
        question=record["question"],
        claims=[list(claim) for claim in request.claims],
        miniature=request.miniature,
        teacher=request.teacher,
        max_cost_usd=request.max_cost_usd,
        record_text=text,
        record_sha256=hashlib.sha256(text.encode()).hexdigest(),
        job=job,
        created_by=by,
    )
    trail.record("retrieval_study_registered", by=by, about=task, task=task.slug, sha256=study.record_sha256)
    RetrievalArm.objects.bulk_create(
        RetrievalArm(study=study, position=position, arm=arm, fingerprint=fingerprint(record, arm))
        for position, arm in enumerate(request.arms, start=1)
    )
    return study


def price(task: Task, request: RetrievalRequest, *, by: Member) -> Decimal:
    """The budget that would cover a teacher's answers; writes nothing.

    Raises:
        PermissionDenied, Refusal: As for `launch`, and as a teacher that cannot be asked is refused.
    """
    pages = _require_judgeable(task, request, by)
    if request.teacher is None:
        return Decimal(0)
    index = index_of(pages)
    sample = request.claims[:: max(1, len(request.claims) // PRICED_BY)]
    held = [held_against(claim.text, index.find(claim.text, request.passages)) for claim in sample]
    quoted = claim_orders.quote(
        task, [held[place % len(held)] for place in range(len(request.claims))], teacher=request.teacher, by=by
    )
    return quoted.suggested_budget_usd


def pages_of(task: Task) -> dict[str, str]:
    """Text by address of what is stored of a task's research, the newest of each."""
    rows = WebPage.objects.filter(site__research__task=task, refused_code="").exclude(text="")
    newest_last = rows.order_by("fetched_at", "pk").only("url", "final_url", "text")
    return dict(sorted({page.address: page.text for page in newest_last}.items()))


def hashes(pages: Mapping[str, str]) -> list[list[str]]:
    """Address and SHA-256 of each page."""
    return [[address, hashlib.sha256(text.encode()).hexdigest()] for address, text in pages.items()]


def index_of(pages: Mapping[str, str]) -> PassageIndex:
    """The passages of some pages."""
    return PassageIndex(passage for address, text in pages.items() for passage in cut(address, text))


def held_against(text: str, passages: Sequence[Passage]) -> Claim:
    """A claim with the passages it is held against."""
    return Claim("\n".join(passage.text for passage in passages), text)


def fingerprint(record: Mapping[str, Any], arm: str) -> str:
    """What an arm's answers follow from, as one hash: claims, pages, how many passages, rules and search, and who judges."""
    of = {name: record[name] for name in ("task", "claims_sha256", "pages", "passages", "answered_as")}
    return hashlib.sha256(canonical_json({**of, "arm": arm, "judge": record["judges"][arm]}).encode()).hexdigest()


def _record(
    study_id: uuid.UUID, task: Task, asked: RetrievalRequest, pages: Mapping[str, str], by: Member
) -> dict[str, Any]:
    claims = asked.claims
    return {
        "format": FORMAT,
        "id": str(study_id),
        "question": (asked.question or QUESTION)[:200],
        "task": task.slug,
        "registered_by": by.username,
        "registered_at": timezone.now().isoformat(timespec="seconds"),
        "claims": len(claims),
        "documents": len({claim.document for claim in claims}),
        "claims_sha256": hashlib.sha256(canonical_json([list(claim) for claim in claims]).encode()).hexdigest(),
        "pages": hashes(pages),
        "passages": asked.passages,
        "arms": [[arm, name] for arm, name in asked.arms.items()],
        "judges": _judges(asked),
        "answered_as": ANSWERED_AS,
        "metric": "balanced_accuracy",
        "rule": RULE,
        "outlook": verdict.outlook([claim.supported for claim in claims]),
    }


def _judges(asked: RetrievalRequest) -> dict[str, Any]:
    """Who exactly answers for each arm: weights of a miniature, a hash of a teacher's address, settings and words."""
    judges: dict[str, Any] = dict.fromkeys(asked.arms, "")
    if asked.miniature is not None:
        judges[MINIATURE] = asked.miniature.manifest_sha256
    if asked.teacher is not None:
        judges[TEACHER] = claim_orders.asked_as(orders.require_askable(asked.teacher))
    return judges


def _require_judgeable(task: Task, asked: RetrievalRequest, by: Member) -> dict[str, str]:
    """The stored pages, once it is sure that a study of them could tell something."""
    permissions.require(by, task, Role.LEAD)
    pages, claims = pages_of(task), asked.claims
    missing = next((claim.document for claim in claims if claim.document not in pages), None)
    if missing is not None:
        raise _refusal("claims", f"No page of {missing[:200]} is stored for this task.", "Research it first.")
    if len(claims) > MOST_CLAIMS:
        raise _refusal("claims", f"{len(claims):,} claims; a study takes at most {MOST_CLAIMS:,}.", "Take fewer.")
    if len({claim.document for claim in claims}) < FEWEST_DOCUMENTS:
        raise _refusal("claims", f"Claims about fewer than {FEWEST_DOCUMENTS} pages tell nothing.", "Add some.")
    if len({claim.supported for claim in claims}) < 2:
        raise _refusal("claims", "All claims are of one kind.", "Take supported ones and others.")
    if not 1 <= asked.passages <= MOST_PASSAGES:
        raise _refusal("passages", f"A claim is held against 1 to {MOST_PASSAGES} passages.", "Name as many.")
    return pages


def _refusal(field: str, message: str, hint: str) -> Refusal:
    return Refusal("bad_study", message, hint=hint, status=400, errors={field: [message]})
