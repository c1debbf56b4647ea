"""The figures and the dashboard that shows them: every name in it exists, every figure is shown."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from bot.operations import metrics
from knowledge.settings import PROJECT

DASHBOARD = PROJECT / "docs" / "operations" / "grafana.json"
NAME = re.compile(r"\b(?:kotacerdas|process)_[a-z_]+\b")
# An answer passes five steps, two histograms of retrieval and a handful of counters.
OBSERVATIONS = 20


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def exposed() -> set[str]:
    """Names of all series that there can be."""
    found: set[str] = set()
    for family in metrics.REGISTRY.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
        found |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return found


def test_every_metric_of_the_dashboard_exists() -> None:
    named = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(named) > 20
    assert not named - exposed()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(expressions())
    families = [family.name for family in metrics.REGISTRY.collect() if family.name.startswith("kotacerdas_")]
    assert not [name for name in families if name not in shown]


def test_the_dashboard_filters_by_labels_that_the_metrics_have() -> None:
    labels = {"job", "instance", "le", "generation"}
    for metric in vars(metrics).values():
        labels |= set(getattr(metric, "_labelnames", ()))
    for expression in expressions():
        grouped = re.findall(r"\bby \(([^)]*)\)", expression)
        used = {label.strip() for group in grouped for label in group.split(",")}
        used |= set(re.findall(r'([a-z]+)(?:=~|!=|=)"', expression))
        assert not used - labels, expression


def test_the_page_for_operators_names_only_metrics_that_there_are() -> None:
    page = (PROJECT / "docs" / "operations" / "index.md").read_text(encoding="utf-8")
    known = exposed() | {family.name for family in metrics.REGISTRY.collect()}
    named = set(re.findall(r"kotacerdas_[a-z_]+[a-z]", page))
    assert len(named) > 15
    assert not named - known


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_counting_costs_an_answer_less_than_a_millisecond() -> None:
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        for _ in range(100 * OBSERVATIONS):
            with metrics.step("check"):
                pass
        best = min(best, (time.process_time() - began) / 100)
    assert best < 0.001
