"""The copy of the figures and of the export, for consultants; tags are Telegram's HTML."""

from __future__ import annotations

from bot.texts import Copy


class NumbersTexts(Copy):
    """What stands on the chart, below it, and in the exported table."""

    name = "numbers"

    # The chart
    chart_title: str
    chart_weeks: str
    chart_received: str
    chart_answered: str
    chart_response: str
    chart_hours: tuple[str, ...]
    chart_topics: str
    chart_regions: str
    chart_no_region: str
    chart_others: str
    chart_none: str
    short_topics: dict[str, str]
    short_months: tuple[str, ...]
    # Below it
    caption: str
    caption_response: str
    caption_no_response: str
    caption_line: str
    caption_load: str
    caption_load_line: str
    nothing: str
    # The export
    export_sheet: str
    export_columns: dict[str, str]
    export_caption: str
    export_since: str
    export_private: str
    export_nothing: str
    export_usage: str
