"""`cs-coverage explain`: why an account has its tier, is covered or not, and has its score.

Belongs here: reading the published tables for one account, and saying it to a person. Does not: any
number that the published tables do not hold.
"""

from pipelines.explain.coverage import explain_coverage
from pipelines.explain.score import explain_score
from pipelines.explain.tier import explain_tier

__all__ = ["explain_coverage", "explain_score", "explain_tier"]
