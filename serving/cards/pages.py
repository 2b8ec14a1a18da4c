"""The miniature card as a page and as Markdown."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.session import member_of
from review.datasets import data_card
from review.sources.judge_records.queries import is_withheld
from serving.cards.card import card_of
from serving.cards.markdown import markdown
from training.miniatures import queries


@require_safe
def card(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    context = {
        "task": miniature.task,
        "section": "miniatures",
        "miniature": miniature,
        "card": data_card.blocks(markdown(card_of(miniature))),
        "is_withheld": is_withheld(member_of(request), miniature.task),
    }
    return render(request, "serving/card.html", context)


@require_safe
def download(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    response = HttpResponse(markdown(card_of(miniature)), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{miniature.slug}-card.md"'
    return response
