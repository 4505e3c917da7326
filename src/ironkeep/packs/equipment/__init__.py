"""Equipment as data: what the points of SunSpec models are called and may be, and the register maps of vendors."""
