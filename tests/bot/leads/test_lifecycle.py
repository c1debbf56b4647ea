"""Which moves the table allows, to whom, and what a person reads when it does not."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from bot.leads.lifecycle import (
    PROGRAM,
    RULES,
    Action,
    MoveError,
    Role,
    RoleError,
    State,
    allowed,
    move,
    moved,
    refusal,
    told_move,
)
from bot.texts import Language, copy_of
from bot.texts.leads import LeadTexts

ID = copy_of(LeadTexts, "id")
AT = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
RINA = 812


def test_a_request_goes_all_the_way_and_comes_back_when_the_official_writes() -> None:
    state = State.BARU
    way = "ambil tanya_balik official_wrote ubah setujui terkirim official_wrote setujui terkirim selesai buka_lagi"
    seen = [state := move(state, Action(action)) for action in way.split()]
    assert " ".join(seen) == (
        "diambil menunggu_pejabat diambil diambil siap_dikirim terkirim diambil siap_dikirim terkirim selesai diambil"
    )


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("siap_dikirim", "official_wrote", "diambil"),
        ("siap_dikirim", "ubah", "diambil"),
        ("siap_dikirim", "tarik", "diambil"),
        ("siap_dikirim", "setujui", "siap_dikirim"),
        ("menunggu_pejabat", "ubah", "menunggu_pejabat"),
        ("baru", "official_wrote", "baru"),
        ("selesai", "official_wrote", "selesai"),
        ("ditunda", "official_wrote", "diambil"),
        ("ditunda", "lanjutkan", "diambil"),
        ("ditunda", "lepas", "baru"),
        ("bukan_prospek", "buka_lagi", "baru"),
        ("baru", "gabung", "selesai"),
    ],
)
def test_where_a_move_leads(before: str, action: str, after: str) -> None:
    assert move(State(before), Action(action)) == State(after)


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("diambil", "ambil"),
        ("baru", "setujui"),
        ("baru", "terkirim"),
        ("diambil", "terkirim"),
        ("terkirim", "terkirim"),
        ("selesai", "setujui"),
        ("siap_dikirim", "bukan_prospek"),
        ("terkirim", "gabung"),
        ("ditunda", "setujui"),
        ("selesai", "pisah"),
    ],
)
def test_what_the_table_does_not_know_is_refused_by_name(state: str, action: str) -> None:
    with pytest.raises(MoveError) as caught:
        move(State(state), Action(action))
    assert caught.value.allowed == allowed(State(state))
    assert Action(action) not in caught.value.allowed
    assert all(name in str(caught.value) for name in caught.value.allowed)


def test_the_table_is_unambiguous_and_nothing_in_it_is_a_dead_end() -> None:
    pairs = [(rule.action, state) for rule in RULES for state in rule.before]
    assert len(pairs) == len(set(pairs))
    assert {rule.after for rule in RULES} == set(State)
    assert {rule.action for rule in RULES} == set(Action) - {Action.PISAH}
    people = (Role.PEMILIK, Role.KONSULTAN)
    assert all(any(allowed(state, role) for role in people) for state in State)


@pytest.mark.parametrize(
    ("state", "role", "buttons"),
    [
        ("baru", "konsultan", "ambil bukan_prospek gabung"),
        ("baru", "pembaca", ""),
        ("diambil", "konsultan", ""),
        ("diambil", "pemilik", "ubah setujui tanya_balik selesai tunda lepas bukan_prospek gabung"),
        ("diambil", "admin", "ubah setujui tanya_balik selesai tunda lepas bukan_prospek gabung"),
        ("siap_dikirim", "pemilik", "ubah setujui tarik lepas"),
        ("siap_dikirim", "sistem", "tarik terkirim official_wrote lepas"),
        ("ditunda", "pemilik", "lanjutkan lepas bukan_prospek gabung"),
        ("selesai", "konsultan", "buka_lagi"),
    ],
)
def test_each_role_gets_its_own_buttons_in_one_order(state: str, role: str, buttons: str) -> None:
    assert " ".join(allowed(State(state), Role(role))) == buttons


def test_a_reader_of_the_group_can_do_nothing_at_all() -> None:
    assert not [rule for rule in RULES if Role.PEMBACA in rule.by]


@pytest.mark.parametrize(("state", "action", "role"), list(product(State, Action, Role)))
def test_a_button_that_is_shown_works_and_no_other_does(state: State, action: Action, role: Role) -> None:
    if action in allowed(state, role):
        assert move(state, action, role) in State
    else:
        with pytest.raises(MoveError):
            move(state, action, role)


def test_another_consultant_reads_who_may_instead() -> None:
    with pytest.raises(RoleError) as caught:
        move(State.DIAMBIL, Action.SETUJUI, Role.KONSULTAN)
    assert refusal(caught.value, ID) == (
        "“Setujui & kirim” hanya dapat dilakukan oleh konsultan yang mengambilnya atau admin."
    )


def test_nobody_sends_by_hand() -> None:
    with pytest.raises(RoleError) as caught:
        move(State.SIAP_DIKIRIM, Action.TERKIRIM, Role.PEMILIK)
    assert refusal(caught.value, ID) == "“Terkirim” hanya dapat dilakukan oleh sistem."


def test_the_second_of_two_who_take_a_request_reads_what_is_left_to_do() -> None:
    with pytest.raises(MoveError) as caught:
        move(State.DIAMBIL, Action.AMBIL, Role.KONSULTAN)
    assert refusal(caught.value, ID) == "“Ambil” tidak dapat dilakukan pada permohonan yang berstatus diambil."
    with pytest.raises(MoveError) as caught:
        move(State.SELESAI, Action.AMBIL, Role.KONSULTAN)
    assert refusal(caught.value, ID).endswith("Yang dapat dilakukan sekarang: Buka lagi.")


def test_every_move_leaves_a_record_that_reads_as_a_line_of_history() -> None:
    made = moved(State.DIAMBIL, Action.TUNDA, RINA, AT, Role.PEMILIK, "menunggu pelantikan")
    assert (made.who, made.at, made.before, made.after) == (RINA, AT, State.DIAMBIL, State.DITUNDA)
    assert told_move(made, "Rina", ID) == "Tunda oleh Rina: diambil → ditunda (menunggu pelantikan)"
    released = moved(State.DIAMBIL, Action.LEPAS, PROGRAM, AT, Role.SISTEM)
    assert told_move(released, "", ID) == "Lepas oleh sistem: diambil → baru"


def test_a_record_needs_a_time_with_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        moved(State.BARU, Action.AMBIL, RINA, AT.replace(tzinfo=None))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_state_action_and_role_has_a_label(language: Language) -> None:
    copy = copy_of(LeadTexts, language)
    assert copy.states.keys() == set(State)
    assert copy.actions.keys() == set(Action)
    assert copy.roles.keys() == set(Role)
