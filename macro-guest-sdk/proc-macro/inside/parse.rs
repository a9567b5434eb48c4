//! Nothing: the `proc_macro` of components reads source text.
