"""HitSave beside what else keeps results of functions, on the same programs, each written as its own docs tell."""
