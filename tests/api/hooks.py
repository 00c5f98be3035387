"""Texts of a form that JSON Schema has no word for, and the order of a form's parts, which OpenAPI has none for."""

import schemathesis
from hypothesis import strategies

days = strategies.dates()
times = strategies.times().map(lambda time: time.strftime("%H:%M:%S"))
offsets = strategies.sampled_from(["Z", "+00:00", "-08:00", "+05:30"])
# A day of the first or last year may be one of another year in UTC.
within = days.filter(lambda day: 1 < day.year < 9999).map(lambda day: day.isoformat())
instants = strategies.builds(lambda day, time, offset: f"{day}T{time}{offset}", within, times, offsets)

schemathesis.openapi.format("instant", strategies.one_of(within, instants))


@schemathesis.hook
def before_call(context, case, kwargs):
    """The envelope first, as the description says in words; tests/serve_documents.rs sends it later."""
    if case.media_type == "multipart/form-data" and isinstance(case.body, dict) and "envelope" in case.body:
        case.body = {"envelope": case.body["envelope"], **case.body}
