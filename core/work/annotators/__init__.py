"""Two annotators' projects of one clip: compared joint by joint, and merged with choices."""

from core.work.annotators.comparing import Agreement, compare
from core.work.annotators.disagreement import Disagreement, Kind
from core.work.annotators.merging import Merging, Taken, is_lacking
from core.work.annotators.pairing import pair_people
from core.work.annotators.totals import JointTotals, Totals

__all__ = [
    "Agreement",
    "Disagreement",
    "JointTotals",
    "Kind",
    "Merging",
    "Taken",
    "Totals",
    "compare",
    "is_lacking",
    "pair_people",
]
