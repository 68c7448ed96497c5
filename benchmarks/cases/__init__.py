"""The cases, one file per goal: each module has a tuple ``CASES`` of ``lib.Case`` and ``lib.Contest``."""
