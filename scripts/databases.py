"""The prepared databases: base → test template or demonstration → a clone per run.

``base`` has the modules our manifest depends on and nothing of ours. It is part of the cached
cluster, so installing takes place once per machine. The others are clones of it, stamped with
the content they were built from: when the addon changes, they are built again on next use.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from . import cluster, odoo_source, postgres, python_environment, system_packages
from .console import step
from .files import digest, is_free, locked, tree_digest
from .layout import ADDON, ADDON_NAME, DEV, ROOT, fresh_log
from .odoo import Odoo, configure, refuse_complaints
from .peers import PeerSet
from .postgres import Server

PREFIX = "afs"  # not the addon's name, by which complaints in a log are recognized
RUNS = DEV / "runs"

# A clone of a database must be complete without a file store beside it.
FILES_INTO_DATABASE = """
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
env.cr.commit()
"""
# What the pages of a browser test or of the demonstration load. Compiled beforehand, because a
# test's transaction is rolled back, and with it what it compiled: ten seconds per test class.
COMPILE_ASSETS = """
bundles = env["ir.qweb"]._get_asset_bundle
for name in ("web.assets_web", "web.assets_frontend_lazy", "web.assets_frontend_minimal",
             "web.assets_tests", "web.__assets_tests_call__"):
    bundles(name, css=False, js=True).js()
for name in ("web.assets_web", "web.assets_frontend"):
    bundles(name, css=True, js=False).css()
env.cr.commit()
"""
WITH_ASSETS = " with assets"  # suffix of a stamp

# So that Odoo loads our demonstration data, but none of the modules we depend on.
PRETEND_DEMO = "UPDATE ir_module_module SET demo = true WHERE state = 'installed'"


def ready_odoo(*needs: system_packages.Need) -> Odoo:
    """Return an Odoo with a running server and the base database, prepared if need be."""
    own_source = odoo_source.users_own()
    external = os.environ.get("PGHOST")
    database_need = system_packages.POSTGRESQL_CLIENT if external else system_packages.POSTGRESQL
    system_packages.require([database_need, *needs, *python_environment.needs()])
    source = own_source or odoo_source.from_debian()
    python = python_environment.for_odoo()
    configure()

    def build_base(server: Server) -> None:
        _build_base(Odoo(source, python, server), _base_stamp(source))

    if external:
        server = postgres.users_own()
        with locked(DEV / "base"):
            if server.databases(base_name()).get(base_name()) != _base_stamp(source):
                build_base(server)
    else:
        key = digest(cluster.recipe(), _base_stamp(source))
        server = cluster.connect(key, build_base)
    odoo = Odoo(source, python, server)
    _sweep_runs(odoo.server)
    return odoo


def _name(kind: str) -> str:
    """Name a database of this clone of the repository: others may share the server."""
    return f"{PREFIX}_{digest(ROOT)[:6]}_{kind}"


def base_name() -> str:
    return f"{PREFIX}_base_{digest(*base_modules())[:6]}"


def base_modules() -> list[str]:
    manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
    return sorted(manifest["depends"])


def _base_stamp(source: odoo_source.OdooSource) -> str:
    recipe = digest(FILES_INTO_DATABASE)
    return f"{source.identity} {recipe} {' '.join(base_modules())}"


def _build_base(odoo: Odoo, stamp: str) -> None:
    modules = base_modules()
    with (
        step(f"Base database with {len(modules)} modules and those they need"),
        odoo.server.build(base_name(), stamp) as partial,
    ):
        log = odoo.install(partial, modules=",".join(modules))
        odoo.evaluate(partial, FILES_INTO_DATABASE, log)


def _content_stamp(odoo: Odoo) -> str:
    return digest(_base_stamp(odoo.source), tree_digest(ADDON))


def demo(odoo: Odoo) -> str:
    """Return the demonstration database; it keeps what was done in it until the addon changes."""
    with locked(DEV / "demo"):
        name = _derived(odoo, "demo", "Demonstration database", ["--with-demo"], PRETEND_DEMO)
        _compile_assets(odoo, name)
    return name


def _test_template(odoo: Odoo, browser: bool) -> str:
    name = _derived(odoo, "template", "Test database")
    if browser:
        _compile_assets(odoo, name)
    return name


def _core_template(odoo: Odoo) -> str:
    """Return a database like base, but with the demonstration data of Odoo's own modules."""
    name, stamp = _name("core"), _base_stamp(odoo.source)
    if _stamp(odoo, name) != stamp:
        with (
            step("Base database with Odoo's own demonstration data"),
            odoo.server.build(name, stamp) as partial,
        ):
            log = odoo.install(partial, "--with-demo", modules=",".join(base_modules()))
            odoo.evaluate(partial, FILES_INTO_DATABASE, log)
    return name


def with_peers(odoo: Odoo, peers: PeerSet, addons: Path) -> str:
    """Return a database with our addon and a set of peers, which are in a folder of their own."""
    name = _name(f"peers_{peers.name}")
    with locked(DEV / "template"):
        template = _test_template(odoo, browser=False)
        stamp = digest(_content_stamp(odoo), peers.identity)
        if _stamp(odoo, name) != stamp:
            with (
                step(f"Database with the peers {peers.name}"),
                odoo.server.build(name, stamp) as new,
            ):
                odoo.server.clone(template, new)
                path = f"--addons-path={ROOT},{addons}"
                odoo.install(new, path, modules=",".join(peers.modules))
    return name


def _derived(odoo: Odoo, kind: str, title: str, options: Sequence = (), prepare: str = "") -> str:
    """Return the database of that kind, built if the addon changed (the caller has its lock)."""
    name, stamp = _name(kind), _content_stamp(odoo)
    if _stamp(odoo, name).removesuffix(WITH_ASSETS) != stamp:
        with step(title), odoo.server.build(name, stamp) as partial:
            odoo.server.clone(base_name(), partial)
            if prepare:
                odoo.server.run_sql(prepare, partial)
            refuse_complaints(odoo.install(partial, *options, modules=ADDON_NAME))
    return name


def _stamp(odoo: Odoo, name: str) -> str:
    return odoo.server.databases(name).get(name, "")


def _compile_assets(odoo: Odoo, name: str) -> None:
    stamp = _stamp(odoo, name)
    if not stamp.endswith(WITH_ASSETS):
        with step("Style sheets and scripts"):
            odoo.evaluate(name, COMPILE_ASSETS, fresh_log(f"assets-{name}"))
            odoo.server.stamp(name, stamp + WITH_ASSETS)


def update(_arguments: list[str]) -> int:
    """Upgrade the databases in place: what a customer's database goes through."""
    odoo = ready_odoo()
    for kind in ("template", "demo"):
        name, stamp = _name(kind), _content_stamp(odoo)
        with locked(DEV / kind):
            if name not in odoo.server.databases(name):
                continue
            with step(f"Upgrading {name}"):
                log = fresh_log(f"update-{name}")
                arguments = ["-d", name, "-u", ADDON_NAME, "--stop-after-init", "--no-http"]
                odoo.run(*arguments, "--logfile", log, log=log)
                refuse_complaints(log)
                odoo.server.stamp(name, stamp)
    return 0


# --- Clones for one run ------------------------------------------------------------------------


def scratch(odoo: Odoo, *, browser: bool = False) -> AbstractContextManager[str]:
    """Lend a fresh database with our addon."""
    return _lent(odoo, lambda: _test_template(odoo, browser))


def scratch_base(odoo: Odoo) -> AbstractContextManager[str]:
    """Lend a fresh database without our addon."""
    return _lent(odoo, base_name)


def scratch_core(odoo: Odoo) -> AbstractContextManager[str]:
    """Lend a fresh database without our addon, but with Odoo's own demonstration data."""
    return _lent(odoo, lambda: _core_template(odoo))


@contextmanager
def _lent(odoo: Odoo, template: Callable[[], str]) -> Iterator[str]:
    """Clone a template for one run and drop the clone afterwards, come what may.

    A run that is killed cannot drop its database. It loses its lock, though, by which the next
    run recognizes the database as abandoned.
    """
    name = _name(f"run_{os.getpid()}")
    with locked(RUNS / name):
        with locked(DEV / "template"):
            source = template()
            odoo.server.drop(name)
            odoo.server.clone(source, name)
        try:
            yield name
        finally:
            odoo.server.drop(name)
    (RUNS / f"{name}.lock").unlink(missing_ok=True)


@contextmanager
def for_benchmarks(odoo: Odoo) -> Iterator[tuple[str, str]]:
    """Lend a template to clone and a prefix for database names; drop what carries it."""
    with scratch(odoo) as template:
        prefix = f"{template}_"
        try:
            yield template, prefix
        finally:
            for name in odoo.server.databases(prefix):
                odoo.server.drop(name)


def _sweep_runs(server: Server) -> None:
    """Drop the databases of runs that are no more."""
    for name in server.databases(_name("run_")):
        run = re.match(_name(r"run_\d+"), name)
        lock = RUNS / f"{run[0]}.lock"
        if not lock.exists() or is_free(lock):
            server.drop(name)
    for lock in RUNS.glob("*.lock"):
        if is_free(lock):
            lock.unlink(missing_ok=True)


def drop_all() -> None:
    """Drop this clone's databases from a server that is not ours to remove."""
    server = postgres.users_own()
    for name in server.databases(_name("")):
        server.drop(name)
