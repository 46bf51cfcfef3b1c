"""Making the shipped artefacts: language tables, weights, calibration. :mod:`mtdetect.training.train` runs the stages of a model."""

SEED = 0
