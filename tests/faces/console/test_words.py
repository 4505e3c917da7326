"""Every word at the head of a column has its line of help; words that everybody says are few and named here."""

import re
from pathlib import Path

import ironkeep.faces.console as console
from ironkeep.views.words import WORDS, says

TEMPLATES = Path(console.__file__).parent / "templates"
LIVE = (
    *("strip", "banks", "strings", "alarm_list", "alarm_tail", "incident_list", "devices", "queue", "settings"),
    *("facts_table", "fleet", "engine", "coverage"),
)
PLAIN = {"when", "since", "now", "what", "why", "from", "to", "asset", "of", "firmware", "serial", "signal", "group"}
PLAIN |= {"assets", "points of each"}
HEAD = re.compile(r'<th scope="col"[^>]*>([^<{]+)</th>')


def test_a_head_of_a_column_leads_to_its_line_or_is_a_word_that_everybody_says():
    texts = [(TEMPLATES / "regions" / f"{name}.html").read_text() for name in LIVE]
    texts += [(TEMPLATES / "parts/points.html").read_text(), (TEMPLATES / "past.html").read_text()]
    assert {head for text in texts for head in HEAD.findall(text)} <= PLAIN


def test_every_word_that_a_template_marks_has_a_line():
    texts = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    marked = {word for text in texts for word in re.findall(r"m\.word\('([^']+)'", text)}
    assert len(marked) > 60
    assert all(says(word) for word in marked)
    assert len({each.word.lower() for each in WORDS}) == len(WORDS)
