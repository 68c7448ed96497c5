"""What belongs together in this repository but is written down in two places."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "aftersales_service"
MANIFEST = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
# Folders whose XML and CSV files Odoo only reads if the manifest lists them.
DATA_FOLDERS = ("data", "demo", "report", "security", "views", "wizard", "wizards")
MODEL_BASES = {"Model", "TransientModel"}  # an AbstractModel has no table to protect


def _listed_files() -> list[str]:
    return [*MANIFEST.get("data", []), *MANIFEST.get("demo", [])]


def test_every_data_file_is_in_the_manifest():
    found = {
        path.relative_to(ADDON).as_posix()
        for folder in DATA_FOLDERS
        for suffix in ("xml", "csv")
        for path in (ADDON / folder).rglob(f"*.{suffix}")
    }
    assert found - set(_listed_files()) == set()


def test_every_manifest_entry_exists_once():
    listed = _listed_files()
    assert [name for name in listed if not (ADDON / name).is_file()] == []
    assert len(listed) == len(set(listed))


def test_the_version_is_in_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert MANIFEST["version"] in changelog


def test_models_load_in_the_order_of_their_names():
    """What extends a method loads after it; files are named so that their order says which."""
    package = ast.parse((ADDON / "models/__init__.py").read_text(encoding="utf-8"))
    names = [
        alias.name
        for node in ast.walk(package)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert names == sorted(set(names))


def test_odoos_runner_sees_every_test_module():
    """Odoo runs only what ``tests/__init__.py`` imports; pytest finds the files by itself."""
    package = ast.parse((ROOT / "tests/__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(package)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {path.stem for path in (ROOT / "tests").glob("test_*.py")} - imported == set()


def _models() -> Iterator[tuple[str, Path]]:
    """Yield each model that the addon defines, with its file."""
    for path in sorted(ADDON.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and _base_names(node) & MODEL_BASES:
                name = _model_name(node)
                if name and name.startswith("aftersales."):
                    yield name, path


def _base_names(node: ast.ClassDef) -> set[str]:
    return {base.attr for base in node.bases if isinstance(base, ast.Attribute)}


def _model_name(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_name":
            return ast.literal_eval(statement.value)
    return None


def test_every_model_has_an_access_line():
    path = ADDON / "security/ir.model.access.csv"
    lines = csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if path.exists() else []
    protected = {line["model_id:id"].rpartition(".")[2] for line in lines}
    unprotected = [
        f"{model} ({path.relative_to(ROOT)})"
        for model, path in _models()
        if f"model_{model.replace('.', '_')}" not in protected
    ]
    assert unprotected == []


def test_the_rules_do_not_import_odoo():
    importing = [
        path.name
        for path in (ADDON / "logic").rglob("*.py")
        for name in _imported_packages(path)
        if name == "odoo"
    ]
    assert importing == []


def _imported_packages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


# --- Translations ------------------------------------------------------------------------------


def _entries(path: Path) -> dict[str, tuple[str, bool]]:
    """Return term → (translation, fuzzy) of a gettext file; obsolete terms are comments."""
    found = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        live = [line for line in block.splitlines() if not line.startswith("#~")]
        term, translation = _text(live, "msgid"), _text(live, "msgstr")
        if term:
            fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in live)
            found[term] = (translation, fuzzy)
    return found


def _text(lines: list[str], keyword: str) -> str:
    """Return the string after a keyword, which may go on in the following lines."""
    parts: list[str] = []
    reading = False
    for line in lines:
        if line.startswith(keyword):
            reading, line = True, line.removeprefix(keyword).strip()
        if reading and line.startswith('"'):
            parts.append(ast.literal_eval(line))
        elif not line.startswith('"'):
            reading = False
    return "".join(parts)


def test_every_term_is_translated():
    for path in sorted((ADDON / "i18n").glob("*.po")):
        terms = _entries(ADDON / "i18n/aftersales_service.pot").keys()
        entries = _entries(path)
        assert entries.keys() ^ terms == set(), path.name
        missing = [term for term, (text, fuzzy) in entries.items() if fuzzy or not text]
        assert missing == [], path.name
