"""Django set up with the settings of the environment: what a house imports before it forks its commands."""

from __future__ import annotations

import django

django.setup()
