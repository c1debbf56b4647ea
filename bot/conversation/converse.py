"""The line of the conversation: understand -> retrieve -> draft -> check."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.config import Config
from bot.conversation import claim_check, law_then, quantity
from bot.conversation.chat_model import ChatModel
from bot.conversation.draft import Citation, Draft, Kind, extractive, without_source
from bot.conversation.extract import statements
from bot.conversation.follow_ups import follow_ups
from bot.conversation.grounded import GroundedWriter, Redrafted, Show
from bot.conversation.meaning import Meaning
from bot.conversation.understand import KindClassifier, KindGuess, Question
from bot.operations import metrics
from bot.texts import Texts, texts
from knowledge.embed_remote import embeddings_of
from knowledge.follow_up import MOST_TURNS, leans_on
from knowledge.found import Found
from knowledge.legal_status import shown
from knowledge.lexical import tokens
from knowledge.named_rules import told_apart
from knowledge.query import Query
from knowledge.rank import Passage
from knowledge.regional import region_of, regions_in, without_region
from knowledge.regions import find
from knowledge.retrieve import Library

# More than a draft reads: what is beside it gives the questions to ask next.
PASSAGES = 12
# A datum about a named region has to stand in a passage beside its name.
ASKS_DATUM = re.compile(
    r"\b(?:berapa|brp|brapa|siapa|kapan|nilai|skor|peringkat|predikat|tanggal|jumlah|anggaran|apbd|pagu|kategori|"
    r"realisasi|capaian|how\s+(?:many|much)|who|when|what\s+(?:score|is\s+the)|budget|rank)\b",
    re.I,
)
# What a rule fixes for every region is not a datum of the one that is named.
ASKS_RULE = re.compile(
    r"\b(?:batas\w*|syarat\w*|kali|lama(?:nya)?|maksimal|minimal|paling|harus|wajib|boleh\w*|perlu\w*|tenggat\w*|menurut|"
    r"sesuai|pasal|aturan\w*|dasar|berwenang|bertanggung|penanggung|koordinator|walidata|pembina|pengarah|"
    r"(?:yang|yg)\s+(?:meng?usul|menetap|menyetuju|menyusun|membentuk|mengoordinasi|menjadi|jadi)\w*|"
    r"must|should|may|allowed|required|limit|according)\b",
    re.I,
)
# "Apa itu KRISNA?", "apa itu e-monev": some ministry's system; its name alone does not tell that it is off topic.
ASKS_SYSTEM = re.compile(
    r"^\W*(?i:apa\s+(?:itu|kepanjangan(?:nya)?)|apakah\s+itu|what\s+is)\s+(?i:aplikasi\s+|sistem\s+)?(?:[A-Z]{3,}|(?i:e-\w+))\b"
)
CLAUSE = re.compile(r",\s|[;!?]\s|(?<!\bkab)(?<!\bKab)\.\s")
POINTS_AT_IT = re.compile(r"\w{3,}nya\b|\b(?:its|their|kami|kita)\b", re.I)
OWN = re.compile(
    r"\b(?:kab(?:upaten)?|kota|daerah|pem(?:da|kab|kot|prov)|provinsi|dinas|instansi|opd)\s+(?:kami|kita|saya)\b|"
    r"\bour\s+(?:city|regency|district|province|region|agency)\b",
    re.I,
)
YEAR = re.compile(r"\b20\d{2}\b")
COMMON_WORDS = frozenset("smart city smartcity kota cerdas kabupaten kab daerah provinsi tahun berapa nilai".split())
PROOF_PASSAGES = 3
COVERAGE_WEIGHT = 0.029
LIKELY_WEIGHT = 0.0134
ENGLISH_BONUS = 0.037
TEXT_BONUS = 0.012
# Of such messages those that the library does not hold had an evidence of at most .882, the 3 others at least .907.
UNLIKELY = 0.03
MOST_OF_THE_WORDS = 0.65
# Of several questions in one message those that get such a reply are named below the answer to the others.
IN_PART = frozenset({"handover", "refuse"})
# The reply to each kind of message by the reason that its examples carry; "" is the default.
REPLIES: dict[Kind, dict[str, str]] = {
    "smalltalk": {
        "": "smalltalk_greeting",
        "thanks": "smalltalk_thanks",
        "who": "smalltalk_who",
        "source": "smalltalk_source",
        "privacy": "smalltalk_privacy",
    },
    "refuse": {
        "": "refuse_off_topic",
        "personal-data": "refuse_personal_data",
        "instructions": "refuse_instructions",
        "misuse": "refuse_misuse",
    },
    "clarify": {"": "clarify"},
    "handover": {
        "": "handover_not_found",
        "price": "handover_price",
        "person": "handover_person",
        "legal-opinion": "handover_legal_opinion",
        "own-data": "handover_own_data",
        "current": "handover_current",
        "not-held": "handover_not_held",
        "opinion": "handover_opinion",
        "complaint": "handover_complaint",
    },
}


class Conversation:
    """Drafts the initial response to a question from the library in use."""

    def __init__(self, config: Config) -> None:
        self._settings = config.answer
        self._limits = config.drafting
        self.library = Library(config, embeddings_of(config.model, config.data.dir))
        # Who drafts with a chat model; None without one.
        self.writer = _writer(config, self.library)
        self._classifier = KindClassifier(self.library.embeddings, self.library.reader, config.data.dir)
        # Which questions of sections are answered; a look takes 1.5 ms, so it is made once.
        self._answered: dict[tuple[str, str, int], bool] = {}

    def ask(self, question: Question, show: Show = lambda text: None) -> Draft:
        """The draft for one question; "nothing found" is a handover, never an invented answer.

        With a chat model `show` gets the answer as it grows, checked as far as it goes.
        """
        until = time.monotonic() + self._limits.total_seconds
        earlier = leans_on(question.text, question.history)
        with metrics.step("search"):
            found = self._search(question, earlier, until)
        if found.passages:
            metrics.SIMILARITY.observe(found.passages[0].similarity)
            metrics.COVERAGE.observe(found.passages[0].coverage)
        language = found.query.language
        copy = texts(language)
        with metrics.step("understand"):
            guess = self._guess(found)
            reply = self._without_answer(guess, found, copy, has_topic=bool(earlier))
            unanswered = ""
            if found.parts and not found.compares and (reply is None or reply[0] in {"handover", "clarify"}):
                found, unanswered = self._in_part(found, copy, is_sure=reply is None)
                reply = reply if not found.parts else None
        if reply:
            return without_source(reply[0], language, reply[1], question.text)
        with metrics.step("draft"):
            draft = self.writer.draft(found, copy, language, show, until) if self.writer else None
            draft = draft or extractive(found, copy, language, self._settings.max_words)
        with metrics.step("check"):
            unsupported = claim_check.unsupported(draft)
        if unsupported:
            metrics.UNSUPPORTED.inc()
            return without_source("handover", language, copy.handover_not_found, question.text)
        if unanswered:
            draft = replace(draft, next_step=unanswered)
        with metrics.step("suggest"):
            return replace(draft, question=question.text, follow_ups=self._follow_ups(question, found, draft))

    def redraft(self, text: str, citations: Sequence[Citation], instruction: str) -> Redrafted | None:
        """A version of a draft written anew by a consultant's instruction, every point checked
        against the sections that it cites. None without a chat model, or when it failed; without text when
        the sources support too little of what it wrote."""
        if self.writer is None:
            return None
        sections = [self.library.section_text(citation.document, citation.group) for citation in citations]
        until = time.monotonic() + self._limits.total_seconds
        return self.writer.redraft(text, citations, sections, instruction, until)

    def _search(self, question: Question, earlier: str, until: float) -> Found:
        """What the library has on a question; a follow-up is completed by the model where there is one."""
        if earlier and self.writer:
            soon = min(until, time.monotonic() + self._limits.first_token_seconds)
            whole = self.writer.standing_alone(question.text, question.history[-MOST_TURNS:], soon)
            if whole:
                return self.library.search(whole, PASSAGES)
        found = self.library.search(question.text, PASSAGES, earlier)
        # "Saya dari Kota Bogor", said before, tells whose "Perwali 7/2023" is meant.
        meant = told_apart(found.query.choices, " ".join(question.history))
        if len(meant) == 1:
            return self.library.search(f"{question.text} ({shown(meant[0])})", PASSAGES, earlier)
        return found

    def _follow_ups(self, question: Question, found: Found, draft: Draft) -> tuple[str, ...]:
        if draft.language != "id":
            return ()
        asked = (question.text, *question.history)
        return follow_ups(found.passages, draft.citations, asked, self.library.reader, self._is_answered)

    def _is_answered(self, passage: Passage, n: int) -> bool:
        """Whether a section's own question is taken for one that the library answers. That its section comes first
        need not be looked at: of 987 such questions four led to another one, which answers as well."""
        key = (self.library.manifest.generation, passage.chunk.id, n)
        if key not in self._answered:
            own = self.library.own_question(passage.chunk, n)
            self._answered[key] = own is not None and self._classifier.guess(own[0].expanded, own[1]).kind == "answer"
        return self._answered[key]

    def _guess(self, found: Found) -> KindGuess:
        """The kind of the message. What leans on another topic, and of which one section holds every word, may
        only be off topic together with it: "siapa saja yang terpilih?"."""
        guess = self._classifier.guess(found.said.expanded, found.said_vector)
        if found.said is not found.query and guess.reason == "off-topic":
            said = set(found.said.words)
            chunks = [passage.chunk for passage in found.passages[:PROOF_PASSAGES]]
            if any(said <= set(tokens(" ".join([chunk.text, *chunk.questions]))) for chunk in chunks):
                return self._classifier.guess(found.query.expanded, found.vector)
        return guess

    def _without_answer(
        self, guess: KindGuess, found: Found, copy: Texts, *, has_topic: bool
    ) -> tuple[Kind, str] | None:
        """The kind and text of a reply that does not come from the library, None for an answer."""
        query = found.query
        names_rule = bool(query.documents)
        if guess.reason == "off-topic" and not names_rule and ASKS_SYSTEM.search(found.said.text):
            guess = replace(guess, kind="handover", reason="not-held")
        # What lies outside the shipped library may stand in another one: there the passages decide.
        sure = guess.reason != "not-held" and guess.confidence >= self._needed(guess, found, has_topic=has_topic)
        if sure and guess.kind in REPLIES:
            # A named regulation is a topic, and so is the turn before.
            is_topic = guess.kind == "clarify" and (names_rule or has_topic or bool(query.earlier))
            is_topic |= guess.kind == "refuse" and guess.reason not in REPLIES["refuse"] and names_rule
            if not is_topic:
                return guess.kind, getattr(copy, _reply(guess))
        if query.choices:
            return "clarify", copy.clarify_region.format(rules=", ".join(map(shown, query.choices)))
        missing = self._missing(query, copy)
        if missing:
            # Whoever asks for its wording may not know that it is no longer in force.
            gone = [law_then.repealed(shown(code), (), instead, copy) for code, instead in found.repealed.items()]
            return "handover", " ".join([missing, *gone])
        if not found.passages or not self._answers(found, guess, has_topic=has_topic):
            return self._not_held(guess, found, copy)
        if _asks_what_no_passage_names(found):
            return "handover", copy.handover_own_data
        return ("handover", self._not_found(found, copy)) if quantity.states_none(found) else None

    def _not_held(self, guess: KindGuess, found: Found, copy: Texts) -> tuple[Kind, str]:
        """The reply where the library holds no answer; nobody is accused of anything on a guess."""
        if guess.kind == "refuse":
            return "refuse", copy.refuse_off_topic
        if guess.kind == "handover":
            return "handover", copy.handover_not_held
        return "handover", self._not_found(found, copy)

    def _needed(self, guess: KindGuess, found: Found, *, has_topic: bool) -> float:
        """How sure a guess has to be: more so where the library speaks plainly of the question,
        since an official asking "boleh ga kami ..." sounds like one who wants a legal opinion."""
        if guess.kind == "clarify":
            return self._settings.clarify_confidence
        # "Berapa nilai SPBE kabupaten kami?" is near to what is said of SPBE, and answered by none of it.
        is_own = guess.reason == "own-data" and OWN.search(found.said.text) and ASKS_DATUM.search(found.said.text)
        may_be_ours = (guess.kind == "handover" and not is_own) or guess.reason == "off-topic"
        doubtful = has_topic or (may_be_ours and self._is_likely(found))
        return self._settings.sure_confidence if doubtful else self._settings.kind_confidence

    def _in_part(self, found: Found, copy: Texts, *, is_sure: bool) -> tuple[Found, str]:
        """What was found with only those of its parts that have an answer, and what to say of the others.

        Unless the whole is sure to be answered, a part has to sound like it as well.
        """
        answered: list[Found] = []
        unanswered: list[str] = []
        for part in found.parts:
            guess = self._guess(part)
            reply = self._without_answer(guess, part, copy, has_topic=part.said is not part.query)
            if reply is None and (is_sure or guess.kind == "answer"):
                answered.append(part)
            elif reply and reply[0] in IN_PART:
                unanswered.append(copy.part_unanswered.format(part=part.said.text, reply=reply[1]))
        if not answered:
            return replace(found, parts=()), ""
        return replace(found, parts=tuple(answered)), " ".join(unanswered)

    def _missing(self, query: Query, copy: Texts) -> str | None:
        """What to say when the question names a regulation or an article that is not here."""
        if query.unknown:
            text = copy.handover_unknown_regulation.format(regulation=shown(query.unknown[0]))
            number = without_region(query.unknown[0])
            others = dict.fromkeys(d.id for d in self.library.manifest.documents if without_region(d.id) == number)
            return f"{text} {copy.other_regions.format(rules=', '.join(map(shown, others)))}" if others else text
        if query.mentioned and query.articles:
            name = shown(query.mentioned[0])
            return copy.handover_unknown_article.format(article=query.articles[0], regulation=name)
        if len(query.documents) == 1:
            have = self.library.articles(query.documents[0])
            absent = [article for article in query.articles if article not in have]
            if absent and len(absent) == len(query.articles):
                name = shown(query.documents[0])
                return copy.handover_unknown_article.format(article=absent[0], regulation=name)
        return None

    def _answers(self, found: Found, guess: KindGuess, *, has_topic: bool) -> bool:
        """Whether the passages are near enough to the question, in meaning and in words, and it is
        like those that the library is meant to answer."""
        if found.query.documents or found.query.articles or found.query.mentioned:
            return True
        best = found.passages[:PROOF_PASSAGES]
        similarity, coverage = max(p.similarity for p in best), max(p.coverage for p in best)
        # An English question shares no words with Indonesian text.
        english = found.query.language == "en"
        if found.passages[0].similarity < self._settings.min_similarity:
            return False
        if coverage < self._settings.min_coverage and not english:
            return False
        # A text lies farther from a question than the questions that a section of ours carries.
        ours = bool(best[0].chunk.questions)
        bonus = (ENGLISH_BONUS if english else 0.0) + (0.0 if ours else TEXT_BONUS)
        # What sounds like an affair that ours is not meant for needs more, unless the words are there.
        doubt = UNLIKELY if ours and guess.reason == "not-held" and coverage < MOST_OF_THE_WORDS else 0.0
        enough = evidence(similarity, coverage, guess.answerable) + bonus - doubt >= self._settings.min_evidence
        # What was said before gives a follow-up its topic; alone it is like nothing.
        return has_topic or enough

    def _is_likely(self, found: Found) -> bool:
        """Whether the library speaks so plainly of the question that it is worth an answer."""
        return bool(found.passages) and found.passages[0].similarity >= self._settings.likely_similarity

    def _not_found(self, found: Found, copy: Texts) -> str:
        likely = [p for p in found.passages[:2] if p.similarity >= self._settings.likely_similarity]
        names = [f"{p.document.title} ({p.chunk.locator})" for p in likely]
        nearest = [copy.nearest_topic.format(topics="; ".join(names))] if names else []
        return " ".join([copy.handover_not_found, *nearest])


def evidence(similarity: float, coverage: float, answerable: float) -> float:
    """How much speaks for the library holding an answer, on the scale of the cosine.

    `coverage` is the share of the question's words that a passage holds, `answerable` how like
    the question is to those that the library is meant for. The weights are those of a logistic
    regression over 304 questions, 71 of them on other affairs of a local government.
    """
    likely = min(max(answerable, 0.001), 0.999)
    return similarity + COVERAGE_WEIGHT * coverage + LIKELY_WEIGHT * math.log(likely / (1 - likely))


def _reply(guess: KindGuess) -> str:
    replies = REPLIES[guess.kind]
    return replies.get(guess.reason, replies[""])


def _writer(config: Config, library: Library) -> GroundedWriter | None:
    """Who drafts with the chat model that the settings name; None without one."""
    if not config.model.chat:
        return None
    limits = config.drafting
    meaning = Meaning(library.embeddings, limits.min_support, limits.inference)
    return GroundedWriter(ChatModel(config.model.chat, limits, config.data.dir), meaning)


def _asks_what_no_passage_names(found: Found) -> bool:
    """Whether a datum of a region is wanted that no passage states.

    The statement that names the region has to speak of the same thing: of the year that is
    asked for, and in Indonesian with a word of the question.
    """
    query = found.query
    regions = find(query.text)
    if not regions or not _asks_datum(query.text):
        return False
    names = {word for region in regions for word in tokens(region.name)}
    years = set(YEAR.findall(query.text))
    words = set(query.words) - names - years - COMMON_WORDS
    homes = regions_in(region.name for region in regions)
    # Of a region's own rule it is asked what that says.
    if any(region_of(rule) in homes for rule in query.documents):
        return False
    for passage in found.passages[:PROOF_PASSAGES]:
        parts = statements(passage.chunk.text)
        is_home = region_of(passage.document.id) in homes
        opening = set(tokens(parts[0].text)) if parts else set()
        for statement in parts:
            said = set(tokens(statement.text)) | (opening if statement.is_item else set())
            named = is_home or any(region.short.lower() in statement.text.lower() for region in regions)
            same_thing = query.language == "en" or bool(said & words)
            if named and same_thing and not (years - said):
                return False
    return True


def _asks_datum(text: str) -> bool:
    """Whether a clause asks for a datum of the region that the text names.

    "Kami dari Kabupaten Lebak, berapa batas belanja pegawai?" does not: who asks is not what
    is asked about, and a limit is the same for every region.
    """
    asking = [clause for clause in CLAUSE.split(text) if ASKS_DATUM.search(clause)]
    return any(
        (find(clause) or POINTS_AT_IT.search(clause)) and (YEAR.search(clause) or not ASKS_RULE.search(clause))
        for clause in asking
    )
