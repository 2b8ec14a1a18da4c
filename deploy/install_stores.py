"""The database and the queue of a plain install: whether they answer, are new enough, and may do what backups need."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from install_checks import InstallError

from miniatures.env_file import read_env

if TYPE_CHECKING:
    from one_install import Install

# What Django takes, and the oldest Redis that the product is run with: that of `miniatures[embedded]`.
POSTGRESQL_AT_LEAST = 14
REDIS_AT_LEAST = (6, 2)
# Run by the new environment: the address with its password stays out of the list of processes.
REACH = """
import json, os, psycopg, redis
# An old Redis does not know the newer protocol, and could not say how old it is.
line = redis.from_url(os.environ["REDIS_URL"], socket_timeout=5, socket_connect_timeout=5, protocol=2)
facts = {"redis": line.info("server")["redis_version"]}
with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as there:
    facts["postgresql"] = there.info.server_version // 10000
    row = there.execute(
        "SELECT rolname, rolcreatedb OR rolsuper, pg_has_role(nspowner, 'USAGE') FROM pg_roles, pg_namespace "
        "WHERE rolname = current_user AND nspname = 'public'"
    ).fetchone()
facts["role"], facts["may_create"], facts["owns_public"] = row
print(json.dumps(facts))
"""


def reach_stores(install: Install) -> None:
    """Refuse stores that do not answer or are unfit, and a pg_dump older than the server.

    Raises:
        InstallError: Names what is wrong, and where to mend it.
    """
    try:
        output = install.run(install.python, "-c", REACH, **read_env(install.env_file))
    except InstallError as error:
        lines = str(error).strip().splitlines()
        reason = next((line for line in reversed(lines) if "Error: " in line), lines[-1])
        raise InstallError(
            f"The database or the Redis that {install.env_file} names does not answer: {reason}\n"
            "Correct its address there, or give DATABASE_URL and REDIS_URL again."
        ) from None
    client = re.search(r"\d+", install.run("pg_dump", "--version"))
    if output and client:
        refuse_unfit_stores(**json.loads(output.splitlines()[-1]), pg_dump=int(client[0]))


def refuse_unfit_stores(
    *, redis: str, postgresql: int, pg_dump: int, role: str, may_create: bool, owns_public: bool
) -> None:
    """Refuse stores that are too old, a PostgreSQL client older than its server, and a role that cannot try a backup.

    Args:
        redis: Version that Redis says it is, such as 7.2.4.
        postgresql: First number of the server's version.
        pg_dump: First number of the client's version.
        role: The database's account.
        may_create: Whether it may create databases.
        owns_public: Whether it may rename the schema `public`, as a restore does.

    Raises:
        InstallError: Names all that is wrong.
    """
    wrong = []
    if postgresql < POSTGRESQL_AT_LEAST:
        wrong.append(f"PostgreSQL is {postgresql}; {POSTGRESQL_AT_LEAST} or newer is needed.")
    if tuple(map(int, re.findall(r"\d+", redis)[:2])) < REDIS_AT_LEAST:
        wrong.append(f"Redis is {redis}; {'.'.join(map(str, REDIS_AT_LEAST))} or newer is needed.")
    if pg_dump < postgresql:
        wrong.append(
            f"pg_dump is of version {pg_dump}, the server of {postgresql}: backups need a client as new as the server."
        )
    if not may_create:
        wrong.append(
            "Each backup is tried in a database of its own, which this role may not create. As PostgreSQL's "
            "superuser:\n"
            f'    ALTER ROLE "{role}" CREATEDB;'
        )
    if not owns_public:
        wrong.append(
            "A restore renames the schema public, which belongs to another role here, as PostgreSQL 14 makes it. As "
            "PostgreSQL's superuser, in this database and in template1:\n"
            "    ALTER SCHEMA public OWNER TO pg_database_owner;"
        )
    if wrong:
        raise InstallError("\n".join(wrong))
