"""API addresses of campaigns, under /api/v1/."""

from campaigns.api.urls_campaigns import campaigns_urls
from campaigns.api.urls_contacts import contacts_urls
from campaigns.api.urls_experiments import experiments_urls
from campaigns.api.urls_sending import sending_urls

urlpatterns = [*campaigns_urls, *contacts_urls, *experiments_urls, *sending_urls]
