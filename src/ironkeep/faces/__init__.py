"""Faces: they may ask (a request) and show (a view). They decide nothing."""
