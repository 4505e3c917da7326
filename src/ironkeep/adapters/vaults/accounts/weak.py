"""Passwords that others try first. The list is our own and small; a password is weak when, without what is on the list,
digits, signs and repeats, little of it is left.
"""

from itertools import pairwise
from typing import Final

LEFT_MIN: Final = 5  # different letters that must be left
WORDS: Final = tuple(
    sorted(
        (
            "password passwort passwd kennwort motdepasse contrasena secret geheim admin administrator root login "
            "welcome willkommen letmein changeme default master superuser operator engineer auditor viewer service "
            "battery batterie ironkeep inverter energy storage modbus scada sunspec system monitor console control "
            "qwertyuiop qwertz qwerty azerty asdfghjkl asdfgh yxcvbnm zxcvbnm abcdefghijklmnopqrstuvwxyz abcdef abc "
            "iloveyou sunshine princess football baseball monkey dragon shadow summer winter spring autumn sommer "
            "january february march april june july august september october november december monday friday "
            "company hello hallo test testing guest user server computer internet trustno"
        ).split(),
        key=len,
        reverse=True,
    )
)
LEET: Final = str.maketrans("0134578@$!+", "oleastbasit")


def is_weak(password: str, *more: str) -> bool:
    """Is little left of it without well-known words, `more` ones, digits, signs, and letters that only repeat or count
    on?
    """
    text = password.lower()
    return min(_left(text, more), _left(text.translate(LEET), more)) < LEFT_MIN


def _left(text: str, more: tuple[str, ...]) -> int:
    for word in (*more, *WORDS):
        text = text.replace(word.lower(), " ") if word else text
    letters = [char for char in text if char.isalpha()]
    counted = {b for a, b in pairwise(letters) if ord(b) - ord(a) in (-1, 0, 1)}
    return len(set(letters) - counted)
