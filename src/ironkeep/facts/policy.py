"""Facts of policy: what we decide by, versioned; every change is a fact."""

from ironkeep.facts.envelope import Body


class PolicyAdopted(Body, frozen=True):
    """A policy is in force from here on; its text lies in the blob store under `digest`. `signed_by` is empty when
    unsigned.
    """

    policy: str
    digest: str
    signed_by: str
