"""The methods of the Bot API: a call enters, its result leaves, or a refusal in Telegram's wording is raised."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tests.bot_api_chats import BOT, Call, Chat, Draft, Group, Json, Message, Person, Telegram
from tests.bot_api_html import Entity, MarkupError, parse_html, trim, utf16

ME = BOT | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
ACTIONS = set(
    """typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker
    find_location record_video_note upload_video_note""".split()
)
PACED = re.compile(r"(send(?!ChatAction|MessageDraft)|editMessage|copyMessage|forwardMessage).*", re.IGNORECASE)
CONTENT = "text entities caption caption_entities document photo voice sticker contact location".split()
RIGHTS = """can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members
    can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories
    is_anonymous""".split()
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
NOT_THERE = "message thread not found"


class RefusalError(Exception):
    """A call that the server refuses, with Telegram's code and wording."""

    def __init__(self, code: int, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.retry_after = code, text, retry_after


class Methods:
    """Answers calls from what Telegram knows, and changes it. The caller holds the lock."""

    def __init__(self, telegram: Telegram) -> None:
        self.telegram = telegram

    def answer(self, call: Call) -> object:
        """The result of a call; raises RefusalError."""
        method = _METHODS.get(call.method.lower())
        if method is None:
            raise RefusalError(404, "method not found")
        return method(self, call)

    def keep_pace(self, call: Call) -> None:
        """Raises the 429 of a call that comes too soon after others to its chat."""
        chat = self.telegram.chats.get(call.chat or 0)
        if chat is None or not PACED.fullmatch(call.method):
            return
        many, seconds = (3, 3.0) if chat.private else (20, 60.0)  # one a second with bursts of three; 20 a minute
        while chat.sending and chat.sending[0] <= call.at - seconds:
            chat.sending.popleft()
        if len(chat.sending) >= many:
            wait = max(1, math.ceil(chat.sending[0] + seconds - call.at))
            raise RefusalError(429, f"retry after {wait}", wait)
        chat.sending.append(call.at)

    def _chat(self, call: Call, key: str = "chat_id") -> Chat:
        if call.params.get(key, "") == "":
            raise RefusalError(400, f"{key} is empty")
        chat = self.telegram.chats.get(call.params[key])
        if chat is None:
            raise RefusalError(400, "chat not found")
        if chat.refusal:
            raise RefusalError(403, chat.refusal)
        return chat

    def _text(self, call: Call, key: str = "text", limit: int = 4096, empty: bool = False) -> tuple[str, list[Entity]]:
        plain, mode = str(call.params.get(key, "")), str(call.params.get("parse_mode", ""))
        entities = call.params.get("entities" if key == "text" else "caption_entities", [])
        if mode.lower() == "html":
            try:
                plain, entities = parse_html(plain)
            except MarkupError as error:
                raise RefusalError(400, f"can't parse entities: {error}") from error
        elif mode:
            raise RefusalError(400, "unsupported parse_mode")
        plain, entities = trim(plain, entities)
        if not plain and not empty:
            raise RefusalError(400, "message text is empty")
        if utf16(plain) > limit:
            raise RefusalError(400, "message is too long" if key == "text" else "message caption is too long")
        return plain, entities

    def _caption(self, call: Call) -> Json:
        plain, entities = self._text(call, "caption", 1024, empty=True)
        return _without_empty({"caption": plain, "caption_entities": entities})

    def _place(self, call: Call, chat: Chat) -> Json:
        place: Json = {}
        thread = call.params.get("message_thread_id")
        if thread is not None:
            if thread not in chat.topics:
                raise RefusalError(400, NOT_THERE)
            place = {"message_thread_id": thread, "is_topic_message": True, "reply_to_message": chat.history[thread]}
        reply = call.params.get("reply_parameters", {})
        replied = reply.get("message_id", call.params.get("reply_to_message_id"))
        if replied is not None and replied in chat.history:
            place["reply_to_message"] = {k: v for k, v in chat.history[replied].items() if k != "reply_to_message"}
        elif replied is not None and not reply.get("allow_sending_without_reply"):
            raise RefusalError(400, "message to be replied not found")
        return place

    def _send(self, call: Call, content: Json, file: tuple[str, bytes] | None = None) -> Json:
        chat = self._chat(call)
        markup = _markup(call, chat)
        shown = {"reply_markup": markup} if markup and "inline_keyboard" in markup else {}
        body = chat.add(self._place(call, chat) | content | shown, BOT)
        now = self.telegram.tick()
        message = Message(
            chat_id=chat.id,
            message_id=body["message_id"],
            text=str(content.get("text") or content.get("caption") or ""),
            html=str(call.params.get("text", call.params.get("caption", ""))),
            entities=content.get("entities") or content.get("caption_entities") or [],
            reply_markup=markup,
            method=call.method,
            params=call.params,
            at=call.at,
            when=call.when,
            body=body,
            sequence=now,
            version=now,
            file_name=file[0] if file else None,
            content=file[1] if file else None,
        )
        chat.sent[message.message_id] = message
        return body

    def _own(self, call: Call, missing: str) -> Message:
        chat, message_id = self._chat(call), call.params.get("message_id")
        if message_id not in chat.history:
            raise RefusalError(400, missing)
        message = chat.sent.get(message_id)
        if message is None or "keyboard" in (message.reply_markup or {}):
            raise RefusalError(400, "message can't be edited")
        return message

    def _edit(self, message: Message, call: Call, **changes: Any) -> Json:  # noqa: ANN401
        chat = self.telegram.chats[message.chat_id]
        markup = _markup(call, chat)
        if markup and "inline_keyboard" not in markup:
            raise RefusalError(400, "inline keyboard expected")
        if replace(message, reply_markup=markup, **(changes | {"html": message.html})) == message:
            raise RefusalError(400, UNCHANGED)
        body = {key: value for key, value in message.body.items() if key not in {"reply_markup", *changes}}
        body |= {"edit_date": int(time.time())} | _without_empty({"reply_markup": markup})
        body |= _without_empty({key: value for key, value in changes.items() if key != "html"})
        chat.history[message.message_id] = body
        edited = replace(message, reply_markup=markup, body=body, version=self.telegram.tick(), **changes)
        chat.sent[message.message_id] = edited
        return body

    def _uploaded(self, call: Call, key: str) -> tuple[str, bytes]:
        named = str(call.params.get(key, "")).removeprefix("attach://")
        if file := call.files.get(named or key):
            if not file[1]:
                raise RefusalError(400, "file must be non-empty")
            return file
        if known := self.telegram.files.get(named):
            return known["file_name"], self.telegram.contents[known["file_path"]]
        raise RefusalError(
            400, "wrong file identifier/HTTP URL specified" if named else f"there is no {key} in the request"
        )

    # The methods.

    def _send_message(self, call: Call) -> Json:
        self._chat(call)
        plain, entities = self._text(call)
        return self._send(call, _without_empty({"text": plain, "entities": entities}))

    def _send_document(self, call: Call) -> Json:
        file = self._uploaded(call, "document")
        return self._send(call, {"document": self.telegram.keep_file("documents", *file)} | self._caption(call), file)

    def _send_photo(self, call: Call) -> Json:
        file = self._uploaded(call, "photo")
        size = self.telegram.keep_file("photos", *file) | {"width": 640, "height": 480}
        return self._send(call, {"photo": [size]} | self._caption(call), file)

    def _send_contact(self, call: Call) -> Json:
        contact = {
            key: call.params.get(key) for key in ("phone_number", "first_name", "last_name") if key in call.params
        }
        return self._send(call, {"contact": contact})

    def _send_chat_action(self, call: Call) -> bool:
        self._place(call, self._chat(call))
        if call.params.get("action") not in ACTIONS:
            raise RefusalError(400, "wrong parameter action in request")
        return True

    def _send_draft(self, call: Call) -> bool:
        chat = self._chat(call)
        if not chat.private:
            raise RefusalError(400, "TEXTDRAFT_PEER_INVALID")
        if not call.params.get("draft_id"):
            raise RefusalError(400, "draft_id must be non-zero")
        plain, entities = self._text(call, empty=True)
        html = str(call.params.get("text", ""))
        self.telegram.drafts.append(Draft(chat.id, call.params["draft_id"], plain, html, entities, call.at))
        return True

    def _edit_text(self, call: Call) -> Json:
        message = self._own(call, "message to edit not found")
        plain, entities = self._text(call)
        if "text" not in message.body:
            raise RefusalError(400, "there is no text in the message to edit")
        return self._edit(message, call, text=plain, entities=entities, html=str(call.params["text"]))

    def _edit_markup(self, call: Call) -> Json:
        return self._edit(self._own(call, "message to edit not found"), call)

    def _delete(self, call: Call) -> bool:
        chat, message_id = self._chat(call), call.params.get("message_id")
        if message_id not in chat.history:
            raise RefusalError(400, "message to delete not found")
        del chat.history[message_id]
        chat.sent.pop(message_id, None)
        return True

    def _copied(self, call: Call, verb: str) -> tuple[Json, Json]:
        origin = self._chat(call, "from_chat_id").history.get(call.params.get("message_id", 0))
        if origin is None:
            raise RefusalError(400, f"message to {verb} not found")
        return {key: origin[key] for key in CONTENT if key in origin}, origin

    def _copy(self, call: Call) -> Json:
        content = self._copied(call, "copy")[0]
        if "caption" in call.params:
            content = {key: content[key] for key in content if "caption" not in key} | self._caption(call)
        return {"message_id": self._send(call, content)["message_id"]}

    def _forward(self, call: Call) -> Json:
        content, origin = self._copied(call, "forward")
        source = {"type": "user", "sender_user": origin["from"], "date": origin["date"]}
        return self._send(call, content | {"forward_origin": source})

    def _answer_query(self, call: Call) -> bool:
        query = str(call.params.get("callback_query_id", ""))
        if query not in self.telegram.queries:
            raise RefusalError(400, TOO_OLD)
        if utf16(str(call.params.get("text", ""))) > 200:
            raise RefusalError(400, "MESSAGE_TOO_LONG")
        self.telegram.queries.remove(query)
        self.telegram.callback_answers[query] = call.params
        return True

    def _command_scope(self, call: Call) -> tuple[str, str]:
        scope = call.params.get("scope", {"type": "default"})
        if "chat_id" in scope and scope["chat_id"] not in self.telegram.chats:
            raise RefusalError(400, "chat not found")
        parts = [scope["type"], *(str(scope[key]) for key in ("chat_id", "user_id") if key in scope)]
        return ":".join(parts), call.params.get("language_code", "")

    def _set_commands(self, call: Call) -> bool:
        commands = call.params.get("commands", [])
        if len(commands) > 100:
            raise RefusalError(400, "BOT_COMMANDS_TOO_MUCH")
        if not all(re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) for command in commands):
            raise RefusalError(400, "BOT_COMMAND_INVALID")
        if not all(1 <= len(command["description"]) <= 256 for command in commands):
            raise RefusalError(400, "BOT_COMMAND_DESCRIPTION_INVALID")
        self.telegram.commands[self._command_scope(call)] = commands
        return True

    def _delete_commands(self, call: Call) -> bool:
        self.telegram.commands.pop(self._command_scope(call), None)
        return True

    def _describe(self, call: Call, key: str, limit: int, kept: dict[str, str]) -> bool:
        if len(call.params.get(key, "")) > limit:
            raise RefusalError(400, f"{key.replace('_', ' ')} is too long")
        kept[call.params.get("language_code", "")] = call.params.get(key, "")
        return True

    def _get_chat(self, call: Call) -> Json:
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        return self._chat(call).json | full

    def _get_member(self, call: Call) -> Json:
        chat, user_id = self._chat(call), call.params.get("user_id", 0)
        person = self.telegram.chats.get(user_id)
        user = person.user if isinstance(person, Person) else BOT if user_id == BOT["id"] else None
        if user is None:
            raise RefusalError(400, "user not found")
        status = chat.members.get(user_id, "left") if isinstance(chat, Group) else "member"
        extra: Json = dict.fromkeys(RIGHTS if status == "administrator" else [], False)
        extra |= {"is_anonymous": False} if status == "creator" else {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": user} | extra

    def _get_file(self, call: Call) -> Json:
        file = self.telegram.files.get(call.params.get("file_id", ""))
        if file is None:
            raise RefusalError(400, "invalid file_id")
        if file["file_size"] > 20 * 1024 * 1024:
            raise RefusalError(400, "file is too big")
        return {key: value for key, value in file.items() if key != "file_name"}

    def _forum(self, call: Call) -> Group:
        chat = self._chat(call)
        if not isinstance(chat, Group) or not chat.json.get("is_forum"):
            raise RefusalError(400, "the chat is not a forum")
        return chat

    def _create_topic(self, call: Call) -> Json:
        forum, name = self._forum(call), str(call.params.get("name", ""))
        if not 1 <= len(name) <= 128:
            raise RefusalError(400, "TOPIC_TITLE_INVALID" if name else "topic name is empty")
        icon = self._icon(call)
        return {"message_thread_id": forum.topic(name, **icon), "name": name, "icon_color": 7322096} | icon

    def _edit_topic(self, call: Call) -> bool:
        return self._change_topic(
            call, **{key: call.params[key] for key in ("name",) if key in call.params}, **self._icon(call)
        )

    def _icon(self, call: Call) -> Json:
        """The icon that a call names; only those that Telegram offers are allowed, none takes it away."""
        icon = call.params.get("icon_custom_emoji_id")
        if icon and icon not in {sticker["custom_emoji_id"] for sticker in self.telegram.topic_icons}:
            raise RefusalError(400, "DOCUMENT_INVALID")
        return {} if icon is None else {"icon_custom_emoji_id": icon}

    def _change_topic(self, call: Call, **changes: object) -> bool:
        topic = self._forum(call).topics.get(call.params.get("message_thread_id", 0))
        if topic is None:
            raise RefusalError(400, NOT_THERE)
        if topic == topic | changes:
            raise RefusalError(400, "TOPIC_NOT_MODIFIED")
        topic |= changes
        return True

    def _leave(self, call: Call) -> bool:
        chat = self._chat(call)
        chat.refusal = f"bot is not a member of the {chat.json['type']} chat"
        return True

    def _set_webhook(self, call: Call) -> bool:
        self.telegram.webhook = {key: value for key, value in call.params.items() if key != "drop_pending_updates"}
        self.telegram.allowed = call.params.get("allowed_updates", self.telegram.allowed)
        if call.params.get("drop_pending_updates"):
            self.telegram.unconfirmed.clear()
        self.telegram.wake()
        return True

    def _webhook_info(self, call: Call) -> Json:
        shown = {
            key: value for key, value in self.telegram.webhook.items() if key not in {"secret_token", "certificate"}
        }
        counts = {"has_custom_certificate": False, "pending_update_count": len(self.telegram.unconfirmed)}
        return {"url": ""} | shown | counts


_METHODS: dict[str, Callable[[Methods, Call], Any]] = {
    name.lower(): method
    for name, method in {
        "getMe": lambda it, call: ME,
        "setWebhook": Methods._set_webhook,
        "deleteWebhook": lambda it, call: it._set_webhook(replace(call, params=call.params | {"url": ""})),
        "getWebhookInfo": Methods._webhook_info,
        "sendMessage": Methods._send_message,
        "sendDocument": Methods._send_document,
        "sendPhoto": Methods._send_photo,
        "sendContact": Methods._send_contact,
        "sendChatAction": Methods._send_chat_action,
        "sendMessageDraft": Methods._send_draft,
        "editMessageText": Methods._edit_text,
        "editMessageReplyMarkup": Methods._edit_markup,
        "deleteMessage": Methods._delete,
        "copyMessage": Methods._copy,
        "forwardMessage": Methods._forward,
        "answerCallbackQuery": Methods._answer_query,
        "setMyCommands": Methods._set_commands,
        "getMyCommands": lambda it, call: it.telegram.commands.get(it._command_scope(call), []),
        "deleteMyCommands": Methods._delete_commands,
        "setMyDescription": lambda it, call: it._describe(call, "description", 512, it.telegram.descriptions),
        "setMyShortDescription": lambda it, call: it._describe(
            call, "short_description", 120, it.telegram.short_descriptions
        ),
        "getChat": Methods._get_chat,
        "getChatMember": Methods._get_member,
        "getFile": Methods._get_file,
        "createForumTopic": Methods._create_topic,
        "getForumTopicIconStickers": lambda it, call: it.telegram.topic_icons,
        "editForumTopic": Methods._edit_topic,
        "closeForumTopic": lambda it, call: it._change_topic(call, closed=True),
        "reopenForumTopic": lambda it, call: it._change_topic(call, closed=False),
        "leaveChat": Methods._leave,
    }.items()
}


def _without_empty(values: Json) -> Json:
    return {key: value for key, value in values.items() if value}


def _markup(call: Call, chat: Chat) -> Json | None:
    markup: Json | None = call.params.get("reply_markup") or None
    if markup == {"inline_keyboard": []}:
        return None
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            _check_button(button, chat)
    for row in (markup or {}).get("keyboard", []):
        for button in row:
            if not chat.private and isinstance(button, dict) and "request_contact" in button:
                raise RefusalError(400, "phone number can be requested in private chats only")
            if not chat.private and isinstance(button, dict) and "web_app" in button:
                raise RefusalError(400, "BUTTON_TYPE_INVALID")
    return markup


def _check_button(button: Json, chat: Chat) -> None:
    if not button.get("text"):
        raise RefusalError(400, "can't parse inline keyboard button: Text must be non-empty")
    if not any(button.get(key) for key in button if key not in {"text", "style", "icon_custom_emoji_id"}):
        raise RefusalError(400, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(str(button.get("callback_data", "")).encode()) > 64:
        raise RefusalError(400, "BUTTON_DATA_INVALID")
    if "web_app" in button and not chat.private:
        raise RefusalError(400, "BUTTON_TYPE_INVALID")
    if "web_app" in button and not button["web_app"]["url"].startswith("https://"):
        url = button["web_app"]["url"]
        raise RefusalError(400, f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    if url := button.get("url"):
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in {"http", "https", "tg", "ton"} or ":" in url.partition("://")[0]:
            raise RefusalError(400, f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
        if parts.scheme.startswith("http") and "." not in (parts.hostname or ""):
            raise RefusalError(400, f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
