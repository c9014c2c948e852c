"""tunecase's light half: the spine, the questionnaire, the advice, the cost model and the command line."""
