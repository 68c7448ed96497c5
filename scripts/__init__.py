"""Set-up, test, demonstration and lint commands of this repository (standard library only).

``make help`` lists them; the Makefile only delegates to ``python3 -m scripts COMMAND``.
"""
