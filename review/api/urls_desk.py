"""API addresses of the desk."""

from django.urls import URLPattern, path

from review.api import candidates, decisions, editing, rulings

desk_urls: list[URLPattern] = [
    path("candidates/", candidates.CandidatesView.as_view(), name="api-candidates"),
    path("candidates/<uuid:candidate_id>/", candidates.CandidateView.as_view(), name="api-candidate"),
    path("candidates/<uuid:candidate_id>/decisions/", decisions.DecisionsView.as_view(), name="api-decisions"),
    path("candidates/<uuid:candidate_id>/set-aside/", decisions.SetAsideView.as_view(), name="api-set-aside"),
    path("candidates/<uuid:candidate_id>/hold/", decisions.HoldView.as_view(), name="api-hold"),
    path("candidates/<uuid:candidate_id>/check/", editing.CheckView.as_view(), name="api-check"),
    path("candidates/<uuid:candidate_id>/unfinished/", editing.UnfinishedView.as_view(), name="api-unfinished"),
    path("candidates/<uuid:candidate_id>/dispute/", rulings.DisputeView.as_view(), name="api-dispute"),
    path("candidates/<uuid:candidate_id>/settle/", rulings.SettleView.as_view(), name="api-settle"),
    path("candidates/<uuid:candidate_id>/reopen/", rulings.ReopenView.as_view(), name="api-reopen"),
    path(
        "candidates/<uuid:candidate_id>/second-opinion/", rulings.SecondOpinionView.as_view(), name="api-second-opinion"
    ),
    path("decisions/<uuid:decision_id>/adopt/", rulings.AdoptView.as_view(), name="api-adopt"),
    path("decisions/<uuid:decision_id>/leave/", rulings.LeaveView.as_view(), name="api-leave"),
    path("tasks/<slug:slug>/late-decisions/", rulings.LateDecisionsView.as_view(), name="api-late-decisions"),
    path("desk/keys/", decisions.KeysView.as_view(), name="api-desk-keys"),
    path("desk/release/", decisions.ReleaseView.as_view(), name="api-release"),
    path("desk/<slug:task_slug>/deck/", decisions.DeckView.as_view(), name="api-deck"),
]
