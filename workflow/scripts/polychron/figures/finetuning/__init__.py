"""Figures of fine-tuning."""
