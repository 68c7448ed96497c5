"""One file per goal: each module has a tuple ``CASES`` of ``lib.Case`` or ``lib.Contest``."""
