"""Access to routes: one declaration, enforced in front of every view.

`rules/` holds a line a route. `enforce` refuses what a line does not let in, and a route without a line. The services
check roles again behind it.
"""

from miniatures_site.access.levels import AccessLevel, Rule
from miniatures_site.access.rules import ACCESS, RULES
from miniatures_site.access.rules.accounts import ACCOUNTS

__all__ = ["ACCESS", "ACCOUNTS", "RULES", "AccessLevel", "Rule"]
