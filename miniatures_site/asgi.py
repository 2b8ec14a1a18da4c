"""The ASGI application that uvicorn serves."""

import os
import warnings

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from miniatures_site.seats import SeatedHandler  # noqa: E402

application = SeatedHandler(settings.WEB_SEATS)

# WhiteNoise serves small files as synchronous streams, which Django gathers first and warns of on every start.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
