"""What Schemathesis cannot read in openapi.json; see run.ts."""

import random

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from another client, for failures have a budget by address."""
    case.headers = case.headers or {}
    address = ".".join(str(random.randint(1, 254)) for _ in range(3))
    case.headers["X-Forwarded-For"] = f"10.{address}"


@schemathesis.hook
def filter_case(context, case):
    """With format=otlp a trace is answered as OTLP has it, not in the envelope; NUL is in no text."""
    values = [*(case.query or {}).values(), *(case.path_parameters or {}).values()]
    return (case.query or {}).get("format") != "otlp" and "\\x00" not in repr(values)
