"""The language of pages: which request gets which, sentences written in English, words for scripts."""
