"""Scenarios of the twin, one TOML file each; `ironkeep.twin.scenarios` reads them and names their vocabulary."""
