"""API addresses of the desk."""

from django.urls import URLPattern, path

from review.api import decisions, drafts, editing, rulings

desk_urls: list[URLPattern] = [
    path("drafts/", drafts.DraftsView.as_view(), name="api-drafts"),
    path("drafts/<uuid:draft_id>/", drafts.DraftView.as_view(), name="api-draft"),
    path("drafts/<uuid:draft_id>/decisions/", decisions.DecisionsView.as_view(), name="api-decisions"),
    path("drafts/<uuid:draft_id>/set-aside/", decisions.SetAsideView.as_view(), name="api-set-aside"),
    path("drafts/<uuid:draft_id>/hold/", decisions.HoldView.as_view(), name="api-hold"),
    path("drafts/<uuid:draft_id>/check/", editing.CheckView.as_view(), name="api-check"),
    path("drafts/<uuid:draft_id>/unfinished/", editing.UnfinishedView.as_view(), name="api-unfinished"),
    path("drafts/<uuid:draft_id>/dispute/", rulings.DisputeView.as_view(), name="api-dispute"),
    path("drafts/<uuid:draft_id>/settle/", rulings.SettleView.as_view(), name="api-settle"),
    path("drafts/<uuid:draft_id>/reopen/", rulings.ReopenView.as_view(), name="api-reopen"),
    path("drafts/<uuid:draft_id>/second-opinion/", rulings.SecondOpinionView.as_view(), name="api-second-opinion"),
    path("decisions/<uuid:decision_id>/adopt/", rulings.AdoptView.as_view(), name="api-adopt"),
    path("decisions/<uuid:decision_id>/leave/", rulings.LeaveView.as_view(), name="api-leave"),
    path("tasks/<slug:slug>/late-decisions/", rulings.LateDecisionsView.as_view(), name="api-late-decisions"),
    path("desk/keys/", decisions.KeysView.as_view(), name="api-desk-keys"),
    path("desk/release/", decisions.ReleaseView.as_view(), name="api-release"),
    path("desk/<slug:task_slug>/deck/", decisions.DeckView.as_view(), name="api-deck"),
]
