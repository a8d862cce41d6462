"""The report that people open in the morning: one HTML file, from the published tables alone.

Belongs here: what others may call. Does not: what is on the page (page and the sections).
"""

from pipelines.report.write import Report, make_report

__all__ = ["Report", "make_report"]
