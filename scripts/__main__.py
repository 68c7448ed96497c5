"""The entry: ``python3 -m scripts COMMAND``, usually through the Makefile."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (it may be run by an older one)
    sys.exit("Odoo 19 and these commands need Python 3.11 or newer: name one with make PYTHON=…")

from .commands import main

sys.exit(main(sys.argv[1:]))
