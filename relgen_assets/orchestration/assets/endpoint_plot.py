"""The small plot of a batch: one bar per endpoint, with its used and its wasted tokens.

In Markdown, Dagster's UI shows an SVG only as an image with a data URI.
"""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape

from resources.llama_server_pool.reports import BatchReport, EndpointReport

_ROW, _BAR = 22, 14
_NAMES, _BARS, _NOTES = 120, 170, 190
"""Together the room beside the names of metadata, in a window of 1,280 pixels."""
_LONGEST_NAME = 18
_USED, _WASTED, _TEXT = "#3b7dd8", "#e0a030", "#808080"  # readable on light and dark backgrounds


def endpoint_plot(report: BatchReport) -> str:
    """Return an SVG with a bar per endpoint: tokens of used answers, then wasted tokens."""
    tokens = [one.completion_tokens + _wasted(one) for one in report.endpoints]
    scale = _BARS / max(1, *tokens)
    rows = [_row(number, one, scale, report.seconds) for number, one in enumerate(report.endpoints)]
    width, height = _NAMES + _BARS + _NOTES, _ROW * (len(rows) + 1)
    legend = _text(
        _NAMES, height - 6, f"{_span(_USED)} answer tokens  {_span(_WASTED)} hedged or lost tokens"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' font-family="sans-serif" font-size="12" fill="{_TEXT}">{"".join(rows)}{legend}</svg>'
    )


def as_markdown(svg: str) -> str:
    """Return an SVG as an image in Markdown."""
    encoded = base64.b64encode(svg.encode()).decode("ascii")
    return f"![Tokens by endpoint](data:image/svg+xml;base64,{encoded})"


def _wasted(one: EndpointReport) -> int:
    return one.hedged_tokens + one.lost_tokens


def _row(number: int, one: EndpointReport, scale: float, seconds: float) -> str:
    top = number * _ROW
    used, wasted = one.completion_tokens * scale, _wasted(one) * scale
    name = one.name if len(one.name) <= _LONGEST_NAME else f"{one.name[: _LONGEST_NAME - 1]}…"
    busy = one.seconds_busy / seconds if seconds > 0 else 0.0
    note = f"{one.completion_tokens:,} · {one.tokens_per_second:.1f}/s · busy {busy:.0%}"
    return (
        _text(0, top + _BAR, escape(name))
        + _bar(_NAMES, top + 3, used, _USED)
        + _bar(_NAMES + used, top + 3, wasted, _WASTED)
        + _text(_NAMES + used + wasted + 6, top + _BAR, note)
    )


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'


def _text(x: float, y: float, content: str) -> str:
    return f'<text x="{x:.1f}" y="{y}">{content}</text>'


def _span(colour: str) -> str:
    return f'<tspan fill="{colour}">■</tspan>'
