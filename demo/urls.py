"""Page addresses of the demo: the local mailbox. Without a sink they answer 404."""

from demo.mailbox.urls import mailbox_urls

app_name = "demo"
urlpatterns = [*mailbox_urls]
