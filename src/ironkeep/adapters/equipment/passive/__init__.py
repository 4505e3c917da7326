"""Equipment that is listened to and never connected to: a copy of its traffic, written by a capturer."""
