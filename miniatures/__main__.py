"""The command `miniatures`: `up` starts everything here, `manage …` is any other command, `run …` a room's program.

In a wheel the rooms (`web`, `review`, …) lie inside this package, so that an install adds one name to site-packages.
They import each other as top-level packages; this command therefore puts their folder on `sys.path`, and on
`PYTHONPATH` for the processes it starts.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import secrets
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

USAGE = """usage: miniatures up [--host HOST] [--port PORT]   everything on this machine, with the demo
       miniatures manage COMMAND [...]            any other command; `miniatures manage help` lists them
       miniatures run MODULE [...]                a program, as `python -m MODULE` runs it: an engine, a worker, a web \
server
       miniatures --env-file FILE manage|run|up ...   the same, with the variables of a file
       miniatures --version

Data lies in the folder var of the current folder, or of the folder that MINIATURES_HOME names."""
NO_DATA = """There is no data in {folder}. Change to the folder in which `miniatures up` was started, or name it \
with MINIATURES_HOME.
For a new installation without the demo, make that folder first."""


def rooms() -> Path:
    """Return the folder of the rooms: this package itself in a wheel, the folder above it in a checkout."""
    here = Path(__file__).resolve().parent
    return here if (here / "miniatures_site").is_dir() else here.parent


def reach_rooms() -> None:
    """Make the rooms importable, here and in child processes."""
    folder = str(rooms())
    if sys.path[0] != folder:
        sys.path.insert(0, folder)
    others = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each not in ("", folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, *others])


def settle_data() -> Path:
    """Settle where data lies, for child processes too, whatever folder they run in; returns that folder, absolute."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")
    from miniatures_site.settings import env

    data = env.var_dir()
    os.environ["VAR_DIR"] = str(data)
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status where the command itself does not end the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(version("miniatures"))
        return 0
    reach_rooms()
    if words[:1] == ["--env-file"] and len(words) > 1:
        if reason := take_variables(Path(words[1])):
            print(reason, file=sys.stderr)
            return 1
        words = words[2:]
        # The file may name a path of its own.
        reach_rooms()
    if not words or words[0] not in ("up", "manage", "run") or words == ["run"]:
        is_asked = words[:1] in (["--help"], ["-h"], ["help"])
        print(USAGE, file=sys.stdout if is_asked else sys.stderr)
        return 0 if is_asked else 2
    return run_module(words[1], words[2:]) if words[0] == "run" else run_command(words)


def take_variables(file: Path) -> str:
    """Take a file's variables into the environment, over those that are there; returns why that cannot be done."""
    from miniatures.env_file import EnvFileError, read_env

    try:
        os.environ.update(read_env(file.resolve(strict=True)))
    except (OSError, EnvFileError) as error:
        return str(error)
    return ""


def run_module(name: str, words: Sequence[str]) -> int:
    """Become `python -m NAME WORDS`, with the rooms importable; returns 0 if the program does not end the process."""
    sys.argv = [name, *words]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
    return 0


def run_command(words: Sequence[str]) -> int:
    """Run a command of Django's; returns 1 where it would begin in a folder that nobody meant."""
    data = settle_data()
    line = ["miniatures", *words] if words[0] == "up" else ["miniatures manage", *words[1:]]
    # A new database in whatever folder somebody stands in would look like lost data.
    if words[0] == "manage" and not (data.is_dir() or os.environ.get("DATABASE_URL")):
        if not is_help(words[1:]):
            print(NO_DATA.format(folder=data), file=sys.stderr)
            return 1
        # Else one is made and kept in that folder, which would then pass for one with data.
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    if data.is_dir() and {path.name for path in data.iterdir()} <= {"secret-key"}:
        # Made by hand for a new installation: keys and texts of people will lie there. Another owner's is theirs to
        # close.
        with contextlib.suppress(PermissionError):
            data.chmod(0o700)
    from django.core.management import execute_from_command_line

    from miniatures_site import one_machine

    one_machine.prepare(words)
    execute_from_command_line(line)
    return 0


def is_help(words: Sequence[str]) -> bool:
    """Return whether Django is only asked what commands there are, or what one of them takes."""
    return not words or words[0] in ("help", "version") or "--help" in words or "-h" in words


if __name__ == "__main__":
    sys.exit(main())
