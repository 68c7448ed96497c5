"""The clone's private PostgreSQL server: a throw-away cluster behind a Unix socket in `.dev`.

A cluster always contains the prepared base database: it is either unpacked from the cache or
built and then packed into the cache, so that a second clone needs no installation at all. As
root everything belongs to the ``postgres`` user, because PostgreSQL refuses to run as root.
"""

import os
import platform
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .console import LOG_TAIL, Problem, output_of, run_logged, step
from .files import digest, locked, publish, remove
from .layout import DEV, ROOT, cache, fresh_log
from .postgres import Server
from .system_packages import postgresql_folder

ROLE = "aftersales"
SOCKET_LIMIT = 100  # bytes; the kernel's own limit for a socket's path is 107
# Nothing here must survive a power failure, so nothing waits for the disk.
SETTINGS = """
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 64MB
jit = off
"""


def connect(key: str, build_base: Callable[[Server], None]) -> Server:
    """Return the running private server whose cluster was prepared for ``key``."""
    place = _place()
    data = place / f"data-{key}"
    with locked(DEV / "postgres-start"):
        if not _exists(data):
            _stop_all(place)
            _prepare(data, key, build_base)
        try:
            return _start(data)
        except Problem:
            # Without fsync a power failure may damage the cluster: then it is unpacked again.
            _as_owner(["rm", "-rf", data])
            _prepare(data, key, build_base)
            return _start(data)


def stop(_arguments: list[str]) -> int:
    """Stop this clone's server, if any."""
    place = _recorded_place()
    if place:
        _stop_all(place)
    return 0


def discard() -> None:
    """Stop this clone's server and forget its databases."""
    place = _recorded_place()
    if place:
        _stop_all(place)
        shutil.rmtree(place, ignore_errors=True)


def _programs() -> Path:
    folder = postgresql_folder()
    if not folder:
        raise Problem("No PostgreSQL server is installed")
    return folder


def recipe() -> str:
    """Identify which servers can use a packed cluster: its files are not portable."""
    version = output_of([_programs() / "postgres", "--version"])
    major = version.split()[2].split(".")[0]
    return digest(major, platform.machine(), SETTINGS)


# --- Where the cluster lives, and as whom it runs ---------------------------------------------


def _owner() -> pwd.struct_passwd:
    if os.geteuid():
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise Problem(
            "PostgreSQL does not run as root and there is no user postgres: use another user"
        ) from None


def _owned(command: list) -> list[str]:
    arguments = [os.fspath(part) for part in command]
    return arguments if os.geteuid() else ["runuser", "-u", _owner().pw_name, "--", *arguments]


def _as_owner(command: list, **options) -> str:
    return output_of(_owned(command), cwd="/", **options)


def _recorded_place() -> Path | None:
    link = DEV / "postgres"
    return link.resolve() if link.exists() else None


def _place() -> Path:
    """Return the folder of this clone's server, made on first use.

    It lies in `.dev`, unless the server's user cannot get there (a clone below root's home) or
    the socket's path would be too long: then in /var/tmp, with a link in `.dev`.
    """
    DEV.mkdir(exist_ok=True)
    inside = DEV / "postgres"
    outside = Path("/var/tmp", f"aftersales_service-{digest(ROOT, os.geteuid())}")
    if inside.exists() and _is_ours(inside, outside):
        return inside.resolve()
    remove(inside)
    if _reachable(DEV) and len(os.fsencode(inside / ".s.PGSQL.5432")) <= SOCKET_LIMIT:
        return _own_folder(inside)
    inside.symlink_to(_own_folder(outside))
    return outside


def _is_ours(inside: Path, outside: Path) -> bool:
    """Say whether the folder was made here: a copied clone brings a copy of another's server."""
    if inside.is_symlink() and inside.resolve() != outside.resolve():
        return False
    return inside.stat().st_uid == _owner().pw_uid


def _reachable(folder: Path) -> bool:
    test = subprocess.run(_owned(["test", "-x", folder]), cwd="/", check=False)
    return test.returncode == 0


def _own_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = _owner()
    # /var/tmp is open to all: a folder that somebody else put there is not ours to use.
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), owner.pw_uid):
        raise Problem(f"{folder} belongs to somebody else")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
    return folder


def _exists(data: Path) -> bool:
    return (data / "PG_VERSION").exists()


# --- Preparing ---------------------------------------------------------------------------------


def _prepare(data: Path, key: str, build_base: Callable[[Server], None]) -> None:
    """Unpack the cluster from the cache, or build it there first."""
    for outdated in data.parent.glob("data-*"):
        _as_owner(["rm", "-rf", outdated])
    archive = cache() / f"cluster-{key}.tar"
    with locked(archive):
        if archive.exists():
            with step("Prepared databases"):
                _unpack(archive, data)
        else:
            _build(data, archive, build_base)


def _unpack(archive: Path, data: Path) -> None:
    partial = data.with_name(f"{data.name}.partial")
    _as_owner(["mkdir", "-m", "700", partial])
    # The server's user may not read the cache, so we open the archive for it.
    with archive.open("rb") as content:
        _as_owner(["tar", "-x", "-f", "-", "-C", partial], stdin=content)
    _as_owner(["mv", partial, data])


def _build(data: Path, archive: Path, build_base: Callable[[Server], None]) -> None:
    partial = data.with_name(f"{data.name}.partial")
    _initialize(partial)
    try:
        build_base(_start(partial))
    finally:
        _stop(partial)
    with publish(archive) as packed, packed.open("wb") as output:
        subprocess.run(
            _owned(["tar", "-c", "-f", "-", "-C", partial, "."]),
            stdout=output,
            check=True,
            cwd="/",
        )
    _as_owner(["mv", partial, data])


def _initialize(data: Path) -> None:
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ROLE}"]
    run_logged(
        _owned([_programs() / "initdb", *options, "--no-sync", "-D", data]),
        fresh_log("initdb"),
        cwd=Path("/"),
    )
    _as_owner(["tee", "-a", data / "postgresql.conf"], input=SETTINGS)


# --- Running -----------------------------------------------------------------------------------


def _server(data: Path) -> Server:
    variables = {"PGHOST": str(data.parent), "PGPORT": "5432", "PGUSER": ROLE}
    return Server(variables, _programs())


def _answers(data: Path) -> bool:
    try:
        answer = _server(data).run_sql("SHOW data_directory")
    except Problem:
        return False
    return Path(answer).resolve() == data.resolve()


def _start(data: Path) -> Server:
    if not _answers(data):
        _forget_dead_server(data)
        log = data.parent / "server.log"
        socket = f"-k {shlex.quote(str(data.parent))}"
        start = [_programs() / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", socket]
        try:
            _as_owner(start)
        except Problem:
            tail = _as_owner(["tail", f"-n{LOG_TAIL}", log])
            raise Problem(f"PostgreSQL did not start. The end of {log}:\n{tail}") from None
    return _server(data)


def _forget_dead_server(data: Path) -> None:
    """Remove the lock files of a server that died, even if its number is in use again.

    PostgreSQL itself only checks that some process has the number in the file, which after a
    reboot may well be another one.
    """
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and not _runs_on(data, pid_file):
        _as_owner(["rm", "-f", pid_file, *data.parent.glob(".s.PGSQL.5432*")])


def _runs_on(data: Path, pid_file: Path) -> bool:
    try:
        pid = int(_as_owner(["head", "-n1", pid_file]))
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return False
    return os.fsencode(data) in command


def _stop(data: Path) -> None:
    if (data / "postmaster.pid").exists() and _runs_on(data, data / "postmaster.pid"):
        _as_owner([_programs() / "pg_ctl", "stop", "-w", "-m", "fast", "-D", data])


def _stop_all(place: Path) -> None:
    for data in place.glob("data-*"):
        _stop(data)
