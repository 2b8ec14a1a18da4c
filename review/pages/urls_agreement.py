"""Page addresses of agreement and of reviewers."""

from django.urls import URLPattern, path

from review.pages import agreement, reviewers

agreement_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/agreement/", agreement.page, name="agreement"),
    path("tasks/<slug:slug>/review/reviewers/", reviewers.index, name="reviewers"),
    path("tasks/<slug:slug>/review/reviewers/<str:username>/", reviewers.detail, name="reviewer"),
]
