"""How loudly a page says that an asset is not fully trusted.

A standing reason was known at commissioning (a protocol without authentication, no second witness): it is said in plain
words and in grey, or a site on Modbus would be violet for ever and nobody would see the one asset that changed. Every
other reason, and every state worse than DEGRADED, is loud: hatched and violet.
"""

from ironkeep.model.trust import STANDING, AssetTrust, Trust

BELIEVED = (Trust.TRUSTED, Trust.DEGRADED)
PART = "part"  # begins the code of "see the asset below"


def believed(trust: AssetTrust | None) -> bool:
    """May someone rely on what the asset says? Degraded is believed with a caveat; not judged yet is not."""
    return trust is not None and trust.state in BELIEVED


def loud(trust: AssetTrust | None) -> bool:
    """Does the asset's trust ask for attention? Not judged yet is not loud: the page says so in words."""
    if trust is None or trust.state is Trust.TRUSTED:
        return False
    if trust.state is not Trust.DEGRADED:
        return True
    return any(not reason.code.startswith((STANDING, PART)) for reason in trust.reasons)
