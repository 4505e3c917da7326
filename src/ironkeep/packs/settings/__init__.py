"""Which setting names mean what: the words of many makers, what hangs on a setting, what a change of it means."""
