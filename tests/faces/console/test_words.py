"""Every word at the head of a column has its line of help; words that everybody says are few and named here."""

import re
from pathlib import Path

import ironkeep.faces.console as console
from ironkeep.views.words import WORDS, says

TEMPLATES = Path(console.__file__).parent / "templates"
PAPER = {"card.html"}  # what is printed has no words to touch
PLAIN = {"when", "since", "now", "what", "why", "who", "from", "to", "on", "in", "of", "firmware", "serial", "signal"}
PLAIN |= {"asset", "assets", "group", "points of each", "file", "version", "started", "change", "undo", "end it"}
HEAD = re.compile(r'<(?:th scope="col"|dt)[^>]*>([^<{]+)</')
UNSEEN = re.compile(r'<thead class="vh">.*?</thead>')


def test_every_head_of_a_column_or_line_leads_to_its_words_or_is_one_that_everybody_says():
    texts = [UNSEEN.sub("", path.read_text()) for path in TEMPLATES.rglob("*.html") if path.name not in PAPER]
    assert {head for text in texts for head in HEAD.findall(text)} == PLAIN


def test_every_word_that_a_template_marks_has_a_line():
    texts = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    marked = {word for text in texts for word in re.findall(r"m\.word\('([^']+)'", text)}
    assert len(marked) > 60
    assert all(says(word) for word in marked)
    assert len({each.word.lower() for each in WORDS}) == len(WORDS)
