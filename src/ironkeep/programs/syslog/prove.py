"""What a collector's line is worth: held against the record, its leaf and the signed checkpoint.

The leaf proves the fact, not the words that somebody keeps beside it: so what the record says is told again.
"""

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.codecs.syslog import place
from ironkeep.facts import checkpoint, note
from ironkeep.facts.envelope import parse
from ironkeep.facts.tree import leaf_hash, verify_inclusion
from ironkeep.model.errors import Untrusted
from ironkeep.packs.exports.read import words
from ironkeep.programs.evidence import verifier_key
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.signature import is_signature

WHERE = "syslog line"


def prove(folder: DataFolder, line: str) -> str:
    """What is proved, in words. Raises Untrusted when the record does not hold that fact with that leaf, Refused when
    the line names none.
    """
    named = place(line)
    reader = open_reader(folder.require().spine)
    try:
        key = note.parse_verifier_key(verifier_key(folder))
        head = checkpoint.opened(reader.checkpoint(), (key,), is_signature)
        if named.seq >= head.size:
            raise Untrusted(f"the record has no fact {named.seq}", where=WHERE, remedy="look at the collector")
        entry = next(reader.entries(named.seq, named.seq + 1))
        leaf = leaf_hash(entry)
        if leaf.hex() != named.leaf:
            what = f"fact {named.seq} of the record is another one than the line says"
            raise Untrusted(what, where=WHERE, remedy="`ironkeep verify` says whether the record was changed")
        verify_inclusion(leaf, named.seq, head.size, reader.inclusion(named.seq, head.size), head.root)
    finally:
        reader.close()
    root = head.root.hex()
    fact = parse(entry)
    stands = f"fact {fact.seq} stands in the record of {head.size} facts under the signed checkpoint, root {root}"
    return f"{stands}; it says: {fact.kind}, {words(fact)}"
