"""Merge the template of terms into each language's file; runs with Odoo's interpreter.

Usage: merge_translations.py FOLDER. polib is among Odoo's own requirements.
"""

import sys
from pathlib import Path

import polib

# Dates and addresses that would change with every export and tell nothing.
NOISE = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Report-Msgid-Bugs-To")


def main(folder: Path) -> None:
    template = polib.pofile(folder / "aftersales_service.pot")
    _save(template, folder / "aftersales_service.pot")
    for path in sorted(folder.glob("*.po")):
        _merge(path, template)


def _merge(path: Path, template: polib.POFile) -> None:
    translation = polib.pofile(path)
    translation.merge(template)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    for entry in translation:
        if "fuzzy" in entry.flags:
            entry.flags.remove("fuzzy")
            entry.msgstr = ""
    _save(translation, path)
    missing = sum(not entry.msgstr for entry in translation)
    print(f"{path.name}: {len(translation)} terms, {missing} untranslated")


def _save(catalog: polib.POFile, path: Path) -> None:
    for name in NOISE:
        catalog.metadata.pop(name, None)
    catalog.metadata["Content-Transfer-Encoding"] = "8bit"
    catalog.sort(key=lambda entry: entry.msgid)  # so that a new term does not move others
    catalog.save(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
