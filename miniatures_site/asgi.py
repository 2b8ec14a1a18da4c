"""The ASGI application that uvicorn serves."""

import gc
import os
import warnings

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")
# Thousands of modules that stay: not looked through again and again while they are loaded.
gc.disable()
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from miniatures_site import reporting  # noqa: E402
from miniatures_site.server import connection_limits  # noqa: E402
from miniatures_site.server.request_threads import PooledASGIHandler  # noqa: E402

connection_limits.raise_descriptors()
reporting.start("web")
application = PooledASGIHandler(settings.WEB_SEATS)
# Every page's code is loaded before the first visitor comes, not while they wait.
get_resolver().url_patterns  # noqa: B018

# WhiteNoise serves small files as synchronous streams, which Django gathers first and warns of on every start.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

# What is loaded by now stays as long as the process: the garbage collector need not look through it again and again.
gc.collect()
gc.freeze()
gc.enable()
