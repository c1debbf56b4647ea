"""Who handles what: updates in, the handler of each out, as one table."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.telegram import cards, library_cards
from bot.telegram.admins import Admins
from bot.telegram.catalogue import Catalogue
from bot.telegram.commands import Commands
from bot.telegram.consultants import Consultants
from bot.telegram.consultation import Consultation
from bot.telegram.desk import Desk
from bot.telegram.edits import Edits
from bot.telegram.flood import FloodGate
from bot.telegram.health import Health
from bot.telegram.lead_actions import LeadActions
from bot.telegram.learning import GAP, Learning
from bot.telegram.numbers import Numbers
from bot.telegram.office import Office
from bot.telegram.presses import Presses
from bot.telegram.quarantine import SENTENCE, Quarantine
from bot.telegram.questions import Questions
from bot.telegram.relay import Relay
from bot.telegram.uploads import Uploads

Handlers = dict[int, list[BaseHandler[Update, ContextTypes.DEFAULT_TYPE, Any]]]


def handlers(desk: Desk, relay: Relay, actions: LeadActions, board: str) -> Handlers:
    """Who handles what; the first that fits in its group does. `board` is the web board's address."""
    questions = Questions(desk)
    presses, commands, admins = Presses(desk, questions), Commands(desk), Admins(desk)
    requests = Consultation(desk, questions, commands, relay)
    uploads, catalogue = Uploads(desk, requests.message), Catalogue(desk)
    consultants, office = Consultants(desk, relay, actions), Office(desk, relay.cards, board)
    numbers = Numbers(desk, relay.cards.group, relay.cards.sla)
    learning, edits = Learning(desk, relay.cards, actions), Edits(desk, questions, relay)
    private = filters.ChatType.PRIVATE
    fresh, changed = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    said = fresh & ~filters.COMMAND & ~filters.StatusUpdate.ALL
    among_consultants = said & filters.Chat(desk.config.telegram.consultants)
    admin = filters.User(desk.config.telegram.admins)
    of_library = fresh & private & admin
    return {
        -1: [TypeHandler(Update, FloodGate(desk).check)],
        0: [
            CommandHandler("start", requests.from_link, fresh & filters.Regex(r"^/start\S* k_")),
            CommandHandler("start", office.enrol, fresh & private & filters.Regex(r"^/start u_")),
            CommandHandler("start", commands.start, fresh),
            CommandHandler(["bantuan", "help"], commands.help, fresh),
            CommandHandler("konsultasi", requests.begin, fresh),
            CommandHandler("batal", requests.cancel, fresh),
            CommandHandler(["kembali", "lewati"], requests.message, fresh & private),
            CommandHandler("status", commands.status, fresh),
            CommandHandler("riwayat", commands.history, fresh),
            CommandHandler("bahasa", commands.choose_language, fresh),
            CommandHandler("privasi", commands.privacy, fresh),
            CommandHandler("datasaya", commands.my_data, fresh),
            CommandHandler("hapusdata", commands.ask_to_delete, fresh),
            CommandHandler("masalah", admins.problems, fresh & admin),
            CommandHandler("konsultan", office.members, fresh & admin),
            CommandHandler("pustaka", catalogue.listing, of_library),
            CommandHandler("dokumen", catalogue.document, of_library),
            CommandHandler("cabut", catalogue.repeal, of_library),
            CommandHandler("hapusdok", catalogue.delete, of_library),
            CommandHandler("muatulang", catalogue.reload, of_library),
            CommandHandler("kembalikan", catalogue.roll_back, of_library),
            CommandHandler("uji", catalogue.evaluate, of_library),
            CommandHandler("kesehatan", Health(desk).command, of_library),
            CommandHandler("antrean", office.queue, fresh),
            CommandHandler("milikku", office.mine, fresh),
            CommandHandler("cari", office.search, fresh),
            CommandHandler("statistik", numbers.chart, fresh),
            CommandHandler("ekspor", numbers.export, fresh),
            CommandHandler("kesenjangan", learning.gaps, fresh),
            CommandHandler("papan", office.board, fresh),
            CommandHandler("tanya", questions.command, fresh),
            CallbackQueryHandler(presses.below_answer, "^[snvwzdfr]:"),
            CallbackQueryHandler(presses.example, "^e:"),
            CallbackQueryHandler(commands.privacy, "^p:"),
            CallbackQueryHandler(commands.set_language, "^b:"),
            CallbackQueryHandler(commands.delete, "^h:"),
            CallbackQueryHandler(requests.from_answer, "^k:"),
            CallbackQueryHandler(requests.press, "^i:"),
            CallbackQueryHandler(admins.press, "^[ou]:"),
            CallbackQueryHandler(consultants.press, f"^{cards.LEAD}:"),
            CallbackQueryHandler(consultants.approve, f"^{cards.VERSION}:"),
            CallbackQueryHandler(consultants.reason, f"^{cards.REASON}:"),
            CallbackQueryHandler(consultants.redraft, f"^{cards.REDRAFT}:"),
            CallbackQueryHandler(uploads.press, f"^{library_cards.UPLOAD}:"),
            CallbackQueryHandler(catalogue.press_document, f"^{library_cards.DOCUMENT}:"),
            CallbackQueryHandler(Quarantine(desk).press, f"^{SENTENCE}:"),
            CallbackQueryHandler(catalogue.page, f"^{library_cards.LIST}:"),
            CallbackQueryHandler(catalogue.press_job, f"^(?:{library_cards.JOB}|{library_cards.ROLLBACK}):"),
            CallbackQueryHandler(learning.mark, f"^{cards.REUSABLE}:"),
            CallbackQueryHandler(learning.use, f"^{cards.USE}:"),
            CallbackQueryHandler(learning.gap, f"^{GAP}:"),
            CallbackQueryHandler(presses.unknown),
            MessageHandler(of_library & filters.Document.ALL, uploads.received),
            MessageHandler(of_library & filters.REPLY & filters.TEXT & ~filters.COMMAND, uploads.reply),
            MessageHandler(fresh & private & filters.COMMAND, commands.help),
            MessageHandler(fresh & private & filters.TEXT, requests.message),
            MessageHandler(among_consultants, consultants.message),
            MessageHandler(fresh & filters.TEXT & ~filters.COMMAND, questions.message),
            MessageHandler(changed & private, edits.official),
            MessageHandler(changed & filters.Chat(desk.config.telegram.consultants), edits.consultant),
            MessageHandler(changed & filters.TEXT, questions.edited),
            MessageHandler(fresh & private & ~filters.StatusUpdate.ALL, requests.media),
        ],
    }
