"""The engine that reads companies' pages: guarded, by robots.txt, within limits. Knows no database.

Pages are told one by one as they come; whoever resumes says which are known, and they are not fetched again.
"""
