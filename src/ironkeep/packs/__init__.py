"""Knowledge as data: equipment maps, scenarios, ladders, controls; every number cites its source."""
