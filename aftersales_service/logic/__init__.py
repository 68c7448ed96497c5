"""Rules of after-sales service as plain functions of values.

Nothing in this package knows Odoo: every fact, also "today", is an argument, and every answer
carries reason codes instead of sentences. Models gather facts, call one function, store the
answer and put its reasons into the user's language.
"""
