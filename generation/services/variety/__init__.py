"""Orders whose drafts differ: settling a mix, pricing it, and choosing which drafts come to the desk."""
