"""API addresses of review, under /api/v1/."""

from review.adjudication.urls import agreement_api_urls, lead_api_urls, ruling_api_urls
from review.bulk.urls import bulk_api_urls
from review.datasets.urls import dataset_api_urls
from review.desk.urls import asking_api_urls, desk_api_urls
from review.sources.urls import source_api_urls
from review.tasks.urls import task_api_urls

urlpatterns = [
    *desk_api_urls,
    *agreement_api_urls,
    *task_api_urls,
    *source_api_urls,
    *ruling_api_urls,
    *asking_api_urls,
    *bulk_api_urls,
    *dataset_api_urls,
    *lead_api_urls,
]
