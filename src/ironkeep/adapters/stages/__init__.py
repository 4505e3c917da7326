"""Ways to the stage: the control of the demo's twin."""
