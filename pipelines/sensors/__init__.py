"""What Dagster's daemon does beside the schedule: telling people, trying again.

Belongs here: sensors. Does not: what they decide, where that can be told apart from Dagster.
"""

from __future__ import annotations

from pipelines.sensors.tell_people import alert_sensor
from pipelines.sensors.try_again import retry_sensor

__all__ = ["alert_sensor", "retry_sensor"]
