"""Configuration: what CS operations writes, validated.

Belongs here: reading `sources.yaml` and the coverage models, and saying what is wrong with them.
Does not: anything that runs; importing this is quick and opens nothing.
"""

from pipelines.config.coverage_model import CoverageModel
from pipelines.config.errors import ConfigError, Problem
from pipelines.config.load import (
    CHECKOUT_CONFIG,
    Config,
    load_config,
    load_models,
    model_in_force,
)
from pipelines.config.sources import SourcesFile

__all__ = [
    "CHECKOUT_CONFIG",
    "Config",
    "ConfigError",
    "CoverageModel",
    "Problem",
    "SourcesFile",
    "load_config",
    "load_models",
    "model_in_force",
]
