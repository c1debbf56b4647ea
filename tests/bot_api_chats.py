"""What Telegram knows: chats enter as the test makes them, people's acts leave as updates, the bot's messages are kept."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar

from tests.bot_api_html import Entity, incoming_entities

BOT: dict[str, Any] = {"id": 12345, "is_bot": True, "first_name": "KotaCerdas", "username": "KotaCerdasBot"}
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
CUT = -1  # instead of a status: the connection was closed without an answer

Json = dict[str, Any]
T = TypeVar("T")
C = TypeVar("C", bound="Chat")


@dataclass
class Call:
    """One API call; `status` is None until it is answered, CUT when its connection was closed."""

    method: str
    params: Json
    files: dict[str, tuple[str, bytes]]
    at: float  # time.monotonic
    when: datetime
    status: int | None = None

    @property
    def chat(self) -> int | None:
        """The chat it names."""
        chat = self.params.get("chat_id")
        return chat if isinstance(chat, int) else None


@dataclass(frozen=True)
class Message:
    """A message of the bot as it stands: plain text (or caption), the raw text, and how it came."""

    chat_id: int
    message_id: int
    text: str
    html: str  # as sent, before parsing
    entities: list[Entity]
    reply_markup: Json | None
    method: str
    params: Json
    at: float  # time.monotonic
    when: datetime
    body: Json  # as Telegram returns it
    sequence: int
    version: int  # grows with every edit
    file_name: str | None = None
    content: bytes | None = None

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons, row after row."""
        return [button for row in (self.reply_markup or {}).get("inline_keyboard", []) for button in row]

    @property
    def thread(self) -> int | None:
        """The topic it was sent to."""
        return self.params.get("message_thread_id")

    def spans(self, kind: str) -> list[str]:
        """The stretches of text that an entity of this type marks."""
        units = self.text.encode("utf-16-le")
        marked = [(e["offset"], e["offset"] + e["length"]) for e in self.entities if e["type"] == kind]
        return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in marked]


@dataclass(frozen=True)
class Draft:
    """One sendMessageDraft: a preview that a person sees for 30 seconds."""

    chat_id: int
    draft_id: int
    text: str
    html: str
    entities: list[Entity]
    at: float


class Chat:
    """What a private chat and a group share: a history, the bot's messages in it, and waiting for them."""

    def __init__(self, api: Telegram, json_: Json) -> None:
        self.api, self.json, self.id = api, json_, int(json_["id"])
        self.history: dict[int, Json] = {}  # everybody's messages, as Telegram shows them
        self.sent: dict[int, Message] = {}  # the bot's
        self.topics: dict[int, Json] = {}
        self.refusal: str | None = None  # why the bot may not write here
        self.mark = 0  # the moment of the last thing a person did
        self.sending: deque[float] = deque()  # when the last 20 paced calls came
        self._last_id = 0 if self.private else 1  # a group opens with a service message; 1 is also General's thread

    @property
    def private(self) -> bool:
        """Whether it is one person's chat with the bot."""
        return self.id > 0

    @property
    def messages(self) -> list[Message]:
        """The bot's messages as they stand after edits and deletions, oldest first."""
        with self.api.changed:
            return list(self.sent.values())

    def add(self, content: Json, sender: Json, date: datetime | int | None = None) -> Json:
        """A new message in the history."""
        with self.api.changed:
            self._last_id += 1
            moment = date.timestamp() if isinstance(date, datetime) else date or time.time()
            head = {"message_id": self._last_id, "from": sender, "chat": self.json, "date": int(moment)}
            self.history[self._last_id] = head | content
            return self.history[self._last_id]

    def edit(self, message_id: int, text: str) -> int:
        """A person edits the text or caption of an own message; returns the update's id."""
        with self.api.changed:
            message = self.history[message_id]
            words = "text" if "text" in message else "caption"
            entities = "entities" if words == "text" else "caption_entities"
            message |= {words: text, entities: incoming_entities(text), "edit_date": int(time.time())}
            return self._act({"edited_message": dict(message)})

    def replies(self, after: Message | int | None = None) -> list[Message]:
        """The bot's messages that came after a message of it, after an update, or after people's last act here."""
        with self.api.changed:
            mark = (
                after.sequence if isinstance(after, Message) else self.mark if after is None else self.api.marks[after]
            )
            return [message for message in self.sent.values() if message.sequence > mark]

    def wait_reply(
        self, count: int = 1, after: Message | int | None = None, containing: str = "", timeout: float = 10
    ) -> Message:
        """The count-th of `replies(after)` whose text contains something; `after` defaults to people's last act."""

        def found() -> Message | None:
            fitting = [message for message in self.replies(after) if containing in message.text]
            return fitting[count - 1] if len(fitting) >= count else None

        return self.api.wait_for(found, timeout, f"reply {count} with {containing!r} in chat {self.id}")

    def wait_edit(self, message: Message, containing: str = "", timeout: float = 10) -> Message:
        """The message once it was edited after this state of it."""

        def edited() -> Message | None:
            now = self.sent.get(message.message_id)
            return now if now and now.version > message.version and containing in now.text else None

        return self.api.wait_for(edited, timeout, f"edit of message {message.message_id} in chat {self.id}")

    def _arrive(
        self,
        user: Json,
        content: Json,
        date: datetime | int | None = None,
        reply_to: Message | int | None = None,
        thread: int | None = None,
    ) -> int:
        with self.api.changed:
            place: Json = {}
            replied = reply_to.message_id if isinstance(reply_to, Message) else reply_to
            if replied is not None:
                original = self.history[replied]
                place["reply_to_message"] = {key: original[key] for key in original if key != "reply_to_message"}
                if self.json["type"] == "supergroup":
                    place["message_thread_id"] = replied
            if thread is not None:
                topic: Json = {"message_thread_id": thread, "is_topic_message": True}
                place = {"reply_to_message": self.history[thread]} | place | topic
            return self._act({"message": self.add(place | content, user, date)})

    def _press(self, user: Json, data: str, message: Message | None) -> str:
        with self.api.changed:
            if message is None:
                assert self.sent, f"the bot has sent nothing to chat {self.id}"
                message = list(self.sent.values())[-1]
            query = f"{4_000_000_000_000 + self.api.tick()}"
            self.api.queries.add(query)
            body = {
                "id": query,
                "from": user,
                "message": message.body,
                "chat_instance": str(message.chat_id),
                "data": data,
            }
            self.api.chats[message.chat_id]._act({"callback_query": body})
            return query

    def _button(self, wanted: str, message: Message | None) -> tuple[str, Message]:
        with self.api.changed:
            candidates = [message] if message else self.messages[::-1]
            for fits in (lambda b: wanted in {b["text"], b.get("callback_data")}, lambda b: wanted in b["text"]):
                for candidate in candidates:
                    for button in filter(fits, candidate.buttons):
                        assert "callback_data" in button, f"this button opens something instead: {button}"
                        return button["callback_data"], candidate
            raise AssertionError(f"no button {wanted!r} in {[m.buttons for m in candidates]}\n{self.api.transcript()}")

    def _status(self, user: Json, before: str, after: str) -> int:
        def member(status: str) -> Json:
            return {"status": status, "user": BOT} | ({"until_date": 0} if status == "kicked" else {})

        body: Json = {"chat": self.json, "from": user, "date": int(time.time())}
        return self._act(
            {"my_chat_member": body | {"old_chat_member": member(before), "new_chat_member": member(after)}}
        )

    def _act(self, update: Json) -> int:
        with self.api.changed:
            self.mark = self.api.tick()
            return self.api.push(update)


class Person(Chat):
    """A person and their private chat with the bot; every act returns its update's id."""

    def __init__(self, api: Telegram, user: Json) -> None:
        self.user: Json = user
        super().__init__(
            api, {"type": "private"} | {k: v for k, v in user.items() if k not in {"is_bot", "language_code"}}
        )

    def say(
        self, text: str, date: datetime | int | None = None, *, reply_to: Message | int | None = None, **extra: object
    ) -> int:
        """Writes to the bot; `extra` are further fields of the message."""
        return self._arrive(self.user, {"text": text, "entities": incoming_entities(text)} | extra, date, reply_to)

    def press(self, button: str, message: Message | None = None) -> str:
        """Presses the newest button with this text or data (or a part of the text); returns the query's id."""
        return self._press(self.user, *self._button(button, message))

    def press_data(self, data: str, message: Message | None = None) -> str:
        """Sends callback data that no button needs to carry; returns the query's id."""
        return self._press(self.user, data, message)

    def share_contact(self, phone: str, user_id: int | None = None) -> int:
        """Shares the own contact, or that of another user."""
        owner = {"phone_number": phone, "first_name": self.user["first_name"], "user_id": user_id or self.id}
        return self._arrive(self.user, {"contact": owner})

    def send_document(self, name: str, content: bytes, caption: str | None = None, album: str | None = None) -> int:
        """Sends a file that the bot can download; several with one `album` were sent at once."""
        body: Json = {"document": self.api.keep_file("documents", name, content)}
        body |= {"media_group_id": album} if album else {}
        return self._arrive(self.user, body | ({"caption": caption} if caption else {}))

    def photo(self, content: bytes = b"\xff\xd8 foto", caption: str | None = None, album: str | None = None) -> int:
        """Sends a photo, on wish as a piece of an album."""
        return self._arrive(self.user, _photo(self.api, content, caption, album))

    def sticker(self) -> int:
        """Sends a sticker."""
        size = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular", "emoji": "👍"}
        return self._arrive(self.user, {"sticker": self.api.keep_file("stickers", "stiker.webp", b"RIFF") | size})

    def voice(self) -> int:
        """Sends a voice message."""
        return self._arrive(self.user, {"voice": self.api.keep_file("voice", "suara.oga", b"OggS") | {"duration": 3}})

    def location(self) -> int:
        """Sends a location."""
        return self._arrive(self.user, {"location": {"latitude": -6.2, "longitude": 106.8}})

    def block(self) -> int:
        """Blocks the bot: what it sends from now on is refused with 403."""
        self.refusal = "bot was blocked by the user"
        return self._status(self.user, "member", "kicked")

    def unblock(self) -> int:
        """Takes the block back."""
        self.refusal = None
        return self._status(self.user, "kicked", "member")


class Group(Chat):
    """A group that the bot is an administrator of; it sees every message, privacy mode is not played."""

    def __init__(self, api: Telegram, json_: Json) -> None:
        super().__init__(api, json_)
        self.members: dict[int, str] = {BOT["id"]: "administrator"}

    def say(
        self,
        person: Person,
        text: str,
        mention: bool = False,
        reply_to: Message | int | None = None,
        thread: int | None = None,
        **extra: object,
    ) -> int:
        """A person writes, on wish with @KotaCerdasBot in front; `extra` are further fields of the message."""
        self.members.setdefault(person.id, "member")
        text = f"@{BOT['username']} {text}" if mention else text
        content = {"text": text, "entities": incoming_entities(text)} | extra
        return self._arrive(person.user, content, None, reply_to, thread)

    def press(self, person: Person, button: str, message: Message | None = None) -> str:
        """A person presses the newest button with this text or data; returns the query's id."""
        return self._press(person.user, *self._button(button, message))

    def press_data(self, person: Person, data: str, message: Message | None = None) -> str:
        """A person sends callback data that no button needs to carry; returns the query's id."""
        return self._press(person.user, data, message)

    def photo(
        self, person: Person, caption: str | None = None, album: str | None = None, thread: int | None = None
    ) -> int:
        """A person sends a photo, on wish as a piece of an album."""
        return self._arrive(person.user, _photo(self.api, b"\xff\xd8 foto", caption, album), thread=thread)

    def document(self, person: Person, name: str, content: bytes, caption: str = "", thread: int | None = None) -> int:
        """A person sends a file."""
        body: Json = {"document": self.api.keep_file("documents", name, content), "caption": caption}
        return self._arrive(person.user, body, thread=thread)

    def member(self, person: Person, status: str = "member") -> None:
        """Sets what getChatMember says of a person."""
        self.members[person.id] = status

    def topic(self, name: str, sender: Json = BOT, **icon: object) -> int:
        """Opens a topic; returns its thread id."""
        with self.api.changed:
            content: Json = {"forum_topic_created": {"name": name, "icon_color": 7322096}, "is_topic_message": True}
            message = self.add(content, sender)
            thread = message["message_thread_id"] = int(message["message_id"])
            self.topics[thread] = {"name": name, "closed": False} | icon
            return thread

    def add_bot(self, person: Person) -> int:
        """A person adds the bot."""
        self.refusal = None
        return self._status(person.user, "left", "member")

    def remove_bot(self, person: Person) -> int:
        """A person removes the bot: what it sends from now on is refused with 403."""
        self.refusal = f"bot was kicked from the {self.json['type']} chat"
        return self._status(person.user, "member", "kicked")


def _photo(api: Telegram, content: bytes, caption: str | None, album: str | None) -> Json:
    size = api.keep_file("photos", "foto.jpg", content) | {"width": 640, "height": 480}
    extra = {"caption": caption, "caption_entities": incoming_entities(caption)} if caption else {}
    return {"photo": [size]} | extra | ({"media_group_id": album} if album else {})


class Telegram:
    """Chats, updates and calls; the base of `BotApi`. All state is behind `changed`, so that any thread may look."""

    def __init__(self) -> None:
        self.changed = threading.Condition()  # reentrant; notified with every change
        self.chats: dict[int, Chat] = {}
        self.calls: list[Call] = []
        self.drafts: list[Draft] = []
        self.callback_answers: dict[str, Json] = {}  # query id to the answer's params
        self.commands: dict[tuple[str, str], list[Json]] = {}  # by ("chat:7001", "id"), ("default", "")
        self.descriptions: dict[str, str] = {}  # by language
        self.short_descriptions: dict[str, str] = {}
        self.updates: dict[int, Json] = {}  # every update that was ever made
        self.unconfirmed: list[Json] = []
        self.duplicates: list[Json] = []  # go out once, whatever the offset
        self.allowed: list[str] = []  # types of updates; none means the default
        self.webhook: Json = {}
        self.queries: set[str] = set()  # callback queries that still wait for an answer
        self.marks: dict[int, int] = {}  # update id to the moment it was made
        self.topic_icons: list[Json] = []  # stickers; a test adds some by `offer_icons`
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}  # by file_path
        self._sequence = 0
        self._began = time.monotonic()

    def wake(self) -> None:
        """Tells everybody who waits that something changed."""
        self.changed.notify_all()

    def private(
        self,
        user_id: int,
        first_name: str = "Budi",
        language_code: str = "id",
        username: str | None = None,
        started: bool = True,
    ) -> Person:
        """A person; the bot may write to them first unless `started` is False."""
        user: Json = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
        person = Person(self, user | ({"username": username} if username else {}))
        person.refusal = None if started else "bot can't initiate conversation with a user"
        return self._join(person)

    def group(self, chat_id: int, title: str, forum: bool = False) -> Group:
        """A group that the bot is in; ids from -100… on are supergroups."""
        kind = "supergroup" if forum or str(chat_id).startswith("-100") else "group"
        return self._join(
            Group(self, {"id": chat_id, "type": kind, "title": title} | ({"is_forum": True} if forum else {}))
        )

    def offer_icons(self, emoji: str) -> None:
        """Lets topics have these emoji as icons, each with the id "ikon-" and the emoji."""
        size = {"width": 100, "height": 100, "is_animated": False, "is_video": False, "type": "custom_emoji"}
        self.topic_icons = [
            {"file_id": f"s{i}", "file_unique_id": f"u{i}", "emoji": sign, "custom_emoji_id": f"ikon-{sign}"} | size
            for i, sign in enumerate(emoji.split())
        ]

    def _join(self, chat: C) -> C:
        with self.changed:
            self.chats[chat.id] = chat
        return chat

    def keep_file(self, folder: str, name: str, content: bytes) -> Json:
        """Stores a file for getFile and returns what a message says about it."""
        with self.changed:
            number = len(self.files) + 1
            path = f"{folder}/file_{number}{PurePosixPath(name).suffix}"
            self.contents[path] = content
            file: Json = {"file_id": f"berkas-{number}", "file_unique_id": f"unik-{number}", "file_size": len(content)}
            self.files[file["file_id"]] = file | {"file_path": path, "file_name": name}
            return file | {"file_name": name}

    def push(self, update: Json) -> int:
        """Queues an update of any type, unless the bot did not allow the type; returns its id."""
        with self.changed:
            update_id = 500_000_000 + len(self.updates)
            kind = next(iter(update))
            self.updates[update_id] = json.loads(json.dumps({"update_id": update_id} | update))
            self.marks[update_id] = self._sequence
            message = update.get("message", {})
            sender = self.chats.get(message.get("from", {}).get("id"))
            if (
                sender
                and message["chat"]["id"] == sender.id
                and not (sender.refusal or "").startswith("bot was blocked")
            ):
                sender.refusal = None
            if kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT:
                self.unconfirmed.append(self.updates[update_id])
            self.wake()
            return update_id

    def redeliver(self, update_id: int) -> None:
        """Delivers an earlier update once more."""
        with self.changed:
            self.duplicates.append(dict(self.updates[update_id]))
            self.wake()

    @property
    def pending(self) -> list[int]:
        """The ids of the updates that the bot has not confirmed."""
        with self.changed:
            return [update["update_id"] for update in self.unconfirmed]

    def message_id(self, update_id: int) -> int:
        """The id of the message that an update brought."""
        return int(self.updates[update_id]["message"]["message_id"])

    def messages(self, chat: Chat | int) -> list[Message]:
        """The bot's messages in a chat as they stand after edits and deletions, oldest first."""
        return (chat if isinstance(chat, Chat) else self.chats[chat]).messages

    def calls_of(self, method: str, chat: Chat | int | None = None) -> list[Call]:
        """The calls of one method, on wish only those for one chat."""
        wanted = chat.id if isinstance(chat, Chat) else chat
        with self.changed:
            return [c for c in self.calls if c.method.lower() == method.lower() and wanted in {None, c.chat}]

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 10, what: str = "a condition") -> T:
        """What the predicate returns once it is true; it is asked again whenever this server's state changes."""
        with self.changed:
            if result := self.changed.wait_for(predicate, timeout):
                return result
        raise AssertionError(f"{timeout} s passed without {what}; the calls so far:\n{self.transcript()}")

    def wait_calls(
        self, method: str, count: int = 1, chat: Chat | int | None = None, timeout: float = 10
    ) -> list[Call]:
        """The calls of a method once there are as many."""

        def enough() -> list[Call] | None:
            calls = self.calls_of(method, chat)
            return calls if len(calls) >= count else None

        return self.wait_for(enough, timeout, f"{count} calls of {method}")

    def wait_answer(self, query: str, timeout: float = 10) -> Json:
        """The params of the answer to a callback query."""
        return self.wait_for(lambda: self.callback_answers.get(query), timeout, f"an answer to query {query}")

    def transcript(self) -> str:
        """Every call but getUpdates in a line."""
        with self.changed:
            calls = [call for call in self.calls if call.method.lower() != "getupdates"]
        return "\n".join(
            f"{c.at - self._began:8.2f} s  {c.method} chat={c.chat} status={c.status} {str(c.params.get('text', ''))[:100]!r}"
            for c in calls
        )

    def tick(self) -> int:
        """The next moment in the order of things."""
        with self.changed:
            self._sequence += 1
            return self._sequence

    def expire_queries(self) -> None:
        """All callback queries become too old to answer."""
        with self.changed:
            self.queries.clear()
