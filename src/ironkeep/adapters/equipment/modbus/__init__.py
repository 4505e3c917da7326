"""Reading equipment over Modbus/TCP: SunSpec models and vendor maps. Nothing here can write."""
