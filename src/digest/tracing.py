"""Traces: what a process did when and for how long, as spans of OpenTelemetry.

Off unless DIGEST_TRACES says otherwise; then nothing of OpenTelemetry is loaded, and a span is one
look at a variable. Spans name tasks and Deliveries by number, never a reader or an address: what an
exception says is left out as well.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from digest import __version__
from digest.errors import ConfigurationError

Value = str | int | float | bool | Sequence[int] | None
Note = Callable[..., None]
"""Adds attributes to the span: what came of it."""


def _unheard(**attributes: Value) -> None:
    """Nobody wants to know."""


_NOTHING: AbstractContextManager[Note] = nullcontext(_unheard)
_tracer: Any = None
_provider: Any = None


def span(name: str, **attributes: Value) -> AbstractContextManager[Note]:
    """The time that the block takes, within the span that is open; gives what takes notes of it."""
    return _NOTHING if _tracer is None else _span(name, attributes)


@contextmanager
def _span(name: str, attributes: dict[str, Value]) -> Iterator[Note]:
    from opentelemetry.trace import StatusCode

    # What an exception says may name an address: its kind is enough.
    with _tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as one:

        def note(**more: Value) -> None:
            for key, value in more.items():
                if value is not None:
                    plain = str(value) if isinstance(value, str) else value  # no enumeration
                    one.set_attribute(f"digest.{key}", plain)

        note(**attributes)
        try:
            yield note
        except BaseException as error:
            one.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def begin(processor: Any = None) -> None:
    """Makes spans from now on, for `processor`; without one they are sent over OTLP, as the OTEL_*
    variables of the environment say.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.
    """
    global _tracer, _provider
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        processor = processor or _over_otlp()
    except ImportError:
        raise ConfigurationError(
            "DIGEST_TRACES needs OpenTelemetry: install digest[tracing], or leave it out"
        ) from None
    about = {"service.version": __version__}
    about["service.name"] = os.environ.get("OTEL_SERVICE_NAME", "digest")
    _provider = TracerProvider(resource=Resource.create(about))  # sends the rest when we end
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("digest", __version__)


def _over_otlp() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def end() -> None:
    """Makes no more; what was made is handed over."""
    global _tracer, _provider
    if _provider is not None:
        _provider.shutdown()
    _tracer = _provider = None
