"""How progress looks: the lines of the live display, and those of plain output. Pure.

batches          ━━━━━━──────────  1/3                      2:04  eta 4:10
raw_extractions  ━━━━━━━━━━──────  13/37  0.42/s  55 tok/s  0:31  eta 0:58
gpu-0             2/2   34.5 tok/s  ready
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.text import Text

from relgen_assets.text.visible import visible
from resources.progress import EndpointActivity, Outlook, TaskProgress
from resources.time_left import seconds_left

MOST_ENDPOINTS = 6
_TITLE = 16
_LEAST_BAR = 8
_NOTE_LINES = 3
_DONE, _OPEN = "━", "─"
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def live_lines(task: TaskProgress, left: float | None, now: float, width: int) -> list[Text]:
    """Return the lines of one task in the live display.

    Args:
        task: The task.
        left: Seconds until it is done; `None` if unknown.
        now: The time on the clock of `task.started`.
        width: Columns of the terminal.
    """
    lines = [_head(task, left, now, width)]
    if task.note and task.total:
        lines += [
            Text(f"  {part}", style="yellow") for part in _wrapped(visible(task.note), width - 2)
        ]
    if task.outlook is not None:
        lines.append(Text(f"  {_next(task.outlook, now)}", style="yellow"))
    lines += [Text(f"  {line}", style="dim") for line in endpoint_lines(task.endpoints)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def endpoint_lines(endpoints: Sequence[EndpointActivity]) -> list[str]:
    """Return a line for each endpoint, and one for all that have no line of their own."""
    shown, others = endpoints[:MOST_ENDPOINTS], endpoints[MOST_ENDPOINTS:]
    lines = [
        f"{one.name[:_TITLE]:<{_TITLE}} {_load(one):>6}  {one.tokens_per_second:6.1f} tok/s"
        f"  {one.state}"
        for one in shown
    ]
    if others:
        running = sum(one.running for one in others)
        speed = sum(one.tokens_per_second for one in others)
        ready = sum(one.state == "ready" for one in others)
        lines.append(
            f"{f'+{len(others)} more':<{_TITLE}} {running:>6}  {speed:6.1f} tok/s"
            f"  {ready} of {len(others)} ready"
        )
    return lines


def plain_line(task: TaskProgress, left: float | None, now: float) -> str:
    """Return all that is known of a task in one line."""
    if not task.total:
        return f"{task.title}: {task.note or shown_time(now - task.started)}"
    parts = [f"{task.title}: {task.done}/{task.total}"]
    if task.from_ledger:
        parts.append(f"{task.from_ledger} from the ledger")
    if task.failed:
        parts.append(f"{task.failed} failed")
    parts += [*_speed(task, now), shown_time(now - task.started)]
    if left is not None and not task.finished:
        parts.append(f"eta {shown_time(left)}")
    if not task.finished:  # at the end, all are idle
        busy = task.endpoints[:MOST_ENDPOINTS]
        parts += [f"{one.name} {_load(one)} {one.state}" for one in busy]
    if task.note:
        parts.append(task.note)
    return ", ".join(parts)


def shown_time(seconds: float) -> str:
    """Return a duration as minutes and seconds, or with hours."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_left(task: TaskProgress, now: float) -> float | None:
    """Return the seconds until a task is done, from its own speed; `None` if unknown."""
    return seconds_left(task, now) if task.total else None


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in a few lines; the last one says if there is more."""
    lines = textwrap.wrap(text, max(_LEAST_BAR, width))
    shown = lines[:_NOTE_LINES]
    return [*shown[:-1], f"{shown[-1]} …"] if len(lines) > len(shown) else shown


def _next(outlook: Outlook, now: float) -> str:
    """Return when a stuck task is given up, and what is tried before."""
    tries = ", ".join(f"{name} in {shown_time(at - now)}" for name, at in outlook.tries)
    return f"giving up in {shown_time(outlook.gives_up - now)}" + f"; next try: {tries}" * bool(
        tries
    )


def _head(task: TaskProgress, left: float | None, now: float, width: int) -> Text:
    if not task.total:
        turn = _SPINNER[int(now * 4) % len(_SPINNER)]
        taken = Text(f"{turn} {shown_time(now - task.started)}  ", style="cyan")
        return Text(f"{task.title:<{_TITLE}} ", style="bold") + taken + Text(visible(task.note))
    title = Text(f"{task.title[:_TITLE]:<{_TITLE}} ", style="bold")
    parts = [f"{task.done}/{task.total}"]
    if task.failed:
        parts.append(f"{task.failed} failed")
    parts += [*_speed(task, now), shown_time(now - task.started)]
    if not task.finished:
        parts.append("eta " + ("-:--" if left is None else shown_time(left)))
    tail = Text("  " + "  ".join(parts), style="red" if task.failed else "")
    room = max(_LEAST_BAR, min(40, width - len(title) - len(tail)))
    full = round(room * task.done / task.total)
    return title + Text(_DONE * full, style="cyan") + Text(_OPEN * (room - full), "dim") + tail


def _speed(task: TaskProgress, now: float) -> list[str]:
    """Return requests and tokens per second, if the task asks language models."""
    fresh, seconds = task.done - task.from_ledger, now - task.started
    if not task.endpoints or seconds <= 0 or (task.finished and not fresh):
        return []
    speed = sum(one.tokens_per_second for one in task.endpoints)
    if task.finished:
        speed = task.tokens / seconds
    return [*([f"{fresh / seconds:.2f}/s"] if fresh else []), f"{speed:.0f} tok/s"]


def _load(endpoint: EndpointActivity) -> str:
    return f"{endpoint.running}/{'?' if endpoint.slots is None else endpoint.slots}"
