"""What a site should have done this quarter: the nine items of the checklist (RPT-02)."""
