"""Let the rules be imported by their usual name where there is no Odoo.

The packages above ``odoo.addons.aftersales_service.logic`` are replaced by empty ones, so that
no ``__init__`` runs: a rule that imports Odoo fails here, which keeps the rules pure.
"""

import os
import sys
import types
from pathlib import Path

from hypothesis import settings

# Few examples keep the daily run under a second; continuous integration looks longer.
settings.register_profile("daily", max_examples=12, deadline=None, database=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile("thorough" if os.environ.get("CI") else "daily")

ADDON = Path(__file__).resolve().parents[2] / "aftersales_service"


def _register_empty_package(name: str, folder: Path | None = None) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder)] if folder else []
    sys.modules[name] = package


if "odoo" not in sys.modules:
    _register_empty_package("odoo")
    _register_empty_package("odoo.addons")
    _register_empty_package("odoo.addons.aftersales_service", ADDON)
