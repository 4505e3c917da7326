"""Diagnostics: how the engine fares, each device and its link, and every reply that did not answer its request."""

from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.link import LineFault, LinkState, ReplyFault

FINDINGS_SHOWN = 30


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Health, links with particulars, refused replies by fault."""
    scene = moment.scene
    return {
        "health": scene.health,
        "links": sorted(scene.links, key=lambda link: (link.state is LinkState.UP, link.device)),
        "up": sum(link.state is LinkState.UP for link in scene.links),
        "says": {each.device: each for each in scene.particulars},
        "refusing": [link for link in scene.links if any(link.faults.values())],
        "faults": list(dict.fromkeys(str(fault) for fault in (*ReplyFault, *LineFault))),
        "clock_steps": moment.registers.clock[::-1],
        "started": moment.registers.started,
        "frames": scene.frames,
        "LinkState": LinkState,
        "findings": moment.registers.queue[:FINDINGS_SHOWN],
        "open_findings": len(moment.registers.findings),
        "trust_steps": moment.registers.trust[-20:][::-1],
    }


PAGE = Page("diagnostics", "Diagnostics", 4, ("engine.html", "devices.html", "refused.html", "queue.html"), gather)
