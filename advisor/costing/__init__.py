"""Arithmetic and dated prices; no torch, no network, no opinion."""
