"""Limits of the stage's socket. How to reach it is one path; everything else is fixed."""

from typing import Final

QUESTION_BYTES_MAX: Final = 4_096  # one question
ANSWER_BYTES_MAX: Final = 1_048_576  # all scenarios with their words
CONNECTIONS_MAX: Final = 16  # clients at once
QUESTION_TIMEOUT_S: Final = 10.0  # how long a client may take to ask before it is cut off
