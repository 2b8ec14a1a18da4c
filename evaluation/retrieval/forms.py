"""The form of a study of verifiers over retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator

from evaluation.retrieval import claims_file
from evaluation.retrieval.register import MOST_PASSAGES, JudgedClaim, RetrievalRequest
from generation.models import Teacher
from training.models import Miniature
from web.errors import Refusal
from web.http.form_choices import set_choices

MOST_CHARS = 4_000_000


class RetrievalForm(forms.Form):
    """Claims of known truth, and who is asked whether pages support them."""

    claims = forms.CharField(
        label="Claims",
        max_length=MOST_CHARS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text='A line each: {"text": "…", "supported": true, "document": "https://…", "evidence": "…"}. The document is the address of a stored page.',
    )
    passages = forms.IntegerField(
        label="Passages a claim", min_value=1, max_value=MOST_PASSAGES, initial=3, help_text="The best that are found."
    )
    miniature = forms.ChoiceField(label="Miniature", required=False)
    teacher = forms.ChoiceField(label="Teacher", required=False)
    max_cost_usd = forms.DecimalField(
        label="Budget in USD",
        required=False,
        max_digits=12,
        decimal_places=6,
        validators=[MinValueValidator(0)],
        help_text="What the teacher may cost at most.",
    )

    def __init__(self, *args: Any, miniatures: Sequence[Miniature], teachers: Sequence[Teacher], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._miniatures = {each.slug: each for each in miniatures}
        self._teachers = {each.slug: each for each in teachers}
        for name, offered in (("miniature", self._miniatures), ("teacher", self._teachers)):
            set_choices(self, name, [("", "None"), *((slug, each.name) for slug, each in offered.items())])

    def clean_claims(self) -> list[JudgedClaim]:
        """The claims that were written."""
        try:
            return claims_file.read(self.cleaned_data["claims"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from None

    def begin_budget(self, price_usd: Decimal) -> None:
        """Write what would be enough into a budget that was left empty, for the form that is shown next."""
        if price_usd and not self.data.get("max_cost_usd"):
            self.data = {name: self.data.get(name) for name in self.data} | {"max_cost_usd": str(price_usd)}

    def asked(self) -> RetrievalRequest:
        """What is to be studied; only of a valid form."""
        said = self.cleaned_data
        return RetrievalRequest(
            said["claims"],
            said["passages"],
            self._miniatures.get(said["miniature"]),
            self._teachers.get(said["teacher"]),
            said["max_cost_usd"],
        )
