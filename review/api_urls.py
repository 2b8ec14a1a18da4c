"""API addresses of review, under /api/v1/."""

from review.api.urls_agreement import agreement_urls
from review.api.urls_asking import asking_urls
from review.api.urls_bulk import bulk_urls
from review.api.urls_datasets import datasets_urls
from review.api.urls_desk import desk_urls
from review.api.urls_sources import sources_urls
from review.api.urls_tasks import tasks_urls
from review.api.urls_team import team_urls

urlpatterns = [
    *agreement_urls,
    *tasks_urls,
    *sources_urls,
    *desk_urls,
    *asking_urls,
    *bulk_urls,
    *datasets_urls,
    *team_urls,
]
