"""Texts of a form that JSON Schema has no word for."""

import schemathesis
from hypothesis import strategies

days = strategies.dates()
times = strategies.times().map(lambda time: time.strftime("%H:%M:%S"))
offsets = strategies.sampled_from(["Z", "+00:00", "-08:00", "+05:30"])
# A day of the first or last year may be one of another year in UTC.
within = days.filter(lambda day: 1 < day.year < 9999).map(lambda day: day.isoformat())
instants = strategies.builds(lambda day, time, offset: f"{day}T{time}{offset}", within, times, offsets)

schemathesis.openapi.format("instant", strategies.one_of(within, instants))
