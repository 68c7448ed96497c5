"""Whether a service keeps the goals it set itself: shares of jobs, counted exactly (R14.02).

Rates are fractions, never rounded before they are compared: 3 of 300 is 1 %, which is "not above
1 %"; 4 of 300 is not.
"""

from fractions import Fraction


def rate(part, whole):
    """The share in percent as an exact ``Fraction``; None of nothing."""
    return Fraction(100 * part, whole) if whole else None


def is_met(part, whole, limit, *, at_most=True):
    """Whether a share keeps its limit (percent, as typed: ``1``, ``0.5``); None of nothing.

    :param at_most: the share may not be above the limit; else it may not be below
    """
    share = rate(part, whole)
    if share is None:
        return None
    # a limit is typed in decimals: 0.1 means a tenth, not its nearest binary neighbour
    bound = Fraction(str(limit))
    return share <= bound if at_most else share >= bound
