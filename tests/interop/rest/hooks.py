"""What schemathesis is told about the client API: checks of its envelopes, and bodies that get past the first parser.

Loaded by schemathesis inside its own process. STEELIE_FUZZ_STATE is the state number of the Coordinator under test."""

import base64
import json
import os

import schemathesis
from hypothesis import strategies as st

STATE = int(os.environ["STEELIE_FUZZ_STATE"])
SEEDS = json.loads(os.environ["STEELIE_FUZZ_MANIFEST"])


@schemathesis.check
def envelope(ctx, response, case):
    """What clients rely on in every answer, whatever the endpoint."""
    if case.method == "HEAD":
        return
    body = json.loads(response.text)
    if response.status_code == 200:
        assert "openapi" in body or body["status"] == "success", "a success without its envelope"
        return
    media_type = response.headers["content-type"][0]
    expected = {"fail": "application/json", "error": "text/plain; charset=utf-8"}
    assert media_type == expected[body["status"]], f"{body['status']} as {media_type}"
    if response.status_code == 405:
        assert body == {"status": "error", "data": None} and "allow" in response.headers
        return
    # schemathesis does not look into text/plain, so the shape of errors is checked here.
    assert set(body) == {"status", "data", "message"}, f"members {sorted(body)}"
    assert body["data"] is None or body["status"] == "fail", "an error with data"
    assert isinstance(body["message"], str) and body["message"], "a refusal without a message"
    assert response.headers.get("x-steelie-reason"), f"{response.status_code} without a reason id"
    # Nothing is broken here, so in version 2 nothing may be called the Coordinator's fault.
    assert response.status_code < 500 or not case.path.startswith("/api/v2/"), "blames itself for the client's mistake"


# Mutated manifests. One value somewhere in a good document is replaced by something else.


def _paths(value, prefix=()):
    yield prefix
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _paths(member, (*prefix, name))


def _replaced(value, path, new):
    if not path:
        return new
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _base64(length):
    return st.binary(min_size=length, max_size=length).map(lambda b: base64.b64encode(b).decode())


@st.composite
def _manifest(draw):
    document = draw(st.sampled_from(SEEDS))
    if STATE == 3 and draw(st.booleans()):
        return document
    document = _replaced(document, draw(st.sampled_from(list(_paths(document))[1:])), draw(_ANY))
    if STATE != 3:
        # The state that is tested must last: such a document is always refused, but late.
        document = {**document, "Marbles": {"impossible": {"Package": "no such package"}}}
    return document


def _secret_value():
    part = st.none() | st.sampled_from([0, 1, 16, 16, 40]).flatmap(_base64) | st.text(max_size=9)
    return st.fixed_dictionaries({}, optional={"Key": part, "Cert": part, "Private": part})


@schemathesis.hook
def before_generate_body(context, strategy):
    operation = context.operation
    if operation.method.upper() != "POST":
        return strategy
    if operation.path.endswith("/secrets"):
        names = st.sampled_from(["token", "key", "server", "token", "key", "shared", "unknown"])
        values = st.dictionaries(names, _secret_value(), min_size=1, max_size=3)
        ours = values.map(lambda v: {"secrets": v} if operation.path.startswith("/api/v2") else v)
    elif operation.path in ("/manifest", "/update", "/update-manifest"):
        ours = _manifest()
    elif operation.path in ("/api/v2/manifest", "/api/v2/update", "/api/v2/update-manifest"):
        ours = _manifest().map(lambda m: {"manifest": base64.b64encode(json.dumps(m).encode()).decode()})
    elif operation.path == "/api/v2/recover":
        # Lengths that pass for a plain secret, and that of one encrypted to the Coordinator.
        secret = st.sampled_from([16, 32, 33, 512]).flatmap(_base64)
        ours = st.fixed_dictionaries({"recoverySecret": secret, "recoverySecretSignature": _base64(256)})
    elif operation.path == "/api/v2/monotonic-counter":
        ours = st.fixed_dictionaries({"name": st.text(max_size=300), "value": st.integers(0, 2**64 - 1)})
    else:
        return strategy
    return st.one_of(strategy, ours)


@schemathesis.hook
def before_generate_query(context, strategy):
    if not context.operation.path.endswith("/secrets"):
        return strategy
    names = st.lists(st.sampled_from(["token", "key", "server", "shared", "unknown"]), min_size=1, max_size=3)
    return st.one_of(strategy, names.map(lambda n: {"s": n}))
