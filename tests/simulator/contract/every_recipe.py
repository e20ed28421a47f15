"""All recipes, whichever story they belong to."""

from . import account_recipes, money_recipes, payment_recipes, reader_recipes
from .recipes import RECIPES

__all__ = ["RECIPES", "account_recipes", "money_recipes", "payment_recipes", "reader_recipes"]
