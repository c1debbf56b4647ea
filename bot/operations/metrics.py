"""What happens in, figures for Prometheus out; a piece counts by a visible call at the place.

A label is one of a fixed list or the name of something that the settings name. None carries what a
person wrote, who they are, or the id of anything.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)  # fmt: skip

# Of its own: what a library registers in the common one is not ours to explain.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

Step = Literal["search", "understand", "draft", "check", "suggest"]
# Of one step of an answer, of a wait, of a call: in seconds.
STEPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
WAITS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
# The thresholds of an answer lie between .78 and .85.
SIMILARITIES = (0.7, 0.74, 0.76, 0.78, 0.8, 0.82, 0.84, 0.85, 0.86, 0.88, 0.9, 0.92, 0.95)
SHARES = (0.02, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

TURNS = Counter(
    "kotacerdas_turns", "Questions that got a reply, by its kind and what drafted it.", ["kind", "engine"],
    registry=REGISTRY,
)  # fmt: skip
STEP = Histogram(
    "kotacerdas_step_seconds", "Time of one step of an answer.", ["step"], buckets=STEPS, registry=REGISTRY
)
SIMILARITY = Histogram(
    "kotacerdas_retrieval_similarity", "Cosine of the best passage to the question.", buckets=SIMILARITIES,
    registry=REGISTRY,
)  # fmt: skip
COVERAGE = Histogram(
    "kotacerdas_retrieval_coverage", "Share of the question's words in the best passage, by rarity.", buckets=SHARES,
    registry=REGISTRY,
)  # fmt: skip
UNSUPPORTED = Counter(
    "kotacerdas_drafts_unsupported", "Drafts that were held back since a claim had no proof.", registry=REGISTRY
)
INBOX_WAIT = Histogram(
    "kotacerdas_inbox_wait_seconds", "From an update's storing until its handling begins.", buckets=WAITS,
    registry=REGISTRY,
)  # fmt: skip
ATTEMPTS_FAILED = Counter(
    "kotacerdas_updates_failed_attempts", "Attempts to handle an update that ended with an error.", registry=REGISTRY
)
OUTBOX_WAIT = Histogram(
    "kotacerdas_outbox_wait_seconds", "From a message's row until its first call.", buckets=WAITS, registry=REGISTRY
)
CALL = Histogram(
    "kotacerdas_telegram_call_seconds", "Time of a call of the Bot API.", ["method"], buckets=STEPS, registry=REGISTRY
)
RESPONSES = Counter(
    "kotacerdas_telegram_responses", "Answers of the Bot API by HTTP status; 0 where none came.", ["method", "status"],
    registry=REGISTRY,
)  # fmt: skip
INBOX = Gauge("kotacerdas_inbox_updates", "Updates by state: open or set_aside.", ["state"], registry=REGISTRY)
INBOX_OLDEST = Gauge("kotacerdas_inbox_oldest_seconds", "Age of the oldest open update.", registry=REGISTRY)
OUTBOX = Gauge(
    "kotacerdas_outbox_messages", "Messages by state: waiting, sending, uncertain or failed.", ["state"],
    registry=REGISTRY,
)  # fmt: skip
OUTBOX_OLDEST = Gauge("kotacerdas_outbox_oldest_seconds", "Age of the oldest message that waits.", registry=REGISTRY)
LEADS = Gauge("kotacerdas_leads", "Open requests by state.", ["state"], registry=REGISTRY)
LEADS_LATE = Gauge("kotacerdas_leads_late", "Open requests past their deadline (SLA).", registry=REGISTRY)
TIMERS_LATE = Gauge("kotacerdas_timers_late", "Timers of requests that should have been done.", registry=REGISTRY)
GENERATION = Info("kotacerdas_generation", "The generation of the library that is served.", registry=REGISTRY)
DOCUMENTS = Gauge("kotacerdas_library_documents", "Documents of the served generation.", registry=REGISTRY)
CHUNKS = Gauge("kotacerdas_library_chunks", "Passages of the served generation.", registry=REGISTRY)
REFUSED_FILES = Gauge("kotacerdas_library_refused_files", "Files that could not be taken in.", registry=REGISTRY)
GATE_RECALL = Gauge(
    "kotacerdas_gate_recall", "Share of the test questions that the served generation answered at its gate.",
    registry=REGISTRY,
)  # fmt: skip
GATE_FORCED = Gauge(
    "kotacerdas_gate_forced", "1 when the served generation was switched to against its gate.", registry=REGISTRY
)
READY = Gauge("kotacerdas_ready", "1 when /healthz says ready.", registry=REGISTRY)
PROBLEM = Gauge("kotacerdas_problem", "1 while a problem stands, by its name.", ["name"], registry=REGISTRY)
DISK_FREE = Gauge("kotacerdas_disk_free_bytes", "Free space in the data directory.", registry=REGISTRY)
LOOP_LAG = Histogram(
    "kotacerdas_loop_lag_seconds", "How late the event loop wakes a task.", buckets=STEPS, registry=REGISTRY
)


def step(name: Step) -> AbstractContextManager[object]:
    """Time a step of an answer: `with metrics.step("search"): ...`."""
    return STEP.labels(name).time()


def exposed() -> tuple[bytes, str]:
    """All figures in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
