"""Page addresses of review."""

from review.pages.urls_agreement import agreement_urls
from review.pages.urls_asking import asking_urls
from review.pages.urls_datasets import datasets_urls
from review.pages.urls_desk import desk_urls
from review.pages.urls_list import list_urls
from review.pages.urls_sources import sources_urls
from review.pages.urls_tasks import tasks_urls
from review.pages.urls_team import team_urls

app_name = "review"
urlpatterns = [
    *agreement_urls,
    *tasks_urls,
    *sources_urls,
    *desk_urls,
    *list_urls,
    *asking_urls,
    *datasets_urls,
    *team_urls,
]
