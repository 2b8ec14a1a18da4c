"""Settings of a host of its own in tests: its own disk, the shared storage and students' folders, its own lines out."""

from pathlib import Path

from miniatures_site.settings import env
from miniatures_site.settings.test import *  # noqa: F403

STORAGES["default"]["OPTIONS"]["location"] = env.required("SHARED_ARTEFACTS", "Where all hosts keep artefacts.")  # noqa: F405
CHECKPOINTS_IN_STORAGE = True
# Hosts of a drill are missed sooner than others.
if "options" in DATABASES["default"]["OPTIONS"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=5s"  # noqa: F405
STUDENT_ROOTS = [Path(env.required("STUDENTS", "Where each host has its copy of the students."))]
JOB_ENGINE_NICE = 0
