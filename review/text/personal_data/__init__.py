"""Personal data in texts: addresses, phone numbers, accounts, numbers of states, names of people; found, and masked.

Pure Python. Patterns find what is written like personal data; they cannot know who is meant, so they miss some of it
and take some other things for it. It does not know which policy applies.
"""

from review.text.personal_data.detection import KINDS, PersonalDataSpan, find
from review.text.personal_data.masking import Mask
from review.text.personal_data.people import people_in
from review.text.personal_data.phones import regions_of

__all__ = ["KINDS", "Mask", "PersonalDataSpan", "find", "people_in", "regions_of"]
