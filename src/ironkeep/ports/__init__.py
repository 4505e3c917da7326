"""What we need from outside, as Protocols. Adapters implement them; fakes and simulators pass the same suites
(tests/ports).
"""
