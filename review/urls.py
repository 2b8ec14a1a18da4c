"""Page addresses of review."""

from review.adjudication.urls import agreement_page_urls, lead_page_urls, ruling_page_urls
from review.bulk.urls import bulk_page_urls
from review.datasets.urls import dataset_page_urls
from review.desk.urls import asking_page_urls, desk_page_urls
from review.sources.urls import source_page_urls
from review.tasks.urls import task_page_urls

app_name = "review"
urlpatterns = [
    *agreement_page_urls,
    *task_page_urls,
    *source_page_urls,
    *desk_page_urls,
    *ruling_page_urls,
    *bulk_page_urls,
    *asking_page_urls,
    *dataset_page_urls,
    *lead_page_urls,
]
