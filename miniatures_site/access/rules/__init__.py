"""The declaration: a line for every route of the site, by its name, or by its pattern where it has none."""

from __future__ import annotations

from miniatures_site.access.levels import Rule
from miniatures_site.access.rules.accounts import ACCOUNTS
from miniatures_site.access.rules.campaigns import CAMPAIGNS
from miniatures_site.access.rules.evaluation import EVALUATION
from miniatures_site.access.rules.generation import GENERATION
from miniatures_site.access.rules.review import REVIEW
from miniatures_site.access.rules.serving import SERVING
from miniatures_site.access.rules.site import SITE
from miniatures_site.access.rules.training import TRAINING

# The product's own routes, and with those of allauth's pages all there are.
ACCESS: dict[str, Rule] = {**SITE, **REVIEW, **GENERATION, **TRAINING, **EVALUATION, **SERVING, **CAMPAIGNS}
RULES: dict[str, Rule] = {**ACCESS, **ACCOUNTS}
