"""The Bot API in; findings about the token, the webhook and this machine's clock out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.config import TelegramSettings
from bot.doctor.finding import Finding, note, ok, problem

SECONDS = 10.0
# Beyond this, dates of messages and the windows of limits are wrong.
SKEW_SECONDS = 30
MANY_WAITING = 100


def check(settings: TelegramSettings, token: str, secret: str) -> Iterator[Finding]:
    """Ask the Bot API who we are and where it brings updates to."""
    if not token:
        yield note("token", "token_missing")
        return
    try:
        with httpx.Client(timeout=SECONDS, trust_env=True) as client:
            sent = time.time()
            response = client.get(_url(settings.base_url, token, "getMe"))
            received = time.time()
            answer = _answer(response)
            if not answer.get("ok"):
                yield problem("token", "token_refused", reason=answer.get("description") or response.status_code)
                return
            yield ok("token", "token_ok", username=answer["result"]["username"])
            yield from _clock(response, sent, received)
            info = _answer(client.get(_url(settings.base_url, token, "getWebhookInfo"))).get("result") or {}
            yield from _webhook(settings, info, secret)
    except httpx.HTTPError as error:
        # The address holds the token.
        yield problem("token", "api_unreachable", reason=type(error).__name__)


def _url(base: str, token: str, method: str) -> str:
    return f"{base.format(token=token)}/{method}" if "{token}" in base else f"{base}{token}/{method}"


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _clock(response: httpx.Response, sent: float, received: float) -> Iterator[Finding]:
    written = response.headers.get("Date")
    if not written:
        return
    try:
        there = parsedate_to_datetime(written).timestamp()
    except ValueError:
        return
    # The header has whole seconds; the answer took a while.
    skew = there - received if there > received else sent - there - 1 if there < sent - 1 else 0.0
    slow = there > received
    if skew > SKEW_SECONDS:
        yield problem("clock", "clock_slow" if slow else "clock_fast", seconds=round(skew))
    else:
        yield ok("clock", "clock_ok")


def _webhook(settings: TelegramSettings, info: dict[str, Any], secret: str) -> Iterator[Finding]:
    url, waiting = str(info.get("url") or ""), int(info.get("pending_update_count") or 0)
    if settings.webhook_url and not secret:
        yield problem("webhook", "webhook_no_secret")
    elif settings.webhook_url != url:
        yield note("webhook", "webhook_other" if settings.webhook_url else "webhook_left", url=url or "–")
    elif url and info.get("last_error_message"):
        yield problem("webhook", "webhook_failing", url=url, error=info["last_error_message"])
    elif waiting > MANY_WAITING:
        yield problem("webhook", "many_waiting", n=waiting)
    else:
        yield ok("webhook", "webhook_ok" if url else "polling_ok", url=url, n=waiting)
