"""A PostgreSQL server as a client sees it: an address, and statements sent through psql."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .console import Problem, output_of


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Server:
    """Where the databases are: libpq's own variables, which psql and Odoo both understand."""

    variables: Mapping[str, str]
    programs: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment for a program that uses this server, and only this one."""
        inherited = {name: value for name, value in os.environ.items() if name != "PGDATABASE"}
        path = f"{self.programs}{os.pathsep}{inherited.get('PATH', os.defpath)}"
        return {**inherited, **self.variables, "PATH": path}

    def run_sql(self, statement: str, database: str = "postgres") -> str:
        command = [self.programs / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]
        return output_of([*command, "-d", database, "-c", statement], env=self.environment)

    def databases(self, prefix: str) -> dict[str, str]:
        """Return the databases whose name starts so, each with its stamp (its comment)."""
        rows = self.run_sql(
            "SELECT datname || '|' || coalesce(shobj_description(oid, 'pg_database'), '') "
            f"FROM pg_database WHERE starts_with(datname, {literal(prefix)})"
        )
        return dict(row.split("|", 1) for row in rows.splitlines())

    def clone(self, source: str, target: str) -> None:
        self.run_sql(f"CREATE DATABASE {quoted(target)} TEMPLATE {quoted(source)}")

    def drop(self, database: str) -> None:
        self.run_sql(f"DROP DATABASE IF EXISTS {quoted(database)} WITH (FORCE)")

    def stamp(self, database: str, stamp: str) -> None:
        self.run_sql(f"COMMENT ON DATABASE {quoted(database)} IS {literal(stamp)}")

    @contextmanager
    def build(self, database: str, stamp: str) -> Iterator[str]:
        """Let the caller fill a database under a temporary name, then stamp and rename it.

        A database with a stamp is therefore complete and says what it was built from.
        """
        partial = f"{database}_partial"
        self.drop(partial)
        yield partial
        self.drop(database)
        self.stamp(partial, stamp)
        self.run_sql(f"ALTER DATABASE {quoted(partial)} RENAME TO {quoted(database)}")


def users_own() -> Server:
    """Return the server that PGHOST and libpq's other variables name."""
    psql = shutil.which("psql")
    if not psql:
        raise Problem("PGHOST names a server, but psql is not installed: install postgresql-client")
    server = Server({}, Path(psql).parent)
    server.run_sql("SELECT 1")
    return server
