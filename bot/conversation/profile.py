"""A message in, what it says of its writer out: name, position, agency, region, contact.

Officials introduce themselves in a few fixed ways: "kami dari AGENCY REGION", "saya NAME,
POSITION AGENCY REGION", "AGENCY REGION di sini", a list with labels. Only these are read,
where a clause begins; what a question says of others is not. Better nothing than wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from wordfreq import zipf_frequency

from bot.conversation.agencies import ENGLISH_AGENCY, HEADS, agency_at, ends_a_name, region_at, spelled, words_at
from knowledge import regions

GOVERNMENT = re.compile(r"(?:the\s+)?(?:pemerintah(?:an)?|pemda|government\s+of)\b\s*(?:daerah\b)?", re.I)
PEM = re.compile(r"pemkab|pemkot|pemprov|pemerintah|pemda", re.I)
POSITION = re.compile(
    r"(?:(?:plt|plh|pj|pjs)\.?\s+)?(?:"
    r"kepala\s+(?:bidang|seksi|bagian|sub\s?bagian|sub\s?bidang|upt|uptd|desa|pelaksana|kantor|biro)|kepala|"
    r"kadis(?:kominfo)?|kaban|kabid|kasi|kasubag|kasubbag|kasubbid|kabag|karo|sekdis|sekban|sekcam|sekda|"
    r"sekretaris(?:\s+daerah)?|staf(?:\s+ahli)?|staff|asn|pns|pegawai|camat|lurah|"
    r"analis|pranata|fungsional|perencana|arsiparis|auditor|asisten|anggota|ketua|koordinator|admin|operator|"
    r"bupati|wakil\s+bupati|wali\s?kota|wakil\s+wali\s?kota|gubernur|wakil\s+gubernur|"
    r"mahasiswa|dosen|peneliti|konsultan|wartawan|"
    r"head|secretary|director|analyst|officer|member|mayor|regent|student|researcher"
    r")(?!\w)",
    re.I,
)
# A position that says enough when no agency follows.
ALONE = re.compile(r"kadis|kaban|kabid|kasub|kabag|sekdis|sekban|sekda|camat|lurah", re.I)
LEADERS = re.compile(r"(?:bupati|wali\s?kota|gubernur)\Z", re.I)
PRONOUN = re.compile(
    r"(?:(?P<own>saya|kami|aku|i\s+am|i['’]m|we\s+are|we['’]re|i|we)|(?P<weak>ini|this\s+is|dengan))\b,?\s+", re.I
)
NAMED = re.compile(
    r"(?:nama\s+(?:saya|aku)(?:\s+adalah)?|(?:saya|aku)\s+bernama|"
    r"my\s+name\s+is|my\s+name['’]s)\s*[:,]?\s+",
    re.I,
)
FROM = re.compile(
    r"(?:(?:yang\s+)?(?:berasal\s+)?dari|mewakili|atas\s+nama|(?:be)?kerja\s+(?:di|pada)|(?:be)?tugas\s+(?:di|pada)|"
    r"bertugas\s+(?:di|pada)|(?:ber)?dinas\s+(?:di|pada)|from|work(?:ing)?\s+(?:at|for|in|with)|writing\s+from|represent(?:ing)?)"
    r"\s+(?:pihak\s+|the\s+)?",
    re.I,
)
AT = re.compile(r"(?:di|pada|dari|at|of|for|in|from|with)\s+(?:the\s+)?", re.I)
GREETING = re.compile(
    r"(?:assalamu['’]?\s?alaikum|wr\.?\s?wb\.?|(?:met|selamat)\s+(?:pagi|siang|sore|malam|datang)|pagi|siang|sore|malam|"
    r"hallo+|halo+|hai|hi|hello|hey|dear|good\s+(?:morning|afternoon|evening|day)|permisi|punten|mohon\s+maaf|maaf|"
    r"salam\s+(?:sehat|sejahtera|kenal|hormat|hangat)|salam|shalom|om\s+swastiastu|yth\.?|bapak/ibu|bapak|ibu|bpk|pak|bu|"
    r"kakak|kak|min|admin|mas|mbak|tim|team|kotacerdas|konsultan|sebelumnya|perkenalkan|perkenalan|kenalkan|"
    r"dengan\s+hormat|(?:mohon\s+)?(?:izin|ijin)\s+(?:memperkenalkan\s+diri|perkenalan)|sir|madam|all|semua(?:nya)?|"
    r"(?:mohon\s+)?(?:izin|ijin))(?!\w)[\s,.!:;-]*",
    re.I,
)
ASK = re.compile(
    # Possessive: tried at every clause of 2,000 semicolons, giving signs back took 0.6 s.
    r"[\s,.:;-]*+(?:(?:saya|kami|we|i)\s+)?(?:(?:(?:mohon|minta|mau|ingin|hendak|akan|pengen|pengin|numpang|izin|ijin|"
    r"boleh|bisa|untuk|ada\s+yang\s+mau)\s+)+(?:ber|me)?(?:tanya|nanya|nanyakan|tanyakan|menanyakan|ditanyakan)\b|"
    r"(?:bertanya|tanya|nanya)\b|(?:would\s+like|want|wish)\s+to\s+ask\b|may\s+(?:we|i)\s+ask\b|have\s+a\s+question\b)"
    r"(?:\s+(?:ya|nih|dong|pak|bu|bapak|ibu|bapak/ibu|kak|min|dulu|sedikit|sesuatu)\b)*[\s,.:;!-]*",
    re.I,
)
WISHES = re.compile(r"mau|ingin|izin|ijin|numpang|mohon|minta|hendak|pengin|pengen|would|want|may", re.I)
HERE = re.compile(r"[\s,]*+(?:di\s?sini|hadir|here)\b", re.I)
THANKS = re.compile(r"(?:salam\s+kenal|terima\s?kasih|makasih|thanks?(?:\s+you)?|thank\s+you|salam|ya)[\s,.!]*", re.I)
OTHER = re.compile(r"\s*(?:,\s*)?(?:atau(?:kah)?|or|vs|maupun|apa\s+bukan|bukan)\b", re.I)
SUPPOSED = re.compile(
    r"(?:mis(?:al(?:nya|kan)?)?|contoh(?:nya)?|seandainya|umpama(?:nya)?|kalau|jika|bila|andai|katakan(?:lah)?)[\s,:]*\Z",
    re.I,
)
CLAUSE = re.compile(r"(?:\A|(?<!\bkab)(?<!\bprov)[.!?;,:\n])\s*", re.I)
ARTICLE = re.compile(r"(?:the|an?)\s+", re.I)
SPACE = re.compile(r"\s*")
INSIDE = re.compile(r"di\s+", re.I)
BY_GOVERNMENT = re.compile(r"\s+government\b", re.I)
TO_SOMEONE = re.compile(r"(?:ke|kepada)\b", re.I)
FILL = re.compile(r"(?:(?:ini|semua|sendiri|sekalian|adalah|selaku|sebagai|seorang|salah\s+satu|kebetulan)\s+)*", re.I)
HONORIFIC = re.compile(r"(?:(?:bapak|ibu|pak|bu|mr|mrs|ms|dr|ir|hj?|drs|dra)\b\.?\s+)*", re.I)
DEGREE = re.compile(r"(?:,?\s*[SMAD]\.\s?[A-Za-z]{1,6}\.?(?:[A-Za-z]{1,4}\.?)?(?![A-Za-z]))+")
SEPARATOR = re.compile(r"\s*[,(–-]?\s*(?:(?:selaku|sebagai|the)\s+)?", re.I)
BEFORE_REGION = re.compile(
    r"\s*(?P<comma>,)?\s*(?:\(|(?:of|for|in|at|di|pada|pemkab|pemkot)\s+(?=\w))?(?:the\s+)?", re.I
)
ENDS = re.compile(r"\s*(?:[.,;:!\n()-]|\Z)")
NAME_WORD = re.compile(r"[A-Z][A-Za-z'’.-]*|[a-z][a-z'’-]+")
NOT_NAMES = 4.85
GIVEN = frozenset(
    "putri indah muhammad ahmad cahaya bunga ratu nur intan surya bagus mega ayu sari yusuf maria anak".split()
)
LABEL = re.compile(
    r"^[ \t]*+(?:(?:[-*•]|\d{1,2}[.)])[ \t]*+)?(?P<label>nama(?:\s+lengkap)?|name|jabatan|position|instansi|opd|"
    r"unit\s+kerja|agency|(?:asal\s+)?daerah|kab(?:upaten)?\s?/\s?kota|wilayah|region|kontak|contact|"
    r"no\.?\s*(?:hp|wa|telepon)|wa|hp|telepon|phone|e-?mail|surel)[ \t]*[:=][ \t]*(?P<value>[^\n?]{2,80})$",
    re.I | re.M,
)
CONTACT = re.compile(
    r"(?:\b(?:wa|whatsapp|hp|telepon|telp|kontak|nomor|no|e-?mail|surel)\s+(?:saya|kami)|\b(?:hubungi|kontak|wa|telepon)\s+(?:saya|kami)|"
    r"\b(?:saya|kami)?\s*(?:dapat|bisa)\s+dihubungi|\bmy\s+(?:phone|number|e-?mail|contact|whatsapp)|\b(?:reach|call|contact|e-?mail)\s+(?:me|us))"
    r"[^\d@?\n+(]{0,25}?\s*(?P<value>\(?\+?\d[\d .()-]{7,20}\d|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4})",
    re.I,
)


@dataclass(frozen=True)
class Profile:
    """Who an official is; `region` is a Kemendagri code such as "33.05". What is unknown is empty."""

    name: str = ""
    position: str = ""
    agency: str = ""
    region: str = ""
    contact: str = ""


class _Read(NamedTuple):
    """What was read and where it ends in the text."""

    profile: Profile
    end: int


def read_profile(text: str, *, asked: bool = False) -> Profile:
    """What a message says of its writer; empty where it says nothing.

    With `asked`, the message replies to our question who is writing: then a bare
    "Kab. Kebumen" or "Diskominfo" counts too.
    """
    found = _labelled(text, 1 if asked else 2)
    for _, read in _introductions(text):
        found = merged(read.profile, found)
    contact = CONTACT.search(text)
    if contact:
        found = merged(found, Profile(contact=contact["value"].strip(" .")))
    if asked and found == Profile():
        reply = _place(text, _past(FROM, text, _greeted(text, 0)))
        if reply and not THANKS.sub("", text[reply.end :]).strip(" .,!)\n"):
            return reply.profile
    return found


def merged(old: Profile, new: Profile) -> Profile:
    """The old profile with what the new one gives."""
    given = {field.name: getattr(new, field.name) for field in fields(new) if getattr(new, field.name)}
    return replace(old, **given)


def without_introduction(text: str) -> str:
    """The message without the introduction that opens it; "" where nothing else is said.

    A sentence that goes on about its writer keeps its "kami".
    """
    rest = text.strip()
    if _labelled(rest, 2) != Profile():
        rest = LABEL.sub("", rest).strip()
    while opening := next(((start, read) for start, read in _introductions(rest) if start == 0), None):
        end = opening[1].end
        here = HERE.match(rest, end)
        after = rest[here.end() if here else end :]
        asks = ASK.match(after)
        pronoun = PRONOUN.search(rest, 0, end)
        kept = asks is None and pronoun and pronoun["own"] and not ENDS.match(after)
        remaining = after[asks.end() :] if asks else after.lstrip(" \t\n,.;:!)-–")
        if not THANKS.sub("", remaining).strip(" .,!?\n"):
            return ""
        if kept and pronoun:
            return f"{pronoun['own']} {remaining}"
        rest = remaining
    return rest if rest != text.strip() else text


def _introductions(text: str) -> Iterator[tuple[int, _Read]]:
    """Where a clause begins that introduces the writer, and what it says; in order."""
    done = 0
    for clause in CLAUSE.finditer(text):
        if clause.end() < done or SUPPOSED.search(text, max(0, clause.start() - 20), clause.start()):
            continue
        start = _greeted(text, clause.end())
        presented = "kenal" in text[clause.end() : start].lower()
        is_greeted = start > clause.end()
        read = _by_name(text, start) or _by_pronoun(text, start, presented)
        if not read and (is_greeted or clause[0][:1] != ","):
            read = _by_agency(text, start, is_greeted, clause.start() == 0)
        done = start
        if read and not OTHER.match(text, read.end):
            yield clause.start(), read
            done = read.end


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the pattern ends if it stands here, else here."""
    match = pattern.match(text, at)
    return match.end() if match else at


def _greeted(text: str, at: int) -> int:
    while match := GREETING.match(text, at) or ASK.match(text, at):
        at = match.end()
    return at


def _by_name(text: str, at: int) -> _Read | None:
    """ "nama saya Siti, staf Dinas Perhubungan Kota Bima"."""
    opening = NAMED.match(text, at)
    name = _name(text, opening.end(), True) if opening else None
    return _tail(text, name) if name else None


def _by_pronoun(text: str, at: int, presented: bool) -> _Read | None:
    """ "kami dari ...", "saya Kabid ...", "saya Budi dari ...", "I'm Rina from ..."."""
    pronoun = PRONOUN.match(text, at)
    if not pronoun:
        return None
    at = _past(FILL, text, pronoun.end())
    if pronoun["own"]:
        if origin := FROM.match(text, at):
            return _place(text, origin.end())
        if read := _position(text, at) or _direct(text, at):
            return read
    name = _name(text, at, presented)
    if not name:
        return None
    read = _tail(text, name)
    if pronoun["weak"]:
        return read if FROM.match(text, _past(SEPARATOR, text, name.end)) and read.profile.agency else None
    told = read.profile != name.profile or presented
    return read if told or (ASK.match(text, name.end) and pronoun["own"].lower() in {"saya", "aku"}) else None


def _direct(text: str, at: int) -> _Read | None:
    """ "kami Diskominfo Kab. Kebumen", "kami di Kab. Kebumen", "kami pemkab kukar"."""
    start = _past(INSIDE, text, at)
    read = _place(text, start)
    if not read or not (read.profile.agency or _has_kind(text, start)):
        return None
    is_clear = bool(read.profile.region) or ENDS.match(text, read.end) or ASK.match(text, read.end)
    return read if is_clear else None


def _by_agency(text: str, at: int, is_greeted: bool, is_opening: bool) -> _Read | None:
    """ "Bappeda Prov. Jawa Tengah di sini", "salam dari Diskominfo", the whole message "pemkab kukar"."""
    start = _past(FROM, text, at)
    read = _place(text, start)
    if not read or not (read.profile.agency or _has_kind(text, start)):
        return None
    here, asks = HERE.match(text, read.end), ASK.match(text, read.end)
    if here and (ENDS.match(text, here.end()) or ASK.match(text, here.end())):
        return read
    if asks and WISHES.search(asks[0]) and not TO_SOMEONE.match(text, asks.end()):
        return read
    if start > at and is_greeted and ENDS.match(text, read.end):
        return read
    is_all = is_opening and not THANKS.sub("", text[read.end :]).strip(" .,!\n")
    says_who = (read.profile.agency and read.profile.region) or PEM.match(text, start)
    return read if is_all and says_who else None


def _tail(text: str, before: _Read) -> _Read:
    """What follows a name: a position, an agency, a region."""
    profile, end = before
    for _ in range(3):
        at = _past(SEPARATOR, text, end)
        origin = FROM.match(text, at) or AT.match(text, at)
        read = _place(text, origin.end()) if origin else _position(text, at)
        if not read and not origin and "," in text[end:at]:
            read = _place(text, at)
            if read and not (ENDS.match(text, read.end) or ASK.match(text, read.end)):
                read = None
        if not read:
            break
        profile, end = merged(read.profile, profile), read.end
    return _Read(profile, end)


def _position(text: str, at: int) -> _Read | None:
    """ "Kabid Aptika Diskominfo Kota Tegal", "Kepala Dinas Perhubungan", "Bupati Kebumen"."""
    at = _past(ARTICLE, text, at)
    title = POSITION.match(text, at)
    if not title:
        return None
    if leader := LEADERS.search(title[0]):
        kind = "Provinsi" if leader[0].lower() == "gubernur" else "Kota" if "kota" in leader[0].lower() else "Kabupaten"
        region = region_at(text, title.end() + 1, kind)
        return _Read(Profile(position=spelled(title[0]), region=region[0]), region[1]) if region else None
    end = title.end()
    if title[0].lower() not in {"kepala", "sekretaris"}:
        end = _trailing(text, end)
    place = _place(text, _past(SEPARATOR, text, end))
    if not place and (inside := AT.match(text, end + 1)):
        place = _place(text, inside.end())
        if not place and inside[0].lower().startswith("of"):
            end = _trailing(text, inside.end())
            inside = AT.match(text, end + 1)
            place = _place(text, inside.end()) if inside else None
    position = spelled(text[at:end])
    if not place:
        is_clear = ALONE.match(title[0]) and (ENDS.match(text, end) or ASK.match(text, end))
        return _Read(Profile(position=position), end) if is_clear else None
    head = place.profile.agency.split(" ", 1)[0]
    if title[0].lower().endswith(("kepala", "sekretaris")) and head.lower() in HEADS:
        position = f"{position} {head}"
    return _Read(replace(place.profile, position=position), place.end)


def _trailing(text: str, at: int) -> int:
    """Where the words that belong to a position end: "Kabid [Layanan Aptika] Diskominfo"."""
    for word in words_at(text, at)[:6]:
        if ends_a_name(word[0]) or agency_at(text, word.start()) or region_at(text, word.start()):
            return at
        at = word.end()
    return at


def _place(text: str, at: int) -> _Read | None:
    """An agency, a region or both, in the order in which Indonesian or English writes them."""
    start = _past(SPACE, text, _past(GOVERNMENT, text, at))
    if region := region_at(text, start):
        office = ENGLISH_AGENCY.match(text, region[1] + 1)
        agency, end = (spelled(office[1]), office.end()) if office else ("", region[1])
        return _Read(Profile(agency=agency, region=region[0]), _after_province(text, _past(BY_GOVERNMENT, text, end)))
    named = agency_at(text, start)
    if not named:
        return None
    between = BEFORE_REGION.match(text, named[1])
    after = between.end() if between else named[1]
    region = region_at(text, _past(SPACE, text, _past(GOVERNMENT, text, after)))
    if region and between and between["comma"] and not (ENDS.match(text, region[1]) or ASK.match(text, region[1])):
        region = None
    if not region:
        return _Read(Profile(agency=named[0]), named[1])
    return _Read(Profile(agency=named[0], region=region[0]), _after_province(text, region[1]))


def _after_province(text: str, at: int) -> int:
    """Past the province that follows a kabupaten or kota, and past a closing bracket."""
    province = region_at(text, _past(SEPARATOR, text, at))
    at = province[1] if province and len(province[0]) == 2 else at
    return at + 1 if text[at : at + 1] == ")" else at


def _has_kind(text: str, at: int) -> bool:
    """Whether "kab", "pemkot", "pemerintah" or the like stands here."""
    words = words_at(text, at)
    return bool(words) and (words[0][0].lower() in regions.KINDS or bool(PEM.match(words[0][0])))


def _name(text: str, at: int, sure: bool) -> _Read | None:
    """A person's name of at most four words, capitalised unless the text says that it is a name."""
    at = _past(HONORIFIC, text, at)
    end = at
    for word in words_at(text, at)[:4]:
        low = word[0].lower()
        is_known = low in GIVEN or zipf_frequency(low, "id") < NOT_NAMES
        is_other = ends_a_name(word[0]) or re.match(r"ter\w{4}", low) or POSITION.match(text, word.start())
        if is_other or agency_at(text, word.start()) or not (is_known or (sure and word[0].istitle())):
            break
        if not sure and word[0][0].islower():
            break
        end = word.end()
    if end == at or len(text[at:end]) < 3:
        return None
    name = text[at:end]
    is_plain = name.islower() or name.isupper()
    return _Read(Profile(name=name.title() if is_plain else name), _past(DEGREE, text, end))


def _labelled(text: str, least: int) -> Profile:
    """A list such as "Nama: Siti" and "Instansi: Dinas Perhubungan", of at least so many lines."""
    lines = list(LABEL.finditer(text))
    found = Profile()
    for line in lines if len(lines) >= least else []:
        label, value = line["label"].lower(), line["value"].strip(" .,")
        if label.startswith("na"):
            found = merged(found, Profile(name=value))
        elif label in {"jabatan", "position"}:
            found = merged(found, Profile(position=value))
        elif label in {"instansi", "opd", "agency"} or label.startswith("unit"):
            place = _place(value, 0)
            found = merged(Profile(region=place.profile.region if place else ""), found)
            found = merged(found, Profile(agency=(place.profile.agency if place else "") or value))
        elif re.search(r"daerah|kota|wilayah|region", label):
            region = region_at(value, 0)
            found = merged(found, Profile(region=region[0] if region else ""))
        else:
            found = merged(found, Profile(contact=value))
    return found
