"""Trained models, a folder per language: arrays, a manifest and a model card. Data only."""
