#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Run one command with the dev settings unless others are named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")
    from django.core.management import execute_from_command_line

    from miniatures_site import one_machine

    one_machine.prepare(sys.argv[1:])
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
