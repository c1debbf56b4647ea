"""A summary of all leads in; one picture (PNG, 1080 x 1280) out that is read on a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from bot.leads.statistics import UNKNOWN, Summary
from bot.texts.numbers import NumbersTexts
from knowledge.regions import with_code

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 100
SIZE = (10.8, 12.8)  # inches; Telegram shrinks a photo whose longer side has more than 1280 dots
FIRST, SECOND, TEXT, FAINT = "#1f6feb", "#f2a33a", "#1b1f24", "#6b7480"
MOST_BARS = 7
# Few bars are not blown up.
FEWEST_ROWS = 5


def chart(figures: Summary, day: date, copy: NumbersTexts) -> bytes:
    """Volume by week, time to the first response, topics and provinces. matplotlib is loaded here,
    and without pyplot, so that any thread may draw."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=SIZE, dpi=DOTS, layout=ConstrainedLayoutEngine(h_pad=0.16, w_pad=0.12))
    FigureCanvasAgg(figure)
    figure.suptitle(copy.chart_title.format(day=_told(day, copy, with_year=True)), fontsize=26, weight="bold")
    grid = figure.add_gridspec(3, 2, height_ratios=(1, 0.85, 1.35))
    _weeks(figure.add_subplot(grid[0, :]), figures, copy)
    _response(figure.add_subplot(grid[1, :]), figures, copy)
    topics = [(copy.short_topics[key], n) for key, n in figures.topics]
    _ranking(figure.add_subplot(grid[2, 0]), copy.chart_topics, topics, copy)
    provinces = [(province_name(code) or copy.chart_no_region, n) for code, n in figures.provinces]
    _ranking(figure.add_subplot(grid[2, 1]), copy.chart_regions, provinces, copy)
    result = io.BytesIO()
    figure.savefig(result, format="png")
    return result.getvalue()


def province_name(code: str) -> str:
    """ "33" is "Jawa Tengah"; empty for a code that no province has."""
    region = with_code(code) if code != UNKNOWN else None
    return region.short if region else ""


def _weeks(axes: Axes, figures: Summary, copy: NumbersTexts) -> None:
    _frame(axes, copy.chart_weeks)
    places = range(len(figures.weeks))
    received, answered = [w.received for w in figures.weeks], [w.answered for w in figures.weeks]
    axes.bar([p - 0.2 for p in places], received, 0.4, color=FIRST, label=copy.chart_received)
    axes.bar([p + 0.2 for p in places], answered, 0.4, color=SECOND, label=copy.chart_answered)
    for place, n in zip(places, received, strict=True):
        if n:
            axes.annotate(str(n), (place - 0.2, n), (0, 3), textcoords="offset points", ha="center", fontsize=15)
    # Every second week is named: twelve dates do not fit on a phone.
    named = list(places)[1::2]
    axes.set_xticks(named, [_told(figures.weeks[p].monday, copy) for p in named])
    axes.legend(fontsize=16, frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    axes.set_ylim(0, max([*received, *answered, 1]) * 1.2)


def _response(axes: Axes, figures: Summary, copy: NumbersTexts) -> None:
    _frame(axes, copy.chart_response)
    buckets = figures.response.buckets
    bars = axes.bar(range(len(buckets)), buckets, 0.6, color=FIRST)
    axes.bar_label(bars, [str(n) if n else "" for n in buckets], fontsize=16, padding=2)
    axes.set_xticks(range(len(buckets)), copy.chart_hours)
    axes.set_ylim(0, max([*buckets, 1]) * 1.25)
    if not any(buckets):
        _nothing(axes, copy)


def _ranking(axes: Axes, title: str, counted: Sequence[tuple[str, int]], copy: NumbersTexts) -> None:
    """The longest bars first; the rest together as a number, whose bar would dwarf the others."""
    _frame(axes, title)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    shown, rest = list(counted[:MOST_BARS]), counted[MOST_BARS:]
    longest = max((n for _, n in shown), default=1)
    bars = axes.barh(range(len(shown)), [n for _, n in shown], 0.65, color=FIRST)
    axes.bar_label(bars, fontsize=16, padding=4)
    if rest:
        axes.text(longest * 0.02, len(shown), str(sum(n for _, n in rest)), va="center", fontsize=16, color=FAINT)
        shown.append((copy.chart_others.format(n=len(rest)), 0))
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.set_xlim(0, longest * 1.2)
    axes.set_ylim(max(len(shown), FEWEST_ROWS) - 0.5, -0.5)
    if not shown:
        _nothing(axes, copy)


def _frame(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=19, weight="bold", loc="left", color=TEXT, pad=12)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=16, length=0, colors=TEXT)
    axes.set_yticks([])


def _nothing(axes: Axes, copy: NumbersTexts) -> None:
    axes.text(0.5, 0.5, copy.chart_none, transform=axes.transAxes, ha="center", fontsize=17, color=FAINT)


def _told(day: date, copy: NumbersTexts, *, with_year: bool = False) -> str:
    return f"{day.day} {copy.short_months[day.month - 1]}" + (f" {day.year}" if with_year else "")
