"""API addresses of agreement and of reviewers."""

from django.urls import URLPattern, path

from review.api import agreement

agreement_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/agreement/", agreement.AgreementView.as_view(), name="api-agreement"),
    path("tasks/<slug:slug>/reviewers/", agreement.ReviewersView.as_view(), name="api-reviewers"),
    path("tasks/<slug:slug>/reviewers/<str:username>/", agreement.ReviewerView.as_view(), name="api-reviewer"),
]
