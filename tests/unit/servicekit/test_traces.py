"""A trace goes on across processes by its traceparent, and nothing else a client sends goes with it."""

import asyncio

from opentelemetry.trace import SpanKind

from servicekit.telemetry.traces import continued, trace_headers, trace_id

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_trace_is_continued_and_its_baggage_is_left_behind() -> None:
    with continued({"traceparent": PARENT, "baggage": "secret=hunter2"}, "call", SpanKind.SERVER):
        assert trace_id() == TRACE
        assert trace_headers() == {"traceparent": PARENT}
    assert trace_id() == ""


def test_without_a_parent_or_with_a_broken_one_there_is_no_trace_to_go_on_with() -> None:
    for headers in (
        {},
        {"traceparent": ""},
        {"traceparent": "00-zz-zz-01"},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01"},
    ):
        with continued(headers, "call", SpanKind.SERVER):
            assert (trace_id(), trace_headers()) == ("", {})


def test_what_is_handled_in_another_s_trace_does_not_inherit_it() -> None:
    with continued({"traceparent": PARENT}, "call", SpanKind.SERVER), continued({}, "event", SpanKind.CONSUMER):
        assert trace_id() == ""


async def test_calls_at_the_same_time_keep_their_own_traces() -> None:
    both_inside = asyncio.Barrier(2)

    async def call(trace: str) -> str:
        with continued({"traceparent": f"00-{trace}-{SPAN}-01"}, "call", SpanKind.SERVER):
            await both_inside.wait()
            return trace_id()

    traces = ["1" * 32, "2" * 32]
    assert await asyncio.gather(*map(call, traces)) == traces
