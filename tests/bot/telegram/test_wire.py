"""Telegram is reached as the machine's environment says: in many offices only through a proxy."""

from __future__ import annotations

from tests.bot.telegram.conftest import StubBot, answers


def test_the_bot_answers_through_the_proxy_of_the_office(stub_bot: StubBot) -> None:
    """No server has this name: every call has to go to the proxy, which here is Telegram's stand-in itself."""
    stub_bot.settings["KOTACERDAS_TELEGRAM__BASE_URL"] = "http://telegram.invalid/bot"
    stub_bot.settings["HTTP_PROXY"] = stub_bot.api.url
    stub_bot.start()
    budi = stub_bot.api.private(7301)
    budi.say("apa itu SPBE")
    assert answers([budi.wait_reply()]) == ["apa itu SPBE"]


def test_a_server_that_the_environment_names_is_reached_without_the_proxy(stub_bot: StubBot) -> None:
    """Nobody answers at the proxy's address, and the server is said to need none."""
    stub_bot.settings["HTTP_PROXY"] = "http://127.0.0.1:9"
    stub_bot.settings["NO_PROXY"] = "127.0.0.1"
    stub_bot.start()
    budi = stub_bot.api.private(7302)
    budi.say("apa itu SPBE")
    assert answers([budi.wait_reply()]) == ["apa itu SPBE"]
