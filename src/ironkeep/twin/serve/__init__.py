"""The simulated site on the wire: SunSpec and vendor registers over Modbus/TCP, by a third-party server library."""
